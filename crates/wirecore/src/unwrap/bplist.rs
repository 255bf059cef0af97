//! Binary property lists (`bplist00`; CFBinaryPList.c). A table of objects that refer to each other by number, read
//! from the top one down; an object that is referred to twice is shown twice, up to a bound.

use super::look::BINARY;
use super::structure::{be, derive, show, span, Event, Item, DEPTH_MAX};
use super::Codec;
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "bplist",
    reason:
        "settings and bodies of programs that share code with Apple's systems (CFBinaryPList.c)",
    wants: BINARY,
    recognise: |view| List::parse(view.bytes).is_some(),
    open: |tree, view| {
        let Some(list) = List::parse(view.bytes) else {
            return false;
        };
        show(&CODEC, tree, view, &|each| {
            let mut left = 2 * list.offsets.len() / list.offset_size + 64;
            list.visit(list.top, 0, &mut left, each)
        })
    },
    derive: |raw, step, out| derive(raw, &step.path, scalar, out),
};

const MAGIC: &[u8] = b"bplist0";
const TRAILER: usize = 32;

struct List<'l> {
    bytes: &'l [u8],
    /// The table of offsets.
    offsets: Range<usize>,
    offset_size: usize,
    ref_size: usize,
    top: u64,
}

/// A marker's low four bits, or the number behind it; and where the content begins.
fn count(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    match bytes.get(at)? & 15 {
        15 => {
            let len = 1usize << (bytes.get(at + 1)? & 3);
            Some((be(bytes, at + 2, len)?, at + 2 + len))
        }
        short => Some((short.into(), at + 1)),
    }
}

/// The object at `at` when it holds no other.
fn scalar(bytes: &[u8], at: usize) -> Option<(Item, usize)> {
    let marker = *bytes.get(at)?;
    let len = 1usize << (marker & 7).min(4);
    let whole = |range: Range<usize>, item: fn(Range<usize>) -> Item| {
        let end = range.end;
        (item(range), end)
    };
    Some(match marker >> 4 {
        0 => (Item::Nothing, at + 1),
        1 if len == 16 => (Item::Unsigned(be(bytes, at + 9, 8)?), at + 17),
        1 if len == 8 => (Item::Signed(be(bytes, at + 1, 8)? as i64), at + 9),
        1 => (Item::Unsigned(be(bytes, at + 1, len)?), at + 1 + len),
        2 | 3 if len == 8 => (Item::Double(f64::from_bits(be(bytes, at + 1, 8)?)), at + 9),
        2 if len == 4 => {
            let bits = be(bytes, at + 1, 4)? as u32;
            (Item::Single(f32::from_bits(bits)), at + 5)
        }
        4..=6 => {
            let (len, start) = count(bytes, at)?;
            match marker >> 4 {
                4 => whole(span(bytes, start, len)?, Item::Bytes),
                5 => whole(span(bytes, start, len)?, Item::Text),
                _ => whole(span(bytes, start, len.checked_mul(2)?)?, Item::Wide),
            }
        }
        8 => {
            let len = usize::from(marker & 15) + 1;
            (Item::Unsigned(be(bytes, at + 1, len)?), at + 1 + len)
        }
        _ => return None,
    })
}

impl<'l> List<'l> {
    fn parse(bytes: &'l [u8]) -> Option<Self> {
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        let trailer = bytes.get(bytes.len().checked_sub(TRAILER)?..)?;
        let (offset_size, ref_size) = (usize::from(trailer[6]), usize::from(trailer[7]));
        let objects = be(trailer, 8, 8)?;
        let table = usize::try_from(be(trailer, 24, 8)?).ok()?;
        let sizes = (1..=8).contains(&offset_size) && (1..=8).contains(&ref_size);
        let offsets = span(bytes, table, objects.checked_mul(offset_size as u64)?)?;
        (sizes && objects > 0).then_some(List {
            bytes,
            offsets,
            offset_size,
            ref_size,
            top: be(trailer, 16, 8)?,
        })
    }

    fn offset(&self, object: u64) -> Option<usize> {
        let at = usize::try_from(object)
            .ok()?
            .checked_mul(self.offset_size)?;
        let table = &self.bytes[self.offsets.clone()];
        usize::try_from(be(table, at, self.offset_size)?).ok()
    }

    /// Tells of an object and all in it; false when it is damaged, too deep, or one of too many.
    fn visit(
        &self,
        object: u64,
        depth: usize,
        left: &mut usize,
        each: &mut dyn FnMut(Event),
    ) -> bool {
        let Some(at) = self
            .offset(object)
            .filter(|_| *left > 0 && depth < DEPTH_MAX)
        else {
            return false;
        };
        *left -= 1;
        let kind = self.bytes.get(at).map_or(0, |marker| marker >> 4);
        if !matches!(kind, 0xa | 0xc | 0xd) {
            return scalar(self.bytes, at).is_some_and(|(item, end)| {
                each(Event::Value(item, at..end));
                true
            });
        }
        let Some((len, start)) = count(self.bytes, at) else {
            return false;
        };
        let refer = |n: u64| {
            let at = usize::try_from(n).ok()?.checked_mul(self.ref_size)?;
            be(self.bytes, start.checked_add(at)?, self.ref_size)
        };
        each(Event::Enter);
        let mut whole = true;
        for n in 0..len {
            let mut value = refer(n);
            if kind == 0xd {
                value = refer(n.saturating_add(len));
                let name = refer(n).and_then(|name| self.offset(name));
                let name = name.and_then(|at| Some((at, scalar(self.bytes, at)?)));
                let Some((at, (name, end))) = name else {
                    whole = false;
                    break;
                };
                each(Event::Name(name, at..end));
            } else {
                each(Event::Index(n));
            }
            whole &= value.is_some_and(|value| self.visit(value, depth + 1, left, each));
            if *left == 0 || value.is_none() {
                break;
            }
        }
        each(Event::Leave);
        whole
    }
}
