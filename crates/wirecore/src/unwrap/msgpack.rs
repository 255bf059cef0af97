//! MessagePack (msgpack.org, specification of 2013). One or more maps or lists, and nothing else.

use super::look::BINARY;
use super::structure::{be, derive, is_document, show, span, walk, Item};
use super::Codec;

pub(super) const CODEC: Codec = Codec {
    name: "msgpack",
    reason: "compact bodies of kits for analytics and messaging (msgpack.org)",
    wants: BINARY,
    recognise: |view| {
        matches!(view.bytes, [0x81..=0x8f | 0x91..=0x9f | 0xdc..=0xdf, ..])
            && is_document(view.bytes, &|each| walk(view.bytes, read, each))
    },
    open: |tree, view| show(&CODEC, tree, view, &|each| walk(view.bytes, read, each)),
    derive: |raw, step, out| derive(raw, &step.path, read, out),
};

/// The item at `at`, and the offset behind it.
fn read(bytes: &[u8], at: usize) -> Option<(Item, usize)> {
    let head = *bytes.get(at)?;
    let at = at + 1;
    let sized = |len: usize| be(bytes, at, len).map(|size| (size, at + len));
    let text = |(size, at)| {
        let range = span(bytes, at, size)?;
        let end = range.end;
        // Before 2013 there was no other type for bytes.
        let item = if std::str::from_utf8(&bytes[range.clone()]).is_ok() {
            Item::Text(range)
        } else {
            Item::Bytes(range)
        };
        Some((item, end))
    };
    let binary = |(size, at)| {
        let range = span(bytes, at, size)?;
        let end = range.end;
        Some((Item::Bytes(range), end))
    };
    let unsigned = |len: usize| sized(len).map(|(value, end)| (Item::Unsigned(value), end));
    Some(match head {
        0x00..=0x7f => (Item::Unsigned(head.into()), at),
        0x80..=0x8f => (Item::Map(Some(u64::from(head & 15))), at),
        0x90..=0x9f => (Item::List(Some(u64::from(head & 15))), at),
        0xa0..=0xbf => text((u64::from(head & 31), at))?,
        0xc0 | 0xc2 | 0xc3 => (Item::Nothing, at),
        0xc1 => return None,
        0xc4..=0xc6 => binary(sized(1 << (head - 0xc4))?)?,
        0xc7..=0xc9 => {
            let (size, at) = sized(1 << (head - 0xc7))?;
            binary((size, at + 1))?
        }
        0xca => {
            let (value, end) = sized(4)?;
            (Item::Single(f32::from_bits(value as u32)), end)
        }
        0xcb => {
            let (value, end) = sized(8)?;
            (Item::Double(f64::from_bits(value)), end)
        }
        0xcc..=0xcf => unsigned(1 << (head - 0xcc))?,
        0xd0..=0xd3 => {
            let len = 1 << (head - 0xd0);
            let (value, end) = sized(len)?;
            let shift = 64 - 8 * len as u32;
            (Item::Signed((value << shift) as i64 >> shift), end)
        }
        0xd4..=0xd8 => binary((1 << (head - 0xd4), at + 1))?,
        0xd9..=0xdb => text(sized(1 << (head - 0xd9))?)?,
        0xdc | 0xdd => {
            let (count, end) = sized(2 << (head - 0xdc))?;
            (Item::List(Some(count)), end)
        }
        0xde | 0xdf => {
            let (count, end) = sized(2 << (head - 0xde))?;
            (Item::Map(Some(count)), end)
        }
        0xe0..=0xff => (Item::Signed(i64::from(head as i8)), at),
    })
}
