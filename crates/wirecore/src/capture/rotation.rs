//! Rotated files as one capture: frames of one file after the other in, frames of the whole out.
//!
//! Packet numbers go on over a border, and a packet that stands in two files (their times overlap) comes out once.
//! Such packets are told by a digest of time and bytes, kept for the span that two files share and no longer.

use std::collections::HashSet;

use super::Frame;
use crate::digest::Sha256;

/// Packets remembered of the span that two files share; more of them may come out twice.
const REMEMBERED: usize = 1 << 20;
/// A nanosecond file and a microsecond file of one moment agree to this.
const TICK_NS: i64 = 1_000;

type Print = [u8; 16];

/// What is carried from file to file.
#[derive(Debug, Default)]
pub struct Rotation {
    /// Packets of the files before this one.
    before: u64,
    last: u64,
    /// Frames from this time on may come again in the next file.
    remember_from: Option<i64>,
    watching: bool,
    known: HashSet<Print>,
    next: HashSet<Print>,
    repeated: u64,
}

impl Rotation {
    /// Begins a file; `remember_from`: when the next file begins, if that is before this one ends ([`overlaps`]).
    pub fn begin_file(&mut self, remember_from: Option<i64>) {
        self.before += self.last;
        self.last = 0;
        self.known = std::mem::take(&mut self.next);
        self.remember_from = remember_from;
        self.watching = remember_from.is_some() || !self.known.is_empty();
    }

    /// Whether frames come out as they are: the first file, and none of its packets comes again. The number is noted.
    #[inline]
    pub fn passes(&mut self, frame: &Frame<'_>) -> bool {
        self.last = frame.number;
        self.before == 0 && !self.watching
    }

    /// The frame with its number in the whole capture; nothing when the file before held it as well.
    #[inline]
    pub fn take<'a>(&mut self, frame: &Frame<'a>) -> Option<Frame<'a>> {
        self.last = frame.number;
        if self.watching && self.came_before(frame) {
            return None;
        }
        Some(Frame {
            number: self.before + frame.number,
            ..*frame
        })
    }

    /// Packets that came again.
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    #[cold]
    fn came_before(&mut self, frame: &Frame<'_>) -> bool {
        let remember = self
            .remember_from
            .is_some_and(|from| frame.ts_ns / TICK_NS >= from / TICK_NS);
        if self.known.is_empty() && !remember {
            return false;
        }
        let print = print_of(frame);
        // Once: what comes a third time within one file is another packet.
        let again = self.known.remove(&print);
        self.repeated += u64::from(again);
        if remember && self.next.len() < REMEMBERED {
            self.next.insert(print);
        }
        again
    }
}

fn print_of(frame: &Frame<'_>) -> Print {
    let mut digest = Sha256::new();
    digest.update(&(frame.ts_ns / TICK_NS).to_le_bytes());
    digest.update(&frame.wire_len.to_le_bytes());
    digest.update(frame.data);
    let mut print = [0; 16];
    for (to, from) in print.iter_mut().zip(digest.finish()) {
        *to = from;
    }
    print
}

/// For each of several files in order, given as (first, last) time: from when its frames may come again in the next.
pub fn overlaps(spans: &[(Option<i64>, Option<i64>)]) -> Vec<Option<i64>> {
    let next = spans.iter().skip(1).map(|span| span.0).chain([None]);
    spans
        .iter()
        .zip(next)
        .map(|(&(_, last), next)| {
            next.filter(|&first| last.is_some_and(|last| first / TICK_NS <= last / TICK_NS))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64, ts_ns: i64, data: &[u8]) -> Frame<'_> {
        Frame {
            number,
            ts_ns,
            link: 1,
            interface: 0,
            wire_len: data.len() as u32,
            data,
            comment: None,
        }
    }

    fn numbers(files: &[&[(i64, &[u8])]]) -> (Vec<u64>, u64) {
        let spans: Vec<_> = files
            .iter()
            .map(|file| (file.first().map(|f| f.0), file.last().map(|f| f.0)))
            .collect();
        let mut rotation = Rotation::default();
        let mut out = Vec::new();
        for (file, remember) in files.iter().zip(overlaps(&spans)) {
            rotation.begin_file(remember);
            for (at, (time, data)) in file.iter().enumerate() {
                let given = rotation.take(&frame(at as u64 + 1, *time, data));
                out.extend(given.map(|frame| frame.number));
            }
        }
        (out, rotation.repeated())
    }

    #[test]
    fn numbers_go_on_over_a_border() {
        let found = numbers(&[
            &[(1_000, b"a"), (2_000, b"b")],
            &[(3_000, b"a")],
            &[(4_000, b"a")],
        ]);
        assert_eq!(found, (vec![1, 2, 3, 4], 0));
    }

    #[test]
    fn what_two_files_share_comes_once_and_keeps_its_place() {
        let first: &[(i64, &[u8])] = &[(1_000, b"a"), (2_000, b"b"), (3_000, b"c")];
        let second: &[(i64, &[u8])] = &[(2_400, b"b"), (3_000, b"c"), (3_000, b"d"), (4_000, b"e")];
        assert_eq!(numbers(&[first, second]), (vec![1, 2, 3, 6, 7], 2));
    }

    #[test]
    fn the_same_bytes_at_another_time_or_twice_in_one_file_are_other_packets() {
        let first: &[(i64, &[u8])] = &[(1_000, b"a"), (5_000, b"a")];
        let second: &[(i64, &[u8])] = &[(2_000, b"a"), (5_000, b"a"), (5_000, b"a")];
        assert_eq!(numbers(&[first, second]), (vec![1, 2, 3, 5], 1));
    }
}
