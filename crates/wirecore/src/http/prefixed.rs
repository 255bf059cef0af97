//! Integers and strings as HPACK and QPACK write them (RFC 7541, section 5; RFC 9204, section 4.1): the bytes of a field
//! section in, values out. Needs all of it; what is cut is `None`.

use super::huffman;

/// Reads the bytes of a field section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefixed<'a> {
    rest: &'a [u8],
}

impl<'a> Prefixed<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Prefixed { rest: bytes }
    }

    /// The next byte, whose high bits tell what follows.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Bytes that are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// An integer whose first `prefix` (1 to 8) bits stand in the low bits of the next byte.
    pub fn integer(&mut self, prefix: u32) -> Option<u64> {
        let mask = (1u16 << prefix) as u8;
        let mask = mask.wrapping_sub(1);
        let first = u64::from(self.byte()? & mask);
        if first < u64::from(mask) {
            return Some(first);
        }
        let mut value = first;
        // 62 bits are more than any length or index needs.
        for shift in (0..56).step_by(7) {
            let byte = self.byte()?;
            value += u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A string onto the end of `out`: the bit above the `prefix` bits of its length says that it is Huffman coded.
    /// `Some(false)` when its code is damaged: it is passed over, and what follows can be read.
    pub fn string(&mut self, prefix: u32, out: &mut Vec<u8>) -> Option<bool> {
        let coded = u32::from(self.peek()?) >> prefix & 1 == 1;
        let len = usize::try_from(self.integer(prefix)?).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        if coded {
            return Some(huffman::decode(bytes, out));
        }
        out.extend_from_slice(bytes);
        Some(true)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integers_of_the_rfc() {
        assert_eq!(Prefixed::new(&[0b1110_1010]).integer(5), Some(10));
        assert_eq!(
            Prefixed::new(&[0b1111_1111, 0b1001_1010, 0b0000_1010]).integer(5),
            Some(1337)
        );
        assert_eq!(Prefixed::new(&[42]).integer(8), Some(42));
    }

    #[test]
    fn an_endless_integer_is_none() {
        assert_eq!(Prefixed::new(&[0xff; 40]).integer(7), None);
        assert_eq!(Prefixed::new(&[0xff, 0x80]).integer(7), None, "cut");
    }

    #[test]
    fn a_string_longer_than_what_is_there_is_none() {
        let mut out = Vec::new();
        assert_eq!(Prefixed::new(b"\x05abc").string(7, &mut out), None);
        assert_eq!(
            Prefixed::new(b"\x7f\xff\xff\xff\xff\x07").string(7, &mut out),
            None
        );
        assert_eq!(Prefixed::new(b"\x03abc").string(7, &mut out), Some(true));
        assert_eq!(out, b"abc");
    }
}
