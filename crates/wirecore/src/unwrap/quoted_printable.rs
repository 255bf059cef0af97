//! Quoted-printable (RFC 2045, section 6.7) of a text as a whole: `=XX`, and `=` before a line end. What is no
//! escape stays as it is.

use super::look::{self, PAIRS};
use super::percent::hex_digit;
use super::Codec;
use memchr::{memchr, memchr_iter};

pub(super) const CODEC: Codec = Codec {
    name: "quoted_printable",
    reason: "mail, vCards of version 2.1 and parts of messages that say so (RFC 2045, section 6.7)",
    wants: PAIRS,
    recognise: |view| {
        // Escapes of a program around it are undone first: they break its lines as well.
        let wrapped = || !holds_break(view.bytes) && look::escaped(view.bytes);
        view.text && (view.hint.place == PLACE || is_quoted(view.bytes) && !wrapped())
    },
    open: |tree, view| {
        let mut out = Vec::with_capacity(view.bytes.len());
        decode(view.bytes, &mut out);
        if out.len() == view.bytes.len() {
            return false;
        }
        let all = 0..view.bytes.len();
        tree.child(&CODEC, all, &out, view.key, &super::Hint::default());
        true
    },
    derive: |raw, _step, out| {
        decode(raw, out);
        true
    },
};

/// The place of a part whose headers name this encoding.
pub(super) const PLACE: &str = "part:quoted-printable";
/// Lines are broken at 76 characters; a shorter one before a `=` is base64's end.
const BROKEN_LINE: usize = 50;

/// Unannounced: two escapes in a row that begin a character beyond ASCII, or a full line with a blank that is broken.
fn is_quoted(bytes: &[u8]) -> bool {
    let mut line = 0;
    memchr_iter(b'=', bytes).any(|at| match bytes.get(at + 1..) {
        Some([b'8'..=b'9' | b'A'..=b'F', low, b'=', b'8'..=b'9' | b'A' | b'B', ..]) => {
            hex_digit(*low).is_some()
        }
        Some([b'\n', ..] | [b'\r', b'\n', ..]) => {
            if let Some(end) = memchr::memrchr(b'\n', &bytes[line..at]) {
                line += end + 1;
            }
            let long = at - line >= BROKEN_LINE && memchr(b' ', &bytes[line..at]).is_some();
            line = at;
            long
        }
        _ => false,
    })
}

/// True when a line is broken somewhere.
fn holds_break(bytes: &[u8]) -> bool {
    memchr_iter(b'=', bytes).any(|at| matches!(bytes[at + 1..], [b'\n', ..] | [b'\r', b'\n', ..]))
}

fn decode(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        let len = match rest[at + 1..] {
            [b'\r', b'\n', ..] => 3,
            [b'\n', ..] => 2,
            [high, low, ..] => {
                if let Some((high, low)) = hex_digit(high).zip(hex_digit(low)) {
                    out.push(high << 4 | low);
                    3
                } else {
                    out.push(b'=');
                    1
                }
            }
            _ => {
                out.push(b'=');
                1
            }
        };
        rest = &rest[at + len..];
    }
    out.extend_from_slice(rest);
}
