//! What bytes look like at a glance: which classes of bytes occur, text or not, media or not,
//! random or not. Cheap tests that decide which codecs are worth a try.

use std::borrow::Cow;

/// A set of classes of bytes.
pub(super) type Classes = u8;

/// Letters, digits and the signs of base64.
pub(super) const TOKEN: Classes = 1;
/// `%`.
pub(super) const PERCENT: Classes = 2;
/// `\`.
pub(super) const BACKSLASH: Classes = 4;
/// `<`, `&`.
pub(super) const MARKUP: Classes = 8;
/// `=`, `?`, `;`: pairs.
pub(super) const PAIRS: Classes = 16;
/// `{`, `[`, `"`.
pub(super) const BRACE: Classes = 32;
/// Controls and bytes beyond ASCII.
pub(super) const BINARY: Classes = 64;
/// Line ends.
pub(super) const LINES: Classes = 128;

const CLASS: [Classes; 256] = {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match b as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' => TOKEN,
            b'%' => PERCENT,
            b'\\' => BACKSLASH,
            b'<' | b'&' => MARKUP,
            b'=' | b'?' | b';' => PAIRS,
            b'{' | b'[' | b'"' => BRACE,
            b'\r' | b'\n' => LINES,
            b'\t' => 0,
            0..=31 | 127..=255 => BINARY,
            _ => 0,
        };
        b += 1;
    }
    table
};

/// Bytes beyond which looking at each costs more than trying every codec.
const GLANCE: usize = 1024;

/// The classes that occur in `bytes`; all of them when there are too many bytes to look at.
pub(super) fn classes(bytes: &[u8]) -> Classes {
    if bytes.len() > GLANCE {
        return Classes::MAX;
    }
    bytes.iter().fold(0, |set, &b| set | CLASS[b as usize])
}

/// The bytes as text; what is not UTF-8 becomes U+FFFD.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// The bytes as text up to the first that is none.
pub(super) fn valid_prefix(bytes: &[u8]) -> &str {
    match simdutf8::compat::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// How many bytes at the start are letters, digits or signs of base64.
pub(super) fn token_len(bytes: &[u8]) -> usize {
    // Arithmetic on whole blocks turns into vector code; the table then finds the place.
    let block = |block: &[u8]| block.iter().fold(true, |all, &b| all & is_token_byte(b));
    let whole = bytes
        .chunks_exact(32)
        .take_while(|chunk| block(chunk))
        .count()
        * 32;
    whole + bytes[whole..].iter().take_while(|&&b| is_token(b)).count()
}

#[inline]
fn is_token_byte(b: u8) -> bool {
    let letter = (b | 0x20).wrapping_sub(b'a') < 26;
    // `-` to `9` without `.`, and the two that stand alone.
    let figure = b.wrapping_sub(b'-') < 13 && b != b'.';
    let other = matches!(b, b'+' | b'_');
    letter | figure | other
}

/// True for the letters, digits and signs of base64 and base64url.
pub(super) fn is_token(b: u8) -> bool {
    CLASS[b as usize] & TOKEN != 0
}

/// True for UTF-8 without NUL, also when it is cut inside a character at either end.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    // A window may begin inside a character.
    let cut = bytes
        .iter()
        .take(3)
        .take_while(|&&b| b & 0xc0 == 0x80)
        .count();
    let bytes = &bytes[cut..];
    if memchr::memchr(0, &bytes[..bytes.len().min(GLANCE)]).is_some() {
        return false;
    }
    match simdutf8::compat::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    }
}

/// True when every byte could be read aloud: UTF-8 without controls.
pub(super) fn is_readable(bytes: &[u8]) -> bool {
    // Arithmetic on whole blocks turns into vector code.
    let controls = |block: &[u8]| block.iter().fold(false, |any, &b| any | is_control(b));
    !bytes.is_empty()
        && !bytes.chunks(64).any(controls)
        && simdutf8::basic::from_utf8(bytes).is_ok()
}

/// A control that no text has: ASCII's, without its white space.
#[inline]
fn is_control(b: u8) -> bool {
    matches!(b, 0..=8 | 0x0b | 0x0e..=0x1f | 0x7f)
}

/// Fewest bytes of which randomness can be told.
const RANDOM_MIN: usize = 64;

/// True when the bytes are as evenly spread as encrypted or compressed ones: two of them are equal
/// hardly more often than once in 256 (their index of coincidence; Friedman 1922). Looks at no more
/// than 4 KiB from the middle.
pub(crate) fn is_random(bytes: &[u8]) -> bool {
    if bytes.len() < RANDOM_MIN {
        return false;
    }
    let len = bytes.len().min(4096);
    let start = (bytes.len() - len) / 2;
    let mut counts = [0u32; 256];
    for &b in &bytes[start..start + len] {
        counts[b as usize] += 1;
    }
    let pairs: u64 = counts
        .iter()
        .map(|&n| u64::from(n) * u64::from(n.saturating_sub(1)))
        .sum();
    let expected = len as u64 * (len as u64 - 1);
    // The spread of the statistic shrinks with length: at 64 bytes random data stays below 2.2
    // times the even share in 999 of 1000 cases (measured), text and structures lie far above.
    let tenths = if len < 256 { 22 } else { 15 };
    pairs * 256 * 10 < expected * tenths
}

/// Offset of `%HH`.
pub(super) fn percent(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'%', bytes).any(|at| {
        bytes
            .get(at + 1..at + 3)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    })
}

/// True when an escape stands in the text: `\uHHHH`, `\u{H}`, `\xHH`, `\OOO`, `\"`, `\/`, or a line end, unless that
/// is a folder's name.
pub(super) fn escaped(bytes: &[u8]) -> bool {
    let digits = |at: usize, n: usize| {
        bytes
            .get(at..at + n)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    let mut after = 0;
    memchr::memchr_iter(b'\\', bytes).any(|at| {
        if at < after {
            return false;
        }
        after = at + 2;
        match bytes.get(at + 1) {
            Some(b'u') => bytes.get(at + 2) == Some(&b'{') || digits(at + 2, 4),
            Some(b'U') => digits(at + 2, 8),
            Some(b'x') => digits(at + 2, 2),
            Some(b'"' | b'/') => true,
            Some(b'n') => at == 0 || bytes[at - 1] != b':',
            Some(b'0'..=b'3') => octal(&bytes[at + 1..]).is_some(),
            _ => false,
        }
    })
}

/// The byte of three octal digits.
pub(super) fn octal(digits: &[u8]) -> Option<u8> {
    let &[high @ b'0'..=b'3', mid @ b'0'..=b'7', low @ b'0'..=b'7', ..] = digits else {
        return None;
    };
    Some((high - b'0') << 6 | (mid - b'0') << 3 | (low - b'0'))
}
