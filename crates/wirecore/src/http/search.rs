//! Looking for the next start line in bytes whose framing is lost: after a gap, in a stream joined
//! midway, behind something malformed.

use super::head::{is_method, parse_start_line};
use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

/// Longest start line that is looked for.
pub(super) const LINE_MAX: usize = 8 * 1024;

/// What a search found.
pub(super) enum Found {
    /// A start line begins here.
    At(usize),
    /// None does before this offset; what follows is an unfinished line that may hold one.
    NotBefore(usize),
}

/// Searches `bytes`; lines before `from` were searched already.
pub(super) fn search(bytes: &[u8]) -> Found {
    // Most bodies never say the word: one fast pass decides.
    let finder = Finder::new(b"HTTP/1.");
    let mut pos = 0;
    while let Some(at) = finder.find(&bytes[pos..]).map(|n| pos + n) {
        let start = memrchr(b'\n', &bytes[..at]).map_or(0, |n| n + 1);
        let Some(end) = memchr(b'\n', &bytes[at..]).map(|n| at + n) else {
            return Found::NotBefore(start);
        };
        let line = bytes[start..end]
            .strip_suffix(b"\r")
            .unwrap_or(&bytes[start..end]);
        if let Some(n) = start_line(line) {
            return Found::At(start + n);
        }
        pos = end + 1;
    }
    Found::NotBefore(memrchr(b'\n', bytes).map_or(0, |n| n + 1))
}

/// Offset of the start line that ends this line.
fn start_line(line: &[u8]) -> Option<usize> {
    // A later "HTTP/1." on the same line is nearer to its end.
    let line_start = line.len().saturating_sub(LINE_MAX);
    let line = &line[line_start..];
    let at = memchr::memmem::rfind(line, b"HTTP/1.")?;
    if parse_start_line(&line[at..]).is_some() {
        return Some(line_start + at);
    }
    // A request: its method is the last one that stands before a target.
    let mut end = at.checked_sub(1)?;
    while let Some(space) = memrchr(b' ', &line[..end]) {
        let letters = line[..space]
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_uppercase())
            .count();
        let target = line.get(space + 1);
        let plausible =
            matches!(target, Some(b'/' | b'*')) || line[space + 1..].starts_with(b"http");
        for start in space - letters..space {
            let method = &line[start..space];
            let known = METHODS.iter().any(|m| m.as_bytes() == method);
            if plausible && known && is_method(method) && parse_start_line(&line[start..]).is_some()
            {
                return Some(line_start + start);
            }
        }
        end = space;
    }
    None
}

/// Methods that are believed in the middle of unknown bytes.
const METHODS: &[&str] = &[
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "MERGE",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
];
