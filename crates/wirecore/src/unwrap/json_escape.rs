//! `\uXXXX`, `\xXX` and the other escapes of JSON, JavaScript, C and Python in a text that is not JSON itself: scripts,
//! logs, fields that were escaped once more than needed.
//!
//! Bytes beyond ASCII that were escaped one by one are UTF-8, or else letters of Windows-1252; where controls stand
//! among them they are something binary, and stay as they are.

use super::json_string::unescape_one;
use super::look::{self, BACKSLASH};
use super::percent::hex_digit;
use super::tree::{Tree, View};
use super::{latin1, Codec, Hint};
use crate::record::Step;
use memchr::memchr;

pub(super) const CODEC: Codec = Codec {
    name: "json_escape",
    reason: "text escaped as in a JSON string or a program, outside JSON (RFC 8259, section 7; ECMA-262, section 12.9.4)",
    wants: BACKSLASH,
    recognise,
    open,
    derive,
};

fn recognise(view: &View<'_>) -> bool {
    view.text && look::escaped(view.bytes)
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let mut out = Vec::with_capacity(view.bytes.len());
    unescape(view.bytes, &mut out);
    tree.child(
        &CODEC,
        0..view.bytes.len(),
        &out,
        view.key,
        &Hint::default(),
    );
    true
}

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    unescape(raw, out);
    true
}

/// Appends `raw` to `out` without its escapes; what is none stays as it is.
fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut pos = 0;
    let (mut beyond, mut controls) = (false, false);
    while let Some(n) = memchr(b'\\', &raw[pos..]) {
        out.extend_from_slice(&raw[pos..pos + n]);
        pos += n;
        if let Some((byte, len)) = byte(&raw[pos..]) {
            out.push(byte);
            pos += len;
            beyond |= byte >= 0x80;
            controls |= byte < b' ' && !byte.is_ascii_whitespace();
        } else if let Some((c, len)) = character(&raw[pos..]) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            pos += len;
        } else {
            pos += unescape_one(&raw[pos..], out);
        }
    }
    out.extend_from_slice(&raw[pos..]);
    if beyond && !controls && std::str::from_utf8(&out[start..]).is_err() {
        let bytes = out.split_off(start);
        latin1::decode(&bytes, out);
    }
}

/// `\xHH` or `\OOO`, and how many bytes it takes.
fn byte(raw: &[u8]) -> Option<(u8, usize)> {
    if let Some(digits) = raw.strip_prefix(b"\\x") {
        let (high, low) = (*digits.first()?, *digits.get(1)?);
        return Some((hex_digit(high)? << 4 | hex_digit(low)?, 4));
    }
    Some((look::octal(raw.get(1..)?)?, 4))
}

/// `\u{H...}`, `\UHHHHHHHH` or `\'`, and how many bytes it takes.
fn character(raw: &[u8]) -> Option<(char, usize)> {
    if raw.starts_with(b"\\'") {
        return Some(('\'', 2));
    }
    let (digits, len) = match raw.get(1..3)? {
        b"u{" => {
            let near = &raw[3..raw.len().min(10)];
            let end = memchr(b'}', near)?;
            (&near[..end], end + 4)
        }
        [b'U', _] => (raw.get(2..10)?, 10),
        _ => return None,
    };
    let code = digits.iter().try_fold(0, |code: u32, &b| {
        Some(code << 4 | u32::from(hex_digit(b)?))
    })?;
    char::from_u32(code)
        .filter(|_| !digits.is_empty())
        .map(|c| (c, len))
}

#[cfg(test)]
mod tests {
    fn unescaped(raw: &str) -> Vec<u8> {
        let mut out = Vec::new();
        super::unescape(raw.as_bytes(), &mut out);
        out
    }

    #[test]
    fn escapes_of_bytes_and_characters() {
        let text = "caf\u{e9} A \u{1f600}".as_bytes();
        for raw in [
            r"caf\u00e9 \u0041 \ud83d\ude00",
            r"caf\xc3\xa9 \x41 \u{1F600}",
            r"caf\303\251 \101 \U0001f600",
            r"caf\xe9 A \u{1F600}",
        ] {
            assert_eq!(unescaped(raw), text, "{raw}");
        }
        assert_eq!(unescaped(r"\x1f\x8b\x08"), b"\x1f\x8b\x08");
        for odd in [
            r"\x4",
            r"\u{}",
            r"\u{110000}",
            r"\U0011",
            r"\08",
            r"\q",
            r"\",
        ] {
            assert_eq!(unescaped(odd), odd.as_bytes(), "{odd}");
        }
    }
}
