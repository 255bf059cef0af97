//! Compressed data that nothing announces: raw deflate (RFC 1951), brotli (RFC 7932) and LZ4 blocks, whose first bytes
//! say nothing.
//!
//! They are tried only on bytes that look sealed, and believed only when the stream ends exactly where the bytes do and
//! what comes out is text, or begins as something known; before an LZ4 block its length may stand, in four bytes. The
//! path is empty, or `skip:4`.

use std::cell::RefCell;

use super::brotli::unbrotli;
use super::look::{is_random, is_readable, BINARY};
use super::tree::{Tree, View};
use super::{Codec, Hint};
use flate2::{Decompress, FlushDecompress, Status};

pub(super) const DEFLATE: Codec = Codec {
    name: "raw_deflate",
    reason: "kits squeeze a field without any header (RFC 1951; Java's Deflater with nowrap)",
    wants: BINARY,
    // What repeats itself much is squeezed to bytes that are not evenly spread.
    recognise: |view| is_short_enough(view) && inflate(view.bytes).is_some(),
    open: |tree, view| open(&DEFLATE, tree, view, 0, inflate(view.bytes)),
    derive: |raw, _, out| derive(inflate(raw), out),
};

pub(super) const BROTLI: Codec = Codec {
    name: "brotli",
    reason:
        "a body that was squeezed before it was put into a field keeps no word of it (RFC 7932)",
    wants: BINARY,
    recognise: |view| is_candidate(view) && unbrotli(view.bytes).is_some(),
    open: |tree, view| open(&BROTLI, tree, view, 0, unbrotli(view.bytes)),
    derive: |raw, _, out| derive(unbrotli(raw), out),
};

pub(super) const LZ4_BLOCK: Codec = Codec {
    name: "lz4_block",
    reason: "quick logs write blocks without a frame, often behind their length (LZ4 block format)",
    wants: BINARY,
    recognise: |view| is_block_candidate(view) && unblock(view.bytes).is_some(),
    open: |tree, view| match unblock(view.bytes) {
        Some((skip, made)) => open(&LZ4_BLOCK, tree, view, skip, Some(made)),
        None => false,
    },
    derive: |raw, _, out| derive(block(raw), out),
};

/// Fewest and most bytes that are tried.
const TRIED: std::ops::RangeInclusive<usize> = 24..=1 << 18;
/// Bytes that may come out.
pub(super) const ROOM: usize = 8 << 20;

thread_local! {
    /// Most trials end within a few bytes: a decoder of their own would be nearly all of their cost.
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Bytes that look sealed; too few of them to tell are tried as well.
fn is_candidate(view: &View<'_>) -> bool {
    is_short_enough(view) && (view.bytes.len() < 64 || is_random(view.bytes))
}

fn is_short_enough(view: &View<'_>) -> bool {
    !view.text && TRIED.contains(&view.bytes.len())
}

/// A block's literals stand in clear, so that it need not look sealed; but it begins with a token whose literals
/// follow, or with the length of what comes out.
fn is_block_candidate(view: &View<'_>) -> bool {
    !view.text && TRIED.contains(&view.bytes.len()) && matches!(view.bytes[0] >> 4, 1..=15)
        || !view.text && TRIED.contains(&view.bytes.len()) && view.bytes[..4].contains(&0)
}

fn open(
    codec: &Codec,
    tree: &mut Tree<'_>,
    view: &View<'_>,
    skip: usize,
    made: Option<Vec<u8>>,
) -> bool {
    let Some(made) = made.filter(|made| tree.spend(made.len())) else {
        return false;
    };
    let Some(step) = tree.push(codec.name, view.bytes.len()) else {
        return true;
    };
    tree.aim(step, &(skip..view.bytes.len()));
    tree.show(&made, false, view.key, &Hint::default());
    tree.pop();
    true
}

fn derive(made: Option<Vec<u8>>, out: &mut Vec<u8>) -> bool {
    made.is_some_and(|made| {
        out.extend_from_slice(&made);
        true
    })
}

/// Text, and more of it than went in or nearly so; noise that happens to end is shorter.
pub(super) fn is_believed(made: &[u8], from: usize) -> bool {
    made.len() >= 16 && made.len() * 4 >= from * 3 && is_readable(made)
}

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    // The first block is the last one, or one with codes: what is only stored stands in clear.
    if bytes.first()? & 6 == 0 || bytes[0] & 6 == 6 {
        return None;
    }
    INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        inflate_with(inflate, bytes)
    })
}

fn inflate_with(inflate: &mut Decompress, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut made = Vec::with_capacity(bytes.len() * 4);
    loop {
        let read = inflate.total_in() as usize;
        let before = made.len();
        match inflate.decompress_vec(&bytes[read..], &mut made, FlushDecompress::Finish) {
            Ok(Status::StreamEnd) => break,
            Ok(_) if made.len() == made.capacity() && made.len() < ROOM => {
                made.reserve(made.len().max(4096));
            }
            Ok(_) | Err(_) => return None,
        }
        // What began as noise will not become text.
        if before == 0 && !is_text_so_far(&made) {
            return None;
        }
    }
    (inflate.total_in() as usize == bytes.len() && is_believed(&made, bytes.len())).then_some(made)
}

/// The first bytes that came out, up to the last whole character.
pub(super) fn is_text_so_far(made: &[u8]) -> bool {
    let head = &made[..made.len().min(64)];
    match std::str::from_utf8(head) {
        Ok(_) => head.is_empty() || is_readable(head),
        Err(error) => error.error_len().is_none() && is_readable(&head[..error.valid_up_to()]),
    }
}

/// A block, or one behind its length; and how many bytes stand before it.
fn unblock(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?);
    let claimed = [length, length.swap_bytes()].map(|len| len as usize);
    let ratio = bytes.len().saturating_mul(255).min(ROOM);
    if claimed
        .iter()
        .any(|len| (bytes.len() - 4..=ratio).contains(len))
    {
        let made = block(&bytes[4..]).filter(|made| claimed.contains(&made.len()));
        if let Some(made) = made {
            return Some((4, made));
        }
    }
    block(bytes).map(|made| (0, made))
}

fn block(bytes: &[u8]) -> Option<Vec<u8>> {
    // The first token's literals are text already, or it is none.
    let token = usize::from(bytes.first()? >> 4);
    let longer = bytes[1..].iter().take_while(|&&b| b == 255).count();
    let literals = bytes.get(if token == 15 { 2 + longer } else { 1 }..)?;
    let head = &literals[..literals.len().min(token)];
    if head.is_empty() || !is_text_so_far(head) {
        return None;
    }
    let room = bytes.len().saturating_mul(255).min(ROOM);
    let mut made = vec![0; (bytes.len() * 8).min(room)];
    let len = match lz4_flex::block::decompress_into(bytes, &mut made) {
        Ok(len) => len,
        Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) => {
            made = vec![0; room];
            lz4_flex::block::decompress_into(bytes, &mut made).ok()?
        }
        Err(_) => return None,
    };
    made.truncate(len);
    // What a block does not press stands in clear.
    (len > bytes.len() && is_believed(&made, bytes.len())).then_some(made)
}
