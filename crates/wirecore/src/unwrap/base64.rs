//! Base64 (RFC 4648, sections 4 and 5; RFC 2045, section 6.8): both alphabets, with or without
//! padding, over several lines. The child is what a token stands for.

use super::look::TOKEN;
use super::token::{indent_len, tokens, Kind};
use super::tree::{Tree, View};
use super::{base32, hex, Codec, Hint};
use crate::record::Step;

pub(super) const CODEC: Codec = Codec {
    name: "base64",
    reason: "the usual way of binary data through JSON, forms, headers and XML (RFC 4648); the parts of a JWT",
    wants: TOKEN,
    recognise,
    open,
    derive,
};

/// Looking for tokens in text is this codec's task, also for those that turn out to be hex.
fn recognise(view: &View<'_>) -> bool {
    let mut found = false;
    if view.text {
        tokens(view.bytes, view.parent == "form", &mut |_| {
            found = true;
            false
        });
    }
    found
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let mut out = Vec::new();
    tokens(view.bytes, view.parent == "form", &mut |token| {
        out.clear();
        let raw = &view.bytes[token.range.clone()];
        let codec = match token.kind {
            Kind::Base64 => {
                decode(raw, &mut out);
                &CODEC
            }
            Kind::Base32 => {
                base32::decode(raw, base32::Alphabet::Letters, &mut out);
                &base32::CODEC
            }
            Kind::Base32Hex => {
                base32::decode(raw, base32::Alphabet::Figures, &mut out);
                &base32::HEX
            }
            Kind::Hex => {
                hex::decode(raw, &mut out);
                &hex::CODEC
            }
        };
        tree.child(codec, token.range, &out, view.key, &Hint::default())
    });
    true
}

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    decode(raw, out);
    !out.is_empty()
}

/// Marks a byte that is no digit.
const NONE: u32 = 1 << 24;

/// The value of each digit, shifted to its place among four.
const PLACES: [[u32; 256]; 4] = {
    let mut tables = [[NONE; 256]; 4];
    let mut b = 0;
    while b < 256 {
        let value = match b as u8 {
            upper @ b'A'..=b'Z' => Some(upper - b'A'),
            lower @ b'a'..=b'z' => Some(lower - b'a' + 26),
            digit @ b'0'..=b'9' => Some(digit - b'0' + 52),
            // The space is a plus sign that a form swallowed.
            b'+' | b'-' | b' ' => Some(62),
            b'/' | b'_' => Some(63),
            _ => None,
        };
        if let Some(value) = value {
            let mut place = 0;
            while place < 4 {
                tables[place][b] = (value as u32) << (18 - 6 * place);
                place += 1;
            }
        }
        b += 1;
    }
    tables
};

/// Appends what the digits stand for; line ends and indents are skipped, padding or anything else ends it.
pub(super) fn decode(raw: &[u8], out: &mut Vec<u8>) {
    out.reserve(raw.len() / 4 * 3 + 3);
    let mut pos = 0;
    loop {
        let rest = &raw[pos..];
        let taken = decode_groups(rest, out);
        pos += taken;
        // Behind whole groups: a line end inside or after a group, the last group, or the end.
        let mut group = [0u32; 4];
        let mut count = 0;
        while count < 4 {
            match raw.get(pos) {
                Some(b'\r' | b'\n') => pos += indent_len(&raw[pos + 1..]),
                Some(&b) if PLACES[0][b as usize] != NONE => {
                    group[count] = PLACES[count][b as usize];
                    count += 1;
                }
                _ => {
                    let bits = group.iter().sum::<u32>();
                    let bytes = bits.to_be_bytes();
                    out.extend_from_slice(&bytes[1..count.max(1)]);
                    return;
                }
            }
            pos += 1;
        }
        out.extend_from_slice(&group.iter().sum::<u32>().to_be_bytes()[1..]);
    }
}

/// Decodes the beginning of a token without line ends into `sample`; how many bytes were made.
pub(super) fn decode_sample(raw: &[u8], sample: &mut [u8]) -> usize {
    let mut made = 0;
    for (group, place) in raw.chunks(4).zip(sample.chunks_exact_mut(3)) {
        let mut bits = 0;
        let mut count = 0;
        for (table, &b) in PLACES.iter().zip(group) {
            if table[b as usize] == NONE {
                break;
            }
            bits |= table[b as usize];
            count += 1;
        }
        place.copy_from_slice(&bits.to_be_bytes()[1..]);
        made += usize::saturating_sub(count, 1);
        if count < 4 {
            break;
        }
    }
    made
}

/// Decodes groups of four digits until something else comes; how many bytes were taken.
fn decode_groups(raw: &[u8], out: &mut Vec<u8>) -> usize {
    let mut taken = 0;
    // Twelve bytes from sixteen digits at a time: one check and one append for all of them.
    for block in raw.chunks_exact(16) {
        let mut made = [0u8; 12];
        let mut seen = 0;
        for (digits, bytes) in block.chunks_exact(4).zip(made.chunks_exact_mut(3)) {
            let bits = PLACES[0][digits[0] as usize]
                | PLACES[1][digits[1] as usize]
                | PLACES[2][digits[2] as usize]
                | PLACES[3][digits[3] as usize];
            seen |= bits;
            bytes.copy_from_slice(&bits.to_be_bytes()[1..]);
        }
        if seen & NONE != 0 {
            break;
        }
        out.extend_from_slice(&made);
        taken += 16;
    }
    taken
}
