//! The search for files of known formats through the windows of one place.

use std::sync::{Arc, LazyLock};

use aho_corasick::packed::Searcher;
use aho_corasick::{AhoCorasick, Input, MatchKind};
use memchr::memchr;
use ring::digest::{Context, SHA256};

use super::format::{Fate, Format, Hole, FARTHEST, SIGNATURES};
use super::kept::{Budget, Kept};
use super::{sha256, to_array, Image};
use crate::scan::picture::Looked;

/// A candidate that goes on beyond the window.
struct Open {
    machine: Box<dyn Format>,
    start: u64,
    hash: Hash,
    kept: Option<Kept>,
}

/// The hash of a file whose end may turn out to lie a little before what was hashed.
struct Hash {
    now: Context,
    done: u64,
    /// The same up to where the structure was verified.
    mark: Option<(u64, Context)>,
}

impl Hash {
    fn begin() -> Self {
        Hash {
            now: Context::new(&SHA256),
            done: 0,
            mark: None,
        }
    }

    /// Adds bytes; `verified` is counted from the file's start.
    fn update(&mut self, bytes: &[u8], verified: u64) {
        let end = self.done + bytes.len() as u64;
        let (before, behind) = if self.done < verified && verified < end {
            bytes.split_at((verified - self.done) as usize)
        } else {
            (bytes, &[][..])
        };
        self.now.update(before);
        if !behind.is_empty() {
            self.mark = Some((verified, self.now.clone()));
            self.now.update(behind);
        }
        self.done = end;
    }

    fn finish(self, len: u64) -> [u8; 32] {
        match self.mark {
            Some((at, context)) if at == len => to_array(context.finish().as_ref()),
            _ => to_array(self.now.finish().as_ref()),
        }
    }
}

/// The search through one place.
#[derive(Default)]
pub struct Search {
    open: Vec<Open>,
    /// Nothing before this begins an image that was not reported.
    next: u64,
    /// Where the last window ended.
    seen: u64,
    /// Bytes that the next window will repeat.
    repeated: usize,
    /// Images seen while a candidate before them was not yet confirmed: perhaps its thumbnails.
    doubtful: Vec<Image>,
    /// A hostile place used up the work that false starts may cost; after it some images may stay unseen.
    exhausted: bool,
    /// Where the bytes of images that span windows may be kept.
    budget: Option<Arc<Budget>>,
    /// Those that ended, by where they began.
    kept: Vec<(u64, Kept)>,
}

/// Candidates that may be open at a time.
const OPEN: usize = 4;
/// Images that may wait for a candidate before them.
const DOUBTFUL: usize = 1024;
/// Bytes that are read again because a candidate was none, or because a container's inside is searched too, per byte
/// of the window, before candidates are skipped whole.
const WASTE_A_BYTE: u64 = 2;
/// What a failed candidate costs besides its bytes, in bytes.
const WASTE_A_CANDIDATE: u64 = 16;

impl Search {
    /// A search through windows of which each repeats so many bytes of the one before: 17 at least, for a
    /// signature may be cut.
    pub fn new(repeated: usize, budget: Option<Arc<Budget>>) -> Self {
        Search {
            repeated,
            budget,
            ..Search::default()
        }
    }

    /// The bytes of an image that began at `start` in an earlier window, once; none when they were too many.
    pub fn take_kept(&mut self, start: u64) -> Option<Kept> {
        let at = self.kept.iter().position(|(kept, _)| *kept == start)?;
        Some(self.kept.swap_remove(at).1)
    }

    /// Where the first file began that goes on beyond the last window: of those that are verified `as_it_passes`, or
    /// of those that are judged at their end.
    pub fn open_since(&self, as_it_passes: bool) -> Option<u64> {
        let confirmed = self.open.iter().filter(|open| {
            open.machine.head().is_some() && open.machine.as_it_passes() == as_it_passes
        });
        confirmed.map(|open| open.start).min()
    }

