//! The header of a brotli stream's first meta-block (RFC 7932, section 9.2): bytes in; whether it can begin one that
//! holds text.
//!
//! Noise is tried as brotli again and again, and a decoder costs its memory each time. A header holds prefix codes, of
//! which each must be whole (its lengths leave no pattern over): noise seldom makes one. Reading ends at the first
//! thing that the header does not decide; then the decoder is asked.

/// Lengths of the code of code lengths, in the order in which they are written (section 3.5).
const WRITTEN: [usize; 18] = [1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Pattern of four bits to `(length, bits used)` for these.
const LENGTHS: [(u32, u32); 16] = [
    (0, 2),
    (4, 2),
    (3, 2),
    (2, 3),
    (0, 2),
    (4, 2),
    (3, 2),
    (1, 4),
    (0, 2),
    (4, 2),
    (3, 2),
    (2, 3),
    (0, 2),
    (4, 2),
    (3, 2),
    (5, 4),
];
/// Symbols of the prefix codes: literals, insert-and-copy lengths, block counts.
const LITERALS: u32 = 256;
const COMMANDS: u32 = 704;
const COUNTS: u32 = 26;

/// What a header turned out to be.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// A decoder would fail, or end before all is read, or give no text.
    Impossible,
    /// Only a decoder can tell.
    Open,
}
use Verdict::{Impossible, Open};

