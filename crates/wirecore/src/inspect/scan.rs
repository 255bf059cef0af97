//! The visitor that looks at each node of a place's tree.
//!
//! A node's sights wait in a frame until its children have been seen: what a child shows as well is reported
//! there only, for the deeper leaf says more (its path, its decoded value).

mod images;

use super::carry::Carry;
use super::frame::{Frame, Frames, How, Sight};
use super::report::{report, steps_of, window_of, Walk};
use super::window::sizes;
use super::{Bound, Findings, FoundHit, Piece, Watch};
use crate::record::Step;
use crate::scan::digests::MIN_DIGEST;
use crate::scan::media::sha256;
use crate::scan::shaped::LONGEST as LONGEST_PRINTED;
use crate::scan::tally::Tally;
use crate::unwrap::look::is_random;
use crate::unwrap::{Node, Visitor};

/// Shortest stretch of sealed bytes that counts, as for leaves.
const SEALED_MIN: u64 = 64;

/// One walk through the tree of one window.
pub(super) struct Scan<'a> {
    watch: &'a Watch,
    piece: &'a Piece<'a>,
    /// Steps that lead to the walk's root.
    before: &'a [Step],
    /// The bytes of that root.
    root: &'a [u8],
    carry: &'a mut Carry,
    frames: &'a mut Frames,
    tally: &'a mut Tally,
    out: &'a mut Findings,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        watch: &'a Watch,
        Walk {
            piece,
            before,
            root,
        }: Walk<'a>,
        carry: &'a mut Carry,
        (frames, tally): (&'a mut Frames, &'a mut Tally),
        out: &'a mut Findings,
    ) -> Self {
        frames.way.begin();
        Scan {
            watch,
            piece,
            before,
            root,
            carry,
            frames,
            tally,
            out,
        }
    }

    /// Reports what is left.
    pub(super) fn finish(mut self) {
        self.leave(0);
    }

    /// Reports the nodes from `depth` down: all their children have been seen.
    fn leave(&mut self, depth: usize) {
        let walk = Walk {
            piece: self.piece,
            before: self.before,
            root: self.root,
        };
        while self.frames.used() > depth {
            let Some(way) = self.frames.pop() else {
                return;
            };
            if way.last().is_some_and(|frame| !frame.is_empty()) {
                report(way, walk, self.watch, self.carry, self.out);
            }
        }
    }

    fn fresh_frame(&mut self, len: usize) {
        self.frames.with_next().1.clear(len);
    }

    /// Facts, digests and whole files in the node.
    fn look_for_facts(&mut self, node: &Node<'_>) {
        let (needles, fact_of) = (&self.watch.needles, &self.watch.fact_of);
        let edges = self.cut_edges(node);
        let (above, frame) = self.frames.with_next();
        let len = node.bytes.len();
        let mut see = |needle: u32, start: usize, end: usize, how: How| {
            // Neighbours beyond a window's edge are not seen here; the other window judges.
            if how.needs_neighbours() && ((edges.0 && start == 0) || (edges.1 && end == len)) {
                return;
            }
            let sight = Sight {
                needle,
                start: start as u64,
                end: end as u64,
                how,
                dropped: false,
            };
            frame.see(fact_of[needle as usize], sight);
        };
        let mut scanned = false;
        match (node.verbatim, above.last(), node.steps.last()) {
            // Whoever scanned the parent has seen these bytes.
            (true, Some(parent), Some(step)) if !parent.overfull => {
                scanned = node.quoted;
                for sight in parent.plain_within(step, scanned) {
                    let (start, end) = (sight.start - step.start, sight.end - step.start);
                    see(sight.needle, start as usize, end as usize, sight.how);
                }
            }
            _ => needles.find_free(node.bytes, &mut |needle, start, end| {
                see(needle, start, end, How::Free);
            }),
        }
        // Whole tokens and digests depend on their neighbours, which a child may have lost.
        if !scanned {
            needles.find_tokens(node.bytes, self.tally, &mut |needle, start, end| {
                let print = self.watch.prints.get(&needle);
                see(
                    needle,
                    start,
                    end,
                    print.map_or(How::Token, |of| How::Print(of)),
                );
            });
        }
        if len >= MIN_DIGEST {
            if !scanned {
                needles.find_digests(node.bytes, &mut |seen| {
                    let how = How::Digest(seen.codec, seen.raw_len as u64, seen.algorithm);
                    see(seen.needle, seen.start, seen.end, how);
                });
            }
            if let Some((needle, algorithm)) = needles.find_digest(node.bytes) {
                see(needle, 0, len, How::Digest("", len as u64, algorithm));
            }
        }
        if needles.has_file_of(len as u64) {
            if let Some(needle) = needles.find_file(&sha256(node.bytes), len as u64) {
                see(needle, 0, len, How::File);
            }
        }
    }

    /// Does the node begin (end) where the window was cut?
    fn cut_edges(&self, node: &Node<'_>) -> (bool, bool) {
        if !self.before.is_empty() || (self.piece.offset == 0 && self.piece.last) {
            return (false, false);
        }
        let at_start = node.steps.iter().all(|step| step.start == 0);
        let at_end = node
            .steps
            .iter()
            .zip(self.frames.in_use())
            .all(|(step, frame)| step.end == frame.len);
        (
            self.piece.offset > 0 && at_start,
            !self.piece.last && at_end,
        )
    }

    /// Keeps digest-shaped leaves for the second pass.
    fn take_unexplained(&mut self, node: &Node<'_>) {
        let Scan {
            piece,
            before,
            carry,
            frames,
            ..
        } = self;
        if !node.leaf || node.bytes.len() > LONGEST_PRINTED {
            return;
        }
        if !piece.up {
            carry.unexplained.take_received(node);
            return;
        }
        let key = named(piece, node);
        let (above, frame) = frames.with_next();
        let frame: &Frame = frame;
        carry.unexplained.take(node, key, frame, piece, &|| {
            let (steps, shift) = steps_of(before, node.steps, piece.offset);
            let way = above.iter().chain([frame]);
            (steps, shift, sizes(piece, before, way))
        });
    }

    /// Of a stretch of the window at the place's root, the bytes that nothing explains.
    fn unexplained_at_root(&mut self, (start, end): (u64, u64)) -> u64 {
        let offset = self.piece.offset;
        let frame = self.frames.in_use().last();
        let ranges = frame.into_iter().flat_map(Frame::explained_ranges);
        let explained = ranges
            .map(|(from, to)| (from + offset, to + offset))
            .collect();
        self.carry
            .unexplained(self.piece, (start + offset, end + offset), explained)
    }

    /// What this node shows need not be reported of the nodes above it.
    fn drop_above(&mut self, node: &Node<'_>) {
        let (above, frame) = self.frames.with_next();
        if frame.is_empty() {
            return;
        }
        frame.settle(node.leaf);
        if !above.is_empty() {
            frame.keep_clips((0, node.bytes)); // the root's bytes are at hand to the end
        }
        frame.steps.clear();
        frame.steps.extend_from_slice(node.steps);
        for (step, over) in node.steps.iter().zip(above) {
            over.drop_seen_in(frame, step);
        }
    }

    fn look_at_rules(&mut self, node: &Node<'_>) {
        let Scan {
            watch,
            piece,
            before,
            carry,
            frames,
            out,
            ..
        } = self;
        if watch.rules.is_empty() {
            return;
        }
        let last = node.steps.iter().rev().find(|step| !step.path.is_empty());
        let key = match node.steps {
            [] => place_name(piece).unwrap_or_default(),
            _ => node.key,
        };
        let field = (piece.up, last.map_or("", |step| &step.path[..]), key);
        let (nodes, way) = frames.with_way();
        watch.rules.look(way, field, node.bytes, &mut |fired| {
            if carry.fires(fired) {
                let (steps, shift) = steps_of(before, node.steps, piece.offset);
                let (start, end) = (shift, shift + node.bytes.len() as u64);
                let sizes = sizes(piece, before, nodes.iter());
                let hit = FoundHit {
                    needle: fired.rule,
                    detector: true,
                    place: piece.place.to_owned(),
                    steps,
                    start,
                    end,
                    digest: "",
                    window: window_of((start, end), Some((shift, node.bytes)), &sizes),
                };
                carry.push(hit, out);
            }
        });
    }
}

