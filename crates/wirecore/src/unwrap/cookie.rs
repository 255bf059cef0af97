//! The Cookie and Set-Cookie headers (RFC 6265, section 4): `name=value; name=value`. A child is a
//! value as it stands; its path is the name. A name that hides a value is shown too, under a path that ends in `#`.

use super::look::{lossy, PAIRS};
use super::tree::{Tree, View};
use super::{as_it_stands, Codec, Hint};
use memchr::memchr;

pub(super) const CODEC: Codec = Codec {
    name: "cookie",
    reason: "identifiers that come back with every request travel in cookies (RFC 6265)",
    wants: PAIRS,
    recognise,
    open,
    derive: as_it_stands,
};

fn recognise(view: &View<'_>) -> bool {
    let place = view.hint.place;
    ["header:cookie", "header:set-cookie"]
        .iter()
        .any(|p| place.eq_ignore_ascii_case(p))
        && memchr(b'=', view.bytes).is_some()
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let bytes = view.bytes;
    let mut pos = 0;
    while pos < bytes.len() {
        let end = memchr(b';', &bytes[pos..]).map_or(bytes.len(), |n| pos + n);
        let start = pos
            + bytes[pos..end]
                .iter()
                .take_while(|b| b.is_ascii_whitespace())
                .count();
        pos = end + 1;
        let (name, value) = match memchr(b'=', &bytes[start..end]) {
            Some(n) => (start..start + n, start + n + 1..end),
            None => (0..0, start..end),
        };
        let its = &bytes[name.clone()];
        tree.path(at).clear();
        tree.path(at).push_str(&lossy(its));
        tree.show_name(at, &name, its, view.key);
        if value.is_empty() {
            continue;
        }
        tree.aim(at, &value);
        let name = tree.name_from(at, 0);
        tree.show(&bytes[value], true, name, &Hint::default());
    }
    tree.pop();
    true
}
