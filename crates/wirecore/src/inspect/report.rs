//! What a node showed that none of its children shows, as rows.

use super::carry::Carry;
use super::frame::{Frame, How};
use super::{Findings, FoundHit, Piece, Watch};
use crate::record::Step;

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

/// Reports what no child showed: of each fact the first place.
pub(super) fn report(
    frame: &Frame,
    before: &[Step],
    piece: &Piece<'_>,
    watch: &Watch,
    carry: &mut Carry,
    out: &mut Findings,
) {
    let (steps, shift) = steps_of(before, &frame.steps, piece.offset);
    for sight in frame.first_sights() {
        let (mut steps, mut range, mut digest) =
            (steps.clone(), (sight.start + shift, sight.end + shift), "");
        let root = steps
            .first()
            .map_or(range, |first| (first.start, first.end));
        if let How::Digest(codec, raw_len, algorithm) = sight.how {
            digest = algorithm;
            if !codec.is_empty() {
                steps.push(Step {
                    codec,
                    start: range.0,
                    end: range.1,
                    path: String::new(),
                });
                range = (0, raw_len);
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
        };
        carry.report(watch.fact_of[sight.needle as usize], root, hit, out);
    }
    for image in frame.kept_images() {
        carry.report_image(piece.place, steps.clone(), &image.moved_on(shift), out);
    }
}
