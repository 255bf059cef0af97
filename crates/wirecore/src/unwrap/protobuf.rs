//! Protocol buffers without their schema (protobuf.dev, "Encoding"). The children are the
//! length-delimited fields, in order; a message among them is read by the tree's recursion. The
//! path of each is its field number, as in `/9`.
//!
//! The format has no magic, so it is recognised only when all of the bytes are fields and one of
//! these holds a text, a picture or sound, something compressed, or such a message again.

use super::compressed::is_compressed;
use super::look::{is_readable, BINARY};
use super::media_head::is_media;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use std::fmt::Write as _;
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "protobuf",
    reason: "bodies and batches of kits for advertising, metrics and crash reports (protobuf.dev, Encoding)",
    wants: BINARY,
    recognise,
    open,
    derive: |raw, _step, out| {
        out.extend_from_slice(raw);
        true
    },
};

/// Fewest bytes of a length-delimited field that make a message of the bytes: shorter ones come
/// about by chance, and hold nothing that is looked for.
const TELLING: usize = 8;

/// The largest field number (protobuf.dev, "Assigning Field Numbers").
const NUMBER_MAX: u64 = (1 << 29) - 1;

/// Messages inside messages that are looked into before the bytes are taken for one.
const DEPTH: usize = 8;

/// Fields and nothing else, in bytes that nobody could read aloud: a text may begin with what looks
/// like a tag and its own length.
fn recognise(view: &View<'_>) -> bool {
    !is_compressed(view.bytes) && is_message(view.bytes, DEPTH) && !is_readable(view.bytes)
}

/// True when all bytes are fields, one of which holds something known. Without the latter one in a
/// few hundred short ciphertexts would be taken apart, and its parts be too short to be called opaque.
fn is_message(bytes: &[u8], depth: usize) -> bool {
    let mut at = 0;
    let mut longest = 0..0;
    let mut known = false;
    while at < bytes.len() {
        let Some(field) = field(bytes, at) else {
            return false;
        };
        at = field.value.end;
        if field.delimited && field.value.len() >= TELLING {
            let value = &bytes[field.value.clone()];
            known = known || is_readable(value) || is_media(value) || is_compressed(value);
            if value.len() > longest.len() {
                longest = field.value;
            }
        }
    }
    known || depth > 0 && !longest.is_empty() && is_message(&bytes[longest], depth - 1)
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut at = 0;
    while let Some(field) = field(view.bytes, at) {
        at = field.value.end;
        if !field.delimited || field.value.is_empty() {
            continue;
        }
        let path = tree.path(step);
        path.clear();
        let _ = write!(path, "/{}", field.number);
        tree.aim(step, &field.value);
        tree.show(&view.bytes[field.value], true, view.key, &Hint::default());
    }
    tree.pop();
    true
}

/// One field; a value that is not length-delimited is only passed over.
struct Field {
    number: u64,
    delimited: bool,
    value: Range<usize>,
}

/// The field at `at`; `None` at the end and where there is none. Groups, which nobody writes any
/// more, are not read.
fn field(bytes: &[u8], at: usize) -> Option<Field> {
    let (tag, start) = varint(bytes, at)?;
    let number = tag >> 3;
    if number == 0 || number > NUMBER_MAX {
        return None;
    }
    let value = match tag & 7 {
        0 => start..varint(bytes, start)?.1,
        1 => start..start + 8,
        2 => {
            let (len, start) = varint(bytes, start)?;
            start..start.checked_add(usize::try_from(len).ok()?)?
        }
        5 => start..start + 4,
        _ => return None,
    };
    (value.end <= bytes.len()).then_some(Field {
        number,
        delimited: tag & 7 == 2,
        value,
    })
}

/// A number of seven bits a byte, the lowest first, and the offset behind it.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for (n, &b) in bytes.get(at..)?.iter().take(10).enumerate() {
        if n == 9 && b > 1 {
            return None;
        }
        value |= u64::from(b & 0x7f) << (7 * n);
        if b < 0x80 {
            return Some((value, at + n + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{field, varint};

    #[test]
    fn a_number_ends_where_its_last_byte_says() {
        assert_eq!(varint(&[0x96, 1, 7], 0), Some((150, 2)));
        let most = [[0xff; 9].as_slice(), &[1]].concat();
        assert_eq!(varint(&most, 0), Some((u64::MAX, 10)));
        assert_eq!(varint(&[0xff; 12], 0), None);
        assert_eq!(varint(&[0x80], 0), None);
        assert_eq!(varint(&[], 3), None);
    }

    #[test]
    fn a_field_has_a_number_and_a_kind_and_lies_within_the_bytes() {
        let read = |bytes: &[u8]| field(bytes, 0).map(|f| (f.number, f.delimited, f.value));
        assert_eq!(read(&[0x08, 5]), Some((1, false, 1..2)));
        assert_eq!(read(&[0x4a, 2, b'o', b'k']), Some((9, true, 2..4)));
        assert_eq!(read(&[0x0d, 0, 0, 0, 0]), Some((1, false, 1..5)));
        assert_eq!(
            read(&[0x09, 0, 0, 0, 0, 0, 0, 0, 0]),
            Some((1, false, 1..9))
        );
        let largest = [0xfa, 0xff, 0xff, 0xff, 0x0f, 0];
        assert_eq!(read(&largest), Some((536_870_911, true, 6..6)));
        let refused: [&[u8]; 7] = [
            &[0x02, 0],                                              // number 0
            &[0xfa, 0xff, 0xff, 0xff, 0x1f, 0],                      // number 2^30 - 1
            &[0x0b],                                                 // a group begins
            &[0x0f],                                                 // no such kind
            &[0x4a, 3, b'o', b'k'],                                  // longer than the bytes
            &[0x0d, 0, 0, 0],                                        // cut
            &[0x4a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], // longer than an address
        ];
        for bytes in refused {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
