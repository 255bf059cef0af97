//! Percent-encoding (RFC 3986, section 2.1) of a text as a whole. A `%` without two hex digits
//! stays as it is; `+` stays a plus (forms read it as a space, see `form`).

use super::look::{self, PERCENT};
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;
use memchr::memchr;

pub(super) const CODEC: Codec = Codec {
    name: "percent",
    reason: "paths, cookies, headers and values that were encoded once more than needed (RFC 3986)",
    wants: PERCENT,
    recognise,
    open,
    derive,
};

fn recognise(view: &View<'_>) -> bool {
    view.text && look::percent(view.bytes)
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let mut out = Vec::with_capacity(view.bytes.len());
    decode(view.bytes, false, &mut out);
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
    decode(raw, false, out);
    true
}

/// Decodes onto `out`; `plus` reads `+` as a space.
pub(super) fn decode(raw: &[u8], plus: bool, out: &mut Vec<u8>) {
    let mut rest = raw;
    loop {
        let next = if plus {
            memchr::memchr2(b'%', b'+', rest)
        } else {
            memchr(b'%', rest)
        };
        let Some(at) = next else { break };
        out.extend_from_slice(&rest[..at]);
        let pair = rest
            .get(at + 1)
            .zip(rest.get(at + 2))
            .and_then(|(&h, &l)| hex_digit(h).zip(hex_digit(l)));
        let (byte, len) = match (rest[at], pair) {
            (b'%', Some((high, low))) => (high << 4 | low, 3),
            (b'+', _) => (b' ', 1),
            (other, _) => (other, 1),
        };
        out.push(byte);
        rest = &rest[at + len..];
    }
    out.extend_from_slice(rest);
}

/// Value of a hex digit of either case.
#[inline]
pub(super) fn hex_digit(b: u8) -> Option<u8> {
    let value = DIGITS[b as usize];
    (value < 16).then_some(value)
}

/// The value of each hex digit; 255 for what is none.
const DIGITS: [u8; 256] = {
    let mut table = [255; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match b as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            _ => 255,
        };
        b += 1;
    }
    table
};
