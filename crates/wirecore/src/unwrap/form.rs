//! `key=value&key=value` (WHATWG URL standard, application/x-www-form-urlencoded), in bodies and
//! in the query of a target. A child is a value, percent-decoded, `+` read as a space.

use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;
use memchr::{memchr, memchr2};

pub(super) const CODEC: Codec = Codec {
    name: "form",
    reason: "HTML forms, queries of URLs and most mobile SDKs send key=value pairs (WHATWG URL standard, section 5)",
    recognise,
    open,
    derive,
};

/// Where the pairs begin: after `?` in a target or URL, at once in a body.
fn pairs(view: &View<'_>) -> Option<std::ops::Range<usize>> {
    let bytes = view.bytes;
    let url = view.hint.place == "target"
        || bytes.starts_with(b"http://")
        || bytes.starts_with(b"https://");
    if url {
        let start = memchr(b'?', bytes)? + 1;
        let end = memchr(b'#', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        return (start < end).then_some(start..end);
    }
    if view
        .hint
        .content_type
        .starts_with("application/x-www-form-urlencoded")
    {
        return memchr(b'=', bytes).map(|_| 0..bytes.len());
    }
    // Unannounced: the first key must look like one.
    let equals = memchr(b'=', &bytes[..bytes.len().min(128)])?;
    let named = equals > 0
        && bytes[..equals]
            .iter()
            .all(|&b| b.is_ascii_alphanumeric() || b"_.-[]%".contains(&b));
    let rest = &bytes[equals + 1..];
    // `abc==` is padding, not a pair.
    let value = rest.first().is_some_and(|&b| b != b'=' && b > b' ');
    (named
        && value
        && !rest
            .iter()
            .take(4096)
            .any(|&b| b <= b' ' || b == b'<' || b == b'"'))
    .then_some(0..bytes.len())
}

fn recognise(view: &View<'_>) -> bool {
    view.text && pairs(view).is_some()
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(range) = pairs(view) else {
        return false;
    };
    let Some(at) = tree.push(CODEC.name, range.len()) else {
        return true;
    };
    let mut decoded = Vec::new();
    let mut pos = range.start;
    while pos < range.end {
        let rest = &view.bytes[pos..range.end];
        let end = memchr(b'&', rest).map_or(range.end, |n| pos + n);
        let pair = &view.bytes[pos..end];
        let (name, value) = match memchr(b'=', pair) {
            Some(equals) => (&pair[..equals], pos + equals + 1..end),
            None => (&pair[..0], pos..end),
        };
        pos = end + 1;
        if value.is_empty() {
            continue;
        }
        decoded.clear();
        let name = if decode(name, &mut decoded) {
            String::from_utf8_lossy(&decoded)
        } else {
            String::from_utf8_lossy(name)
        };
        let name = name.into_owned();
        tree.aim(at, &value);
        tree.path(at).clone_from(&name);
        decoded.clear();
        let raw = &view.bytes[value];
        if decode(raw, &mut decoded) {
            if !tree.spend(decoded.len()) {
                break;
            }
            tree.show(&decoded, false, &name, &Hint::default());
        } else {
            tree.show(raw, true, &name, &Hint::default());
        }
    }
    tree.pop();
    false
}

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    if !decode(raw, out) {
        out.extend_from_slice(raw);
    }
    true
}

/// Decodes `%HH` and `+` onto `out`; false (and nothing written) when there are none. A `%`
/// without two hex digits stays as it is.
fn decode(raw: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(first) = memchr2(b'%', b'+', raw) else {
        return false;
    };
    out.extend_from_slice(&raw[..first]);
    let mut pos = first;
    while let Some(&b) = raw.get(pos) {
        let pair = raw
            .get(pos + 1)
            .zip(raw.get(pos + 2))
            .and_then(|(&h, &l)| hex_digit(h).zip(hex_digit(l)));
        match (b, pair) {
            (b'%', Some((high, low))) => {
                out.push(high << 4 | low);
                pos += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                pos += 1;
            }
            _ => {
                out.push(b);
                pos += 1;
            }
        }
    }
    true
}

/// Value of a hex digit of either case.
pub(super) fn hex_digit(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}
