//! What documents of maps and lists in binary share (MessagePack, CBOR, BSON, binary property lists): a reader
//! tells [`Event`]s, [`Shower`] makes nodes of them.
//!
//! The path is a JSON Pointer (RFC 6901). A text or run of bytes is shown as it stands; a number, and a text in
//! UTF-16, is printed: its path begins with `=` and its range holds the whole item. A name that may hold a token
//! is shown too, under a path that ends in `#`.

use super::look::{is_readable, lossy};
use super::tree::{Name, Tree, View};
use super::{Codec, Hint};
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;

/// One item of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// A map of so many pairs, or until a break.
    Map(Option<u64>),
    /// A list of so many items, or until a break.
    List(Option<u64>),
    /// The end of a map or list without a count.
    Break,
    /// UTF-8.
    Text(Range<usize>),
    /// UTF-16, big-endian.
    Wide(Range<usize>),
    Bytes(Range<usize>),
    Unsigned(u64),
    Signed(i64),
    Double(f64),
    Single(f32),
    /// A truth value, or none.
    Nothing,
}

/// What a reader meets, in order.
pub(super) enum Event {
    /// A map or list begins: the value of the last name or index.
    Enter,
    Leave,
    /// The name of the value that follows; the whole item's range.
    Name(Item, Range<usize>),
    /// The index of the item that follows.
    Index(u64),
    /// A value and the whole item's range.
    Value(Item, Range<usize>),
}

/// Reads the item at an offset; the offset behind it.
pub(super) type Read = fn(&[u8], usize) -> Option<(Item, usize)>;

/// Reads a whole body and tells of all in it; false when the bytes are anything else.
pub(super) type Reader<'r> = &'r dyn Fn(&mut dyn FnMut(Event)) -> bool;

/// Maps and lists inside one another; deeper ones are not read, and stay counted.
pub(super) const DEPTH_MAX: usize = 64;
/// Bytes of readable texts and names without which a document is not believed: a format without a magic.
const TELLING: usize = 3;

struct Open {
    map: bool,
    left: Option<u64>,
    index: u64,
    value_due: bool,
}

/// Reads documents one after another; false when the bytes are anything else, or end inside one.
pub(super) fn walk(bytes: &[u8], read: Read, each: &mut dyn FnMut(Event)) -> bool {
    let mut at = 0;
    let mut open: Vec<Open> = Vec::new();
    loop {
        while open
            .last()
            .is_some_and(|top| top.left == Some(0) && !top.value_due)
        {
            open.pop();
            each(Event::Leave);
        }
        if at == bytes.len() {
            return open.is_empty();
        }
        let start = at;
        let Some((item, end)) = read(bytes, at) else {
            return false;
        };
        at = end;
        let depth = open.len();
        if let Some(top) = open.last_mut() {
            if item == Item::Break {
                if top.left.is_some() || top.value_due {
                    return false;
                }
                open.pop();
                each(Event::Leave);
                continue;
            }
            if top.map && !top.value_due {
                if matches!(item, Item::Map(_) | Item::List(_) | Item::Nothing) {
                    return false;
                }
                top.value_due = true;
                each(Event::Name(item, start..end));
                continue;
            }
            if !top.map {
                each(Event::Index(top.index));
                top.index += 1;
            }
            top.value_due = false;
            if let Some(left) = &mut top.left {
                *left -= 1;
            }
        } else if !matches!(item, Item::Map(_) | Item::List(_)) {
            return false;
        }
        match item {
            Item::Break => return false,
            Item::Map(left) | Item::List(left) => {
                if depth == DEPTH_MAX {
                    return false;
                }
                each(Event::Enter);
                open.push(Open {
                    map: matches!(item, Item::Map(_)),
                    left,
                    index: 0,
                    value_due: false,
                });
            }
            value => each(Event::Value(value, start..end)),
        }
    }
}

/// True when a reader finds nothing but documents, and enough in them that can be read.
pub(super) fn is_document(bytes: &[u8], read: Reader<'_>) -> bool {
    let mut told = 0;
    let mut odd = false;
    let whole = read(&mut |event| {
        if let Event::Name(Item::Text(range), _) | Event::Value(Item::Text(range), _) = event {
            let text = &bytes[range];
            if is_readable(text) {
                told += text.len();
            } else {
                odd |= std::str::from_utf8(text).is_err();
            }
        }
    });
    whole && !odd && told >= TELLING
}

/// Makes nodes of events.
pub(super) struct Shower<'s, 'w, 'v> {
    tree: &'s mut Tree<'w>,
    view: &'s View<'v>,
    at: usize,
    /// Length of the path before each open map or list, and where its name stood.
    stems: Vec<(usize, usize)>,
    /// Where the name of the value at hand begins in the path; items of a list have their list's.
    name: (usize, usize),
    printed: Vec<u8>,
}

/// Shows everything that `read` tells of.
pub(super) fn show(codec: &Codec, tree: &mut Tree<'_>, view: &View<'_>, read: Reader<'_>) -> bool {
    let Some(at) = tree.push(codec.name, view.bytes.len()) else {
        return true;
    };
    let mut shower = Shower {
        tree,
        view,
        at,
        stems: Vec::new(),
        name: (0, 0),
        printed: Vec::new(),
    };
    read(&mut |event| shower.tell(event));
    shower.tree.pop();
    true
}

