//! XML and what is written like it (XML 1.0; HTML), read leniently: no document type, no
//! namespaces, unclosed tags forgiven. A child is a run of text or the value of an attribute,
//! entities resolved; its path is `/a/b` or `/a/b/@name`. What an element is called by an attribute (Android's
//! preferences: `<string name="imei">`) or by the element before it (property lists: `<key>imei</key>`) is the name of
//! its values, and stands in the path as in `/map/string[imei]`.

use super::entities::resolve;
use super::look::{lossy, MARKUP};
use super::tree::{Name, Tree, View};
use super::{Codec, Hint};
use crate::record::Step;
use memchr::{memchr, memmem};
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "xml",
    reason: "backups of messages, SOAP, property lists and Android's preferences (XML 1.0, fifth edition)",
    wants: MARKUP,
    recognise,
    open,
    derive,
};

/// Elements inside elements whose names are kept.
const NAMED_DEPTH: usize = 256;

fn recognise(view: &View<'_>) -> bool {
    if !view.text {
        return false;
    }
    let bytes = view
        .bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(view.bytes)
        .trim_ascii_start();
    let named = matches!(bytes, [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'?' | b'!', ..]);
    // A window may begin anywhere.
    let said = || {
        ["text/xml", "application/xml", "text/html"]
            .iter()
            .any(|said| view.says(said))
    };
    (named || said()) && memchr(b'>', &bytes[..bytes.len().min(64 * 1024)]).is_some()
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut reader = Reader {
        tree,
        at,
        bytes: view.bytes,
        outer_key: view.key,
        stems: Vec::new(),
        label: None,
        due: None,
    };
    let mut pos = 0;
    while pos < view.bytes.len() {
        pos = reader.step(pos);
    }
    tree.pop();
    true
}

struct Reader<'r, 'w, 'b> {
    tree: &'r mut Tree<'w>,
    at: usize,
    bytes: &'b [u8],
    outer_key: &'b str,
    /// Path lengths before each open element.
    stems: Vec<usize>,
    /// What the element at hand is called.
    label: Option<&'b str>,
    /// What the next one is called.
    due: Option<&'b str>,
}

/// Attributes that say what an element is called.
const LABELS: [&[u8]; 4] = [b"name", b"key", b"k", b"android:name"];
/// Bytes of such a name.
const LABEL: usize = 64;

impl<'b> Reader<'_, '_, 'b> {
    /// Reads a run of text or one tag; the offset behind it.
    fn step(&mut self, pos: usize) -> usize {
        let rest = &self.bytes[pos..];
        if rest[0] != b'<' {
            let len = memchr(b'<', rest).unwrap_or(rest.len());
            self.text(pos..pos + len);
            return pos + len;
        }
        let skip = |open: usize, close: &[u8]| {
            memmem::find(&rest[open..], close).map_or(rest.len(), |n| open + n + close.len())
        };
        if rest.starts_with(b"<![CDATA[") {
            let len = skip(9, b"]]>");
            let end = if rest[..len].ends_with(b"]]>") {
                len - 3
            } else {
                len
            };
            self.show(pos + 9..pos + end.max(9));
            return pos + len;
        }
        if rest.starts_with(b"<!--") {
            let len = skip(4, b"-->");
            self.text(
                pos + 4
                    ..pos
                        + if rest[..len].ends_with(b"-->") && len >= 7 {
                            len - 3
                        } else {
                            len
                        },
            );
            return pos + len;
        }
        match rest.get(1) {
            Some(b'?') => pos + skip(2, b"?>"),
            Some(b'!') => pos + skip(2, b">"),
            Some(b'/') => {
                if let Some(stem) = self.stems.pop() {
                    self.tree.path(self.at).truncate(stem);
                }
                self.label = None;
                pos + skip(2, b">")
            }
            Some(b) if b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80 => self.tag(pos),
            _ => {
                // A bare `<` in text.
                let len = memchr(b'<', &rest[1..]).map_or(rest.len(), |n| n + 1);
                self.text(pos..pos + len);
                pos + len
            }
        }
    }

