//! Protocol buffers without their schema (protobuf.dev, "Encoding"). The children are the
//! length-delimited fields, in order; a message among them is read by the tree's recursion. The
//! path of each is its field number, as in `/9`. A number that may identify somebody is printed: its path is `=/9`, its
//! range the whole field. Two numbers in a row that can be degrees (doubles, floats, or whole numbers times 10^7) are
//! printed as a place, under `=/3,4`; numbers that are packed in one field, with blanks between, under `=/9#`.
//!
//! The format has no magic, so it is recognised only when all of the bytes are fields and one of
//! these holds a text, a picture or sound, something compressed, or such a message again; or where the Content-Type
//! says so.

use super::compressed::is_compressed;
use super::look::{is_readable, BINARY};
use super::media_head::is_media;
use super::place;
use super::token::begins_known;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "protobuf",
    reason: "bodies and batches of kits for advertising, metrics and crash reports (protobuf.dev, Encoding)",
    wants: BINARY,
    recognise,
    open,
    derive: |raw, step, out| {
        if let Some(path) = step.path.strip_prefix('=') {
            return derive_numbers(raw, path, out);
        }
        out.extend_from_slice(raw);
        true
    },
};

/// Smallest number that is printed: what is smaller identifies nobody.
const NUMBER: u64 = 100_000;
/// Numbers of one packed field, and bytes of it.
const PACKED: usize = 4096;

/// Fewest bytes of a length-delimited field that make a message of the bytes: shorter ones come
/// about by chance, and hold nothing that is looked for.
const TELLING: usize = 8;

/// Fewest letters of a word.
const WORD: usize = 3;

/// The largest field number (protobuf.dev, "Assigning Field Numbers").
const NUMBER_MAX: u64 = (1 << 29) - 1;

/// Messages inside messages that are looked into before the bytes are taken for one.
pub(super) const DEPTH: usize = 8;

/// Fields and nothing else, in bytes that nobody could read aloud: a text may begin with what looks
/// like a tag and its own length.
fn recognise(view: &View<'_>) -> bool {
    if is_compressed(view.bytes) || is_readable(view.bytes) {
        return false;
    }
    let said = || SAID.iter().any(|said| view.says(said));
    is_message(view.bytes, DEPTH) || are_numbers(view.bytes) || said() && are_fields(view.bytes)
}

/// Content types of messages.
const SAID: [&str; 4] = [
    "application/x-protobuf",
    "application/protobuf",
    "application/vnd.google.protobuf",
    "application/grpc",
];

/// Is it nothing but fields?
pub(super) fn are_fields(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(field) = field(bytes, at) {
        at = field.value.end;
    }
    at > 0 && at == bytes.len()
}

/// True when all bytes are fields, one of which holds something known. Without the latter one in a
/// few hundred short ciphertexts would be taken apart, and its parts be too short to be called opaque.
pub(super) fn is_message(bytes: &[u8], depth: usize) -> bool {
    let mut at = 0;
    let mut longest = 0..0;
    let mut known = false;
    let mut letters = 0;
    while at < bytes.len() {
        let Some(field) = field(bytes, at) else {
            return false;
        };
        at = field.value.end;
        if field.delimited && field.value.len() >= TELLING {
            let value = &bytes[field.value.clone()];
            known = known
                || is_readable(value)
                || is_media(value)
                || is_compressed(value)
                || value.len() >= 2 * TELLING && begins_known(value);
            if value.len() > longest.len() {
                longest = field.value;
            }
        } else if field.delimited && field.value.len() >= WORD {
            // Several short words say as much as one long text.
            let value = &bytes[field.value];
            letters += if is_word(value) { value.len() } else { 0 };
        }
    }
    known
        || letters >= TELLING
        || depth > 0
            && !longest.is_empty()
            && (are_numbers(&bytes[longest.clone()]) || is_message(&bytes[longest], depth - 1))
}

