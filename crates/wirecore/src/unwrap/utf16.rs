//! UTF-16 (Unicode 15, section 3.10), either byte order, with or without a byte order mark. The
//! child is the same text in UTF-8; the path is "le" or "be".

use super::look::BINARY;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;

pub(super) const CODEC: Codec = Codec {
    name: "utf16",
    reason: "texts of Windows, Java and some message databases",
    wants: BINARY,
    recognise,
    open,
    derive,
};

/// Units looked at.
const SAMPLE: usize = 128;

/// The byte order, when the bytes begin with its mark or, being no text as they are, read as UTF-16.
fn order(view: &View<'_>) -> Option<&'static str> {
    match view.bytes {
        [0xff, 0xfe, rest @ ..] if is_mostly_common(rest, u16::from_le_bytes) => Some("le"),
        [0xfe, 0xff, rest @ ..] if is_mostly_common(rest, u16::from_be_bytes) => Some("be"),
        _ if view.text => None,
        bytes => likely_order(bytes),
    }
}

/// Behind a mark: half of the units and more are common ones. Two bytes of something sealed are a mark now and then.
fn is_mostly_common(bytes: &[u8], order: fn([u8; 2]) -> u16) -> bool {
    let units = bytes.chunks_exact(2).take(SAMPLE);
    let all = units.len();
    let common = units.filter(|pair| is_common(order([pair[0], pair[1]])));
    common.count() * 2 >= all
}

/// True where most bytes are letters as they stand: pairs of small letters are Chinese characters by their numbers.
fn is_mostly_ascii(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(2 * SAMPLE)];
    let letters = sample.iter().filter(|b| (b' '..=b'~').contains(b));
    letters.count() * 10 > sample.len() * 7
}

/// The byte order in which nearly all units are common ones.
pub(super) fn likely_order(bytes: &[u8]) -> Option<&'static str> {
    let units = bytes.len().min(2 * SAMPLE) / 2;
    let reads_as = |order: fn([u8; 2]) -> u16| {
        let mut odd = 0;
        bytes.chunks_exact(2).take(units).all(|pair| {
            odd += usize::from(!is_common(order([pair[0], pair[1]])));
            odd * 20 <= units
        })
    };
    if units < 4 {
        None
    } else if reads_as(u16::from_le_bytes) && !is_mostly_ascii(bytes) {
        Some("le")
    } else if reads_as(u16::from_be_bytes) && !is_mostly_ascii(bytes) {
        Some("be")
    } else {
        None
    }
}

/// Units that make up most text: Latin, Greek, Cyrillic, kana, Han, full-width forms, the mark. Random units
/// are so in two cases of five, so that even eight in a row are rare.
fn is_common(unit: u16) -> bool {
    matches!(unit, 9 | 10 | 13 | 0x20..=0x7e | 0xa0..=0x17f | 0x370..=0x45f | 0x2010..=0x203a | 0x3000..=0x30ff | 0x4e00..=0x9fff | 0xac00..=0xd7a3 | 0xff01..=0xff5e | 0xfeff)
}

fn recognise(view: &View<'_>) -> bool {
    order(view).is_some()
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(order) = order(view) else {
        return false;
    };
    let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    tree.aim(at, &(0..view.bytes.len()));
    tree.path(at).push_str(order);
    let mut out = Vec::new();
    decode(view.bytes, order, &mut out);
    if tree.spend(out.len()) {
        tree.show(&out, false, view.key, &Hint::default());
    }
    tree.pop();
    true
}

fn derive(raw: &[u8], step: &Step, out: &mut Vec<u8>) -> bool {
    decode(raw, &step.path, out);
    true
}

/// Appends the text in UTF-8, without its mark; what is no text becomes U+FFFD.
fn decode(raw: &[u8], order: &str, out: &mut Vec<u8>) {
    let unit = if order == "be" {
        u16::from_be_bytes
    } else {
        u16::from_le_bytes
    };
    let units = raw.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
    for (at, c) in text.enumerate() {
        if at > 0 || c != '\u{feff}' {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}
