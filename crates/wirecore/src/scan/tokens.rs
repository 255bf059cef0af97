//! Needles that count only as whole tokens: short ones, and any whose neighbours must not be letters or digits.
//!
//! Candidates are the places after something that is neither an ASCII letter nor a digit, at which a run of
//! letters and digits of the right length begins. Bit masks of 64 bytes find them, so that the cost does not
//! grow with the number of needles.

use super::blocks::{bits, bits_of_few, Alphanumeric, BLOCK};
use super::grams::{Grams, Place};
use super::tally::{self, Tally};
use super::words::word_at;

/// A run at the start of a form is told apart up to this length; longer ones are one class.
const LONGEST: usize = 8;

/// Forms by their first four bytes (or two, when they have no four).
#[derive(Default)]
pub(super) struct Tokens {
    four: Grams,
    two: Grams,
    /// Their first two bytes.
    pairs: Pairs,
    /// These, and two hexadecimal digits, which the tally counts: most places are ruled out by one bit.
    worth_a_look: Pairs,
    /// Lengths of the run of letters and digits with which forms begin (0: none).
    runs: [bool; LONGEST + 1],
    /// Length of the shortest form.
    shortest: usize,
}

/// A set of pairs of bytes, one bit each: of a size that is known, so that no look at it is checked.
struct Pairs(Box<[u64; 1 << 10]>);

impl Default for Pairs {
    fn default() -> Self {
        Pairs(Box::new([0; 1 << 10]))
    }
}

impl Pairs {
    fn insert(&mut self, pair: [u8; 2]) {
        let pair = u16::from_le_bytes(pair);
        self.0[usize::from(pair >> 6)] |= 1 << (pair & 63);
    }

    #[inline]
    fn holds(&self, pair: [u8; 2]) -> bool {
        let pair = u16::from_le_bytes(pair);
        self.0[usize::from(pair >> 6)] >> (pair & 63) & 1 == 1
    }
}

/// A block with the bytes behind it that a pair may need.
const BLOCK_AND_MORE: usize = BLOCK + 8;

/// Most leaves of a document are no longer than that; for them masks of 64 bytes cost more than they save.
const SMALL: usize = 16;

