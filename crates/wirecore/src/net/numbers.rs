//! Packet numbers of one direction and space (RFC 9000 appendix A.3; DTLS has the same): the bytes sent in, the whole number out, and which
//! numbers came already.

/// How far back copies of a packet are recognised.
const WINDOW: u64 = 128;

/// What was seen of a space.
#[derive(Default)]
pub(crate) struct Numbers {
    /// The number after the highest seen.
    expected: u64,
    /// The last `WINDOW` numbers, the highest in the lowest bit.
    seen: u128,
}

impl Numbers {
    /// The number nearest to the one expected that ends in these bits.
    pub fn decode(&self, truncated: u64, len: usize) -> u64 {
        let window = 1u64 << (8 * len);
        let near = (self.expected & !(window - 1)) | truncated;
        if near + window / 2 <= self.expected && near < (1 << 62) - window {
            near + window
        } else if near > self.expected + window / 2 && near >= window {
            near - window
        } else {
            near
        }
    }

    /// The highest number seen, and one.
    pub fn expected(&self) -> u64 {
        self.expected
    }

    /// Notes a packet that was opened. False when it is a copy of one that came before.
    pub fn note(&mut self, number: u64) -> bool {
        if number >= self.expected {
            let shift = number - self.expected + 1;
            self.seen = u32::try_from(shift)
                .ok()
                .and_then(|shift| self.seen.checked_shl(shift))
                .unwrap_or_default();
            self.seen |= 1;
            self.expected = number + 1;
            return true;
        }
        let back = self.expected - 1 - number;
        if back >= WINDOW {
            return true;
        }
        let bit = 1u128 << back;
        let new = self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let mut numbers = Numbers::default();
        numbers.note(0xa82f_30ea);
        assert_eq!(numbers.decode(0x9b32, 2), 0xa82f_9b32);
    }

    #[test]
    fn numbers_around_a_border_are_the_nearest() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.decode(3, 1), 3, "the first");
        numbers.note(254);
        assert_eq!(numbers.decode(0, 1), 256);
        assert_eq!(numbers.decode(250, 1), 250);
        numbers.note(257);
        assert_eq!(numbers.decode(255, 1), 255, "a late one");
    }

    #[test]
    fn copies_are_known_and_late_ones_are_none() {
        let mut numbers = Numbers::default();
        assert!(numbers.note(5) && !numbers.note(5));
        assert!(numbers.note(3) && !numbers.note(3));
        assert!(numbers.note(500) && numbers.note(499) && !numbers.note(500));
        assert!(numbers.note(5), "too long ago to tell");
    }
}
