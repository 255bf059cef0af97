//! JSON (RFC 8259), read leniently: a cut document yields what was read, several documents in a
//! row (NDJSON) are read one after the other. A child is a scalar: a string without its quotes and
//! escapes, a number or a literal as written. Its path is the JSON Pointer (RFC 6901), preceded by
//! `N:` in the N-th further document; its range is the raw scalar (inside the quotes).

use super::look::{lossy, BRACE};
use super::percent::hex_digit;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;
use memchr::{memchr, memchr2};
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

fn recognise(view: &View<'_>) -> bool {
    view.text && start(view.bytes).is_some()
}

/// Offset of the first document, when the bytes begin like one.
fn start(bytes: &[u8]) -> Option<usize> {
    let mut pos = if bytes.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    pos = blank(bytes, pos);
    if bytes[pos..].starts_with(b")]}'") {
        // A guard line against inclusion as a script.
        pos = blank(bytes, pos + memchr(b'\n', &bytes[pos..])?);
    }
    let inner = bytes.get(blank(bytes, pos + 1)).copied();
    match (bytes.get(pos)?, inner?) {
        (b'{', b'"' | b'}') => Some(pos),
        (b'[', b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Some(pos),
        _ => None,
    }
}

/// First offset from `pos` on that is not blank.
fn blank(bytes: &[u8], mut pos: usize) -> usize {
    while matches!(bytes.get(pos), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        pos += 1;
    }
    pos
}

/// An open array or object.
struct Frame {
    /// Length of the pointer up to this container.
    stem: usize,
    /// Next index of an array; `None` in an object.
    index: Option<u64>,
    /// Where the name of this container stands in the bytes, for the keys of array items.
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
    let Some(pos) = start(view.bytes) else {
        return false;
    };
    let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut reader = Reader {
        tree,
        at,
        bytes: view.bytes,
        outer_key: view.key,
        frames: Vec::new(),
        scratch: Vec::new(),
        name: (0, 0),
        key: view.key.to_owned(),
    };
    let stop = reader.documents(pos);
    tree.pop();
    matches!(stop, Stop::End)
}

struct Reader<'r, 'w, 'b> {
    tree: &'r mut Tree<'w>,
    at: usize,
    bytes: &'b [u8],
    outer_key: &'b str,
    frames: Vec<Frame>,
    scratch: Vec<u8>,
    /// Where the member name that precedes the value at hand stands.
    name: (usize, usize),
    /// That name.
    key: String,
}

impl Reader<'_, '_, '_> {
    fn documents(&mut self, mut pos: usize) -> Stop {
        let mut number = 0u64;
        loop {
            self.tree.path(self.at).clear();
            if number > 0 {
                let _ = write!(self.tree.path(self.at), "{number}:");
            }
            self.rename((0, 0));
            match self.document(pos) {
                Ok(end) => pos = blank(self.bytes, end),
                Err(stop) => return stop,
            }
            number += 1;
            match self.bytes.get(pos) {
                None => return Stop::End,
                // RFC 7464 separates texts with RS.
                Some(b'\x1e' | b',') => pos = blank(self.bytes, pos + 1),
                Some(b'{' | b'[') => {}
                Some(_) => return Stop::NotJson,
            }
        }
    }

    /// Reads one document; the offset behind it.
    fn document(&mut self, mut pos: usize) -> Result<usize, Stop> {
        let base = self.frames.len();
        loop {
            // A value is due.
            pos = blank(self.bytes, pos);
            let &first = self.bytes.get(pos).ok_or(Stop::End)?;
            match first {
                b'{' | b'[' => {
                    self.enter(first == b'[');
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
                if self.frames.len() == base {
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
                        let array = self
                            .frames
                            .last()
                            .is_some_and(|frame| frame.index.is_some());
                        match self.bytes.get(pos).ok_or(Stop::End)? {
                            // A trailing comma.
                            b'}' | b']' => continue,
                            _ if array => self.item(),
                            _ => pos = self.member(pos)?,
                        }
                        break;
                    }
                    _ => return Err(Stop::NotJson),
                }
            }
        }
    }

    fn enter(&mut self, array: bool) {
        let stem = self.tree.path(self.at).len();
        self.frames.push(Frame {
            stem,
            index: array.then_some(0),
            name: self.name,
        });
    }

    /// Names the value at hand: a member of that name, or, in documents without any, whatever held
    /// the document.
    fn rename(&mut self, name: (usize, usize)) {
        if name == self.name {
            return;
        }
        self.name = name;
        self.key.clear();
        if name.1 == 0 {
            self.key.push_str(self.outer_key);
        } else {
            self.key.push_str(&lossy(&self.bytes[name.0..name.1]));
        }
    }

    fn leave(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.tree.path(self.at).truncate(frame.stem);
            self.rename(frame.name);
        }
    }

    /// The next item of an array: its index ends the pointer, its key is the array's.
    fn item(&mut self) {
        let named = self.frames.len() <= NAMED_DEPTH;
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let index = frame.index.unwrap_or(0);
        frame.index = Some(index + 1);
        let (stem, name) = (frame.stem, frame.name);
        self.rename(name);
        let path = self.tree.path(self.at);
        path.truncate(stem);
        if named {
            path.push('/');
            push_number(path, index);
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
        self.rename((start, end));
        let named = self.frames.len() <= NAMED_DEPTH;
        let stem = self.frames.last().map_or(0, |frame| frame.stem);
        let path = self.tree.path(self.at);
        path.truncate(stem);
        if named {
            path.push('/');
            if escaped {
                push_name(path, &unescaped(&self.bytes[start..end]));
            } else {
                push_name(path, &self.key);
            }
        }
        Ok(colon + 1)
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
                self.tree.show(&scratch, false, &self.key, &Hint::default());
            }
            self.scratch = scratch;
        } else {
            self.tree.show(raw, true, &self.key, &Hint::default());
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
        self.tree.show_plain(&self.bytes[range], &self.key);
        Ok(pos + len)
    }
}

