//! Base16 (RFC 4648, section 8) of either case. The child is what an even run of digits stands for.
//! Tokens are looked for together with base64's (see `token`).

use super::percent::hex_digit;
use super::Codec;
use crate::record::Step;

pub(super) const CODEC: Codec = Codec {
    name: "hex",
    reason: "hashes, identifiers and whole payloads printed as hex digits (RFC 4648, section 8)",
    wants: 0,
    recognise: |_| false,
    open: |_, _| false,
    derive,
};

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    decode(raw, out);
    !out.is_empty()
}

/// The digits without the ends of lines between them.
pub(super) fn digits(raw: &[u8]) -> Vec<u8> {
    let digits = raw.iter().copied();
    digits.filter(|b| !b.is_ascii_whitespace()).collect()
}

/// Appends what pairs of digits stand for, over the ends of lines, up to the first that is none.
pub(super) fn decode(raw: &[u8], out: &mut Vec<u8>) {
    if memchr::memchr(b'\n', raw).is_some() {
        return decode(&digits(raw), out);
    }
    let start = out.len();
    out.resize(start + raw.len() / 2, 0);
    let made = decode_sample(raw, &mut out[start..]);
    out.truncate(start + made);
}

/// Decodes the beginning of a token into `sample`; how many bytes were made.
pub(super) fn decode_sample(raw: &[u8], sample: &mut [u8]) -> usize {
    for (made, (place, pair)) in sample.iter_mut().zip(raw.chunks_exact(2)).enumerate() {
        let (Some(high), Some(low)) = (hex_digit(pair[0]), hex_digit(pair[1])) else {
            return made;
        };
        *place = high << 4 | low;
    }
    sample.len().min(raw.len() / 2)
}
