//! Pieces of the owner's photos and films: an upload that goes in parts has no whole file in any of them.
//!
//! In: a [`Print`] of each file, made beforehand; then bytes that nothing else explains. Out: each stretch of
//! them that is a stretch of one of the files, whatever stands before and after it. A print holds a checksum of
//! each block of the file, and where to look one up. Only blocks of compressed pixels tell a file from others:
//! tables and colour profiles, which millions of images share, prove nothing.

use std::ops::Range;

use flate2::Crc;
use rustc_hash::FxHashMap;

use super::media::pixels;
use crate::unwrap::look::is_random;

/// Shortest block, bytes; others are twice it, four times and so on.
pub const LEAST_BLOCK: usize = 64;
/// Bytes of compressed pixels that must agree.
const TELLING: usize = 1024;
/// Of so many blocks one can be looked up.
const GROUP: usize = 16;
/// Bytes by which a block is looked up.
const KEY: usize = 8;
/// Fewer bytes beside a piece are no sealed stretch of their own, as elsewhere.
const EDGE: usize = 63;

/// What is kept of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print {
    block: usize,
    /// A checksum of each whole block.
    checks: Vec<u32>,
    /// Which blocks are nothing but compressed pixels.
    telling: Vec<bool>,
    /// The first bytes of a block, and its number.
    keys: Vec<([u8; KEY], u32)>,
}

/// A stretch of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Whose.
    pub needle: u32,
    /// Where it begins in the bytes.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
}

impl Print {
    /// Of a file, in blocks of at least so many bytes; none when it holds too few compressed pixels of a known format.
    pub fn of(file: &[u8], block: usize) -> Option<Self> {
        let block = block.max(LEAST_BLOCK).checked_next_power_of_two()?;
        let mut telling = vec![false; file.len() / block];
        for range in pixels(file) {
            let (first, end) = (range.start.div_ceil(block), range.end / block);
            for number in first..end.min(telling.len()) {
                telling[number] = is_random(&file[number * block..(number + 1) * block]);
            }
        }
        let keys = telling
            .chunks(GROUP)
            .enumerate()
            .filter_map(|(group, marks)| {
                let number = group * GROUP + marks.iter().position(|&tells| tells)?;
                let key = file.get(number * block..)?.first_chunk()?;
                Some((*key, u32::try_from(number).ok()?))
            });
        let print = Print {
            block,
            checks: file.chunks_exact(block).map(check).collect(),
            keys: keys.collect(),
            telling,
        };
        let tells = print.telling.iter().filter(|&&tells| tells).count();
        (tells * block >= TELLING).then_some(print)
    }

    /// As bytes, to be kept elsewhere.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.checks.len() * 5 + self.keys.len() * 12);
        bytes.extend((self.block as u32).to_le_bytes());
        bytes.extend((self.checks.len() as u32).to_le_bytes());
        for (check, &tells) in self.checks.iter().zip(&self.telling) {
            bytes.extend(check.to_le_bytes());
            bytes.push(u8::from(tells));
        }
        for (key, number) in &self.keys {
            bytes.extend(key);
            bytes.extend(number.to_le_bytes());
        }
        bytes
    }

    /// From what [`Print::to_bytes`] gave; none when it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let number = |four: &[u8]| four.try_into().ok().map(u32::from_le_bytes);
        let (block, count) = (number(&head[..4])? as usize, number(&head[4..])? as usize);
        let (blocks, keys) = rest.split_at_checked(count.checked_mul(5)?)?;
        let right = block.is_power_of_two() && block >= LEAST_BLOCK && keys.len() % 12 == 0;
        let print = Print {
            block,
            checks: blocks
                .chunks_exact(5)
                .filter_map(|b| number(&b[..4]))
                .collect(),
            telling: blocks.chunks_exact(5).map(|b| b[4] == 1).collect(),
            keys: keys
                .chunks_exact(12)
                .filter_map(|k| Some((*k.first_chunk()?, number(&k[KEY..])?)))
                .collect(),
        };
        let inside = print.keys.iter().all(|&(_, at)| (at as usize) < count);
        (right && inside).then_some(print)
    }
}

