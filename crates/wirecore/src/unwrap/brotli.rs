//! Brotli (RFC 7932) that nothing announces, tried: bytes in; what they hold out, or nothing.
//!
//! Nearly all that is tried is noise, which ends within a few bytes. What a trial costs is then its memory, so the first
//! header is read by itself, and the window of the trial before is used again.

use std::cell::RefCell;

use super::headerless::{is_believed, is_text_so_far, ROOM};
use brotli_decompressor::{
    Allocator, BrotliDecompressStream, BrotliResult, BrotliState, SliceWrapper, SliceWrapperMut,
    StandardAlloc,
};

/// After each so many bytes of output it is asked whether it is worth going on.
const PIECE: usize = 16 << 10;
/// Smaller buffers than this are made anew.
const POOLED: usize = 32 << 10;

pub(super) fn unbrotli(bytes: &[u8]) -> Option<Vec<u8>> {
    if !may_hold_text(bytes) {
        return None;
    }
    let alloc = StandardAlloc::default();
    let mut state = BrotliState::new_strict(Windows, alloc, alloc);
    let (mut available, mut at) = (bytes.len(), 0);
    let mut made = vec![0; bytes.len().min(PIECE)];
    let (mut filled, mut total) = (0, 0);
    loop {
        let mut room = made.len() - filled;
        let result = BrotliDecompressStream(
            &mut available,
            &mut at,
            bytes,
            &mut room,
            &mut filled,
            &mut made,
            &mut total,
            &mut state,
        );
        let more = match result {
            BrotliResult::ResultSuccess => break,
            BrotliResult::NeedsMoreOutput if filled < PIECE => PIECE - filled,
            BrotliResult::NeedsMoreOutput if filled < ROOM && is_text_so_far(&made) => PIECE,
            _ => return None,
        };
        made.resize(filled + more, 0);
    }
    made.truncate(filled);
    (available == 0 && is_believed(&made, bytes.len())).then_some(made)
}

/// Whether the header of the first meta-block (section 9.2) allows what would be believed; half of all noise fails here.
fn may_hold_text(bytes: &[u8]) -> bool {
    let mut first = [0; 8];
    let len = bytes.len().min(8);
    first[..len].copy_from_slice(&bytes[..len]);
    let mut bits = u64::from_le_bytes(first);
    let mut used = 0;
    let mut take = |count: u32| {
        let value = bits & ((1 << count) - 1);
        bits >>= count;
        used += count as usize;
        value as usize
    };
    // The window: one, four or seven bits, of which one pattern is of another format.
    if take(1) == 1 && take(3) == 0 && take(3) == 1 {
        return false;
    }
    let last = take(1) == 1;
    if last && take(1) == 1 {
        return false; // and empty
    }
    let nibbles = 4 + take(2) as u32;
    if nibbles == 7 {
        return true; // no data: more must follow
    }
    let len = take(4 * nibbles) + 1;
    let padded = nibbles > 4 && (len - 1) >> (4 * (nibbles - 1)) == 0;
    if padded || len > ROOM + PIECE {
        return false;
    }
    if last {
        return len * 4 >= bytes.len() * 3;
    }
    let stored = take(1) == 1;
    !stored || used.div_ceil(8) + len <= bytes.len()
}

thread_local! {
    /// Up to 16 MiB, of which only what was written is ever touched.
    static WINDOW: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends the window of the decoder before. What stands in it does no harm: a decoder reads only what it has written.
struct Windows;

#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    len: usize,
}

impl SliceWrapper<u8> for Window {
    fn slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl SliceWrapperMut<u8> for Window {
    fn slice_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }
}

impl Allocator<u8> for Windows {
    type AllocatedMemory = Window;

    fn alloc_cell(&mut self, len: usize) -> Window {
        let pooled = if len < POOLED {
            Vec::new()
        } else {
            WINDOW.take()
        };
        let bytes = if pooled.len() < len {
            vec![0; len]
        } else {
            pooled
        };
        Window { bytes, len }
    }

    fn free_cell(&mut self, window: Window) {
        if window.bytes.len() >= POOLED {
            WINDOW.set(window.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` in stored meta-blocks and an empty last one, as an encoder writes what it cannot press.
    fn stored(text: &[u8]) -> Vec<u8> {
        // Window 16 (0), not last (0), four nibbles (00), length - 1, uncompressed (1): 21 bits.
        let head = ((text.len() as u32 - 1) << 4) | 1 << 20;
        let mut out = head.to_le_bytes()[..3].to_vec();
        out.extend_from_slice(text);
        out.push(3);
        out
    }

    #[test]
    fn a_header_that_allows_no_text_is_told_without_a_decoder() {
        let text = b"what a phone says, again and again, what a phone says";
        let whole = stored(text);
        assert!(may_hold_text(&whole));
        assert_eq!(unbrotli(&whole).as_deref(), Some(&text[..]));
        assert!(!may_hold_text(&whole[..whole.len() - 2]), "text is missing");
        assert!(
            !may_hold_text(&[0b0001_0001; 24]),
            "a window of another format"
        );
        assert!(!may_hold_text(&[0b0000_0110; 24]), "last and empty");
        assert_eq!(unbrotli(b""), None);
    }

    #[test]
    fn a_header_check_refuses_nothing_that_a_decoder_would_give() {
        // Every header of noise: a decoder that is given it fails where the check does.
        let mut seed = 1u64;
        let mut refused = 0;
        for _ in 0..2000 {
            let noise: Vec<u8> = (0..64)
                .map(|_| {
                    seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
                    (seed >> 56) as u8
                })
                .collect();
            if !may_hold_text(&noise) {
                refused += 1;
                let alloc = StandardAlloc::default();
                let mut state = BrotliState::new_strict(alloc, alloc, alloc);
                let (mut available, mut at, mut room, mut filled, mut total) = (64, 0, PIECE, 0, 0);
                let mut made = vec![0; PIECE];
                let result = BrotliDecompressStream(
                    &mut available,
                    &mut at,
                    &noise,
                    &mut room,
                    &mut filled,
                    &mut made,
                    &mut total,
                    &mut state,
                );
                let whole = matches!(result, BrotliResult::ResultSuccess) && available == 0;
                assert!(!whole || !is_believed(&made[..filled], 64));
            }
        }
        assert!(refused > 800, "{refused} of 2000 cost nothing");
    }
}
