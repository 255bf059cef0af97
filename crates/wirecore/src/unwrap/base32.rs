//! Base32 (RFC 4648, section 6) of either case, with or without padding. Tokens are looked for together with
//! base64's (see `token`).

use super::Codec;

pub(super) const CODEC: Codec = Codec {
    name: "base32",
    reason: "secrets, names of hidden hosts and identifiers where letters have no case (RFC 4648, section 6)",
    wants: 0,
    recognise: |_| false,
    open: |_, _| false,
    derive: |raw, _step, out| {
        decode(raw, out);
        !out.is_empty()
    },
};

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a'),
        b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}

/// True when all are digits of base32.
pub(super) fn is_base32(text: &[u8]) -> bool {
    text.iter().all(|&digit| value(digit).is_some())
}

/// Appends what the digits stand for, up to the first that is none.
pub(super) fn decode(raw: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut have) = (0u32, 0);
    for digit in raw.iter().map_while(|&digit| value(digit)) {
        bits = bits << 5 | u32::from(digit);
        have += 5;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
            bits &= (1 << have) - 1;
        }
    }
}