/// End of the string whose content begins at `start`, and whether it holds escapes.
#[inline]
fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut pos = start;
    let mut escaped = false;
    loop {
        pos += quote_or_escape(bytes.get(pos..)?)?;
        if bytes[pos] == b'"' {
            return Some((pos, escaped));
        }
        escaped = true;
        pos += 2;
    }
}

/// Offset of the first quote or backslash. Most strings are short: eight bytes at a time in a
/// register beat a call; long ones go to the vector search.
#[inline]
fn quote_or_escape(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let mut pos = 0;
    while pos < 32 {
        let Some(eight) = bytes[pos.min(bytes.len())..].first_chunk::<8>() else {
            break;
        };
        let word = u64::from_le_bytes(*eight);
        let hits = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if hits != 0 {
            return Some(pos + hits.trailing_zeros() as usize / 8);
        }
        pos += 8;
    }
    memchr2(b'"', b'\\', &bytes[pos.min(bytes.len())..]).map(|n| pos + n)
}

fn push_number(path: &mut String, number: u64) {
    if number < 10 {
        path.push((b'0' + number as u8) as char);
    } else {
        let _ = write!(path, "{number}");
    }
}

fn unescaped(raw: &[u8]) -> String {
    let mut out = Vec::new();
    unescape(raw, &mut out);
    lossy(&out).into_owned()
}

/// Appends a member's name as a reference token: `~` and `/` are escaped (RFC 6901, section 3).
fn push_name(path: &mut String, name: &str) {
    if !name.bytes().any(|b| matches!(b, b'~' | b'/')) {
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

/// Appends `raw` to `out` without its escapes (RFC 8259, section 7). What is no escape stays as it
/// is; a lone surrogate becomes U+FFFD.
pub(super) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut pos = 0;
    while let Some(n) = memchr(b'\\', &raw[pos..]) {
        out.extend_from_slice(&raw[pos..pos + n]);
        pos += n;
        let plain = match raw.get(pos + 1) {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(&c @ (b'"' | b'\\' | b'/')) => c,
            Some(b'u') => {
                pos += unescape_unit(&raw[pos..], out);
                continue;
            }
            _ => {
                out.push(b'\\');
                pos += 1;
                continue;
            }
        };
        out.push(plain);
        pos += 2;
    }
    out.extend_from_slice(&raw[pos..]);
}

/// Decodes `\uXXXX` (or a pair of surrogates) at the start of `raw`; how many bytes it took.
pub(super) fn unescape_unit(raw: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(high) = unit(raw) else {
        out.push(raw[0]);
        return 1;
    };
    let (code, len) = match high {
        0xD800..=0xDBFF => match raw.get(6..).and_then(unit) {
            Some(low @ 0xDC00..=0xDFFF) => (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12),
            _ => (0xFFFD, 6),
        },
        _ => (high, 6),
    };
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    len
}

/// The code unit of `\uXXXX` at the start of `raw`.
fn unit(raw: &[u8]) -> Option<u32> {
    let digits = raw.strip_prefix(b"\\u")?.get(..4)?;
    digits
        .iter()
        .try_fold(0, |code, &b| Some(code << 4 | u32::from(hex_digit(b)?)))
}
