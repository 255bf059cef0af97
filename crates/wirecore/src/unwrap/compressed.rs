//! gzip (RFC 1952), zlib (RFC 1950) and zstd (RFC 8878) inside a body or field, recognised by their
//! first bytes; gzip and zstd, whose first bytes say enough, also at any place of binary data (a
//! field of a format that is not read). The child is what they hold; of a damaged one, what came
//! before the damage. The path is empty, or `first:N` when a bound let only N bytes be made.

use super::look::BINARY;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::anomaly::Kind;
use crate::http::coding::{is_zlib, ContentDecoder};
use crate::limits::Limits;
use crate::record::Step;
use memchr::memmem;

pub(super) const GZIP: Codec = Codec {
    name: "gzip",
    reason: "kits squeeze their batches before they send them as a field or a bare body (RFC 1952)",
    wants: BINARY,
    recognise: |view| is_gzip(view.bytes) || inner_gzip(view).next().is_some(),
    open: |tree, view| {
        if is_gzip(view.bytes) {
            return open(&GZIP, "gzip", tree, view, 0);
        }
        open_inner(&GZIP, "gzip", tree, view, inner_gzip(view))
    },
    derive: |raw, step, out| is_gzip(raw) && derive("gzip", raw, step, out),
};

pub(super) const ZLIB: Codec = Codec {
    name: "zlib",
    reason: "Java's Deflater, the default of many Android kits, writes this (RFC 1950)",
    wants: BINARY,
    recognise: |view| !view.text && is_common_zlib(view.bytes),
    open: |tree, view| open(&ZLIB, "deflate", tree, view, 0),
    derive: |raw, step, out| is_common_zlib(raw) && derive("deflate", raw, step, out),
};

pub(super) const ZSTD: Codec = Codec {
    name: "zstd",
    reason: "newer kits compress with it (RFC 8878)",
    wants: BINARY,
    recognise: |view| is_zstd(view.bytes) || inner_zstd(view).next().is_some(),
    open: |tree, view| {
        if is_zstd(view.bytes) {
            return open(&ZSTD, "zstd", tree, view, 0);
        }
        open_inner(&ZSTD, "zstd", tree, view, inner_zstd(view))
    },
    derive: |raw, step, out| is_zstd(raw) && derive("zstd", raw, step, out),
};

/// Magic, the one method there is, and no reserved flag.
fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b\x08") && bytes.get(3).is_some_and(|flags| flags & 0xe0 == 0)
}

/// By far the most common window and no preset dictionary: two bytes alone would say too little.
fn is_common_zlib(bytes: &[u8]) -> bool {
    is_zlib(bytes) && bytes[0] == 0x78 && bytes[1] & 0x20 == 0
}

fn is_zstd(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x28\xb5\x2f\xfd")
}

/// True when the bytes begin like one of the three.
pub(super) fn is_compressed(bytes: &[u8]) -> bool {
    is_gzip(bytes) || is_common_zlib(bytes) || is_zstd(bytes)
}

/// Places tried inside one binary node.
const INNER_MAX: usize = 16;

/// Where gzip members may begin inside binary data: with a header as encoders write it, since three
/// bytes alone occur by chance in every 16 MB.
fn inner_gzip<'a>(view: &View<'a>) -> impl Iterator<Item = usize> + 'a {
    let bytes = if view.text { &[] } else { view.bytes };
    memmem::find_iter(bytes, b"\x1f\x8b\x08")
        .take(INNER_MAX)
        .filter(|&at| {
            let header = bytes.get(at + 3..at + 10);
            header.is_some_and(|h| {
                h[0] & 0xf0 == 0 && matches!(h[5], 0 | 2 | 4) && matches!(h[6], 0..=13 | 255)
            })
        })
}

/// Where zstd frames may begin inside binary data.
fn inner_zstd<'a>(view: &View<'a>) -> impl Iterator<Item = usize> + 'a {
    let bytes = if view.text { &[] } else { view.bytes };
    memmem::find_iter(bytes, b"\x28\xb5\x2f\xfd").take(INNER_MAX)
}

/// Opens what begins inside; the bytes around it are left to the other codecs.
fn open_inner(
    codec: &Codec,
    coding: &str,
    tree: &mut Tree<'_>,
    view: &View<'_>,
    places: impl Iterator<Item = usize>,
) -> bool {
    for place in places {
        open(codec, coding, tree, view, place);
    }
    false
}

fn open(codec: &Codec, coding: &str, tree: &mut Tree<'_>, view: &View<'_>, start: usize) -> bool {
    let raw = &view.bytes[start..];
    let room = tree.bytes_left();
    let mut out = Vec::new();
    let fault = inflate(coding, raw, tree.limits(), room, &mut out);
    if out.is_empty() {
        return false;
    }
    let Some(at) = tree.push(codec.name, raw.len()) else {
        return true;
    };
    tree.aim(at, &(start..view.bytes.len()));
    if let Some(bound) = fault {
        *tree.path(at) = format!("first:{}", out.len());
        tree.bound(bound, raw.len() as u64);
    }
    if tree.spend(out.len()) {
        tree.show(&out, false, view.key, &Hint::default());
    }
    tree.pop();
    true
}

/// Decodes at most `room` bytes; the name of the bound that was reached, if one was.
fn inflate(
    coding: &str,
    raw: &[u8],
    limits: &Limits,
    room: usize,
    out: &mut Vec<u8>,
) -> Option<&'static str> {
    let mut decoder = ContentDecoder::new(coding, limits).ok()?;
    // In pieces, so that the room is looked at before much more is made than it holds.
    for piece in raw.chunks(4096) {
        let result = decoder.feed_into(piece, out);
        if out.len() > room {
            out.truncate(room);
            return Some("unwrap_bytes");
        }
        if result.is_err_and(|odd| odd.kind == Kind::BoundReached) {
            return Some("coding_ratio");
        }
    }
    None
}

fn derive(coding: &str, raw: &[u8], step: &Step, out: &mut Vec<u8>) -> bool {
    let first = step
        .path
        .strip_prefix("first:")
        .and_then(|n| n.parse().ok());
    // The walk that made the step was bounded; what it made is all that is made again.
    let limits = Limits {
        coding_ratio: u64::MAX,
        ..Limits::default()
    };
    let room = first.unwrap_or(Limits::default().unwrap_bytes);
    inflate(coding, raw, &limits, room, out);
    !out.is_empty()
}