/// Bits of the stream, least significant first; none behind its end.
struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count` (at most 24) bits, without going on; zeros behind the end.
    fn peek(&self, count: u32) -> u32 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = crate::scan::words::word_at(rest, 0) >> (self.at % 8);
        word as u32 & ((1 << count) - 1)
    }

    /// Goes on; an error at the end of the bytes.
    fn skip(&mut self, count: u32) -> Result<(), Verdict> {
        self.at += count as usize;
        if self.at <= self.bytes.len() * 8 {
            Ok(())
        } else {
            Err(Impossible)
        }
    }

    fn take(&mut self, count: u32) -> Result<u32, Verdict> {
        let value = self.peek(count);
        self.skip(count)?;
        Ok(value)
    }

    /// A meta-block's length in so many nibbles, of which the last is not needless.
    fn length(&mut self, nibbles: u32) -> Result<usize, Verdict> {
        let low = self.take(16)? as usize;
        let high = self.take(4 * nibbles - 16)? as usize;
        if nibbles > 4 && high >> (4 * (nibbles - 5)) == 0 {
            return Err(Impossible);
        }
        Ok((high << 16 | low) + 1)
    }

    /// A meta-block without data, behind the bits that say so.
    fn skip_metadata(&mut self) -> Result<(), Verdict> {
        if self.take(1)? == 1 {
            return Err(Impossible); // reserved
        }
        let size = self.take(2)?;
        let len = self.take(8 * size)?;
        let needless = size > 1 && len >> (8 * (size - 1)) == 0;
        let unused = self.at.next_multiple_of(8) - self.at;
        if needless || self.take(unused as u32)? != 0 {
            return Err(Impossible);
        }
        self.skip(if size > 0 { 8 * (len + 1) } else { 0 })
    }

    /// A number from 1 to 256 in 1, or 4 to 11 bits: how many types or trees there are.
    fn count(&mut self) -> Result<u32, Verdict> {
        if self.take(1)? == 0 {
            return Ok(1);
        }
        let extra = self.take(3)?;
        Ok((1 << extra) + 1 + self.take(extra)?)
    }

    /// Reads a prefix code over so many symbols (section 3.4 and 3.5).
    fn prefix_code(&mut self, symbols: u32) -> Result<(), Verdict> {
        let skipped = self.take(2)?;
        if skipped == 1 {
            self.simple_code(symbols)
        } else {
            self.complex_code(symbols, skipped as usize)
        }
    }

    fn simple_code(&mut self, symbols: u32) -> Result<(), Verdict> {
        let width = u32::BITS - (symbols - 1).leading_zeros();
        let count = self.take(2)? as usize + 1;
        let mut seen = [u32::MAX; 4];
        for at in 0..count {
            let symbol = self.take(width)?;
            if symbol >= symbols || seen.contains(&symbol) {
                return Err(Impossible);
            }
            seen[at] = symbol;
        }
        self.skip(u32::from(count == 4))
    }

    fn complex_code(&mut self, symbols: u32, skipped: usize) -> Result<(), Verdict> {
        let (lengths, only) = self.code_lengths(skipped)?;
        let mut left = 1u32 << 15;
        let (mut number, mut before, mut repeat, mut repeated) = (0, 8, 0, 0);
        while number < symbols && left > 0 {
            let length = match only {
                Some(length) => length,
                None => self.code_length(&lengths)?,
            };
            if length < 16 {
                repeat = 0;
                number += 1;
                if length > 0 {
                    before = length;
                    left = left.checked_sub(1 << (15 - length)).ok_or(Impossible)?;
                }
                continue;
            }
            // 16 repeats the last length that was not nought, 17 noughts; in a row they multiply.
            let extra = length as u32 - 14;
            let value = if length == 16 { before } else { 0 };
            let was = if repeat > 0 && repeated == value {
                repeat
            } else {
                0
            };
            repeated = value;
            repeat = if was > 0 { (was - 2) << extra } else { 0 } + self.take(extra)? + 3;
            number += repeat - was;
            if number > symbols {
                return Err(Impossible);
            }
            if value > 0 {
                let taken = (repeat - was) << (15 - value);
                left = left.checked_sub(taken).ok_or(Impossible)?;
            }
        }
        if left == 0 {
            Ok(())
        } else {
            Err(Impossible)
        }
    }

    /// The lengths of the code in which code lengths are written; the only one of them, when it needs no bits.
    fn code_lengths(&mut self, skipped: usize) -> Result<([u32; 18], Option<usize>), Verdict> {
        let mut lengths = [0; 18];
        let (mut left, mut used, mut last) = (32, 0, 0);
        for &symbol in &WRITTEN[skipped..] {
            let (length, bits) = LENGTHS[self.peek(4) as usize];
            self.skip(bits)?;
            if length == 0 {
                continue;
            }
            (lengths[symbol], used, last) = (length, used + 1, symbol);
            left -= 32 >> length;
            if left <= 0 {
                break;
            }
        }
        match (left, used) {
            (_, 1) => Ok((lengths, Some(last))),
            (0, _) => Ok((lengths, None)),
            _ => Err(Impossible),
        }
    }

    /// The next code length: canonical patterns of at most five bits, the first bit on top.
    fn code_length(&mut self, lengths: &[u32; 18]) -> Result<usize, Verdict> {
        let (mut pattern, mut first) = (0, 0);
        for bits in 1..=5 {
            pattern = pattern << 1 | self.take(1)?;
            first <<= 1;
            let mut of_length = (0..18).filter(|&symbol| lengths[symbol] == bits);
            let count = of_length.clone().count() as u32;
            if let Some(symbol) = pattern
                .checked_sub(first)
                .and_then(|at| of_length.nth(at as usize))
            {
                return Ok(symbol);
            }
            first += count;
        }
        Err(Impossible)
    }
}

/// Can the bytes be a brotli stream that holds text, of at most `most` bytes in its first part?
pub(super) fn may_hold_text(bytes: &[u8], most: usize) -> bool {
    header(bytes, most).unwrap_or_else(|verdict| verdict) == Open
}

fn header(bytes: &[u8], most: usize) -> Result<Verdict, Verdict> {
    let mut bits = Bits { bytes, at: 0 };
    // The window: one, four or seven bits, of which one pattern is of another format.
    if bits.take(1)? == 1 && bits.take(3)? == 0 && bits.take(3)? == 1 {
        return Err(Impossible);
    }
    let (last, len) = loop {
        let last = bits.take(1)? == 1;
        if last && bits.take(1)? == 1 {
            return Err(Impossible); // and empty
        }
        match bits.take(2)? {
            3 => bits.skip_metadata()?,
            nibbles => break (last, bits.length(4 + nibbles)?),
        }
    };
    if len > most || (last && len * 4 < bytes.len() * 3) {
        return Err(Impossible);
    }
    if !last && bits.take(1)? == 1 {
        // Stored bytes, and they must be there.
        let fits = bits.at.div_ceil(8) + len <= bytes.len();
        return if fits { Ok(Open) } else { Err(Impossible) };
    }
    for _ in 0..3 {
        let types = bits.count()?;
        if types > 1 {
            bits.prefix_code(types + 2)?;
            bits.prefix_code(COUNTS)?;
            return Ok(Open);
        }
    }
    let postfix = bits.take(2)?;
    let direct = bits.take(4)? << postfix;
    bits.take(2)?; // how literals are told apart
    for _ in 0..2 {
        let trees = bits.count()?;
        if trees > 1 {
            let runs = if bits.take(1)? == 1 {
                bits.take(4)? + 1
            } else {
                0
            };
            bits.prefix_code(trees + runs)?;
            return Ok(Open);
        }
    }
    bits.prefix_code(LITERALS)?;
    bits.prefix_code(COMMANDS)?;
    bits.prefix_code(16 + direct + (48 << postfix))?;
    Ok(Open)
}

#[cfg(test)]
mod tests {
    use super::super::brotli::tests::{noise, stored};
    use super::super::brotli::unbrotli;
    use super::*;

    const MOST: usize = 8 << 20;

    #[test]
    fn a_header_that_allows_no_text_is_told_without_a_decoder() {
        let whole = stored(b"what a phone says, again and again, what a phone says");
        assert!(may_hold_text(&whole, MOST));
        assert!(
            !may_hold_text(&whole[..whole.len() - 2], MOST),
            "text is missing"
        );
        assert!(
            !may_hold_text(&[0b0001_0001; 24], MOST),
            "a window of another format"
        );
        assert!(!may_hold_text(&[0b0000_0110; 24], MOST), "last and empty");
        assert!(!may_hold_text(b"", MOST));
    }

    #[test]
    fn no_stream_of_the_reference_encoder_is_refused() {
        let streams = include_str!("../../tests/fixtures/encodings/brotli_streams");
        assert_eq!(streams.lines().count(), 72);
        for line in streams.lines() {
            let digits = line.as_bytes().chunks_exact(2);
            let digits = digits.map(|pair| std::str::from_utf8(pair).expect("hex"));
            let stream: Vec<u8> = digits
                .map(|pair| u8::from_str_radix(pair, 16).expect("hex"))
                .collect();
            assert!(may_hold_text(&stream, MOST), "{line}");
            assert!(unbrotli(&stream).is_some(), "{line}");
        }
    }

    #[test]
    fn nearly_all_noise_is_told_from_its_header() {
        let open = noise(4000).filter(|bytes| may_hold_text(bytes, MOST));
        let open = open.count();
        assert!(open < 200, "{open} of 4000 need a decoder");
    }
}
