//! What a node showed that none of its children shows, as rows.

use super::carry::Carry;
use super::frame::{Frame, How};
use super::window::{cut, sizes, Stretch};
use super::{Findings, FoundHit, Piece, Watch};
use crate::record::{Step, Window};
use crate::unwrap::{apply, Keys};

/// The word of the table of hits for a stretch of a file.
pub(super) const PIECE: &str = "piece";

/// The whole way of a node, with its first step's range in the place's whole bytes; and how far the ranges
/// of a node without any step are off from there.
pub(super) fn steps_of(before: &[Step], steps: &[Step], offset: u64) -> (Vec<Step>, u64) {
    let mut all = [before, steps].concat();
    if let Some(first) = all.first_mut() {
        first.start += offset;
        first.end += offset;
        return (all, 0);
    }
    (all, offset)
}

/// The walk that a node stands in.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub piece: &'a Piece<'a>,
    /// Steps that lead to the walk's root.
    pub before: &'a [Step],
    /// The bytes of that root.
    pub root: &'a [u8],
}

/// Reports what no child showed: of each fact the first place. `way` are the nodes down to the one at hand.
pub(super) fn report(
    way: &[Frame],
    walk: Walk<'_>,
    watch: &Watch,
    carry: &mut Carry,
    out: &mut Findings,
) {
    let Some((frame, above)) = way.split_last() else {
        return;
    };
    let Walk {
        piece,
        before,
        root,
    } = walk;
    let (steps, shift) = steps_of(before, &frame.steps, piece.offset);
    let sizes = sizes(piece, before, way.iter());
    let known = |found: (u64, u64)| -> Option<Stretch<'_>> {
        if above.is_empty() {
            Some((shift, root))
        } else {
            frame.clips.around(found)
        }
    };
    for sight in frame.first_sights() {
        let (mut steps, mut range, mut digest) =
            (steps.clone(), (sight.start + shift, sight.end + shift), "");
        let place = steps
            .first()
            .map_or(range, |first| (first.start, first.end));
        let mut window = window_of(range, known(range), &sizes);
        if let How::Digest(codec, raw_len, algorithm) = sight.how {
            digest = algorithm;
            if !codec.is_empty() {
                let mut step = Step {
                    codec,
                    start: range.0.saturating_sub(window.begin),
                    end: range.1.saturating_sub(window.begin),
                    path: String::new(),
                };
                let raw = apply(&step, &window.bytes, &Keys::new()).unwrap_or_default();
                (step.start, step.end) = range;
                steps.push(step);
                range = (0, raw_len);
                window = window_of(range, Some((0, &raw)), &sizes);
                window.sizes.push(raw_len);
            }
        } else if let How::Print(algorithm) = sight.how {
            digest = algorithm;
        } else if let How::Picture(likeness) = sight.how {
            digest = likeness.text();
        } else if sight.how == How::Piece {
            digest = PIECE;
        }
        let hit = FoundHit {
            needle: sight.needle,
            detector: false,
            place: piece.place.to_owned(),
            steps,
            start: range.0,
            end: range.1,
            digest,
            window,
        };
        carry.report(watch.fact_of[sight.needle as usize], place, hit, out);
    }
    for image in frame.kept_images() {
        let image = image.moved_on(shift);
        let range = (image.start, image.end);
        let window = window_of(range, known(range), &sizes);
        carry.report_image(piece.place, steps.clone(), &image, window, out);
    }
}

/// What is kept of a finding, from the stretch that its window lies in.
pub(super) fn window_of(range: (u64, u64), known: Option<Stretch<'_>>, sizes: &[u64]) -> Window {
    let (begin, bytes) = cut(range, known.as_slice());
    Window {
        begin,
        bytes,
        sizes: sizes.to_vec(),
        coded: false,
    }
}
