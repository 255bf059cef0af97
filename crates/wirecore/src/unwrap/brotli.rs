//! Brotli (RFC 7932) that nothing announces, tried: bytes in; what they hold out, or nothing.
//!
//! Nearly all that is tried is noise, which ends within a few bytes. What a trial costs is then its memory, so the first
//! header is read by itself, and the window of the trial before is used again.

use std::cell::RefCell;

use super::brotli_head::may_hold_text;
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
    if !may_hold_text(bytes, ROOM + PIECE) {
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
pub(super) mod tests {
    use super::*;

    /// `text` in stored meta-blocks and an empty last one, as an encoder writes what it cannot press.
    pub fn stored(text: &[u8]) -> Vec<u8> {
        // Window 16 (0), not last (0), four nibbles (00), length - 1, uncompressed (1): 21 bits.
        let head = ((text.len() as u32 - 1) << 4) | 1 << 20;
        let mut out = head.to_le_bytes()[..3].to_vec();
        out.extend_from_slice(text);
        out.push(3);
        out
    }

    /// So many times 64 bytes of noise, always the same.
    pub fn noise(count: usize) -> impl Iterator<Item = Vec<u8>> {
        let mut seed = 1u64;
        std::iter::repeat_with(move || {
            let byte = || {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
                (seed >> 56) as u8
            };
            std::iter::repeat_with(byte).take(64).collect()
        })
        .take(count)
    }

    /// What a decoder gives that nothing is kept from.
    fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
        let alloc = StandardAlloc::default();
        let mut state = BrotliState::new_strict(alloc, alloc, alloc);
        let (mut available, mut at, mut room, mut filled, mut total) =
            (bytes.len(), 0, PIECE, 0, 0);
        let mut made = vec![0; PIECE];
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
        made.truncate(filled);
        (matches!(result, BrotliResult::ResultSuccess) && available == 0).then_some(made)
    }

    #[test]
    fn what_was_stored_comes_out() {
        let text = b"what a phone says, again and again, what a phone says";
        assert_eq!(unbrotli(&stored(text)).as_deref(), Some(&text[..]));
        assert_eq!(unbrotli(b""), None);
    }

    #[test]
    fn a_header_check_refuses_nothing_that_a_decoder_would_give() {
        let mut refused = 0;
        for bytes in noise(20_000) {
            if !may_hold_text(&bytes, ROOM) {
                refused += 1;
                let made = decoded(&bytes);
                assert!(!made.is_some_and(|made| is_believed(&made, bytes.len())));
            }
        }
        assert!(refused > 19_000, "{refused} of 20,000 cost nothing");
    }
}