impl Tokens {
    /// `forms` are `(index, bytes)` with at least two bytes each.
    pub(super) fn build<'a>(forms: impl Iterator<Item = (u32, &'a [u8])>) -> Self {
        let (mut four, mut two, mut runs) = (Vec::new(), Vec::new(), [false; LONGEST + 1]);
        let (mut pairs, mut worth_a_look) = (Pairs::default(), Pairs::default());
        let mut shortest = usize::MAX;
        for (form, bytes) in forms {
            if let Some(pair) = bytes.first_chunk() {
                pairs.insert(*pair);
                worth_a_look.insert(*pair);
            }
            let place = Place { form, offset: 0 };
            match bytes.first_chunk::<4>() {
                Some(first) => four.push((u64::from(u32::from_le_bytes(*first)), place)),
                None => two.push((word_at(bytes, 0) & 0xFFFF, place)),
            }
            let run = bytes
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric())
                .count();
            runs[run.min(LONGEST)] = true;
            shortest = shortest.min(bytes.len());
        }
        for pair in (0..=u16::MAX).map(u16::to_le_bytes) {
            if tally::counts(pair) {
                worth_a_look.insert(pair);
            }
        }
        Tokens {
            four: Grams::build(four),
            two: Grams::build(two),
            pairs,
            worth_a_look,
            runs,
            shortest,
        }
    }

    /// Calls `candidate(form, start)` for each place at which a form may begin; `tally` counts the places.
    pub(super) fn find(
        &self,
        text: &[u8],
        tally: &mut Tally,
        candidate: &mut dyn FnMut(u32, usize),
    ) {
        if (self.four.is_empty() && self.two.is_empty()) || text.len() < self.shortest {
            return;
        }
        if text.len() <= SMALL {
            self.find_in_small(text, tally, candidate);
            return;
        }
        let mut before = 0; // the last bit of the block before
        let mut block = bits::<Alphanumeric>(text, 0);
        for at in (0..text.len()).step_by(BLOCK) {
            let next = bits::<Alphanumeric>(text, at + BLOCK);
            let starts = self.starts(before, block, next);
            match text[at..].first_chunk() {
                Some(bytes) => self.look_at_block(text, bytes, (at, starts), tally, candidate),
                None => self.look_at(text, (at, starts), tally, candidate),
            }
            before = block >> (BLOCK - 1);
            block = next;
        }
    }

    /// Places of the block at which a run of one of the lengths begins.
    #[inline]
    fn starts(&self, before: u64, block: u64, next: u64) -> u64 {
        let after_none = !(block << 1 | before);
        let mut found = if self.runs[0] { after_none & !block } else { 0 };
        let mut at_least = after_none & block; // runs of `len` or more begin here
        for len in 1..LONGEST {
            let there = block >> len | next << (BLOCK - len); // the byte `len` further on
            if self.runs[len] {
                found |= at_least & !there;
            }
            at_least &= there;
        }
        if self.runs[LONGEST] {
            found |= at_least;
        }
        found
    }

    /// As `find`, for a text of at most [`SMALL`] bytes.
    fn find_in_small(&self, text: &[u8], tally: &mut Tally, candidate: &mut dyn FnMut(u32, usize)) {
        let class = bits_of_few::<Alphanumeric, SMALL>(text);
        let inside = u64::MAX >> (BLOCK - text.len());
        let starts = self.starts(0, class, 0) & inside;
        self.look_at(text, (0, starts), tally, candidate);
    }

    /// Looks at the places of a block at `at`, one bit each; as `look_at`, where no place is near the text's end.
    #[inline]
    fn look_at_block(
        &self,
        text: &[u8],
        bytes: &[u8; BLOCK_AND_MORE],
        (at, mut starts): (usize, u64),
        tally: &mut Tally,
        candidate: &mut dyn FnMut(u32, usize),
    ) {
        // First all of them without a branch, which no processor could foretell; one in twenty is worth a look.
        let mut hits = 0;
        while starts != 0 {
            let start = (starts.trailing_zeros() & 63) as usize;
            starts &= starts - 1;
            let pair = [bytes[start], bytes[start + 1]];
            hits |= u64::from(self.worth_a_look.holds(pair)) << start;
        }
        while hits != 0 {
            let start = (hits.trailing_zeros() & 63) as usize;
            hits &= hits - 1;
            let pair = [bytes[start], bytes[start + 1]];
            self.look_closer(text, (at + start, pair), tally, candidate);
        }
    }

    /// Looks at the places of a block at `at`, one bit each.
    #[inline]
    fn look_at(
        &self,
        text: &[u8],
        (at, mut starts): (usize, u64),
        tally: &mut Tally,
        candidate: &mut dyn FnMut(u32, usize),
    ) {
        while starts != 0 {
            let start = at + starts.trailing_zeros() as usize;
            starts &= starts - 1;
            if let Some(&pair) = text.get(start..).and_then(<[u8]>::first_chunk) {
                if self.worth_a_look.holds(pair) {
                    self.look_closer(text, (start, pair), tally, candidate);
                }
            }
        }
    }

    #[inline(never)]
    fn look_closer(
        &self,
        text: &[u8],
        (at, pair): (usize, [u8; 2]),
        tally: &mut Tally,
        candidate: &mut dyn FnMut(u32, usize),
    ) {
        tally.look(text, at, pair);
        if !self.pairs.holds(pair) {
            return;
        }
        let word = word_at(text, at);
        for (grams, gram) in [(&self.four, word & 0xFFFF_FFFF), (&self.two, word & 0xFFFF)] {
            if grams.may_hold(gram) {
                for place in grams.places(gram) {
                    candidate(place.form, at);
                }
            }
        }
    }
}