    /// Where files began that may be reported after the next window only.
    pub fn waiting(&self) -> impl Iterator<Item = u64> + '_ {
        let open = self.open.iter().map(|open| open.start);
        open.chain(self.doubtful.iter().map(|image| image.start))
    }

    /// Did false starts use up their share of work, so that images may be unseen?
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Searches a window that begins at `offset` of the place; `last` closes what is open.
    pub fn feed(&mut self, window: &[u8], offset: u64, last: bool, out: &mut dyn FnMut(Image)) {
        if offset > self.seen {
            self.close(out, false); // bytes are missing between the windows
            self.next = offset;
            self.seen = offset;
        }
        let from = (self.seen - offset) as usize;
        self.go_on(window.get(from..).unwrap_or_default(), out);
        self.search(window, offset, last, out);
        self.seen = self.seen.max(offset + window.len() as u64);
        if last {
            self.close(out, true);
        }
    }

    /// Feeds what is open.
    fn go_on(&mut self, fresh: &[u8], out: &mut dyn FnMut(Image)) {
        let mut covered = 0; // up to here an earlier candidate, now confirmed, owns the bytes
        for mut open in std::mem::take(&mut self.open) {
            if open.start < covered {
                continue;
            }
            let fate = open.machine.feed(fresh);
            let (taken, complete) = match fate {
                Fate::More => (fresh.len(), false),
                Fate::Done(taken) => (taken, true),
                Fate::Bad(taken) => (taken, false),
            };
            open.hash.update(&fresh[..taken], open.machine.verified());
            let mut end = self.seen + taken as u64;
            if complete {
                end = open.start + open.machine.verified();
            }
            if open.machine.hides_nothing() {
                self.doubtful
                    .retain(|image| image.start < open.start || image.end > end);
                self.next = self.next.max(end);
                covered = end;
            }
            open.kept = open.kept.take().and_then(|kept| kept.and(&fresh[..taken]));
            if fate == Fate::More {
                self.open.push(open);
            } else {
                if complete && open.machine.owns_inside() {
                    self.next = self.next.max(end);
                }
                self.finish(open, end, complete);
            }
        }
        self.settle(out);
    }

    /// Gives out what no candidate can claim any more.
    fn settle(&mut self, out: &mut dyn FnMut(Image)) {
        let in_doubt = |open: &Open| open.machine.head().is_none();
        if self.doubtful.len() >= DOUBTFUL || !self.open.iter().any(in_doubt) {
            self.doubtful.drain(..).for_each(out);
        }
    }

    fn show(&mut self, image: Image, out: &mut dyn FnMut(Image)) {
        self.doubtful.push(image);
        self.settle(out);
    }

    fn search(&mut self, window: &[u8], offset: u64, last: bool, out: &mut dyn FnMut(Image)) {
        let mut waste = WASTE_A_BYTE * window.len() as u64 + (1 << 20);
        let mut from = self.next.saturating_sub(offset) as usize;
        // A signature may be cut by the window's end.
        let cut = window.len().saturating_sub(FARTHEST - 1);
        let mut deferred = None;
        let mut at = worth_a_look(window, from);
        while let Some((start, which, place)) = next_start(window, at) {
            at = place + 1;
            if start < from {
                continue;
            }
            let mut machine = (SIGNATURES[which].machine)();
            let rest = &window[start..];
            let fate = machine.feed(rest);
            let confirmed = machine.head();
            if fate == Fate::More && !last {
                if confirmed.is_none() && rest.len() <= self.repeated {
                    deferred = Some(start); // the next window shows it again, with what follows
                    break;
                }
                from = if machine.hides_nothing() {
                    window.len()
                } else {
                    start + 1
                };
                if self.open.len() < OPEN {
                    let mut hash = Hash::begin();
                    hash.update(rest, machine.verified());
                    let kept = Kept::begin(self.budget.as_ref(), rest);
                    let start = offset + start as u64;
                    self.open.push(Open {
                        machine,
                        start,
                        hash,
                        kept,
                    });
                }
                at = at.max(from);
                continue;
            }
            let (taken, mut complete) = match fate {
                Fate::More => (rest.len(), machine.may_end()),
                Fate::Done(taken) => (taken, true),
                Fate::Bad(taken) => (taken, false),
            };
            let verified = (machine.verified() as usize).min(taken);
            complete &= verified > 0;
            let mut read = 1; // nothing up to there need be looked at again
            let mut again = taken;
            if let Some((format, width, height)) = confirmed {
                let shown = if fate == Fate::More && !complete {
                    taken
                } else {
                    verified.max(1)
                };
                let file = &rest[..shown];
                if complete {
                    machine.look(file);
                }
                let begin = offset + start as u64;
                let holes = machine.holes(shown as u64);
                let image = Image {
                    format,
                    start: begin,
                    end: begin + shown as u64,
                    width,
                    height,
                    sha256: sha256(file),
                    complete,
                    looked: Looked::Not,
                    holes: moved(holes, begin),
                };
                if machine.owns_inside() {
                    read = shown.min(verified.max(1));
                    again -= read.min(taken);
                }
                self.show(image, out);
            }
            let wasted = again as u64 + machine.work() + WASTE_A_CANDIDATE;
            if wasted <= waste {
                waste -= wasted;
                from = start + read;
            } else {
                self.exhausted = true;
                from = start + taken.max(1);
            }
            at = at.max(from);
        }
        self.next = self
            .next
            .max(offset + deferred.unwrap_or_else(|| from.max(cut)) as u64);
    }

    fn close(&mut self, out: &mut dyn FnMut(Image), at_the_end: bool) {
        for open in std::mem::take(&mut self.open) {
            let complete = at_the_end && open.machine.may_end();
            let len = open.machine.verified();
            let end = if complete {
                open.start + len
            } else {
                self.seen
            };
            self.finish(open, end, complete);
        }
        self.settle(out);
        self.next = self.seen;
    }

    /// A file that spans windows has ended; its bytes can be asked for, also when it is only a part.
    fn finish(&mut self, mut open: Open, end: u64, complete: bool) {
        let start = open.start;
        if let Some(kept) = open.kept.take() {
            let whole = kept.bytes().get(..(end - start) as usize);
            if let (true, Some(whole)) = (complete, whole) {
                open.machine.look(whole);
            }
            if self.kept.len() < OPEN {
                self.kept.push((start, kept));
            }
        }
        let Some((format, width, height)) = open.machine.head() else {
            return;
        };
        let holes = open.machine.holes(end - start);
        self.doubtful.push(Image {
            format,
            start,
            end,
            width,
            height,
            sha256: open.hash.finish(end - start),
            complete,
            looked: Looked::Not,
            holes: moved(holes, start),
        });
    }
}

