//! `key=value&key=value` (WHATWG URL standard, section 5: application/x-www-form-urlencoded), in
//! bodies, queries and texts. A child is a value, percent-decoded, `+` read as a space; its path
//! is the decoded key.

use super::look::{lossy, valid_prefix, PAIRS};
use super::percent::decode;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;
use memchr::{memchr, memchr2};
use std::ops::Range;

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

/// Where a pair's name and value stand, and whether they are encoded.
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
    name_coded: bool,
    value_coded: bool,
}

/// Bytes of a pair that are looked at one by one; most end sooner, and long values are left to the
/// vector search.
const STEPPED: usize = 24;

/// Shortest encoded name that is shown: `a%5B0%5D` holds no fact.
const CODED_NAME_MIN: usize = 10;

/// The pair that begins at `start`.
fn pair(bytes: &[u8], start: usize) -> Pair {
    let mut equals = None;
    let mut coded = [false; 2];
    let mut end = bytes.len();
    for (n, &b) in bytes[start..].iter().enumerate() {
        match b {
            b'&' => {
                end = start + n;
                break;
            }
            b'=' if equals.is_none() => equals = Some(start + n),
            b'%' | b'+' => coded[usize::from(equals.is_some())] = true,
            _ if n >= STEPPED && equals.is_some() => {
                let rest = start + n;
                end = memchr(b'&', &bytes[rest..]).map_or(end, |n| rest + n);
                coded[1] |= memchr2(b'%', b'+', &bytes[rest..end]).is_some();
                break;
            }
            _ => {}
        }
    }
    match equals {
        Some(at) => Pair {
            name: start..at,
            value: at + 1..end,
            name_coded: coded[0],
            value_coded: coded[1],
        },
        None => Pair {
            name: start..start,
            value: start..end,
            name_coded: false,
            value_coded: coded[0],
        },
    }
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let bytes = view.bytes;
    let Some(at) = tree.push(CODEC.name, bytes.len()) else {
        return true;
    };
    let text = valid_prefix(bytes);
    let mut decoded = Vec::new();
    let mut pos = 0;
    while pos < bytes.len() {
        let pair = pair(bytes, pos);
        pos = pair.value.end + 1;
        if pair.value.is_empty() {
            continue;
        }
        let path = tree.path(at);
        path.clear();
        match text.get(pair.name.clone()) {
            Some(name) if !pair.name_coded => path.push_str(name),
            _ => path.push_str(&decoded_name(&bytes[pair.name.clone()])),
        }
        // A name that was encoded is shown decoded: as a fact it could not be found as written.
        if pair.name_coded && pair.name.len() >= CODED_NAME_MIN {
            decoded.clear();
            decode(&bytes[pair.name.clone()], true, &mut decoded);
            if tree.spend(decoded.len()) {
                tree.aim(at, &pair.name);
                tree.path(at).push('#');
                tree.show(&decoded, false, view.key, &Hint::default());
                tree.path(at).pop();
            }
        } else {
            let name = &bytes[pair.name.clone()];
            tree.show_name(at, &pair.name, name, view.key);
        }
        let name = tree.name_from(at, 0);
        tree.aim(at, &pair.value);
        let raw = &bytes[pair.value];
        if !pair.value_coded {
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

fn decoded_name(raw: &[u8]) -> String {
    let mut decoded = Vec::new();
    decode(raw, true, &mut decoded);
    lossy(&decoded).into_owned()
}

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    decode(raw, true, out);
    true
}