    /// Reads a start tag with its attributes; the offset behind it.
    fn tag(&mut self, start: usize) -> usize {
        let mut pos = start + 1 + self.name_len(start + 1);
        let named = self.stems.len() < NAMED_DEPTH;
        let stem = self.tree.path(self.at).len();
        self.stems.push(stem);
        if named {
            let name = lossy(&self.bytes[start + 1..pos]);
            let path = self.tree.path(self.at);
            path.push('/');
            path.push_str(&name);
        }
        self.label = None;
        if let Some(label) = self.due.take() {
            self.call(label);
        }
        loop {
            pos += self.bytes[pos..]
                .iter()
                .take_while(|b| b.is_ascii_whitespace())
                .count();
            match self.bytes.get(pos..) {
                None | Some([]) => return pos,
                Some([b'>', ..]) => return pos + 1,
                Some([b'/', b'>', ..]) => {
                    self.stems.pop();
                    self.tree.path(self.at).truncate(stem);
                    self.label = None;
                    return pos + 2;
                }
                Some(_) => {}
            }
            let name = pos..pos + self.name_len(pos).max(1);
            pos = name.end;
            let Some(&quote @ (b'"' | b'\'')) =
                self.bytes.get(pos + 1).filter(|_| self.bytes[pos] == b'=')
            else {
                continue;
            };
            let value = pos + 2
                ..memchr(quote, &self.bytes[pos + 2..]).map_or(self.bytes.len(), |n| pos + 2 + n);
            pos = (value.end + 1).min(self.bytes.len());
            let element = self.tree.path(self.at).len();
            let attribute = &self.bytes[name];
            let path = self.tree.path(self.at);
            path.push_str("/@");
            path.push_str(&lossy(attribute));
            self.show(value.clone());
            self.tree.path(self.at).truncate(element);
            if LABELS.contains(&attribute) {
                if let Some(label) = label_in(&self.bytes[value]) {
                    self.call(label);
                }
            }
        }
    }

    /// The element at hand has a name of its own.
    fn call(&mut self, label: &'b str) {
        self.label = Some(label);
        let path = self.tree.path(self.at);
        path.push('[');
        path.push_str(label);
        path.push(']');
    }

    /// Length of the name at `pos`.
    fn name_len(&self, pos: usize) -> usize {
        let part = |b: &&u8| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':') || **b >= 0x80
        };
        self.bytes[pos..].iter().take_while(part).count()
    }

    /// Shows a run of text, blanks around it aside, when anything is left.
    fn text(&mut self, range: Range<usize>) {
        let text = &self.bytes[range.clone()];
        let lead = text.len() - text.trim_ascii_start().len();
        let start = range.start + lead;
        let range = start..start + text.trim_ascii().len();
        if self.label.is_none() && self.tree.path(self.at).ends_with("/key") {
            self.due = label_in(&self.bytes[range.clone()]);
        }
        self.show(range);
    }

    fn show(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let path = self.tree.path(self.at);
        let start = path.rfind('/').map_or(0, |slash| slash + 1);
        let start = start + usize::from(path[start..].starts_with('@'));
        let attribute = &path[start..];
        // An attribute has a name of its own, unless it is just the value.
        let called = self
            .label
            .filter(|_| !path[..start].ends_with('@') || attribute == "value");
        let name = match called {
            Some(label) => Name::Given(label),
            None if path.is_empty() => Name::Given(self.outer_key),
            None => self.tree.name_from(self.at, start),
        };
        self.tree.aim(self.at, &range);
        let raw = &self.bytes[range];
        if memchr(b'&', raw).is_none() {
            self.tree.show(raw, true, name, &Hint::default());
            return;
        }
        let mut out = Vec::with_capacity(raw.len());
        resolve(raw, &mut out);
        if self.tree.spend(out.len()) {
            self.tree.show(&out, false, name, &Hint::default());
        }
    }
}

/// A name of some readable characters.
fn label_in(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let good = (1..=LABEL).contains(&text.len()) && !text.contains(['&', '[', ']', '/', '\n']);
    good.then_some(text)
}

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    resolve(raw, out);
    true
}
