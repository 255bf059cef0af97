//! `key=value&key=value` (WHATWG URL standard, section 5: application/x-www-form-urlencoded), in
//! bodies, queries and texts. A child is a value, percent-decoded, `+` read as a space; its path
//! is the decoded key.

use super::look::{lossy, PAIRS};
use super::percent::decode;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;
use memchr::{memchr, memchr2};
use std::borrow::Cow;

pub(super) const CODEC: Codec = Codec {
    name: "form",
    reason: "HTML forms, queries and most mobile kits send key=value pairs (WHATWG URL standard, section 5)",
    wants: PAIRS,
    recognise,
    open,
    derive,
};

/// The media type of a form.
pub(super) const TYPE: &str = "application/x-www-form-urlencoded";

fn recognise(view: &View<'_>) -> bool {
    if !view.text {
        return false;
    }
    if view.says(TYPE) {
        return memchr(b'=', view.bytes).is_some();
    }
    // Unannounced: the first key must look like one, and the value must not be base64's padding.
    let Some(equals) = memchr(b'=', &view.bytes[..view.bytes.len().min(128)]) else {
        return false;
    };
    let key = &view.bytes[..equals];
    let named = !key.is_empty()
        && key
            .iter()
            .all(|&b| b.is_ascii_alphanumeric() || b"_.-[]%$:".contains(&b));
    let rest = &view.bytes[equals + 1..];
    let starts = rest.first().is_some_and(|&b| b > b' ' && b != b'=');
    named
        && starts
        && !rest
            .iter()
            .take(4096)
            .any(|&b| b <= b' ' || b == b'<' || b == b'"')
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let bytes = view.bytes;
    let Some(at) = tree.push(CODEC.name, bytes.len()) else {
        return true;
    };
    let mut decoded = Vec::new();
    let mut pos = 0;
    while pos < bytes.len() {
        let end = memchr(b'&', &bytes[pos..]).map_or(bytes.len(), |n| pos + n);
        let (name, value) = match memchr(b'=', &bytes[pos..end]) {
            Some(n) => (&bytes[pos..pos + n], pos + n + 1..end),
            None => (&bytes[..0], pos..end),
        };
        pos = end + 1;
        if value.is_empty() {
            continue;
        }
        let path = tree.path(at);
        path.clear();
        path.push_str(&name_text(name));
        let name = tree.name_from(at, 0);
        tree.aim(at, &value);
        let raw = &bytes[value];
        if memchr2(b'%', b'+', raw).is_none() {
            tree.show(raw, true, name, &Hint::default());
            continue;
        }
        decoded.clear();
        decode(raw, true, &mut decoded);
        if !tree.spend(decoded.len()) {
            break;
        }
        tree.show(&decoded, false, name, &Hint::default());
    }
    tree.pop();
    true
}

fn name_text(raw: &[u8]) -> Cow<'_, str> {
    if memchr2(b'%', b'+', raw).is_none() {
        return lossy(raw);
    }
    let mut decoded = Vec::new();
    decode(raw, true, &mut decoded);
    Cow::Owned(lossy(&decoded).into_owned())
}

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    decode(raw, true, out);
    true
}
