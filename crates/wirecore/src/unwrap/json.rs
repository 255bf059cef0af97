//! JSON (RFC 8259), read leniently: a cut document yields what was read, several documents in a
//! row (NDJSON) are read one after the other. A child is a scalar: a string without its quotes and
//! escapes, a number or a literal as written. Its path is the JSON Pointer (RFC 6901), preceded by
//! `N:` in the N-th further document and by `?:` where a window began inside one; its range is the
//! raw scalar (inside the quotes). A member's name that holds escapes is a child too: its path ends
//! in `#`.

use super::json_string::{string_end, unescape, unescaped};
use super::look::{lossy, valid_prefix, BRACE};
use super::tree::{Name, Tree, View};
use super::{Codec, Hint};
use crate::record::Step;
use memchr::memchr;
use std::borrow::Cow;
use std::fmt::Write as _;

pub(super) const CODEC: Codec = Codec {
    name: "json",
    reason:
        "the body format of most mobile interfaces (RFC 8259), also inside strings and as NDJSON",
    wants: BRACE,
    recognise,
    open,
    derive,
};

/// Containers inside containers whose names are kept; deeper ones are read without a path of their own.
const NAMED_DEPTH: usize = 256;

/// Containers inside containers that are read; deeper ones are an attack.
const DEPTH_MAX: usize = 10_000;

/// Bytes before a document (a callback's name, an event's field) or between two.
const PREFIX_MAX: usize = 128;

/// Bytes in which a window's first member is looked for.
const MEMBER_WITHIN: usize = 256 * 1024;

fn recognise(view: &View<'_>) -> bool {
    view.text && start(view).is_some()
}

/// Where reading starts, and whether inside a document whose beginning was not seen.
fn start(view: &View<'_>) -> Option<(usize, bool)> {
    let bytes = view.bytes;
    if let Some(pos) = document_start(bytes, 0) {
        return Some((pos, false));
    }
    let pos = is_announced(view).then(|| first_member(bytes)).flatten()?;
    Some((pos, true))
}

fn is_announced(view: &View<'_>) -> bool {
    view.says("application/json") || view.says("text/json")
}

/// Offset of the document that begins at `from` or shortly behind it.
fn document_start(bytes: &[u8], from: usize) -> Option<usize> {
    let from = blank(bytes, from);
    let near = &bytes[from..bytes.len().min(from + PREFIX_MAX)];
    let brace = from + near.iter().position(|&b| matches!(b, b'{' | b'['))?;
    // A mark, a guard line against inclusion as a script, `callback(`, `data: `; no pairs, no tags,
    // no sentences.
    let prefix = &bytes[from..brace];
    let short = prefix.is_empty()
        || matches!(
            prefix.last(),
            Some(b'(' | b' ' | b'\n' | b':' | b'\xbf' | b',')
        ) && !prefix
            .iter()
            .any(|b| matches!(b, b'=' | b'&' | b'<' | b'%' | b'"' | b'\\'))
            && prefix.iter().filter(|&&b| b == b' ').nth(3).is_none();
    let inner = bytes.get(blank(bytes, brace + 1))?;
    let fits = match bytes[brace] {
        b'{' => matches!(inner, b'"' | b'}'),
        _ => matches!(
            inner,
            b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'
        ),
    };
    (short && fits).then_some(brace)
}

/// Offset of the first `"name":` behind a comma or brace: where a window that begins in the middle
/// of a document can be read from.
fn first_member(bytes: &[u8]) -> Option<usize> {
    let near = &bytes[..bytes.len().min(MEMBER_WITHIN)];
    memchr::memchr_iter(b'"', near).find(|&quote| {
        let before = near[..quote].trim_ascii_end();
        matches!(before.last(), Some(b',' | b'{')) && is_member(near, quote)
    })
}

/// True when a member's name begins at this quote.
fn is_member(bytes: &[u8], quote: usize) -> bool {
    let end = string_end(bytes, quote + 1).map(|(end, _)| end);
    end.is_some_and(|end| bytes.get(blank(bytes, end + 1)) == Some(&b':'))
}

/// First offset from `pos` on that is not blank.
#[inline]
fn blank(bytes: &[u8], mut pos: usize) -> usize {
    while matches!(bytes.get(pos), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        pos += 1;
    }
    pos
}

enum Kind {
    Object,
    /// With the index of the next item.
    Array(u64),
    /// Whatever a window began inside of: it never closes, and holds members or items.
    Unseen,
}

/// An open array or object.
struct Frame {
    /// Length of the pointer up to this container.
    stem: usize,
    kind: Kind,
    /// Where the name of this container stands in the path, for the items of arrays.
    name: (usize, usize),
}

/// Why reading stopped.
enum Stop {
    /// At the end of the input, inside a document or not.
    End,
    /// At something that is not JSON.
    NotJson,
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some((pos, inside)) = start(view) else {
        return false;
    };
    let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut reader = Reader {
        tree,
        at,
        bytes: view.bytes,
        text: valid_prefix(view.bytes),
        outer_key: view.key,
        announced: is_announced(view),
        frames: Vec::new(),
        scratch: Vec::new(),
        name: (0, 0),
    };
    let stop = reader.documents(pos, inside);
    tree.pop();
    matches!(stop, Stop::End)
}

