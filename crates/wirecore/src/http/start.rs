//! Is this HTTP, and which? Decided on the first bytes of a stream or of what follows a message.

use super::h2;
use super::head::{is_method, parse_start_line, METHOD_MAX};
use super::search::LINE_MAX;
use memchr::memchr;

/// What every status line begins with.
pub(super) const STATUS: &[u8] = b"HTTP/1.";
/// These words open no other protocol; the others wait for the end of their line.
const OURS: [&[u8]; 6] = [
    b"GET /",
    b"POST /",
    b"PUT /",
    b"HEAD /",
    b"DELETE /",
    b"PATCH /",
];

/// True when `first`, the beginning of a stream or of what follows a message, may begin a head.
pub(super) fn could_begin(first: &[u8]) -> bool {
    if let Some(end) = memchr(b'\n', first) {
        let text = &first[..end];
        return parse_start_line(text.strip_suffix(b"\r").unwrap_or(text)).is_some();
    }
    if STATUS.starts_with(&first[..first.len().min(STATUS.len())]) {
        return true;
    }
    let letters = first
        .iter()
        .take_while(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'))
        .count();
    match first.get(letters) {
        None => letters <= METHOD_MAX,
        Some(b' ') => is_method(&first[..letters]),
        Some(_) => false,
    }
}

/// Whether the first bytes of a stream (either direction) are HTTP/1.x; `None` when more are needed.
fn looks_like_http1(first: &[u8]) -> Option<bool> {
    let text = first.trim_ascii_start();
    if text.starts_with(STATUS) {
        return Some(true);
    }
    if text.is_empty() {
        return if first.len() > LINE_MAX {
            Some(false)
        } else {
            None
        };
    }
    if !could_begin(text) {
        return Some(false);
    }
    let line = &text[..text.len().min(LINE_MAX)];
    if OURS.iter().any(|word| text.starts_with(word)) || memchr(b'\n', line).is_some() {
        return Some(true);
    }
    if first.len() > LINE_MAX {
        Some(false)
    } else {
        None
    }
}

/// The version of HTTP that a stream speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0 or HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

/// Which version of HTTP the first bytes of a stream (either direction) are, if any; `None` when more are needed.
pub fn looks_like_http(first: &[u8]) -> Option<Option<Version>> {
    match (looks_like_http1(first), h2::begins(first)) {
        (Some(true), _) => Some(Some(Version::One)),
        (_, Some(true)) => Some(Some(Version::Two)),
        (Some(false), Some(false)) => Some(None),
        _ => None,
    }
}

/// As [`looks_like_http`], when no more bytes will come.
pub fn was_http(first: &[u8]) -> Option<Version> {
    looks_like_http(first).unwrap_or_else(|| h2::is_one_frame(first).then_some(Version::Two))
}
