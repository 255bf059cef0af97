//! Eight bytes at a time, as a little-endian `u64`: byte `i` of the text is bits `8*i..8*i+8`.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

/// The word at `at`, with zeros beyond the text's end.
#[inline(always)]
pub(super) fn word_at(text: &[u8], at: usize) -> u64 {
    if let Some(bytes) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        return u64::from_le_bytes(*bytes);
    }
    let mut bytes = [0; 8];
    if let Some(rest) = text.get(at..) {
        bytes[..rest.len()].copy_from_slice(rest);
    }
    u64::from_le_bytes(bytes)
}

/// Bit 7 of each byte that is at least `limit`; bytes must be below 0x80, `limit` in 1..=0x80.
#[inline(always)]
fn at_least(word: u64, limit: u64) -> u64 {
    (word + (0x80 - limit) * ONES) & HIGH
}

/// Bit 7 of each byte that is an ASCII letter or digit.
#[inline(always)]
pub(super) fn alphanumeric(word: u64) -> u64 {
    let low = word & !HIGH;
    let lower_case = low | (0x20 * ONES);
    let digit = at_least(low, 0x30) & !at_least(low, 0x3A);
    let letter = at_least(lower_case, 0x61) & !at_least(lower_case, 0x7B);
    (digit | letter) & !word
}

/// True when every byte is in `+`..=`z`: a cheap necessary sign of base64 or hex.
#[inline(always)]
pub(super) fn all_token_like(word: u64) -> bool {
    let low = word & !HIGH;
    ((word & HIGH) | (at_least(low, 0x2B) ^ HIGH) | at_least(low, 0x7B)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_classed_as_the_standard_library_does() {
        for byte in 0..=255u8 {
            for at in 0..8 {
                let mut bytes = *b"(((((((("; // no letter, not token-like
                bytes[at] = byte;
                let expected = if byte.is_ascii_alphanumeric() {
                    0x80 << (8 * at)
                } else {
                    0
                };
                assert_eq!(alphanumeric(u64::from_le_bytes(bytes)), expected, "{byte}");
                let mut bytes = *b"abcdefgh";
                bytes[at] = byte;
                assert_eq!(
                    all_token_like(u64::from_le_bytes(bytes)),
                    (b'+'..=b'z').contains(&byte),
                    "{byte}"
                );
            }
        }
    }

    #[test]
    fn a_word_at_the_end_is_padded_with_zeros() {
        assert_eq!(word_at(b"abc", 1), u64::from(b'b') | u64::from(b'c') << 8);
        assert_eq!(word_at(b"abc", 3), 0);
        assert_eq!(word_at(b"abc", 9), 0);
    }
}
