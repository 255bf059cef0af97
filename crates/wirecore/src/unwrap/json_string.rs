//! Strings of JSON (RFC 8259, section 7): where one ends, and what it says without its escapes.

use super::look::lossy;
use super::percent::hex_digit;
use memchr::{memchr, memchr2};

/// End of the string whose content begins at `start`, and whether it holds escapes.
#[inline]
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut pos = start;
    let mut escaped = false;
    loop {
        pos += quote_or_escape(bytes.get(pos..)?)?;
        if bytes[pos] == b'"' {
            return Some((pos, escaped));
        }
        escaped = true;
        pos += 2;
    }
}

/// Offset of the first quote or backslash. Most strings are short: eight bytes at a time in a
/// register beat a call; long ones go to the vector search.
#[inline]
fn quote_or_escape(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let mut pos = 0;
    while pos < 32 {
        let Some(eight) = bytes[pos.min(bytes.len())..].first_chunk::<8>() else {
            break;
        };
        let word = u64::from_le_bytes(*eight);
        let hits = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if hits != 0 {
            return Some(pos + hits.trailing_zeros() as usize / 8);
        }
        pos += 8;
    }
    memchr2(b'"', b'\\', &bytes[pos.min(bytes.len())..]).map(|n| pos + n)
}

/// The string without its escapes, as text.
pub(super) fn unescaped(raw: &[u8]) -> String {
    let mut out = Vec::new();
    unescape(raw, &mut out);
    lossy(&out).into_owned()
}

/// Appends `raw` to `out` without its escapes (RFC 8259, section 7). What is no escape stays as it
/// is; a lone surrogate becomes U+FFFD.
pub(super) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut pos = 0;
    while let Some(n) = memchr(b'\\', &raw[pos..]) {
        out.extend_from_slice(&raw[pos..pos + n]);
        pos += n;
        pos += unescape_one(&raw[pos..], out);
    }
    out.extend_from_slice(&raw[pos..]);
}

/// Decodes the escape at the start of `raw`; how many bytes it took.
pub(super) fn unescape_one(raw: &[u8], out: &mut Vec<u8>) -> usize {
    let plain = match raw.get(1) {
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(&c @ (b'"' | b'\\' | b'/')) => c,
        Some(b'u') => return unescape_unit(raw, out),
        _ => {
            out.push(b'\\');
            return 1;
        }
    };
    out.push(plain);
    2
}

/// Decodes `\uXXXX` (or a pair of surrogates) at the start of `raw`; how many bytes it took.
fn unescape_unit(raw: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(high) = unit(raw) else {
        out.push(raw[0]);
        return 1;
    };
    let (code, len) = match high {
        0xD800..=0xDBFF => match raw.get(6..).and_then(unit) {
            Some(low @ 0xDC00..=0xDFFF) => (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12),
            _ => (0xFFFD, 6),
        },
        _ => (high, 6),
    };
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    len
}

/// The code unit of `\uXXXX` at the start of `raw`.
fn unit(raw: &[u8]) -> Option<u32> {
    let digits = raw.strip_prefix(b"\\u")?.get(..4)?;
    digits
        .iter()
        .try_fold(0, |code, &b| Some(code << 4 | u32::from(hex_digit(b)?)))
}
