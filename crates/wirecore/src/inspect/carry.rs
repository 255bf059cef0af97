//! What inspection remembers of a message between its places and windows.

use std::sync::Arc;

use ring::digest::{Context, SHA256};
use rustc_hash::FxHashSet;

use super::frame::{sum, without};
use super::records::Tally;
use super::rule::Fired;
use super::unexplained::Unexplained;
use super::window::{cut, sizes, Stretch, MOST};
use super::{Bound, Findings, FoundHit, FoundMedia, Piece, Watch};
use crate::record::{Step, Window};
use crate::scan::media::{Budget, Image, Search};

/// Hits of one message that are reported; the rest is counted.
const HITS: u64 = 1 << 16;
/// Images of one message that are reported; the rest is counted.
const MEDIA: u64 = 1024;

/// The memory of one message.
#[derive(Default)]
pub struct Carry {
    /// Rules that have fired.
    fired: FxHashSet<u32>,
    /// Different values that rules for lists have met.
    tally: Tally,
    hits: u64,
    media: u64,
    /// Facts reported at the root of the place at hand.
    root_facts: FxHashSet<u32>,
    /// Where this window's facts were reported: fact, range in the place.
    reported: Vec<(u32, u64, u64)>,
    /// The same of the last window, which this one may show again.
    before: Vec<(u32, u64, u64)>,
    /// The window at hand began where the last one ended less this.
    repeated: u64,
    pub(super) images: Search,
    /// Hash of the whole place, when a file of its length is looked for; bytes hashed so far.
    hash: Option<(Context, u64)>,
    seen: u64,
    /// What is explained by files that began in an earlier window and ended in this one.
    ended: Vec<(u64, u64)>,
    /// Stretches that nothing explains yet, in a file that is judged at its end.
    waiting: Vec<(u64, u64)>,
    over_hits: u64,
    pub(super) unexplained: Unexplained,
    over_media: u64,
    /// The bytes around the starts of files that go on beyond the last window.
    heads: Vec<Head>,
}

/// Starts of files whose surroundings a message remembers at a time.
const HEADS: usize = 8;

/// The bytes around the start of a file, of which the end is yet to come.
struct Head {
    start: u64,
    begin: u64,
    bytes: Vec<u8>,
}

impl Carry {
    pub(super) fn begin(
        &mut self,
        piece: &Piece<'_>,
        overlap: usize,
        budget: Option<&Arc<Budget>>,
    ) {
        if piece.offset == 0 {
            self.root_facts.clear();
            self.reported.clear();
            self.images = Search::new(overlap, budget.cloned());
            self.hash = None;
            self.seen = 0;
            self.heads.clear();
        }
        self.repeated = self.seen.saturating_sub(piece.offset);
        std::mem::swap(&mut self.before, &mut self.reported);
        self.before.retain(|&(_, _, end)| end > piece.offset);
        self.reported.clear();
        self.ended.clear();
    }

    /// Bytes at the window's start that the last one showed.
    pub(super) fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Hashes the place's bytes while they pass, when their whole length is that of a file looked for.
    pub(super) fn hash(&mut self, piece: &Piece<'_>, watch: &Watch) {
        let whole = piece.offset == 0 && piece.last; // the root node's own test does it
        let Some(total) = piece
            .total
            .filter(|&total| !whole && watch.needles.has_file_of(total))
        else {
            return;
        };
        if piece.offset == 0 {
            self.hash = Some((Context::new(&SHA256), 0));
        }
        if let Some((context, done)) = &mut self.hash {
            let fresh = piece
                .bytes
                .get(self.repeated as usize..)
                .unwrap_or_default();
            if piece.offset + self.repeated == *done && *done + fresh.len() as u64 <= total {
                context.update(fresh);
                *done += fresh.len() as u64;
            } else {
                self.hash = None; // bytes are missing
            }
        }
    }

    pub(super) fn end(&mut self, piece: &Piece<'_>, watch: &Watch, out: &mut Findings) {
        self.hash(piece, watch);
        self.seen = self.seen.max(piece.offset + piece.bytes.len() as u64);
        if !piece.last {
            self.remember_heads(piece);
            return;
        }
        out.opaque_bytes += self.give_up();
        if let Some((context, len)) = self.hash.take() {
            let mut sha256 = [0; 32];
            sha256.copy_from_slice(context.finish().as_ref());
            if let Some(needle) = watch.needles.find_file(&sha256, len) {
                let window = self.window(0, (0, len), piece, &[(piece.offset, piece.bytes)]);
                self.report_file(piece, (needle, ""), (0, len), window, watch, out);
            }
        }
        let bounds = [
            ("hits", &mut self.over_hits),
            ("media_rows", &mut self.over_media),
        ];
        for (what, over) in bounds {
            if *over > 0 {
                out.bounds.push(Bound {
                    what: what.to_owned(),
                    unread: std::mem::take(over),
                });
            }
        }
        if self.images.is_exhausted() {
            out.bounds.push(Bound {
                what: "media_work".to_owned(),
                unread: 0,
            });
            self.images = Search::default();
        }
    }

    /// True the first time that a rule fires in this message; of a list, when it has shown enough different values.
    pub(super) fn fires(&mut self, seen: Fired) -> bool {
        let Fired { rule, times, mark } = seen;
        if times > 1 && !self.tally.reaches(rule, times, mark) {
            return false;
        }
        self.fired.insert(rule)
    }

