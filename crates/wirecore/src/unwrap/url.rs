//! A request target or URL with a query (RFC 3986, section 3): its children are "path" (all before
//! the `?`, percent-decoded), "query" and "fragment" as they stand.

use super::form;
use super::look::{self, PAIRS};
use super::percent::decode;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;
use memchr::memchr;

pub(super) const CODEC: Codec = Codec {
    name: "url",
    reason: "most identifiers of 2014 travelled in queries; URLs stand in fields and headers too (RFC 3986)",
    wants: PAIRS,
    recognise,
    open,
    derive,
};

/// Where the query begins.
fn query(view: &View<'_>) -> Option<usize> {
    let bytes = view.bytes;
    let scheme = bytes.starts_with(b"http://") || bytes.starts_with(b"https://");
    if !view.text || !scheme && view.hint.place != "target" {
        return None;
    }
    let mark = memchr(b'?', bytes)?;
    let spaced = bytes.iter().take(4096).any(|&b| b <= b' ');
    (!spaced).then_some(mark + 1)
}

fn recognise(view: &View<'_>) -> bool {
    query(view).is_some()
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(start) = query(view) else {
        return false;
    };
    let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let bytes = view.bytes;
    let mark = memchr(b'#', &bytes[start..]).map_or(bytes.len(), |n| start + n);
    let path = &bytes[..start - 1];
    tree.aim(at, &(0..path.len()));
    tree.path(at).push_str("path");
    if look::percent(path) {
        let mut decoded = Vec::new();
        decode(path, false, &mut decoded);
        if tree.spend(decoded.len()) {
            tree.show(&decoded, false, view.key, &Hint::default());
        }
    } else {
        tree.show(path, true, view.key, &Hint::default());
    }
    for (name, range) in [
        ("query", start..mark),
        ("fragment", (mark + 1).min(bytes.len())..bytes.len()),
    ] {
        if !range.is_empty() {
            tree.aim(at, &range);
            tree.path(at).clear();
            tree.path(at).push_str(name);
            tree.show(
                &bytes[range],
                true,
                view.key,
                &Hint {
                    content_type: form::TYPE,
                    place: "",
                    parts: &[],
                },
            );
        }
    }
    tree.pop();
    true
}

fn derive(raw: &[u8], step: &Step, out: &mut Vec<u8>) -> bool {
    if step.path == "path" {
        decode(raw, false, out);
    } else {
        out.extend_from_slice(raw);
    }
    true
}
