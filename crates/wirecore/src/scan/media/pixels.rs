//! Where the compressed pixels of a file lie: JPEG, PNG, WebP, and what ISO base media holds (HEIC, AVIF, MP4).
//!
//! In: a whole file of the owner's. Out: ranges of it; none for what is not of these formats. Everything else in
//! such a file (tables, colour profiles, a maker's notes) may stand in other files as well.

use std::ops::Range;

/// Ranges of compressed pixels (or sound), in order.
pub fn pixels(file: &[u8]) -> Vec<Range<usize>> {
    if file.starts_with(b"\xFF\xD8\xFF") {
        return jpeg(file).into_iter().collect();
    }
    if file.starts_with(super::png::SIGNATURE) {
        return chunks(file, 8, &Layout::PNG);
    }
    if file.starts_with(b"RIFF") {
        return chunks(file, 12, &Layout::RIFF);
    }
    if file.get(4..8) == Some(b"ftyp") {
        return boxes(file);
    }
    Vec::new()
}

/// From behind the first scan's header to the end.
fn jpeg(file: &[u8]) -> Option<Range<usize>> {
    let mut at = 2;
    loop {
        let &[0xFF, code, high, low] = file.get(at..)?.first_chunk()? else {
            return None;
        };
        if code == 0xFF {
            at += 1; // a fill byte
            continue;
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
        if code == 0xDA {
            return (at < file.len()).then_some(at..file.len());
        }
    }
}

/// How a format of chunks writes them.
struct Layout {
    length: fn([u8; 4]) -> u32,
    /// The type stands before the length.
    type_first: bool,
    /// Bytes behind the data.
    check: usize,
    /// Data begin at even places.
    even: bool,
    wanted: &'static [&'static [u8; 4]],
}

impl Layout {
    const PNG: Layout = Layout {
        length: u32::from_be_bytes,
        type_first: false,
        check: 4,
        even: false,
        wanted: &[b"IDAT", b"fdAT"],
    };
    const RIFF: Layout = Layout {
        length: u32::from_le_bytes,
        type_first: true,
        check: 0,
        even: true,
        wanted: &[b"VP8 ", b"VP8L", b"ANMF", b"ALPH"],
    };
}

fn chunks(file: &[u8], mut at: usize, layout: &Layout) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    while let Some(&[a, b, c, d, e, f, g, h]) = file.get(at..).and_then(|rest| rest.first_chunk()) {
        let (kind, length) = if layout.type_first {
            ([a, b, c, d], [e, f, g, h])
        } else {
            ([e, f, g, h], [a, b, c, d])
        };
        let start = at + 8;
        let length = (layout.length)(length) as usize;
        let end = start.saturating_add(length).min(file.len());
        if layout.wanted.contains(&&kind) {
            found.push(start..end);
        }
        let pad = usize::from(layout.even && length % 2 == 1);
        at = end.saturating_add(layout.check + pad);
    }
    found
}

/// The boxes `mdat` of the top level.
fn boxes(file: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&[a, b, c, d, kind @ ..]) =
        file.get(at..).and_then(|rest| rest.first_chunk::<8>())
    {
        let rest = file.len() - at;
        let (head, size) = match u32::from_be_bytes([a, b, c, d]) {
            0 => (8, rest),
            1 => {
                let wide = file.get(at + 8..).and_then(|rest| rest.first_chunk());
                let Some(wide) = wide.map(|&wide| u64::from_be_bytes(wide)) else {
                    break;
                };
                (16, usize::try_from(wide).unwrap_or(rest))
            }
            size => (8, size as usize),
        };
        if size < head {
            break;
        }
        let end = at + size.min(rest);
        if &kind == b"mdat" && at + head < end {
            found.push(at + head..end);
        }
        at = end;
    }
    found
}