    /// Reports a hit of a fact unless the message already shows it in the same leaf. `root` is its range in
    /// the place's whole bytes (that of the first step, or its own).
    pub(super) fn report(
        &mut self,
        fact: u32,
        root: (u64, u64),
        hit: FoundHit,
        out: &mut Findings,
    ) {
        let again =
            |&(seen, start, end): &(u32, u64, u64)| seen == fact && start < root.1 && root.0 < end;
        if root.0 < self.seen && self.before.iter().any(again) {
            return;
        }
        if hit.steps.is_empty() && !self.root_facts.insert(fact) {
            return;
        }
        self.reported.push((fact, root.0, root.1));
        self.push(hit, out);
    }

    /// Reports a hit without asking.
    pub(super) fn push(&mut self, hit: FoundHit, out: &mut Findings) {
        if self.hits < HITS {
            self.hits += 1;
            out.hits.push(hit);
        } else {
            self.over_hits += 1;
        }
    }

    /// Keeps the bytes around the starts of files that go on beyond this window.
    fn remember_heads(&mut self, piece: &Piece<'_>) {
        let hashed = self.hash.is_some().then_some(0);
        let mut starts: Vec<u64> = self.images.waiting().chain(hashed).collect();
        starts.truncate(HEADS);
        let known = std::mem::take(&mut self.heads);
        for start in starts {
            let head = known.iter().find(|head| head.start == start);
            let head = head.map_or(&[][..], |head| std::slice::from_ref(head));
            let mut bytes: Vec<Stretch<'_>> = head
                .iter()
                .map(|head| (head.begin, &head.bytes[..]))
                .collect();
            bytes.push((piece.offset, piece.bytes));
            let (begin, bytes) = cut((start, start + MOST), &bytes);
            self.heads.push(Head {
                start,
                begin,
                bytes,
            });
        }
    }

    /// The window of a finding at a range of the place's whole bytes, in a file that began at `start` in an earlier
    /// window; `known` is what of its bytes is at hand.
    pub(super) fn window(
        &self,
        start: u64,
        range: (u64, u64),
        piece: &Piece<'_>,
        known: &[Stretch<'_>],
    ) -> Window {
        let head = self.heads.iter().find(|head| head.start == start);
        let head = head.map(|head| (head.begin, &head.bytes[..]));
        let known: Vec<Stretch<'_>> = head.into_iter().chain(known.iter().copied()).collect();
        let (begin, bytes) = cut(range, &known);
        Window {
            begin,
            bytes,
            sizes: sizes(piece, &[], std::iter::empty()),
            coded: false,
        }
    }

    /// Reports a file, a picture or a piece of a file at a range of the place's whole bytes; `how` it was known, as in
    /// [`FoundHit`].
    pub(super) fn report_file(
        &mut self,
        piece: &Piece<'_>,
        (needle, how): (u32, &'static str),
        (start, end): (u64, u64),
        window: Window,
        watch: &Watch,
        out: &mut Findings,
    ) {
        let place = piece.place.to_owned();
        let hit = FoundHit {
            needle,
            detector: false,
            place,
            steps: vec![],
            start,
            end,
            digest: how,
            window,
        };
        self.report(watch.fact_of[needle as usize], (start, end), hit, out);
    }

    /// What of a stretch of the place's whole bytes nothing explains, if `explained` does not; the part of it that lies
    /// in a file which is judged at its end waits.
    pub(super) fn unexplained(
        &mut self,
        piece: &Piece<'_>,
        stretch: (u64, u64),
        mut explained: Vec<(u64, u64)>,
    ) -> u64 {
        // The last window has counted what this one repeats.
        explained.push((piece.offset, piece.offset + self.repeated));
        explained.extend(self.images.open_since(true).map(|from| (from, u64::MAX)));
        explained.extend(&self.ended);
        let left = without(stretch, explained);
        let Some(from) = self.images.open_since(false) else {
            return sum(&left);
        };
        let mut now = 0;
        for (start, end) in left {
            let split = from.clamp(start, end);
            now += split - start;
            if split < end {
                self.waiting.push((split, end));
            }
        }
        now
    }

    /// A file that began in an earlier window has ended.
    pub(super) fn judge(&mut self, image: &Image) {
        let explained: Vec<(u64, u64)> = image.explained().collect();
        let waiting = std::mem::take(&mut self.waiting);
        for stretch in waiting {
            self.waiting.extend(without(stretch, explained.clone()));
        }
        self.ended.extend(explained);
    }

    /// Bytes that still wait: nothing will explain them any more.
    pub(super) fn give_up(&mut self) -> u64 {
        sum(&std::mem::take(&mut self.waiting))
    }

    pub(super) fn report_image(
        &mut self,
        place: &str,
        steps: Vec<Step>,
        image: &Image,
        window: Window,
        out: &mut Findings,
    ) {
        if self.media == MEDIA {
            self.over_media += 1;
            return;
        }
        self.media += 1;
        let &Image {
            format,
            start,
            end,
            width,
            height,
            sha256,
            complete,
            looked,
            holes: _,
        } = image;
        let place = place.to_owned();
        out.media.push(FoundMedia {
            format,
            place,
            steps,
            start,
            end,
            width,
            height,
            sha256,
            complete,
            looked: looked.text(),
            window,
        });
    }
}
