//! The bytes around what was found, cut out while they are at hand: nobody has to read the capture again for them.
//!
//! In: the range of a finding in the bytes that show it, and the stretches of those that are known. Out: where the
//! window begins, and its bytes; fewer where a stretch is not at hand (the border of two windows of a body).

use std::ops::Range;

use super::frame::Frame;
use super::Piece;
use crate::record::Step;

/// Bytes before and behind what was found, and in all; a window begins at a multiple of a line.
const AROUND: u64 = 48;
pub(super) const MOST: u64 = 256;
const LINE: u64 = 16;

/// Bytes, and where they begin.
pub(super) type Stretch<'a> = (u64, &'a [u8]);

/// Where the window of a finding lies, if its bytes go on so far.
pub(super) fn span((start, end): (u64, u64)) -> Range<u64> {
    let begin = start.saturating_sub(AROUND) / LINE * LINE;
    begin..end.saturating_add(AROUND).min(begin + MOST)
}

/// The window of a finding from what is known of the bytes that show it: where it begins, and its bytes.
pub(super) fn cut(found: (u64, u64), known: &[Stretch<'_>]) -> (u64, Vec<u8>) {
    let span = span(found);
    let mut begin = span.start;
    let mut bytes = Vec::new();
    loop {
        let at = begin + bytes.len() as u64;
        if at >= span.end {
            break;
        }
        let rest = known.iter().find_map(|(from, stretch)| {
            let rest = stretch.get(usize::try_from(at.checked_sub(*from)?).ok()?..)?;
            (!rest.is_empty()).then_some(rest)
        });
        if let Some(rest) = rest {
            let take = rest.len().min((span.end - at) as usize);
            bytes.extend_from_slice(&rest[..take]);
        } else if bytes.is_empty() {
            let later = known.iter().map(|(from, _)| *from);
            match later.filter(|from| (at + 1..span.end).contains(from)).min() {
                Some(from) => begin = from,
                None => break,
            }
        } else {
            break;
        }
    }
    (begin, bytes)
}

/// How many bytes the place has (0 when its end has not come), then what each step on the way to a node made.
/// `way` are the nodes from the walk's root down to it, `before` the steps that lead to that root.
pub(super) fn sizes<'f>(
    piece: &Piece<'_>,
    before: &[Step],
    way: impl Iterator<Item = &'f Frame>,
) -> Vec<u64> {
    let place = if piece.last {
        piece.offset + piece.bytes.len() as u64
    } else {
        0
    };
    let made = way.map(Frame::made).skip(usize::from(before.is_empty()));
    std::iter::once(place).chain(made).collect()
}

/// Stretches of a node around what was seen in it, kept until it is known what of it is reported.
#[derive(Default)]
pub(super) struct Clips {
    bytes: Vec<u8>,
    /// Where each stretch begins in the node, and where it lies in `bytes`; in order.
    parts: Vec<(u64, Range<usize>)>,
}

/// What emptied clips may hold on to.
const SPARE_BYTES: usize = 64 << 10;

impl Clips {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(SPARE_BYTES);
        self.parts.clear();
    }

    /// Keeps what of the node's bytes, of which `bytes` begin at `from`, lies in the windows of the findings. What lies
    /// in several is kept once.
    pub(super) fn keep(
        &mut self,
        (from, bytes): Stretch<'_>,
        found: impl Iterator<Item = (u64, u64)>,
    ) {
        let end = from + bytes.len() as u64;
        let mut spans: Vec<Range<u64>> = found
            .map(span)
            .map(|span| span.start.max(from)..span.end.min(end))
            .filter(|span| span.start < span.end)
            .collect();
        spans.sort_unstable_by_key(|span| (span.start, span.end));
        let mut joined: Vec<Range<u64>> = Vec::with_capacity(spans.len());
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => joined.push(span),
            }
        }
        for span in joined {
            let at = self.bytes.len();
            let (start, end) = ((span.start - from) as usize, (span.end - from) as usize);
            self.bytes.extend_from_slice(&bytes[start..end]);
            self.parts.push((span.start, at..self.bytes.len()));
        }
        self.parts.sort_by_key(|(start, _)| *start);
    }

    /// The stretch that the window of a finding begins in, or the first inside it.
    pub(super) fn around(&self, found: (u64, u64)) -> Option<Stretch<'_>> {
        let span = span(found);
        let after = self
            .parts
            .partition_point(|(start, _)| *start <= span.start);
        let covers = |(start, at): &&(u64, Range<usize>)| *start + at.len() as u64 > span.start;
        let before = self.parts[..after].iter().rev().find(covers);
        let inside = self.parts[after..].first();
        before
            .or(inside.filter(|(start, _)| *start < span.end))
            .map(|(start, at)| (*start, &self.bytes[at.clone()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_a_line_before_and_never_outside_of_what_is_known() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        assert_eq!(
            cut((100, 110), &[(0, &bytes)]),
            (48, bytes[48..158].to_vec())
        );
        assert_eq!(cut((10, 900), &[(0, &bytes)]), (0, bytes[..256].to_vec()));
        assert_eq!(
            cut((990, 1000), &[(0, &bytes)]),
            (928, bytes[928..].to_vec())
        );
        // Known from 120 on only; or in two pieces; or not at all.
        assert_eq!(
            cut((130, 140), &[(120, &bytes[120..])]),
            (120, bytes[120..188].to_vec())
        );
        let two = [(100, &bytes[100..200]), (0, &bytes[..120])];
        assert_eq!(cut((100, 190), &two), (48, bytes[48..200].to_vec()));
        assert_eq!(cut((100, 190), &[(500, &bytes[..1])]), (48, vec![]));
        assert_eq!(cut((100, 190), &[]), (48, vec![]));
    }

    #[test]
    fn clips_give_each_window_whole_and_hold_no_byte_twice() {
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        let found = [(4000, 4010), (20, 30), (60, 70), (3000, 4900)];
        let mut clips = Clips::default();
        clips.keep((0, &bytes), found.into_iter());
        for one in found {
            let known = clips.around(one).expect("it was kept");
            assert_eq!(cut(one, &[known]), cut(one, &[(0, &bytes)]), "{one:?}");
        }
        assert!(clips.bytes.len() <= 128 + 256 + 112);
        assert_eq!(clips.around((2000, 2010)), None);
        clips.clear();
        assert_eq!(clips.around((20, 30)), None);
    }
}
