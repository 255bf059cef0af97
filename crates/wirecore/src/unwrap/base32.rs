//! Base32 (RFC 4648, sections 6 and 7) of either case, with or without padding. Tokens are looked for together with
//! base64's (see `token`).

use super::Codec;

pub(super) const CODEC: Codec = Codec {
    name: "base32",
    reason: "secrets, names of hidden hosts and identifiers where letters have no case (RFC 4648, section 6)",
    wants: 0,
    recognise: |_| false,
    open: |_, _| false,
    derive: |raw, _step, out| {
        decode(raw, Alphabet::Letters, out);
        !out.is_empty()
    },
};

pub(super) const HEX: Codec = Codec {
    name: "base32hex",
    reason: "the same with figures first, which sorts as the bytes do (RFC 4648, section 7)",
    wants: 0,
    recognise: |_| false,
    open: |_, _| false,
    derive: |raw, _step, out| {
        decode(raw, Alphabet::Figures, out);
        !out.is_empty()
    },
};

/// Which digits stand for 0 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// A to Z, 2 to 7.
    Letters,
    /// 0 to 9, A to V.
    Figures,
}

impl Alphabet {
    fn value(self, digit: u8) -> Option<u8> {
        match (self, digit) {
            (Alphabet::Letters, b'A'..=b'Z') => Some(digit - b'A'),
            (Alphabet::Letters, b'a'..=b'z') => Some(digit - b'a'),
            (Alphabet::Letters, b'2'..=b'7') => Some(digit - b'2' + 26),
            (Alphabet::Figures, b'0'..=b'9') => Some(digit - b'0'),
            (Alphabet::Figures, b'A'..=b'V') => Some(digit - b'A' + 10),
            (Alphabet::Figures, b'a'..=b'v') => Some(digit - b'a' + 10),
            _ => None,
        }
    }

    /// True when all are its digits.
    pub fn spells(self, text: &[u8]) -> bool {
        text.iter().all(|&digit| self.value(digit).is_some())
    }
}

/// Appends what the digits stand for, up to the first that is none.
pub(super) fn decode(raw: &[u8], alphabet: Alphabet, out: &mut Vec<u8>) {
    let (mut bits, mut have) = (0u32, 0);
    for digit in raw.iter().map_while(|&digit| alphabet.value(digit)) {
        bits = bits << 5 | u32::from(digit);
        have += 5;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
            bits &= (1 << have) - 1;
        }
    }
}