impl Shower<'_, '_, '_> {
    fn tell(&mut self, event: Event) {
        match event {
            Event::Enter => {
                let len = self.tree.path(self.at).len();
                self.stems.push((len, self.name.0));
            }
            Event::Leave => {
                if let Some((stem, name)) = self.stems.pop() {
                    self.tree.path(self.at).truncate(stem);
                    self.name = (name, stem);
                }
            }
            Event::Index(index) => {
                let stem = self.stems.last().map_or(0, |stem| stem.0);
                let name = self.stems.last().map_or(0, |stem| stem.1);
                let path = self.tree.path(self.at);
                path.truncate(stem);
                self.name = (name, stem);
                let _ = write!(path, "/{index}");
            }
            Event::Name(item, whole) => self.name(&item, whole),
            Event::Value(item, whole) => self.value(&item, whole),
        }
    }

    fn name(&mut self, item: &Item, whole: Range<usize>) {
        let bytes = self.view.bytes;
        let stem = self.stems.last().map_or(0, |stem| stem.0);
        self.tree.path(self.at).truncate(stem);
        let name = match item {
            Item::Text(range) | Item::Bytes(range) => lossy(&bytes[range.clone()]),
            other => {
                self.printed.clear();
                print(other, bytes, &mut self.printed);
                lossy(&self.printed)
            }
        };
        let path = self.tree.path(self.at);
        path.push('/');
        for c in name.chars() {
            match c {
                '~' => path.push_str("~0"),
                '/' => path.push_str("~1"),
                _ => path.push(c),
            }
        }
        self.name = (stem + 1, path.len());
        match item {
            Item::Text(range) | Item::Bytes(range) => {
                let key = &self.view.bytes[range.clone()];
                let outer = self.view.key;
                self.tree.show_name(self.at, range, key, outer);
            }
            Item::Wide(_) => {
                self.tree.path(self.at).push('#');
                self.print(item, whole);
                self.tree.path(self.at).pop();
            }
            _ => {}
        }
    }

    fn value(&mut self, item: &Item, whole: Range<usize>) {
        match item {
            Item::Text(range) | Item::Bytes(range) if !range.is_empty() => {
                self.tree.aim(self.at, range);
                let bytes = &self.view.bytes[range.clone()];
                if self.name.1 > self.name.0 {
                    let name = Name::part(self.at, self.name);
                    self.tree.show(bytes, true, name, &Hint::default());
                } else {
                    self.tree.show(bytes, true, self.view.key, &Hint::default());
                }
            }
            Item::Text(_) | Item::Bytes(_) | Item::Nothing => {}
            _ => self.print(item, whole),
        }
    }

    fn print(&mut self, item: &Item, whole: Range<usize>) {
        let mut printed = std::mem::take(&mut self.printed);
        printed.clear();
        print(item, self.view.bytes, &mut printed);
        if self.tree.spend(printed.len()) {
            self.tree.aim(self.at, &whole);
            self.tree.path(self.at).insert(0, '=');
            if self.name.1 > self.name.0 {
                let name = Name::part(self.at, (self.name.0 + 1, self.name.1 + 1));
                self.tree.show(&printed, false, name, &Hint::default());
            } else {
                let key = self.view.key;
                self.tree.show(&printed, false, key, &Hint::default());
            }
            self.tree.path(self.at).remove(0);
        }
        self.printed = printed;
    }
}

/// Prints a number in decimal digits, a UTF-16 text in UTF-8.
pub(super) fn print(item: &Item, bytes: &[u8], out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match item {
        Item::Unsigned(value) => write!(out, "{value}"),
        Item::Signed(value) => write!(out, "{value}"),
        Item::Double(value) if value.abs() < 1e16 => write!(out, "{value}"),
        Item::Single(value) if value.abs() < 1e16 => write!(out, "{value}"),
        Item::Double(value) => write!(out, "{value:e}"),
        Item::Single(value) => write!(out, "{value:e}"),
        Item::Wide(range) => {
            let units = bytes[range.clone()]
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            for c in char::decode_utf16(units) {
                let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Ok(())
        }
        _ => Ok(()),
    };
}

/// The inverse of what was shown: the bytes as they stand, or the item at their beginning printed.
pub(super) fn derive(raw: &[u8], path: &str, read: Read, out: &mut Vec<u8>) -> bool {
    if !path.starts_with('=') {
        out.extend_from_slice(raw);
        return true;
    }
    match read(raw, 0) {
        Some((item, _)) => {
            print(&item, raw, out);
            true
        }
        None => false,
    }
}

/// A big-endian number of up to eight bytes at `at`.
pub(super) fn be(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let raw = bytes.get(at..at.checked_add(len)?)?;
    (len <= 8).then(|| raw.iter().fold(0, |value, &b| value << 8 | u64::from(b)))
}

/// A range of `len` bytes from `at` on, if there are so many.
pub(super) fn span(bytes: &[u8], at: usize, len: u64) -> Option<Range<usize>> {
    let end = at.checked_add(usize::try_from(len).ok()?)?;
    (end <= bytes.len()).then_some(at..end)
}
