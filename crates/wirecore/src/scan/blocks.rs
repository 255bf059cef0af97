//! Texts 64 bytes at a time, as one bit a byte: which of them belong to a class.
//!
//! The loops are plain so that the compiler makes vector instructions of them.

/// Bytes of a block.
pub(crate) const BLOCK: usize = 64;

/// A class of bytes: true where the byte belongs to it.
pub(crate) trait Class {
    fn holds(byte: u8) -> bool;
}

/// ASCII letters and digits.
pub(crate) struct Alphanumeric;

impl Class for Alphanumeric {
    #[inline]
    fn holds(byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
    }
}

/// What hex and both alphabets of base64 consist of.
pub(crate) struct TokenLike;

impl Class for TokenLike {
    #[inline]
    fn holds(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
    }
}

/// Bit `i`: byte `at + i` of the text belongs to the class. Beyond the text's end nothing does.
#[inline]
pub(crate) fn bits<C: Class>(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(block) = rest.first_chunk::<BLOCK>() {
        return pack::<C, BLOCK>(block);
    }
    bits_of_few::<C, BLOCK>(rest)
}

/// The same of a text of at most `N` (64 or fewer) bytes.
#[inline]
pub(crate) fn bits_of_few<C: Class, const N: usize>(text: &[u8]) -> u64 {
    let mut block = [0; N];
    block[..text.len()].copy_from_slice(text);
    pack::<C, N>(&block)
}

#[inline]
fn pack<C: Class, const N: usize>(block: &[u8; N]) -> u64 {
    let mut flags = [0; N];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(C::holds(byte));
    }
    let mut bits = 0;
    for (i, eight) in flags.chunks_exact(8).enumerate() {
        let word = eight.try_into().map_or(0, u64::from_le_bytes);
        // Moves the lowest bit of byte k to bit 56 + k.
        bits |= (word.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    bits
}

/// Calls `run(start, end)` for each maximal run of at least `shortest` (eight or more) bytes of a class.
pub(crate) fn runs<C: Class>(text: &[u8], shortest: usize, run: &mut dyn FnMut(usize, usize)) {
    let mut open = None; // where the run began that reached the last block's end
    for at in (0..text.len()).step_by(BLOCK) {
        let mut bits = bits::<C>(text, at);
        if let Some(start) = open {
            if bits == u64::MAX {
                continue;
            }
            let more = bits.trailing_ones() as usize;
            if at + more - start >= shortest {
                run(start, at + more);
            }
            bits &= u64::MAX << more;
        }
        let last = bits.leading_ones() as usize;
        open = (last > 0).then_some(at + BLOCK - last);
        if last == BLOCK {
            continue;
        }
        bits &= u64::MAX >> last;
        // What is left of it begins at least eight set bits in a row.
        let mut long = bits & (bits >> 1);
        long &= long >> 2;
        long &= long >> 4;
        while long != 0 {
            let from = long.trailing_zeros();
            let len = (bits >> from).trailing_ones();
            if len as usize >= shortest {
                run(at + from as usize, at + (from + len) as usize);
            }
            long &= u64::MAX.checked_shl(from + len).unwrap_or(0);
        }
    }
    if let Some(start) = open {
        let end = text.len();
        if end - start >= shortest {
            run(start, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::random::Random;

    #[test]
    fn every_byte_is_classed_as_the_standard_library_does() {
        let text: Vec<u8> = (0..=255).collect();
        for at in 0..300 {
            let (alphanumeric, token) = (
                bits::<Alphanumeric>(&text, at),
                bits::<TokenLike>(&text, at),
            );
            for i in 0..BLOCK {
                let byte = text.get(at + i).copied().unwrap_or(b' ');
                let expected = byte.is_ascii_alphanumeric();
                assert_eq!(alphanumeric >> i & 1 == 1, expected, "{byte}");
                assert_eq!(
                    token >> i & 1 == 1,
                    expected || b"+/-_".contains(&byte),
                    "{byte}"
                );
            }
        }
    }

    #[test]
    fn runs_are_those_of_a_naive_search() {
        let mut random = Random::new(2);
        for round in 0..400 {
            let rare = 2 + random.below(60);
            let len = random.below(400) as usize;
            let text: Vec<u8> = (0..len)
                .map(|_| if random.below(rare) == 0 { b'.' } else { b'a' })
                .collect();
            let shortest = 8 + (round % 40);
            let mut found = Vec::new();
            runs::<TokenLike>(&text, shortest, &mut |start, end| found.push((start, end)));
            let mut expected = Vec::new();
            let mut at = 0;
            for piece in text.split(|&b| b == b'.') {
                if piece.len() >= shortest {
                    expected.push((at, at + piece.len()));
                }
                at += piece.len() + 1;
            }
            assert_eq!(found, expected);
        }
    }
}
