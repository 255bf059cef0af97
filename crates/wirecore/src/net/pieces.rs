//! Pieces of a byte sequence that arrived out of order: kept by offset, first seen wins.

use std::collections::BTreeMap;

/// Counted for each piece beside its bytes, so that a flood of tiny pieces is bounded too.
const PIECE_OVERHEAD: usize = 96;

/// A piece and the time of the packet that brought it.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ts_ns: i64,
}

/// Pieces that do not overlap one another.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    by_offset: BTreeMap<u64, Piece>,
    cost: usize,
}

/// What became of a piece that was put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inserted {
    /// Bytes that were there already.
    pub(crate) repeated: u64,
    /// Those bytes were not the same.
    pub(crate) differs: bool,
}

impl Pieces {
    /// Memory held, bytes, overhead included.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_offset.is_empty()
    }

    /// True when the pieces hold every byte from 0 to `end`.
    pub(crate) fn cover(&self, end: u64) -> bool {
        let mut at = 0;
        for (&offset, piece) in &self.by_offset {
            if at >= end || offset > at {
                break;
            }
            at = offset + piece.bytes.len() as u64;
        }
        at >= end
    }

    /// Where the first piece begins.
    pub(crate) fn first(&self) -> Option<u64> {
        self.by_offset.first_key_value().map(|(&offset, _)| offset)
    }

    /// Takes the first piece out.
    pub(crate) fn pop(&mut self) -> Option<(u64, Piece)> {
        let (offset, piece) = self.by_offset.pop_first()?;
        self.cost -= piece.bytes.len() + PIECE_OVERHEAD;
        Some((offset, piece))
    }

    /// Where the last piece ends; 0 when there is none.
    pub(crate) fn end(&self) -> u64 {
        self.by_offset
            .last_key_value()
            .map_or(0, |(&offset, piece)| offset + piece.bytes.len() as u64)
    }

    /// Keeps those bytes of `data` that are not there yet.
    pub(crate) fn insert(&mut self, offset: u64, data: &[u8], ts_ns: i64) -> Inserted {
        let end = offset + data.len() as u64;
        let mut result = Inserted::default();
        let mut at = offset;
        let mut missing: Vec<(u64, u64)> = Vec::new();
        let before = self.by_offset.range(..offset).next_back();
        let within = self.by_offset.range(offset..end);
        for (&start, piece) in before.into_iter().chain(within) {
            let stop = start + piece.bytes.len() as u64;
            if stop <= at {
                continue;
            }
            if start > at {
                missing.push((at, start));
            }
            let (from, to) = (at.max(start), stop.min(end));
            let old = piece
                .bytes
                .get((from - start) as usize..(to - start) as usize);
            let new = data.get((from - offset) as usize..(to - offset) as usize);
            result.repeated += to - from;
            result.differs |= old != new;
            at = to;
        }
        if at < end {
            missing.push((at, end));
        }
        for (from, to) in missing {
            let bytes = data
                .get((from - offset) as usize..(to - offset) as usize)
                .unwrap_or_default();
            self.cost += bytes.len() + PIECE_OVERHEAD;
            self.by_offset.insert(
                from,
                Piece {
                    bytes: bytes.to_vec(),
                    ts_ns,
                },
            );
        }
        result
    }
}
