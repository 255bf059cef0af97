//! How many places short forms were compared with: what chance makes of them follows from that.

/// Longest token that is counted: none of more digits is met by chance in any capture.
pub const LONGEST: usize = 12;

/// Tokens that begin where a form may begin, by what they consist of and their length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    digits: [u64; LONGEST + 1],
    hex: [u64; LONGEST + 1],
}

impl Tally {
    /// Counts the token that begins at `start`, of which the first two bytes are given.
    #[inline]
    pub(super) fn look(&mut self, text: &[u8], start: usize, pair: [u8; 2]) {
        if counts(pair) {
            self.count(text, start);
        }
    }

    fn count(&mut self, text: &[u8], start: usize) {
        let mut all_digits = true;
        let mut len = 0;
        for &byte in text[start..].iter().take(LONGEST + 1) {
            if !byte.is_ascii_alphanumeric() {
                break;
            }
            if !HEX[usize::from(byte)] {
                return;
            }
            all_digits &= byte.is_ascii_digit();
            len += 1;
        }
        let of = if all_digits {
            &mut self.digits
        } else {
            &mut self.hex
        };
        if let Some(count) = of.get_mut(len) {
            *count += 1;
        }
    }

    /// What was counted: "digits" or "hex" (with a letter), length, how many.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize, u64)> + '_ {
        let of = |shape, counts: &'_ [u64; LONGEST + 1]| {
            let counts = *counts;
            (0..=LONGEST).map(move |len| (shape, len, counts[len]))
        };
        of("digits", &self.digits)
            .chain(of("hex", &self.hex))
            .filter(|(_, _, count)| *count > 0)
    }
}

/// May a token that begins with these two bytes be counted?
pub(super) fn counts(pair: [u8; 2]) -> bool {
    pair.iter().all(|&byte| HEX[usize::from(byte)])
}

/// Hexadecimal digits of either case.
const HEX: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_hexdigit();
        byte += 1;
    }
    table
};
