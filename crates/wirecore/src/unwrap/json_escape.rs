//! `\uXXXX`, `\xXX` and the other escapes of JSON and JavaScript in a text that is not JSON itself:
//! scripts, logs, fields that were escaped once more than needed.

use super::json_string::unescape;
use super::look::{self, BACKSLASH};
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;

pub(super) const CODEC: Codec = Codec {
    name: "json_escape",
    reason: "text escaped as in a JSON string, outside JSON (RFC 8259, section 7)",
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