fn check(block: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(block);
    crc.sum()
}

/// Bits of the filter before the table.
const FILTER_BITS: u32 = 20;

/// The prints of all files. Read-only.
#[derive(Default)]
pub struct Pieces {
    prints: Vec<(u32, Print)>,
    /// Key to file and block; of equal keys the first.
    keys: FxHashMap<[u8; KEY], (u32, u32)>,
    filter: Vec<u64>,
    least: usize,
}

impl Pieces {
    /// Of files with their needles.
    pub fn new(prints: Vec<(u32, Print)>) -> Self {
        let mut keys = FxHashMap::default();
        let mut filter = vec![
            0;
            if prints.is_empty() {
                0
            } else {
                1 << (FILTER_BITS - 6)
            }
        ];
        for (at, (_, print)) in prints.iter().enumerate() {
            for &(key, number) in &print.keys {
                let bit = hash(key);
                filter[bit >> 6] |= 1u64 << (bit & 63);
                keys.entry(key).or_insert((at as u32, number));
            }
        }
        let least = prints.iter().map(|(_, print)| print.block).min();
        Pieces {
            least: least.unwrap_or(usize::MAX).max(TELLING),
            prints,
            keys,
            filter,
        }
    }

    /// Whose files they are.
    pub fn needles(&self) -> impl Iterator<Item = u32> + '_ {
        self.prints.iter().map(|(needle, _)| *needle)
    }

    /// Is there nothing to look for?
    pub fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }

    /// The stretches of `bytes` that are stretches of a file, in order; none overlaps another.
    pub fn find(&self, bytes: &[u8]) -> Vec<Piece> {
        let mut found: Vec<Piece> = Vec::new();
        if self.is_empty() || bytes.len() < self.least {
            return found;
        }
        let (mut at, mut free) = (0, 0); // what lies before `free` is part of a piece
        while let Some(key) = bytes.get(at..).and_then(|rest| rest.first_chunk::<KEY>()) {
            let bit = hash(*key);
            if self.filter[bit >> 6] >> (bit & 63) & 1 == 0 {
                at += 1;
                continue;
            }
            let seen = self.keys.get(key).and_then(|&(file, number)| {
                let (needle, print) = &self.prints[file as usize];
                let range = print.around(bytes, free, at, number as usize)?;
                Some((*needle, range))
            });
            if let Some((needle, range)) = seen {
                (at, free) = (range.end, range.end);
                found.push(Piece {
                    needle,
                    start: range.start,
                    end: range.end,
                });
            } else {
                at += 1;
            }
        }
        widen(&mut found, bytes.len());
        found
    }
}

impl Print {
    /// The stretch of `bytes[from..]` around `at`, where block `number` may begin, that is one of the file.
    fn around(&self, bytes: &[u8], from: usize, at: usize, number: usize) -> Option<Range<usize>> {
        let block = self.block;
        let is = |at: usize, number: usize| {
            let here = bytes.get(at..at + block);
            here.is_some_and(|here| self.checks.get(number) == Some(&check(here)))
        };
        let (mut first, mut start) = (number, at);
        let (mut last, mut end) = (number, at);
        while is(end, last) {
            last += 1;
            end += block;
        }
        if last == number {
            return None;
        }
        while first > 0 && start >= from + block && is(start - block, first - 1) {
            first -= 1;
            start -= block;
        }
        let telling = self.telling[first..last].iter().filter(|&&tells| tells);
        (telling.count() * block >= TELLING).then_some(start..end)
    }
}

/// A few bytes before, between and after pieces belong to them: blocks that the cut went through.
fn widen(found: &mut [Piece], len: usize) {
    let mut before = 0;
    for piece in &mut *found {
        if piece.start - before <= EDGE {
            piece.start = before;
        }
        before = piece.end;
    }
    if let Some(last) = found.last_mut() {
        if len - last.end <= EDGE {
            last.end = len;
        }
    }
}

fn hash(key: [u8; KEY]) -> usize {
    (u64::from_le_bytes(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - FILTER_BITS)) as usize
}

#[cfg(test)]
#[path = "pieces_tests.rs"]
mod tests;
