//! What was seen in the nodes from the root to the one at hand, until it is known that no child shows it better.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::rule::Way;
use super::window::{Clips, Stretch};
use crate::record::Step;
use crate::scan::media::Image;
use crate::scan::picture::Likeness;

/// How a fact was seen in a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A form that may stand anywhere.
    Free,
    /// A form that is a whole token; its neighbours decide, so a child that does not stand between quotes is
    /// searched anew.
    Token,
    /// The same, of a form that is how such a digest is printed.
    Print(&'static str),
    /// A digest: codec of the token (empty when the node itself is the raw digest), raw length, algorithm.
    Digest(&'static str, u64, &'static str),
    /// A file, by its hash.
    File,
    /// A picture, by its looks.
    Picture(Likeness),
    /// A stretch of a file, by the checksums of its blocks.
    Piece,
}

impl How {
    /// Is it in the node's bytes as they are written? (Not: a digest that the whole node is, a file, a picture.)
    fn is_written(self) -> bool {
        match self {
            How::Free | How::Token | How::Print(_) => true,
            How::Digest(codec, ..) => !codec.is_empty(),
            How::File | How::Picture(_) | How::Piece => false,
        }
    }

    /// Could a neighbour that is not seen make it another thing?
    pub(super) fn needs_neighbours(self) -> bool {
        matches!(self, How::Token | How::Print(_) | How::Digest(..))
    }
}

/// A fact at a range of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub needle: u32,
    pub start: u64,
    pub end: u64,
    pub how: How,
    /// A child shows it: not reported here.
    pub dropped: bool,
}

/// Sights of one fact that a node keeps: the first ones. A digest and a plain form are different leaves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Leaf {
    pub fact: u32,
    pub digest: bool,
}

/// More places of one fact in one node are not kept apart.
const SIGHTS: usize = 8;

/// One node.
#[derive(Default)]
pub(super) struct Frame {
    pub len: u64,
    pub steps: Vec<Step>,
    pub images: Vec<Image>,
    /// For each of `images`: a child shows it.
    dropped_images: Vec<bool>,
    /// Sights in the bytes as they are written, by start: what verbatim children take over.
    plain: Vec<Sight>,
    sights: FxHashMap<Leaf, Vec<Sight>>,
    /// Stretches of the owner's files, in order.
    pub pieces: Vec<(u64, u64)>,
    /// Some sights were not kept, so that children must look for themselves.
    pub overfull: bool,
    /// A level that stands for a step whose output was not shown.
    pub unshown: bool,
    /// The bytes around what was seen, where the node's own are gone when it is reported.
    pub clips: Clips,
}

impl Frame {
    pub(super) fn clear(&mut self, len: usize) {
        self.len = len as u64;
        self.steps.clear();
        self.images.clear();
        self.dropped_images.clear();
        self.sights.clear();
        self.plain.clear();
        self.pieces.clear();
        self.overfull = false;
        self.unshown = false;
        self.clips.clear();
    }

    /// How many bytes the step to this node made; 0 when nobody saw.
    pub(super) fn made(&self) -> u64 {
        if self.unshown {
            0
        } else {
            self.len
        }
    }

    /// Keeps the bytes around everything seen so far; `stretch` are those at hand.
    pub(super) fn keep_clips(&mut self, stretch: Stretch<'_>) {
        let sights = self.sights.values().flatten();
        let sights = sights.map(|sight| (sight.start, sight.end));
        let images = self.images.iter().map(|image| (image.start, image.end));
        self.clips.keep(stretch, sights.chain(images));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sights.is_empty() && self.images.is_empty()
    }

    /// Is something in it shown in such a way?
    pub(super) fn shows(&self, way: impl Fn(How) -> bool) -> bool {
        self.sights.values().flatten().any(|sight| way(sight.how))
    }

    /// Keeps a sight among the first of its fact: earliest, then longest.
    pub(super) fn see(&mut self, fact: u32, sight: Sight) {
        let digest = matches!(sight.how, How::Digest(..) | How::Print(_));
        let sights = self.sights.entry(Leaf { fact, digest }).or_default();
        let order = |s: &Sight| (s.start, u64::MAX - s.end, s.needle);
        let at = sights.partition_point(|s| order(s) < order(&sight));
        self.overfull |= sights.len() == SIGHTS;
        if at < SIGHTS {
            sights.truncate(SIGHTS - 1);
            sights.insert(at, sight);
        }
    }

    /// Puts in order what the node's children will ask for.
    pub(super) fn settle(&mut self, is_leaf: bool) {
        self.images.sort_by_key(|image| image.start);
        self.dropped_images.resize(self.images.len(), false);
        if !is_leaf {
            let sights = self.sights.values().flatten();
            self.plain.extend(sights.filter(|s| s.how.is_written()));
            self.plain
                .sort_unstable_by_key(|s| (s.start, s.end, s.needle));
        }
    }

    /// What is written inside the input range of a step: only forms that may stand anywhere or, `with_tokens`, whole
    /// tokens and digests too.
    pub(super) fn plain_within(
        &self,
        step: &Step,
        with_tokens: bool,
    ) -> impl Iterator<Item = &Sight> {
        let (start, end) = (step.start, step.end);
        let first = self.plain.partition_point(|s| s.start < start);
        let inside = self.plain[first..]
            .iter()
            .take_while(move |s| s.start < end);
        inside.filter(move |s| s.end <= end && (with_tokens || s.how == How::Free))
    }

