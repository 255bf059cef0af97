//! WebP's pictures (RFC 9649; RFC 6386, section 9.1): sizes in their heads, and the proof that what lies in them is a
//! picture.
//!
//! Nothing in a compressed picture is redundant, and random bytes decode to something. But they do not end where the
//! picture ends: a true file decodes when it is whole, and does not when its last bytes are missing.

use std::io::Cursor;
use std::panic::{catch_unwind, AssertUnwindSafe};

use image::codecs::webp::WebPDecoder;
use image::{ImageDecoder, Limits};

/// Width and height of a file with an extended head.
pub(super) fn canvas(chunk: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| {
        let raw = chunk.get(at..at + 3)?;
        Some(u32::from_le_bytes([raw[0], raw[1], raw[2], 0]) + 1)
    };
    Some((number(4)?, number(7)?))
}

/// Of a lossy picture: a key frame that is shown, its start code, and its size.
pub(super) fn lossy(chunk: &[u8]) -> Option<(u32, u32)> {
    let &[tag, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1] = chunk.first_chunk()? else {
        return None;
    };
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    let (width, height) = (side(w0, w1), side(h0, h1));
    (tag & 1 == 0 && tag & 0x10 != 0 && width > 0 && height > 0).then_some((width, height))
}

/// Of a lossless picture: its mark, its size, and a version of 0.
pub(super) fn lossless(chunk: &[u8]) -> Option<(u32, u32)> {
    let &[0x2F, a, b, c, d] = chunk.first_chunk()? else {
        return None;
    };
    let bits = u32::from_le_bytes([a, b, c, d]);
    (bits >> 29 == 0).then_some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
}

/// Pixels of a picture that is decoded to be proved.
const PIXELS: u64 = 16 << 20;
/// Bytes at a picture's end without which it must not decode. A lossy one's coder may write two or three too many.
const LAST: [(&[u8; 4], usize); 2] = [(b"VP8 ", 6), (b"VP8L", 2)];

/// Does the file decode, and without the end of its picture not?
pub(super) fn is_proved(file: &[u8]) -> bool {
    without_end(file).is_some_and(|cut| decodes(file) && !decodes(&cut))
}

/// A file of the picture alone, of which the end is missing.
fn without_end(file: &[u8]) -> Option<Vec<u8>> {
    let mut at = 12;
    loop {
        let kind = file.get(at..at + 4)?;
        let len = u32::from_le_bytes(*file.get(at + 4..)?.first_chunk()?) as usize;
        let picture = file.get(at + 8..(at + 8).checked_add(len)?)?;
        if let Some((_, last)) = LAST.iter().find(|(name, _)| name[..] == *kind) {
            let kept = &picture[..len.checked_sub(*last)?];
            let size = |len: usize| (len as u32).to_le_bytes();
            let padded = kept.len() + kept.len() % 2;
            let mut cut = [
                b"RIFF",
                &size(padded + 12)[..],
                b"WEBP",
                kind,
                &size(kept.len()),
                kept,
            ]
            .concat();
            cut.resize(padded + 20, 0);
            return Some(cut);
        }
        at += 8 + len + len % 2;
    }
}

fn decodes(file: &[u8]) -> bool {
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        let mut decoder = WebPDecoder::new(Cursor::new(file)).ok()?;
        let mut limits = Limits::default();
        limits.max_alloc = Some(PIXELS * 4);
        decoder.set_limits(limits).ok()?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > PIXELS {
            return None;
        }
        let mut pixels = vec![0; usize::try_from(decoder.total_bytes()).ok()?];
        decoder.read_image(&mut pixels).ok()
    }));
    matches!(decoded, Ok(Some(())))
}