/// Holes in order, counted from the place's start.
fn moved(mut holes: Vec<Hole>, start: u64) -> Vec<Hole> {
    holes.sort_unstable();
    holes
        .iter()
        .map(|hole| (start + hole.0, start + hole.1))
        .collect()
}

/// The vector search for all signatures at once, or where the processor has none, an automaton.
enum Starts {
    Packed(Searcher),
    Plain(AhoCorasick),
}

static STARTS: LazyLock<Option<Starts>> = LazyLock::new(|| {
    let bytes = || SIGNATURES.iter().map(|one| one.bytes);
    let packed = Searcher::new(bytes()).map(Starts::Packed);
    let plain = || {
        AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(bytes())
    };
    packed.or_else(|| plain().ok().map(Starts::Plain))
});

/// Bytes of a window from which it is worth asking first whether a zero stands in it.
const LONG: usize = 128;

/// Where the search through a window need begin: every format writes a zero within its first bytes, and text has none.
fn worth_a_look(window: &[u8], from: usize) -> usize {
    match window.get(from..) {
        Some(rest) if rest.len() >= LONG && memchr(0, rest).is_none() => {
            window.len() - 4 * FARTHEST
        }
        _ => from,
    }
}

/// The next place at or behind `at` where a signature stands: the file's start, which signature, and its place.
fn next_start(window: &[u8], mut at: usize) -> Option<(usize, usize, usize)> {
    loop {
        if at >= window.len() {
            return None;
        }
        let found = match STARTS.as_ref()? {
            Starts::Packed(searcher) => searcher.find_in(window, (at..window.len()).into())?,
            Starts::Plain(automaton) => automaton.find(Input::new(window).range(at..))?,
        };
        let place = found.start();
        let which = found.pattern().as_usize();
        let signature = &SIGNATURES[which];
        let start = place.checked_sub(signature.back);
        let fits = |start: &usize| window[*start..].starts_with(signature.first);
        match start.filter(fits) {
            Some(start) => return Some((start, which, place)),
            None => at = place + 1,
        }
    }
}
