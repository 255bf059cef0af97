//! The metadata of films (ISO/IEC 14496-12; Apple, QuickTime File Format; 3GPP TS 26.244, section 8): place, maker,
//! model and whatever else a camera or program wrote as text.
//!
//! A child is a text as it stands; its path is `/udta/Name` or `/keys/name`. A place is shown once more, printed as
//! people write it, under the same path behind `=`.

use super::look::{is_readable, lossy, BINARY};
use super::place;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "film",
    reason:
        "films carry where and with which device they were taken (ISO/IEC 14496-12; 3GPP TS 26.244)",
    wants: BINARY,
    recognise: |view| view.bytes.get(4..8) == Some(b"ftyp"),
    open,
    derive: |raw, step, out| {
        if !step.path.starts_with('=') {
            out.extend_from_slice(raw);
            return true;
        }
        let place = if step.path == "=/udta/loci" {
            read_loci(raw)
        } else {
            place::read(raw)
        };
        place.is_some_and(|(latitude, longitude)| {
            place::print(latitude, longitude, out);
            true
        })
    },
};

/// Texts of one film.
const TEXTS: usize = 256;

/// The boxes in a range: kind and content.
fn boxes(bytes: &[u8], range: Range<usize>) -> impl Iterator<Item = ([u8; 4], Range<usize>)> + '_ {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let &[a, b, c, d, kind @ ..] = bytes.get(at..range.end)?.first_chunk::<8>()?;
        let (head, size) = match u32::from_be_bytes([a, b, c, d]) {
            1 => {
                let wide = bytes.get(at + 8..range.end)?.first_chunk::<8>()?;
                (16, usize::try_from(u64::from_be_bytes(*wide)).ok()?)
            }
            0 => (8, range.end - at),
            size => (8, size as usize),
        };
        let end = at
            .checked_add(size)
            .filter(|&end| size >= head && end <= range.end)?;
        let content = at + head..end;
        at = end;
        Some((kind, content))
    })
}

fn find(bytes: &[u8], range: Range<usize>, name: [u8; 4]) -> Option<Range<usize>> {
    boxes(bytes, range)
        .find(|(kind, _)| *kind == name)
        .map(|(_, content)| content)
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let bytes = view.bytes;
    let Some(movie) = find(bytes, 0..bytes.len(), *b"moov") else {
        return false;
    };
    let Some(step) = tree.push(CODEC.name, bytes.len()) else {
        return false;
    };
    let mut shown = 0;
    let mut show = |path: &str, range: Range<usize>| {
        if shown == TEXTS || range.is_empty() {
            return;
        }
        shown += 1;
        let name = path.rfind(['/', '.']).map_or(0, |at| at + 1);
        let put = |tree: &mut Tree<'_>, mark: &str| {
            tree.aim(step, &range);
            let its = tree.path(step);
            its.clear();
            its.push_str(mark);
            its.push_str(path);
        };
        let inside = &bytes[range.clone()];
        put(tree, "");
        let key = tree.name_from(step, name);
        tree.show(inside, true, key, &Hint::default());
        let read = if path == "/udta/loci" {
            read_loci(inside)
        } else {
            place::read(inside)
        };
        if let Some((latitude, longitude)) = read {
            let mut printed = Vec::new();
            place::print(latitude, longitude, &mut printed);
            if tree.spend(printed.len()) {
                put(tree, "=");
                let key = tree.name_from(step, name + 1);
                tree.show(&printed, false, key, &Hint::default());
            }
        }
    };
    // Beside the film, and in each of its tracks.
    let tracks = boxes(bytes, movie.clone()).filter(|(kind, _)| kind == b"trak");
    let places: Vec<Range<usize>> = std::iter::once(movie)
        .chain(tracks.map(|(_, range)| range))
        .collect();
    for place in places {
        if let Some(user) = find(bytes, place.clone(), *b"udta") {
            user_texts(bytes, user.clone(), &mut show);
            if let Some(meta) = find(bytes, user, *b"meta") {
                listed(bytes, meta, &mut show);
            }
        }
        if let Some(meta) = find(bytes, place, *b"meta") {
            listed(bytes, meta, &mut show);
        }
    }
    tree.pop();
    false
}

/// Texts of user data: length and language before them, or language only (3GPP).
fn user_texts(bytes: &[u8], user: Range<usize>, show: &mut dyn FnMut(&str, Range<usize>)) {
    for (kind, content) in boxes(bytes, user) {
        if kind == *b"meta" {
            continue;
        }
        let path = format!("/udta/{}", name_of(kind));
        if &kind == b"loci" {
            show(&path, content);
            continue;
        }
        for skip in [4, 6, 0] {
            let from = content.start + skip;
            let Some(text) = bytes.get(from..content.end) else {
                continue;
            };
            let len = text.iter().position(|&b| b == 0).unwrap_or(text.len());
            if len > 0 && is_readable(&text[..len]) {
                show(&path, from..from + len);
                break;
            }
        }
    }
}

/// The name of a kind: its first byte may be a copyright sign in an old alphabet.
fn name_of(kind: [u8; 4]) -> String {
    kind.iter()
        .map(|&b| char::from(b))
        .filter(|c| c.is_alphanumeric() || *c == '©')
        .collect()
}

/// Values of a `meta` box, which names them itself (`keys`) or by their kind.
fn listed(bytes: &[u8], meta: Range<usize>, show: &mut dyn FnMut(&str, Range<usize>)) {
    // In ISO files four bytes of version stand before its boxes, in QuickTime's none.
    let inside = [meta.start + 4, meta.start]
        .into_iter()
        .map(|from| from..meta.end)
        .find(|range| range.start <= range.end && find(bytes, range.clone(), *b"ilst").is_some());
    let Some(inside) = inside else {
        return;
    };
    let names: Vec<Range<usize>> = find(bytes, inside.clone(), *b"keys")
        .map(|keys| {
            boxes(bytes, (keys.start + 8).min(keys.end)..keys.end)
                .map(|(_, name)| name)
                .collect()
        })
        .unwrap_or_default();
    let Some(list) = find(bytes, inside, *b"ilst") else {
        return;
    };
    for (kind, item) in boxes(bytes, list) {
        let Some(data) = find(bytes, item, *b"data") else {
            continue;
        };
        let number = u32::from_be_bytes(kind) as usize;
        let path = match number.checked_sub(1).and_then(|at| names.get(at)) {
            Some(name) => format!("/keys/{}", lossy(&bytes[name.clone()])),
            None => format!("/keys/{}", name_of(kind)),
        };
        show(&path, (data.start + 8).min(data.end)..data.end);
    }
}

/// A place by 3GPP: language, name, role, then longitude, latitude and altitude of 16 bits before and behind the point.
fn read_loci(content: &[u8]) -> Option<(f64, f64)> {
    let rest = content.get(6..)?;
    let name = rest.iter().position(|&b| b == 0)?;
    let numbers: &[u8; 8] = rest.get(name + 2..)?.first_chunk()?;
    let degrees = |at: usize| {
        let raw = [
            numbers[at],
            numbers[at + 1],
            numbers[at + 2],
            numbers[at + 3],
        ];
        f64::from(i32::from_be_bytes(raw)) / 65_536.0
    };
    let (longitude, latitude) = (degrees(0), degrees(4));
    place::is_place(latitude, longitude).then_some((latitude, longitude))
}
