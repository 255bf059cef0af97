//! Messages one after the other, each behind its length as a varint (protobuf's `writeDelimitedTo`). The child is one
//! message; its path is its place in the row, as in `/0`.
//!
//! There is no magic: it is recognised only when two messages or more fill the bytes, each is nothing but fields, and
//! one of them would be taken for a message by itself.

use super::compressed::is_compressed;
use super::look::{is_readable, BINARY};
use super::protobuf::{are_fields, is_message, varint, DEPTH};
use super::tree::{Tree, View};
use super::{as_it_stands, Codec, Hint};
use std::fmt::Write as _;
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "delimited",
    reason: "batches of protocol buffers, each behind its length (protobuf's writeDelimitedTo)",
    wants: BINARY,
    recognise,
    open,
    derive: as_it_stands,
};

/// Shortest message that counts: a tag and a byte.
const LEAST: usize = 2;

fn recognise(view: &View<'_>) -> bool {
    let (mut count, mut known) = (0, false);
    let all = frames(view.bytes, &mut |frame| {
        let message = &view.bytes[frame];
        count += 1;
        known = known || is_message(message, DEPTH);
        are_fields(message)
    });
    all && count >= 2 && known && !is_compressed(view.bytes) && !is_readable(view.bytes)
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut place = 0;
    frames(view.bytes, &mut |frame| {
        let path = tree.path(step);
        path.clear();
        let _ = write!(path, "/{place}");
        place += 1;
        tree.aim(step, &frame);
        tree.show(&view.bytes[frame], true, view.key, &Hint::default());
        true
    });
    tree.pop();
    true
}

/// Calls `each` with every message's range until it says no; true when they filled the bytes.
fn frames(bytes: &[u8], each: &mut dyn FnMut(Range<usize>) -> bool) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        let Some((len, start)) = varint(bytes, at) else {
            return false;
        };
        let end = usize::try_from(len)
            .ok()
            .and_then(|len| start.checked_add(len));
        let Some(end) = end.filter(|&end| end <= bytes.len() && end - start >= LEAST) else {
            return false;
        };
        if !each(start..end) {
            return false;
        }
        at = end;
    }
    true
}