struct Reader<'r, 'w, 'b> {
    tree: &'r mut Tree<'w>,
    at: usize,
    bytes: &'b [u8],
    /// The same as text, as far as it is one: validated once, not name by name.
    text: &'b str,
    outer_key: &'b str,
    /// The Content-Type says JSON.
    announced: bool,
    frames: Vec<Frame>,
    scratch: Vec<u8>,
    /// Where the name of the member at hand stands in the path; nowhere before the first.
    name: (usize, usize),
}

impl<'b> Reader<'_, '_, 'b> {
    /// Reads document after document. `inside`: the first one from a member on.
    fn documents(&mut self, mut pos: usize, mut inside: bool) -> Stop {
        let mut number = 0u64;
        loop {
            let path = self.tree.path(self.at);
            path.clear();
            if inside {
                path.push_str("?:");
                self.frames.push(Frame {
                    stem: 2,
                    kind: Kind::Unseen,
                    name: (0, 0),
                });
            } else if number > 0 {
                let _ = write!(path, "{number}:");
            }
            self.name = (0, 0);
            let first = if std::mem::take(&mut inside) {
                self.member(pos)
            } else {
                Ok(pos)
            };
            match first.and_then(|pos| self.document(pos)) {
                Ok(end) => pos = blank(self.bytes, end),
                Err(stop) => return stop,
            }
            number += 1;
            let rest = &self.bytes[pos..];
            if rest.is_empty() {
                return Stop::End;
            }
            // RFC 7464 separates texts with RS.
            let between = usize::from(matches!(rest[0], b'\x1e' | b','));
            match document_start(self.bytes, pos + between) {
                Some(next) => pos = next,
                // The end of a callback.
                None if rest.len() < 8 && rest.iter().all(|b| !b.is_ascii_alphanumeric()) => {
                    return Stop::End
                }
                // A window that began inside a document: what looked like one was a part of it.
                None => {
                    let member = first_member(rest).filter(|_| self.announced);
                    let Some(at) = member else {
                        return Stop::NotJson;
                    };
                    pos += at;
                    inside = true;
                }
            }
        }
    }

    /// Reads one document, or the rest of one that is open; the offset behind it.
    fn document(&mut self, mut pos: usize) -> Result<usize, Stop> {
        loop {
            // A value is due.
            pos = blank(self.bytes, pos);
            let &first = self.bytes.get(pos).ok_or(Stop::End)?;
            match first {
                b'{' | b'[' => {
                    self.enter(first == b'[', pos)?;
                    pos = blank(self.bytes, pos + 1);
                    let close = first + 2;
                    if self.bytes.get(pos) == Some(&close) {
                        // Falls through to the closing below.
                    } else if first == b'{' {
                        pos = self.member(pos)?;
                        continue;
                    } else {
                        self.item();
                        continue;
                    }
                }
                b'"' => pos = self.string(pos + 1)?,
                _ => pos = self.scalar(pos)?,
            }
            // A value has ended: close what closes, then the next member or item.
            loop {
                if self.frames.is_empty() {
                    return Ok(pos);
                }
                pos = blank(self.bytes, pos);
                match self.bytes.get(pos).ok_or(Stop::End)? {
                    b'}' | b']' => {
                        self.leave();
                        pos += 1;
                    }
                    b',' => {
                        pos = blank(self.bytes, pos + 1);
                        match self.bytes.get(pos).ok_or(Stop::End)? {
                            // A trailing comma.
                            b'}' | b']' => continue,
                            _ if self.expects_member(pos) => pos = self.member(pos)?,
                            _ => self.item(),
                        }
                        break;
                    }
                    _ => return Err(Stop::NotJson),
                }
            }
        }
    }

    /// True when a member, not an item, is due at `pos`.
    fn expects_member(&self, pos: usize) -> bool {
        match self.frames.last().map(|frame| &frame.kind) {
            Some(Kind::Array(_)) | None => false,
            Some(Kind::Object) => true,
            Some(Kind::Unseen) => self.bytes[pos] == b'"' && is_member(self.bytes, pos),
        }
    }

    fn enter(&mut self, array: bool, pos: usize) -> Result<(), Stop> {
        if self.frames.len() >= DEPTH_MAX {
            self.tree
                .bound("unwrap_depth", (self.bytes.len() - pos) as u64);
            return Err(Stop::End);
        }
        let stem = self.tree.path(self.at).len();
        let kind = if array { Kind::Array(0) } else { Kind::Object };
        self.frames.push(Frame {
            stem,
            kind,
            name: self.name,
        });
        Ok(())
    }

