//! BSON (bsonspec.org, version 1.1): documents one after another, whose lengths are right to the byte.

use super::look::BINARY;
use super::structure::{is_document, print, show, span, Event, Item, DEPTH_MAX};
use super::Codec;
use memchr::memchr;

pub(super) const CODEC: Codec = Codec {
    name: "bson",
    reason: "records of a well-known database and of kits that sync with it (bsonspec.org)",
    wants: BINARY,
    recognise: |view| {
        document(view.bytes, 0, view.bytes.len()).is_some()
            && is_document(view.bytes, &|each| walk(view.bytes, each).is_some())
    },
    open: |tree, view| show(&CODEC, tree, view, &|each| walk(view.bytes, each).is_some()),
    derive: |raw, step, out| {
        if !step.path.starts_with('=') {
            out.extend_from_slice(raw);
            return true;
        }
        // The whole element: its kind, its name, the number.
        let number = raw
            .split_first()
            .zip(memchr(0, raw.get(1..).unwrap_or_default()))
            .and_then(|((&kind, _), len)| number(kind, raw, len + 2));
        if let Some(item) = &number {
            print(item, raw, out);
        }
        number.is_some()
    },
};

const DOUBLE: u8 = 0x01;
const INT32: u8 = 0x10;

/// End of the document that begins at `at`, if its length fits and a zero ends it.
fn document(bytes: &[u8], at: usize, end: usize) -> Option<usize> {
    let len = u32::from_le_bytes(*bytes.get(at..end)?.first_chunk()?) as usize;
    let last = at.checked_add(len)?;
    (len >= 5 && last <= end && bytes[last - 1] == 0).then_some(last)
}

fn number(kind: u8, bytes: &[u8], at: usize) -> Option<Item> {
    let rest = bytes.get(at..)?;
    Some(match kind {
        DOUBLE => Item::Double(f64::from_le_bytes(*rest.first_chunk()?)),
        INT32 => Item::Signed(i32::from_le_bytes(*rest.first_chunk()?).into()),
        _ => Item::Signed(i64::from_le_bytes(*rest.first_chunk()?)),
    })
}

fn walk(bytes: &[u8], each: &mut dyn FnMut(Event)) -> Option<()> {
    let mut at = 0;
    let mut ends: Vec<usize> = Vec::new();
    loop {
        let Some(&end) = ends.last() else {
            if at == bytes.len() {
                return Some(());
            }
            ends.push(document(bytes, at, bytes.len())?);
            each(Event::Enter);
            at += 4;
            continue;
        };
        let start = at;
        let kind = *bytes.get(at)?;
        at += 1;
        if kind == 0 {
            if at != end {
                return None;
            }
            ends.pop();
            each(Event::Leave);
            continue;
        }
        let cstring = |at: usize| {
            let len = memchr(0, bytes.get(at..end)?)?;
            Some(at..at + len)
        };
        let name = cstring(at)?;
        at = name.end + 1;
        each(Event::Name(Item::Text(name.clone()), name));
        let sized = |at: usize| {
            let len = u32::from_le_bytes(*bytes.get(at..end)?.first_chunk()?);
            span(&bytes[..end], at + 4, len.into())
        };
        let fixed = |len: u64| span(&bytes[..end], at, len);
        let (item, whole) = match kind {
            0x03 | 0x04 => {
                if ends.len() == DEPTH_MAX {
                    return None;
                }
                ends.push(document(bytes, at, end - 1)?);
                each(Event::Enter);
                at += 4;
                continue;
            }
            0x02 | 0x0d | 0x0e => {
                let text = sized(at)?;
                if text.is_empty() || bytes[text.end - 1] != 0 {
                    return None;
                }
                (Item::Text(text.start..text.end - 1), text)
            }
            0x05 => {
                let len = sized(at)?.len() as u64;
                let data = span(&bytes[..end], at + 5, len)?;
                (Item::Bytes(data.clone()), data)
            }
            INT32 => (number(kind, bytes, at)?, fixed(4)?),
            DOUBLE | 0x09 | 0x11 | 0x12 => (number(kind, bytes, at)?, fixed(8)?),
            0x07 => (Item::Bytes(fixed(12)?), fixed(12)?),
            0x13 => (Item::Nothing, fixed(16)?),
            0x08 => (Item::Nothing, fixed(1)?),
            0x06 | 0x0a | 0xff | 0x7f => (Item::Nothing, fixed(0)?),
            0x0b => {
                let pattern = cstring(at)?;
                let options = cstring(pattern.end + 1)?;
                (Item::Text(pattern), at..options.end + 1)
            }
            _ => return None,
        };
        at = whole.end;
        if at >= end {
            return None;
        }
        each(Event::Value(item, start..at));
    }
}
