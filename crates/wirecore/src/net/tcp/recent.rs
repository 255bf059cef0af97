//! A short memory of segments already handed on, to notice a copy that differs.
//!
//! Only a checksum of each is kept, so a repeat is compared when its borders are the same; a
//! repeat with other borders is counted but not compared.

/// Segments remembered for each direction.
const REMEMBERED: usize = 4;

/// Eight bytes each: a flow's state should stay within few cache lines.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Low half of the stream offset: enough to tell the last few segments apart.
    offset: u32,
    length: u16,
    sum: u16,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent {
    ring: [Seen; REMEMBERED],
    next: u8,
}

impl Recent {
    #[inline]
    pub(super) fn remember(&mut self, offset: u64, bytes: &[u8]) {
        if let (Some(slot), false) = (self.ring.get_mut(usize::from(self.next)), bytes.is_empty()) {
            let (length, sum) = (bytes.len() as u16, sum(bytes));
            *slot = Seen {
                offset: offset as u32,
                length,
                sum,
            };
            self.next = (self.next + 1) % REMEMBERED as u8;
        }
    }

    /// True when these bytes were seen at this offset with another content.
    pub(super) fn differs(&self, offset: u64, bytes: &[u8]) -> bool {
        let (offset, length) = (offset as u32, bytes.len() as u16);
        let mut same_borders = self
            .ring
            .iter()
            .filter(|seen| (seen.offset, seen.length) == (offset, length))
            .peekable();
        same_borders.peek().is_some() && !bytes.is_empty() && {
            let sum = sum(bytes);
            same_borders.all(|seen| seen.sum != sum)
        }
    }
}

/// A checksum that depends on each byte and its place; made for speed (eight lanes), not for secrecy.
#[inline]
fn sum(bytes: &[u8]) -> u16 {
    const LANES: usize = 8;
    let mut lanes = [0u64; LANES];
    let mut blocks = bytes.chunks_exact(8 * LANES);
    for block in &mut blocks {
        for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
            *lane = lane.rotate_left(7) ^ word;
        }
    }
    let mut words = blocks.remainder().chunks_exact(8);
    for (lane, word) in lanes.iter_mut().zip(&mut words) {
        *lane = lane.rotate_left(7) ^ u64::from_le_bytes(word.try_into().unwrap_or_default());
    }
    let mut last = bytes.len() as u64;
    for &byte in words.remainder() {
        last = last << 8 | u64::from(byte);
    }
    let mut total = last;
    for lane in lanes {
        total = (total.rotate_left(23) ^ lane).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    (total >> 48) as u16
}
