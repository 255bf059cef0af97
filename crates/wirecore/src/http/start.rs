//! Is this HTTP? Decided on the first bytes of a stream or of what follows a message.

use super::head::{is_method, parse_start_line, METHOD_MAX};
use super::search::LINE_MAX;
use memchr::memchr;

/// The client preface of HTTP/2 with prior knowledge (RFC 9113, section 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
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

/// Whether the first bytes of a stream (either direction) are HTTP/1.x or the preface of HTTP/2;
/// `None` when more are needed.
pub fn looks_like_http(first: &[u8]) -> Option<bool> {
    let text = first.trim_ascii_start();
    if text.starts_with(STATUS) || text.starts_with(PREFACE) {
        return Some(true);
    }
    if text.is_empty() || PREFACE.starts_with(text) {
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
