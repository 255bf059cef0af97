//! CBOR (RFC 8949). One or more maps or lists, tagged or not, and nothing else. A text or byte string of
//! indefinite length is shown chunk by chunk.

use super::look::BINARY;
use super::structure::{be, derive, is_document, show, span, walk, Item};
use super::Codec;

pub(super) const CODEC: Codec = Codec {
    name: "cbor",
    reason: "compact bodies of newer interfaces, security keys and sensors (RFC 8949)",
    wants: BINARY,
    recognise: |view| {
        matches!(view.bytes, [0x81..=0x9f | 0xa1..=0xbf | 0xc0..=0xdb, ..])
            && is_document(view.bytes, &|each| walk(view.bytes, read, each))
    },
    open: |tree, view| show(&CODEC, tree, view, &|each| walk(view.bytes, read, each)),
    derive: |raw, step, out| derive(raw, &step.path, read, out),
};

/// Tags before one item.
const TAGS_MAX: usize = 8;

/// The item at `at` without its tags, and the offset behind it.
fn read(bytes: &[u8], mut at: usize) -> Option<(Item, usize)> {
    for _ in 0..TAGS_MAX {
        let head = *bytes.get(at)?;
        let (major, short) = (head >> 5, head & 31);
        at += 1;
        let (value, end) = match short {
            0..=23 => (Some(u64::from(short)), at),
            24..=27 => {
                let len = 1 << (short - 24);
                (Some(be(bytes, at, len)?), at + len)
            }
            31 => (None, at),
            _ => return None,
        };
        return Some(match (major, value) {
            (0, Some(value)) => (Item::Unsigned(value), end),
            (1, Some(value)) => (Item::Signed(-1 - i64::try_from(value).ok()?), end),
            (2, Some(size)) => {
                let range = span(bytes, end, size)?;
                let end = range.end;
                (Item::Bytes(range), end)
            }
            (3, Some(size)) => {
                let range = span(bytes, end, size)?;
                let end = range.end;
                (Item::Text(range), end)
            }
            (2 | 3, None) => (Item::List(None), end),
            (4, count) => (Item::List(count), end),
            (5, count) => (Item::Map(count), end),
            (6, Some(_)) => {
                at = end;
                continue;
            }
            (7, None) => (Item::Break, end),
            (7, Some(bits)) => match short {
                25 => (Item::Single(half(bits as u16)), end),
                26 => (Item::Single(f32::from_bits(bits as u32)), end),
                27 => (Item::Double(f64::from_bits(bits)), end),
                _ => (Item::Nothing, end),
            },
            _ => return None,
        });
    }
    None
}

/// A number of half precision (RFC 8949, appendix D).
fn half(bits: u16) -> f32 {
    let fraction = f32::from(bits & 0x3ff);
    let value = match bits >> 10 & 0x1f {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (fraction + 1024.0) * 2f32.powi(i32::from(exponent) - 25),
    };
    if bits & 0x8000 == 0 {
        value
    } else {
        -value
    }
}
