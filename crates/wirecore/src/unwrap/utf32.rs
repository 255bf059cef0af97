//! UTF-32 (Unicode 15, section 3.10), either byte order, with or without its mark. The child is the same text in
//! UTF-8; the path is "le" or "be".

use super::look::BINARY;
use super::Codec;

pub(super) const CODEC: Codec = Codec {
    name: "utf32",
    reason: "texts of programs whose characters are four bytes wide (Unicode 15, section 3.10)",
    wants: BINARY,
    recognise: |view| order(view.bytes).is_some(),
    open: |tree, view| {
        let Some(order) = order(view.bytes) else {
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
            tree.show(&out, false, view.key, &super::Hint::default());
        }
        tree.pop();
        true
    },
    derive: |raw, step, out| {
        decode(raw, &step.path, out);
        true
    },
};

/// Characters looked at.
const SAMPLE: usize = 64;

/// The byte order in which all of the first characters, four at least, are characters and no controls.
pub(super) fn order(bytes: &[u8]) -> Option<&'static str> {
    let order = match bytes {
        [_, _, 0..=16, 0, ..] => "le",
        [0, 0..=16, _, _, ..] => "be",
        _ => return None,
    };
    let sample = &bytes[..bytes.len().min(4 * SAMPLE)];
    let fits = |c: Option<char>| c.is_some_and(|c| !c.is_control() || c.is_whitespace());
    (bytes.len() >= 16 && characters(sample, order).all(fits)).then_some(order)
}

fn characters<'b>(bytes: &'b [u8], order: &str) -> impl Iterator<Item = Option<char>> + 'b {
    let unit = if order == "be" {
        u32::from_be_bytes
    } else {
        u32::from_le_bytes
    };
    bytes
        .chunks_exact(4)
        .map(move |four| char::from_u32(unit([four[0], four[1], four[2], four[3]])))
}

/// Appends the text in UTF-8, without its mark; what is no character becomes U+FFFD.
fn decode(raw: &[u8], order: &str, out: &mut Vec<u8>) {
    let marked = characters(raw, order).next().flatten() == Some('\u{feff}');
    let text = characters(raw, order).skip(usize::from(marked));
    for c in text {
        let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
