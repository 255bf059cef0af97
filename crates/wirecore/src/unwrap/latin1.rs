//! Texts in Windows-1252 (WHATWG Encoding standard, section 9), which holds Latin 1: bytes beyond ASCII that are no
//! UTF-8, each a letter. The child is the text in UTF-8; what is UTF-8 already stays as it is.

use super::look::BINARY;
use super::Codec;

pub(super) const CODEC: Codec = Codec {
    name: "latin1",
    reason: "older servers and files write letters with accents in one byte, also inside JSON (WHATWG Encoding, section 9)",
    wants: BINARY,
    recognise: |view| !view.text && is_latin(view.bytes),
    open: |tree, view| {
        let mut out = Vec::with_capacity(view.bytes.len() + view.bytes.len() / 8);
        decode(view.bytes, &mut out);
        let all = 0..view.bytes.len();
        tree.child(&CODEC, all, &out, view.key, &view.hint);
        true
    },
    derive: |raw, _step, out| {
        decode(raw, out);
        true
    },
};

/// Fewest bytes that are taken for a text: of random strings so long, one in a hundred thousand looks like one.
const TEXT_MIN: usize = 16;
/// Bytes looked at.
const SAMPLE: usize = 4096;

/// The characters of 0x80 to 0x9F; what is none stands for the control of that number.
const UPPER: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// No controls; few bytes beyond ASCII, and among those that are no UTF-8 no more than two in a row.
fn is_latin(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let control = |&b: &u8| b < b' ' && !b.is_ascii_whitespace() || b == 0x7F;
    // Nearly all that is asked ends here.
    if bytes.len() < TEXT_MIN || sample.iter().any(control) {
        return false;
    }
    let beyond = sample.utf8_chunks().map(|chunk| chunk.invalid().len());
    let beyond: usize = beyond.sum();
    let mut in_a_row = 0;
    let crowded = sample.iter().any(|&b| {
        in_a_row = if b < 0x80 { 0 } else { in_a_row + 1 };
        in_a_row > 2
    });
    let undefined = |b: &u8| matches!(b, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D);
    // UTF-8 may stand among them, in longer rows and with any bytes.
    let mixed = sample.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    beyond > 0 && beyond * 8 <= sample.len() && (mixed || !crowded && !sample.iter().any(undefined))
}

/// Appends the text in UTF-8.
pub(super) fn decode(raw: &[u8], out: &mut Vec<u8>) {
    for chunk in raw.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for &b in chunk.invalid() {
            let c = match b {
                0x80..=0x9F => UPPER[usize::from(b - 0x80)],
                _ => char::from(b),
            };
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_with_accents_are_read_and_bytes_are_not_taken_for_them() {
        let text = b"{\"name\": \"Ren\xe9e d\x92Arc\", \"city\": \"K\xf6ln\"}";
        assert!(is_latin(text));
        let mut out = Vec::new();
        decode(text, &mut out);
        let name = "{\"name\": \"Ren\u{e9}e d\u{2019}Arc\", \"city\": \"K\u{f6}ln\"}";
        assert_eq!(out, name.as_bytes());
        assert!(is_latin(
            "UTF-8 \u{e9} and \u{4f60}\u{597d} and "
                .as_bytes()
                .iter()
                .chain(b"caf\xe9")
                .copied()
                .collect::<Vec<_>>()
                .as_slice()
        ));
        for odd in [
            &b"plain text, nothing else"[..],
            b"with a control \x01 caf\xe9 here",
            b"short \xe9",
            b"\xc4\xe3\xba\xc3\xa3\xac GBK \xc4\xe3\xba\xc3 text here, and more",
        ] {
            assert!(!is_latin(odd), "{}", odd.escape_ascii());
        }
    }
}