impl Visitor for Scan<'_> {
    fn node(&mut self, node: &Node<'_>) {
        self.leave(node.steps.len());
        self.fresh_frame(node.bytes.len());
        while self.frames.used() < node.steps.len() {
            // A level that was not shown: nothing can be taken over from it.
            let frame = self.frames.with_next().1;
            (frame.overfull, frame.unshown) = (true, true);
            self.frames.push();
            self.fresh_frame(node.bytes.len());
        }
        // What comes down exposes nothing: only the rules for answers look at it, at half the cost.
        if self.piece.up {
            self.look_for_facts(node);
            self.look_for_images(node);
        }
        self.take_unexplained(node);
        if self.piece.up {
            self.drop_above(node);
        }
        self.frames.push();
        self.look_at_rules(node);
    }

    fn bound(&mut self, what: &str, unread: u64) {
        self.out.bounds.push(Bound {
            what: what.to_owned(),
            unread,
        });
    }

    fn sealed(&mut self, node: &Node<'_>) {
        let Some((step, above)) = node.steps.split_last() else {
            self.opaque(node);
            return;
        };
        self.leave(node.steps.len());
        self.look_for_pieces(node.bytes, step.start);
        let parent = self.frames.in_use().last();
        let rest = if self.before.is_empty() && above.is_empty() {
            self.unexplained_at_root((step.start, step.end))
        } else {
            let explained = parent.map_or(0, |frame| frame.explained_within(step.start, step.end));
            (step.end - step.start).saturating_sub(explained)
        };
        // A few bytes beside an image are no sealed stretch of their own.
        if rest >= SEALED_MIN {
            self.out.opaque_bytes += rest;
        }
    }

    fn opaque(&mut self, node: &Node<'_>) {
        let len = node.bytes.len() as u64;
        let frame = self.frames.in_use().last();
        if frame.is_some_and(|frame| frame.explained() >= len) {
            return; // a whole image, or a file of the owner's, is no piece of one
        }
        if frame.is_some_and(|frame| frame.pieces.is_empty()) {
            self.look_for_pieces(node.bytes, 0);
            if let Some(frame) = self.frames.last_in_use() {
                frame.steps.clear();
                frame.steps.extend_from_slice(node.steps);
            }
        }
        let known = self
            .frames
            .in_use()
            .last()
            .is_some_and(Frame::is_known_file);
        let rest = match node.steps.first() {
            _ if known => 0,
            None if self.before.is_empty() => self.unexplained_at_root((0, len)),
            // The last window has counted what this one repeats.
            Some(first) if self.before.is_empty() && first.end <= self.carry.repeated() => 0,
            _ => {
                len - self
                    .frames
                    .in_use()
                    .last()
                    .map_or(0, Frame::explained)
                    .min(len)
            }
        };
        self.out.opaque_bytes += rest;
    }

    fn media(&mut self, node: &Node<'_>) {
        let Some(frame) = self.frames.in_use().last() else {
            return;
        };
        for image in &frame.images {
            for &(start, end) in &image.holes {
                let hole = node.bytes.get(start as usize..end as usize);
                if hole.is_some_and(is_random) {
                    self.out.opaque_bytes += end - start;
                }
            }
        }
    }
}

/// A header or cookie is named by its place.
fn place_name<'p>(piece: &Piece<'p>) -> Option<&'p str> {
    piece.place.split_once(':').map(|place| place.1)
}

/// The nearest name of a node, that of its place for the place's own bytes.
fn named<'n>(piece: &Piece<'n>, node: &Node<'n>) -> &'n str {
    let root = node.steps.is_empty().then(|| place_name(piece)).flatten();
    root.unwrap_or(node.key)
}
