//! Needles that count only as whole tokens: short ones, and any whose neighbours must not be letters or digits.
//!
//! Candidates are the places after something that is neither an ASCII letter nor a digit; the mask of eight
//! bytes at a time finds them, so that the cost does not grow with the number of needles.

use super::grams::{Grams, Place};
use super::words::{alphanumeric, word_at};

const HIGH: u64 = 0x8080_8080_8080_8080;

/// Forms by their first four bytes (or two, when they have no four).
#[derive(Default)]
pub(super) struct Tokens {
    four: Grams,
    two: Grams,
    /// When every form begins with a letter or digit, all bits; else none.
    needs_alphanumeric: u64,
}

impl Tokens {
    /// `forms` are `(index, bytes)` with at least two bytes each.
    pub(super) fn build<'a>(forms: impl Iterator<Item = (u32, &'a [u8])>) -> Self {
        let (mut four, mut two, mut all_alphanumeric) = (Vec::new(), Vec::new(), true);
        for (form, bytes) in forms {
            let place = Place { form, offset: 0 };
            match bytes.first_chunk::<4>() {
                Some(first) => four.push((u64::from(u32::from_le_bytes(*first)), place)),
                None => two.push((word_at(bytes, 0) & 0xFFFF, place)),
            }
            all_alphanumeric &= bytes[0].is_ascii_alphanumeric();
        }
        Tokens {
            four: Grams::build(four),
            two: Grams::build(two),
            needs_alphanumeric: if all_alphanumeric { HIGH } else { 0 },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.four.is_empty() && self.two.is_empty()
    }

    /// Calls `candidate(form, start)` for each place at which a form may begin.
    pub(super) fn find(&self, text: &[u8], candidate: &mut dyn FnMut(u32, usize)) {
        if self.is_empty() {
            return;
        }
        let mut before = 0; // bit 7 of the lowest byte: the byte before is a letter or digit
        let mut word = word_at(text, 0);
        for at in (0..text.len()).step_by(8) {
            let next = word_at(text, at + 8);
            let kinds = alphanumeric(word);
            let mut starts = !((kinds << 8) | before) & HIGH & (kinds | !self.needs_alphanumeric);
            before = kinds >> 56;
            let wide = u128::from(word) | u128::from(next) << 64;
            while starts != 0 {
                let byte = starts.trailing_zeros() as usize / 8;
                starts &= starts - 1;
                let gram = (wide >> (byte * 8)) as u64;
                self.look_up(gram, at + byte, candidate);
            }
            word = next;
        }
    }

    #[inline(always)]
    fn look_up(&self, gram: u64, at: usize, candidate: &mut dyn FnMut(u32, usize)) {
        for (grams, gram) in [(&self.four, gram & 0xFFFF_FFFF), (&self.two, gram & 0xFFFF)] {
            if grams.may_hold(gram) {
                for place in grams.places(gram) {
                    candidate(place.form, at);
                }
            }
        }
    }
}
