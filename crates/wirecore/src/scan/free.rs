//! Needles of eight bytes and more that may stand anywhere.
//!
//! Every form has, for each remainder of the stride, one gram at an offset of that remainder; wherever the form
//! stands, one of them lies at a multiple of the stride. Which gram is chosen so that common ones ("https://",
//! "IMG_2014") are avoided.

use super::grams::{Filter, Grams, Place};
use super::words::word_at;

/// Bytes of the gram that decides at every fourth position.
const SHORT: usize = 5;
const SHORT_MASK: u64 = (1 << (8 * SHORT)) - 1;
const STRIDE: usize = 4;
/// Shortest form: a gram of [`SHORT`] bytes at each remainder of [`STRIDE`].
pub(super) const MIN_FORM: usize = SHORT + STRIDE - 1;
/// Shortest form that has eight bytes after each such offset.
const MIN_WIDE: usize = 8 + STRIDE - 1;
/// Shortest form for a gram of eight bytes at each remainder of eight.
const MIN_LONG: usize = 8 + 8 - 1;

/// Compiled forms.
#[derive(Default)]
pub(super) struct Free {
    /// When all forms are long: eight bytes at every eighth position. Else what follows.
    long: Grams,
    /// Five bytes at every fourth position: may a form be here?
    first: Filter<1>,
    /// Then eight bytes, for forms that have them,
    wide: Grams,
    /// or five.
    narrow: Grams,
}

impl Free {
    /// `forms` are `(index, bytes)` of [`MIN_FORM`] bytes or more.
    pub(super) fn build(forms: &[(u32, &[u8])]) -> Self {
        let rarity = Rarity::of(forms);
        if forms.iter().all(|form| form.1.len() >= MIN_LONG) {
            let long = forms.iter().flat_map(|form| rarity.choose(form, 8, 8));
            return Free {
                long: Grams::build(long.collect()),
                ..Free::default()
            };
        }
        let (mut wide, mut narrow) = (Vec::new(), Vec::new());
        for form in forms {
            if form.1.len() >= MIN_WIDE {
                wide.extend(rarity.choose(form, 8, STRIDE));
            } else {
                narrow.extend(rarity.choose(form, SHORT, STRIDE));
            }
        }
        let firsts = wide
            .iter()
            .chain(&narrow)
            .map(|(gram, _)| gram & SHORT_MASK);
        Free {
            long: Grams::default(),
            first: Filter::build(wide.len() + narrow.len(), firsts),
            wide: Grams::build(wide),
            narrow: Grams::build(narrow),
        }
    }

    /// Calls `candidate(form, start)` for each place at which a form may begin.
    pub(super) fn find(&self, text: &[u8], candidate: &mut dyn FnMut(u32, usize)) {
        if !self.long.is_empty() {
            self.find_long(text, candidate);
        } else if !(self.wide.is_empty() && self.narrow.is_empty()) {
            self.find_any(text, candidate);
        }
    }

    fn find_long(&self, text: &[u8], candidate: &mut dyn FnMut(u32, usize)) {
        for (i, bytes) in text.chunks_exact(8).enumerate() {
            let word = bytes.try_into().map_or(0, u64::from_le_bytes);
            if self.long.may_hold(word) {
                propose(self.long.places(word), i * 8, candidate);
            }
        }
    }

    fn find_any(&self, text: &[u8], candidate: &mut dyn FnMut(u32, usize)) {
        let second = text.get(STRIDE..).unwrap_or_default();
        let mut at = 0;
        for (bytes, shifted) in text.chunks_exact(8).zip(second.chunks_exact(8)) {
            let word = bytes.try_into().map_or(0, u64::from_le_bytes);
            if self.first.may_hold(word & SHORT_MASK) {
                self.look_up(word, at, candidate);
            }
            let word = shifted.try_into().map_or(0, u64::from_le_bytes);
            if self.first.may_hold(word & SHORT_MASK) {
                self.look_up(word, at + STRIDE, candidate);
            }
            at += 8;
        }
        while at + SHORT <= text.len() {
            self.look_up(word_at(text, at), at, candidate); // zeros beyond the end fail to verify
            at += STRIDE;
        }
    }

    #[inline(never)]
    fn look_up(&self, word: u64, at: usize, candidate: &mut dyn FnMut(u32, usize)) {
        for (grams, gram) in [(&self.wide, word), (&self.narrow, word & SHORT_MASK)] {
            if grams.may_hold(gram) {
                propose(grams.places(gram), at, candidate);
            }
        }
    }
}

#[inline(never)]
fn propose(places: &[Place], at: usize, candidate: &mut dyn FnMut(u32, usize)) {
    for place in places {
        if let Some(start) = at.checked_sub(place.offset as usize) {
            candidate(place.form, start);
        }
    }
}

/// Counts how often the first bytes of a gram occur among the forms. A sketch of fixed size: collisions only
/// make a gram seem more common.
struct Rarity {
    counts: Vec<u16>,
}

/// Offsets of a form that are considered for each remainder.
const CHOICES: usize = 8;

impl Rarity {
    fn of(forms: &[(u32, &[u8])]) -> Self {
        let mut rarity = Rarity {
            counts: vec![0; 1 << 20],
        };
        for (_, bytes) in forms {
            for offset in 0..(bytes.len() - SHORT).min(CHOICES * 8) {
                let slot = Self::slot(word_at(bytes, offset));
                rarity.counts[slot] = rarity.counts[slot].saturating_add(1);
            }
        }
        rarity
    }

    fn slot(word: u64) -> usize {
        ((word & SHORT_MASK).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44) as usize
    }

    /// For each remainder of `stride`, the rarest gram of `width` bytes.
    fn choose<'s>(
        &'s self,
        &(form, bytes): &'s (u32, &'s [u8]),
        width: usize,
        stride: usize,
    ) -> impl Iterator<Item = (u64, Place)> + 's {
        (0..stride).filter_map(move |remainder| {
            let offsets = (remainder..=bytes.len() - width)
                .step_by(stride)
                .take(CHOICES);
            let rarest = offsets.min_by_key(|&offset| {
                let count = self.counts[Self::slot(word_at(bytes, offset))];
                (
                    count,
                    width - distinct(&bytes[offset..offset + width]),
                    offset,
                )
            });
            let offset = rarest?;
            let gram = word_at(bytes, offset) & (u64::MAX >> (64 - 8 * width));
            Some((
                gram,
                Place {
                    form,
                    offset: offset as u32,
                },
            ))
        })
    }
}

fn distinct(bytes: &[u8]) -> usize {
    (0..bytes.len())
        .filter(|&i| !bytes[..i].contains(&bytes[i]))
        .count()
}