/// Letters, figures and the signs that join them.
fn is_word(value: &[u8]) -> bool {
    let sign = |b: &u8| matches!(b, b'_' | b'-' | b'.' | b':' | b'/' | b' ');
    value.iter().all(|b| b.is_ascii_alphanumeric() || sign(b))
}

/// Fewest bytes of a message of nothing but numbers: an IMEI and a little more.
const NUMBERS_MIN: usize = 10;
/// How many field numbers may be left out before the first and between two.
const LEFT_OUT: u64 = 3;

/// True for fields of numbers alone, in the order of a schema: numbered from the first few on, one after the other,
/// each as short as writers write it, and one of them large enough to be printed. Of random strings so long, one in a
/// million is so.
fn are_numbers(bytes: &[u8]) -> bool {
    let (mut at, mut last, mut count) = (0, 0, 0);
    let mut large = false;
    while at < bytes.len() && bytes.len() >= NUMBERS_MIN {
        let Some(field) = field(bytes, at) else {
            return false;
        };
        let left_out = field.number.wrapping_sub(last + 1);
        let Some(value) = field.bits(bytes) else {
            return false;
        };
        let written = match field.kind {
            FIXED_64 => is_plain(f64::from_bits(value)) || value < 1 << 48,
            FIXED_32 => true,
            _ => field.value.len() == 1 || bytes[field.value.end - 1] != 0,
        };
        // Of only two, nothing may be left out.
        let most = if field.value.end == bytes.len() && count < 2 {
            0
        } else {
            LEFT_OUT
        };
        if !written || left_out > most {
            return false;
        }
        large |= value >= NUMBER;
        last = field.number;
        count += 1;
        at = field.value.end;
    }
    large && (count > 2 || count == 2 && last == 2)
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut at = 0;
    let mut before: Option<(Range<usize>, Field)> = None;
    while let Some(field) = field(view.bytes, at) {
        let whole = at..field.value.end;
        at = field.value.end;
        if !field.delimited {
            show_number(tree, step, view, &whole, &field, before.as_ref());
            before = Some((whole, field));
            continue;
        }
        before = None;
        if field.value.is_empty() {
            continue;
        }
        show_packed(tree, step, view, &field);
        let path = tree.path(step);
        path.clear();
        let _ = write!(path, "/{}", field.number);
        tree.aim(step, &field.value);
        tree.show(&view.bytes[field.value], true, view.key, &Hint::default());
    }
    tree.pop();
    true
}

/// A number, and the place that it makes with the one before.
fn show_number(
    tree: &mut Tree<'_>,
    step: usize,
    view: &View<'_>,
    whole: &Range<usize>,
    field: &Field,
    before: Option<&(Range<usize>, Field)>,
) {
    let mut printed = Vec::new();
    if let Some((start, first)) = before {
        let range = start.start..whole.end;
        if print_place(&view.bytes[range.clone()], &mut printed) {
            show_printed(
                tree,
                step,
                view,
                &range,
                &printed,
                format_args!("=/{},{}", first.number, field.number),
            );
        }
    }
    printed.clear();
    if print_number(view.bytes, field, &mut printed) {
        show_printed(
            tree,
            step,
            view,
            whole,
            &printed,
            format_args!("=/{}", field.number),
        );
    }
}

/// Numbers that are packed in a field, when it is nothing else.
fn show_packed(tree: &mut Tree<'_>, step: usize, view: &View<'_>, field: &Field) {
    let value = &view.bytes[field.value.clone()];
    let mut printed = Vec::new();
    if !is_readable(value)
        && !is_media(value)
        && !is_compressed(value)
        && print_packed(value, &mut printed)
    {
        show_printed(
            tree,
            step,
            view,
            &field.value,
            &printed,
            format_args!("=/{}#", field.number),
        );
    }
}

fn show_printed(
    tree: &mut Tree<'_>,
    step: usize,
    view: &View<'_>,
    range: &Range<usize>,
    printed: &[u8],
    path: std::fmt::Arguments<'_>,
) {
    if !tree.spend(printed.len()) {
        return;
    }
    let its = tree.path(step);
    its.clear();
    let _ = its.write_fmt(path);
    tree.aim(step, range);
    tree.show(printed, false, view.key, &Hint::default());
}

