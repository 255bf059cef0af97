//! A filter of grams: which positions of a text may belong to a needle, at less than a nanosecond each.
//!
//! A gram is up to eight bytes held in a `u64`. Two bits of one word say that a gram may be known;
//! an open-addressed table then gives the exact places. Both are built once and only read afterwards.

/// Where a gram stands: the needle's form and the gram's offset in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub form: u32,
    pub offset: u32,
}

/// Filter bits a gram, before rounding up to a power of two.
const BITS_A_GRAM: usize = 16;

#[inline]
fn hash(gram: u64) -> u64 {
    // Fibonacci hashing: the high half depends on the bytes before it, the top bits on all.
    gram.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Says of most unknown grams that they are unknown, of the empty set of all: about one false alarm in 16 with
/// one bit a gram, one in 60 with two in the same word.
#[derive(Default)]
pub(crate) struct Filter<const BITS: u32> {
    words: Vec<u64>,
    shift: u32,
}

impl<const BITS: u32> Filter<BITS> {
    pub(crate) fn build(count: usize, grams: impl Iterator<Item = u64>) -> Self {
        if count == 0 {
            return Self::default();
        }
        let words = (count * BITS_A_GRAM / 64).next_power_of_two().max(64);
        let mut filter = Filter {
            words: vec![0; words],
            shift: 64 - words.trailing_zeros(),
        };
        for gram in grams {
            let (word, mask) = filter.bits(gram);
            filter.words[word] |= mask;
        }
        filter
    }

    #[inline]
    fn bits(&self, gram: u64) -> (usize, u64) {
        let h = hash(gram);
        let second = if BITS > 1 { 1 << ((h >> 28) & 63) } else { 0 };
        ((h >> self.shift) as usize, (1 << ((h >> 34) & 63)) | second)
    }

    /// May this gram be known?
    #[inline]
    pub(crate) fn may_hold(&self, gram: u64) -> bool {
        let (word, mask) = self.bits(gram);
        self.words.get(word).is_some_and(|bits| bits & mask == mask)
    }
}

/// Known grams with their places.
#[derive(Default)]
pub(super) struct Grams {
    filter: Filter<2>,
    /// `(gram, first place + 1, places)`; 0 in the second marks a free slot.
    slots: Vec<(u64, u32, u32)>,
    slot_shift: u32,
    places: Vec<Place>,
}

impl Grams {
    pub(super) fn build(mut grams: Vec<(u64, Place)>) -> Self {
        if grams.is_empty() {
            return Self::default();
        }
        grams.sort_unstable();
        let slots = (grams.len() * 2).next_power_of_two().max(16);
        let mut built = Grams {
            filter: Filter::build(grams.len(), grams.iter().map(|g| g.0)),
            slots: vec![(0, 0, 0); slots],
            slot_shift: 64 - slots.trailing_zeros(),
            places: grams.iter().map(|&(_, place)| place).collect(),
        };
        let mut first = 0;
        for run in grams.chunk_by(|a, b| a.0 == b.0) {
            let gram = run[0].0;
            let mut slot = built.slot(gram);
            while built.slots[slot].1 != 0 {
                slot = (slot + 1) & (slots - 1);
            }
            built.slots[slot] = (gram, first + 1, run.len() as u32);
            first += run.len() as u32;
        }
        built
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    fn slot(&self, gram: u64) -> usize {
        (hash(gram) >> self.slot_shift) as usize
    }

    /// May this gram be known?
    #[inline]
    pub(super) fn may_hold(&self, gram: u64) -> bool {
        self.filter.may_hold(gram)
    }

    /// The gram's places; empty when it is not known.
    #[inline(never)]
    pub(super) fn places(&self, gram: u64) -> &[Place] {
        if self.slots.is_empty() {
            return &[];
        }
        let mut slot = self.slot(gram);
        loop {
            let (known, first, count) = self.slots[slot];
            if first == 0 {
                return &[];
            }
            if known == gram {
                let first = first as usize - 1;
                return &self.places[first..first + count as usize];
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}