    /// Places in `images` of those that begin in the step's range.
    fn images_from(&self, step: &Step) -> Range<usize> {
        let first = self.images.partition_point(|i| i.start < step.start);
        let count = self.images[first..].partition_point(|i| i.start < step.end);
        first..first + count
    }

    pub(super) fn images_within(&self, step: &Step) -> impl Iterator<Item = &Image> {
        let end = step.end;
        self.images[self.images_from(step)]
            .iter()
            .filter(move |i| i.end <= end)
    }

    /// Does an image begin inside the step's range and run on beyond it?
    pub(super) fn has_image_across(&self, step: &Step) -> bool {
        self.images[self.images_from(step)]
            .iter()
            .any(|i| i.end > step.end)
    }

    /// Drops what `child`, reached from here by `step`, shows as well.
    pub(super) fn drop_seen_in(&mut self, child: &Frame, step: &Step) {
        if self.is_empty() {
            return;
        }
        for fact in child.sights.keys().map(|leaf| leaf.fact) {
            for digest in [false, true] {
                for sight in self
                    .sights
                    .get_mut(&Leaf { fact, digest })
                    .into_iter()
                    .flatten()
                {
                    sight.dropped |= sight.start >= step.start && sight.end <= step.end;
                }
            }
        }
        if child.images.is_empty() {
            return;
        }
        let same_bytes: FxHashSet<[u8; 32]> = child.images.iter().map(|i| i.sha256).collect();
        for at in self.images_from(step) {
            let image = &self.images[at];
            // In a verbatim child it begins at the same place, though it may be cut there.
            let place = image.start - step.start;
            let same_start = child
                .images
                .binary_search_by_key(&place, |i| i.start)
                .is_ok();
            let inside = image.end <= step.end;
            self.dropped_images[at] |= same_start || (inside && same_bytes.contains(&image.sha256));
        }
    }

    /// Of each fact, as plain form and as digest, the first place that no child shows.
    pub(super) fn first_sights(&self) -> Vec<&Sight> {
        let firsts = self
            .sights
            .values()
            .filter_map(|sights| sights.iter().find(|s| !s.dropped));
        let mut firsts: Vec<&Sight> = firsts.collect();
        firsts.sort_unstable_by_key(|s| (s.start, s.end, s.needle));
        firsts
    }

    pub(super) fn kept_images(&self) -> impl Iterator<Item = &Image> {
        self.images
            .iter()
            .zip(&self.dropped_images)
            .filter(|(_, dropped)| !**dropped)
            .map(|(image, _)| image)
    }

    /// Ranges of the node that its images, and pieces of known files, explain; in no order.
    pub(super) fn explained_ranges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let images = self.images.iter().flat_map(Image::explained);
        images.chain(self.pieces.iter().copied())
    }

    /// Bytes of a stretch of the node that its images, and pieces of known files, explain.
    pub(super) fn explained_within(&self, start: u64, end: u64) -> u64 {
        if self.images.is_empty() && self.pieces.is_empty() {
            return 0;
        }
        let left = without((start, end), self.explained_ranges().collect());
        (end - start) - sum(&left)
    }

    /// Bytes that images, known files and pieces of them explain.
    pub(super) fn explained(&self) -> u64 {
        if self.is_known_file() {
            return self.len;
        }
        self.explained_within(0, self.len)
    }

    /// Is the node as a whole a file of the owner's?
    pub(super) fn is_known_file(&self) -> bool {
        self.sights
            .values()
            .flatten()
            .any(|s| s.how == How::File && s.end - s.start == self.len)
    }
}

/// What of a stretch lies in none of the ranges, in order.
pub(super) fn without(stretch: (u64, u64), mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut left = Vec::new();
    let mut from = stretch.0; // what lies before was decided
    for (first, last) in ranges {
        if first > from && from < stretch.1 {
            left.push((from, first.min(stretch.1)));
        }
        from = from.max(last);
    }
    if from < stretch.1 {
        left.push((from, stretch.1));
    }
    left
}

/// Bytes of ranges that do not overlap.
pub(super) fn sum(ranges: &[(u64, u64)]) -> u64 {
    ranges.iter().map(|range| range.1 - range.0).sum()
}

/// The frames from the root down; emptied frames are kept for reuse.
#[derive(Default)]
pub(super) struct Frames {
    all: Vec<Frame>,
    used: usize,
    /// What the rules said of the names above the last field.
    pub way: Way,
}

impl Frames {
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// From the root to the node at hand.
    pub(super) fn in_use(&self) -> &[Frame] {
        &self.all[..self.used]
    }

    /// The node at hand, to add to what it shows.
    pub(super) fn last_in_use(&mut self) -> Option<&mut Frame> {
        self.all[..self.used].last_mut()
    }

    /// The frames in use, and the next one.
    pub(super) fn with_next(&mut self) -> (&mut [Frame], &mut Frame) {
        if self.all.len() == self.used {
            self.all.push(Frame::default());
        }
        let (used, next) = self.all.split_at_mut(self.used);
        (used, &mut next[0])
    }

    /// Takes the next frame into use.
    pub(super) fn push(&mut self) {
        self.used += 1;
    }

    /// Takes the last frame out of use; it can still be read. Gives it with all above it, itself the last.
    pub(super) fn pop(&mut self) -> Option<&[Frame]> {
        self.used = self.used.checked_sub(1)?;
        self.all.get(..=self.used)
    }

    /// The frames in use, and what the rules said on the way.
    pub(super) fn with_way(&mut self) -> (&[Frame], &mut Way) {
        (&self.all[..self.used], &mut self.way)
    }
}