/// Prints a number that may identify somebody; false when it does not.
fn print_number(bytes: &[u8], field: &Field, out: &mut Vec<u8>) -> bool {
    let Some(value) = field.bits(bytes) else {
        return false;
    };
    // Writing to a vector cannot fail.
    let _ = match field.kind {
        FIXED_64 if is_plain(f64::from_bits(value)) => write!(out, "{}", f64::from_bits(value)),
        _ if (NUMBER..u64::MAX / 2).contains(&value) => write!(out, "{value}"),
        _ => return false,
    };
    true
}

/// A double that a program wrote as such: neither minute nor huge.
fn is_plain(value: f64) -> bool {
    value.is_finite() && (1e-4..1e16).contains(&value.abs())
}

/// Prints the place that two fields in a row make.
fn print_place(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let read = || {
        let first = field(bytes, 0)?;
        let second = field(bytes, first.value.end)?;
        Some((first.degrees(bytes)?, second.degrees(bytes)?))
    };
    let Some((latitude, longitude)) = read().filter(|place| place::is_place(place.0, place.1))
    else {
        return false;
    };
    place::print(latitude, longitude, out);
    true
}

/// Prints the numbers packed in a field: doubles, or else varints of which some may identify somebody.
fn print_packed(value: &[u8], out: &mut Vec<u8>) -> bool {
    if value.len() < 6 || value.len() > PACKED {
        return false;
    }
    let doubles = || {
        let raw = value.chunks_exact(8).filter_map(|raw| raw.first_chunk());
        raw.map(|raw| f64::from_le_bytes(*raw))
    };
    if value.len() % 8 == 0 && doubles().all(|double| double == 0.0 || is_plain(double)) {
        for double in doubles() {
            let _ = write!(out, "{double} ");
        }
        return true;
    }
    let (mut at, mut large) = (0, false);
    while let Some((number, next)) = varint(value, at) {
        large |= number >= NUMBER;
        let _ = write!(out, "{number} ");
        at = next;
    }
    at == value.len() && large
}

fn derive_numbers(raw: &[u8], path: &str, out: &mut Vec<u8>) -> bool {
    if path.ends_with('#') {
        return print_packed(raw, out);
    }
    if path.contains(',') {
        return print_place(raw, out);
    }
    field(raw, 0).is_some_and(|field| print_number(raw, &field, out))
}

/// One field.
struct Field {
    number: u64,
    kind: u64,
    delimited: bool,
    value: Range<usize>,
}

/// Kinds of fields: eight bytes and four.
const FIXED_64: u64 = 1;
const FIXED_32: u64 = 5;

impl Field {
    /// The value of a number, as it stands.
    fn bits(&self, bytes: &[u8]) -> Option<u64> {
        let raw = bytes.get(self.value.clone())?;
        match self.kind {
            0 => Some(varint(bytes, self.value.start)?.0),
            FIXED_64 | FIXED_32 => {
                Some(raw.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b)))
            }
            _ => None,
        }
    }

    /// Degrees, if the number can be such: a fraction, or a whole number times ten millions.
    fn degrees(&self, bytes: &[u8]) -> Option<f64> {
        const E7: f64 = 1e7;
        let bits = self.bits(bytes)?;
        let whole = |value: i64| {
            (value.abs() >= 100_000 && value.abs() <= 1_800_000_000).then_some(value as f64 / E7)
        };
        let small = |value: f64| (1e-3..=180.0).contains(&value.abs()).then_some(value);
        match self.kind {
            FIXED_64 => small(f64::from_bits(bits)),
            FIXED_32 => small(f32::from_bits(bits as u32).into())
                .or_else(|| whole((bits as u32 as i32).into())),
            _ => whole(bits as i64),
        }
    }
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
        kind: tag & 7,
        delimited: tag & 7 == 2,
        value,
    })
}

/// A number of seven bits a byte, the lowest first, and the offset behind it.
pub(super) fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
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