    /// Part of the document as text.
    fn text_at(&self, start: usize, end: usize) -> Cow<'b, str> {
        match self.text.get(start..end) {
            Some(text) => Cow::Borrowed(text),
            None => lossy(&self.bytes[start..end]),
        }
    }

    /// The name of the value at hand: its member's, or, in documents without any, of whatever held
    /// the document.
    fn named(&self) -> Name<'b> {
        match self.name {
            (_, 0) => Name::Given(self.outer_key),
            (start, end) => Name::Path {
                at: self.at,
                start,
                end,
            },
        }
    }

    fn leave(&mut self) {
        if matches!(
            self.frames.last(),
            Some(Frame {
                kind: Kind::Unseen,
                ..
            })
        ) {
            return;
        }
        if let Some(frame) = self.frames.pop() {
            self.tree.path(self.at).truncate(frame.stem);
        }
    }

    /// The next item of an array: its index ends the pointer, its key is the array's.
    fn item(&mut self) {
        let named = self.frames.len() <= NAMED_DEPTH;
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        self.name = frame.name;
        let path = self.tree.path(self.at);
        path.truncate(frame.stem);
        if let Kind::Array(index) = &mut frame.kind {
            if named {
                path.push('/');
                push_number(path, *index);
            }
            *index += 1;
        }
    }

    /// Reads a member's name and colon; the offset behind.
    fn member(&mut self, pos: usize) -> Result<usize, Stop> {
        match self.bytes.get(pos) {
            None => return Err(Stop::End),
            Some(b'"') => {}
            Some(_) => return Err(Stop::NotJson),
        }
        let start = pos + 1;
        let (end, escaped) = string_end(self.bytes, start).ok_or(Stop::End)?;
        let colon = blank(self.bytes, end + 1);
        match self.bytes.get(colon) {
            None => return Err(Stop::End),
            Some(b':') => {}
            Some(_) => return Err(Stop::NotJson),
        }
        let named = self.frames.len() <= NAMED_DEPTH;
        let stem = self.frames.last().map_or(0, |frame| frame.stem);
        let name = self.text_at(start, end);
        let path = self.tree.path(self.at);
        path.truncate(stem);
        if named {
            path.push('/');
            if escaped {
                push_name(path, &unescaped(name.as_bytes()));
            } else {
                push_name(path, &name);
            }
            self.name = (stem + 1, path.len());
        }
        if escaped {
            self.show_name(start, end);
        } else {
            let name = &self.bytes[start..end];
            self.tree
                .show_name(self.at, &(start..end), name, self.outer_key);
        }
        Ok(colon + 1)
    }

    /// Shows a member's name that holds escapes: as a fact it could not be found as written.
    fn show_name(&mut self, start: usize, end: usize) {
        let mut name = Vec::new();
        unescape(&self.bytes[start..end], &mut name);
        if self.tree.spend(name.len()) {
            self.tree.aim(self.at, &(start..end));
            self.tree.path(self.at).push('#');
            self.tree.show(&name, false, self.named(), &Hint::default());
            self.tree.path(self.at).pop();
        }
    }

    /// Shows the string whose first byte (behind the quote) stands at `start`; the offset behind it.
    fn string(&mut self, start: usize) -> Result<usize, Stop> {
        let (end, escaped, cut) = match string_end(self.bytes, start) {
            Some((end, escaped)) => (end, escaped, false),
            None => (
                self.bytes.len(),
                memchr(b'\\', &self.bytes[start..]).is_some(),
                true,
            ),
        };
        self.tree.aim(self.at, &(start..end));
        let raw = &self.bytes[start..end];
        if escaped {
            let mut scratch = std::mem::take(&mut self.scratch);
            scratch.clear();
            unescape(raw, &mut scratch);
            if self.tree.spend(scratch.len()) {
                self.tree
                    .show(&scratch, false, self.named(), &Hint::default());
            }
            self.scratch = scratch;
        } else {
            self.tree.show_quoted(raw, self.named());
        }
        if cut {
            Err(Stop::End)
        } else {
            Ok(end + 1)
        }
    }

    /// Shows a number or literal; the offset behind it.
    fn scalar(&mut self, pos: usize) -> Result<usize, Stop> {
        let len = self.bytes[pos..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            .count();
        if len == 0 {
            return Err(Stop::NotJson);
        }
        let range = pos..pos + len;
        self.tree.aim(self.at, &range);
        self.tree.show_plain(&self.bytes[range], self.named());
        Ok(pos + len)
    }
}

fn push_number(path: &mut String, number: u64) {
    if number < 10 {
        path.push((b'0' + number as u8) as char);
    } else {
        let _ = write!(path, "{number}");
    }
}

/// Appends a member's name as a reference token: `~` and `/` are escaped (RFC 6901, section 3).
fn push_name(path: &mut String, name: &str) {
    // Every byte is looked at: without an early end the loop becomes vector code.
    let escaped = |b: u8| u8::from(b == b'~') | u8::from(b == b'/');
    if name.bytes().fold(0, |any, b| any | escaped(b)) == 0 {
        path.push_str(name);
        return;
    }
    for c in name.chars() {
        match c {
            '~' => path.push_str("~0"),
            '/' => path.push_str("~1"),
            _ => path.push(c),
        }
    }
}

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    unescape(raw, out);
    true
}
