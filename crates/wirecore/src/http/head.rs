//! A message head (RFC 9112, sections 2 to 5): the bytes from start line to empty line in, names
//! and values out as slices of them. Read leniently, as receivers do: bare LF, folded lines, blanks
//! before the colon. Needs all of the head; [`end_of_head`] says when that is there.

use crate::record::Dir;
use memchr::{memchr, memchr_iter, memrchr};

/// One header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Name as sent; compare without case.
    pub name: &'a str,
    /// Value without blanks around it; a folded value keeps its line breaks.
    pub value: &'a [u8],
}

/// Start line and headers of one message.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// Who sent it.
    pub dir: Dir,
    /// False for a response.
    pub is_request: bool,
    /// Method, or empty for a response.
    pub method: &'a str,
    /// Request target as sent, or empty for a response.
    pub target: &'a [u8],
    /// 10 or 11 (a higher minor version counts as 11).
    pub version: u8,
    /// Status code, 0 for a request.
    pub status: u16,
    /// Reason phrase of a response.
    pub reason: &'a [u8],
    /// Header lines in order.
    pub headers: Vec<Header<'a>>,
    /// The head as sent, to the empty line inclusive.
    pub raw: &'a [u8],
    /// Offset of its first byte in the stream of its direction.
    pub offset: u64,
    /// Number of the message in its direction, from 0; interim (1xx) responses count.
    pub number: u32,
    /// For a response: `number` of the request that it answers, when that is known.
    pub answers: Option<u32>,
}

impl<'a> Head<'a> {
    /// Value of the first header of that name (any case).
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        get(&self.headers, name)
    }

    /// As [`Head::get`], when it is UTF-8.
    pub fn get_text(&self, name: &str) -> Option<&'a str> {
        self.get(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// Value of the first header of that name (any case).
pub(super) fn get<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a [u8]> {
    values(headers, name).next()
}

/// Values of all headers of that name (any case).
pub(super) fn values<'h, 'a: 'h>(
    headers: &'h [Header<'a>],
    name: &'h str,
) -> impl Iterator<Item = &'a [u8]> + 'h {
    headers
        .iter()
        .filter(move |h| h.name.eq_ignore_ascii_case(name))
        .map(|h| h.value)
}

/// A start line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartLine<'a> {
    Request {
        method: &'a str,
        target: &'a [u8],
        version: u8,
    },
    Status {
        version: u8,
        status: u16,
        reason: &'a [u8],
    },
}

/// Longest method that is believed; the longest registered one has 16 letters.
pub(super) const METHOD_MAX: usize = 24;

/// Parses a start line without its line end.
pub(super) fn parse_start_line(line: &[u8]) -> Option<StartLine<'_>> {
    if let Some(rest) = line.strip_prefix(b"HTTP/1.") {
        let version = version(*rest.first()?)?;
        let rest = rest[1..].strip_prefix(b" ")?;
        let digits = rest.get(..3)?;
        if !digits.iter().all(u8::is_ascii_digit) || !matches!(rest.get(3), None | Some(b' ')) {
            return None;
        }
        let status = digits.iter().fold(0, |n, &b| n * 10 + u16::from(b - b'0'));
        return (status >= 100).then(|| StartLine::Status {
            version,
            status,
            reason: rest.get(4..).unwrap_or_default(),
        });
    }
    let space = memchr(b' ', &line[..line.len().min(METHOD_MAX + 1)])?;
    let method = &line[..space];
    if !is_method(method) {
        return None;
    }
    let last = memrchr(b' ', line)?;
    let minor = line[last + 1..].strip_prefix(b"HTTP/1.")?;
    if minor.len() != 1 || last <= space {
        return None;
    }
    let target = line[space + 1..last].trim_ascii();
    let method = std::str::from_utf8(method).ok()?;
    (!target.is_empty()).then_some(StartLine::Request {
        method,
        target,
        version: version(minor[0])?,
    })
}

fn version(minor: u8) -> Option<u8> {
    match minor {
        b'0' => Some(10),
        b'1'..=b'9' => Some(11),
        _ => None,
    }
}

/// Methods are tokens by the grammar, and capital letters in the registry (and in life).
pub(super) fn is_method(text: &[u8]) -> bool {
    (3..=METHOD_MAX).contains(&text.len())
        && text
            .iter()
            .all(|&b| b.is_ascii_uppercase() || b == b'-' || b == b'_')
}

/// Offset behind the empty line that ends the head; lines before `from` are known not to be it.
pub(super) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    for at in memchr_iter(b'\n', &bytes[from..]).map(|n| from + n) {
        match bytes.get(at + 1) {
            Some(b'\n') => return Some(at + 2),
            Some(b'\r') if bytes.get(at + 2) == Some(&b'\n') => return Some(at + 3),
            _ => {}
        }
    }
    None
}

/// Where to go on looking once more bytes follow `len` ones.
pub(super) fn look_again(len: usize) -> usize {
    len.saturating_sub(2)
}

/// One line without its end, and the offset behind it.
pub(super) fn line(bytes: &[u8], start: usize) -> (&[u8], usize) {
    let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
    let text = &bytes[start..end];
    (
        text.strip_suffix(b"\r").unwrap_or(text),
        (end + 1).min(bytes.len()),
    )
}

/// Parses header lines up to the empty one; the second value counts lines that are none.
pub(super) fn parse_headers(bytes: &[u8]) -> (Vec<Header<'_>>, usize) {
    let mut headers: Vec<Header<'_>> = Vec::with_capacity(16);
    let mut bad = 0;
    let mut pos = 0;
    // Where the value of the last header begins, so that a folded line can lengthen it.
    let mut value_start = None;
    while pos < bytes.len() {
        let (text, next) = line(bytes, pos);
        if text.is_empty() {
            break;
        }
        if matches!(text[0], b' ' | b'\t') {
            match (headers.last_mut(), value_start) {
                (Some(header), Some(start)) => {
                    header.value = bytes[start..pos + text.len()].trim_ascii();
                }
                _ => bad += 1,
            }
        } else if let Some((name, at)) = header_name(text) {
            value_start = Some(pos + at);
            headers.push(Header {
                name,
                value: text[at..].trim_ascii(),
            });
        } else {
            value_start = None;
            bad += 1;
        }
        pos = next;
    }
    (headers, bad)
}

/// The name of a header line and where its value begins.
fn header_name(text: &[u8]) -> Option<(&str, usize)> {
    let colon = memchr(b':', text)?;
    let name = text[..colon].trim_ascii_end();
    let visible = !name.is_empty() && name.iter().all(|&b| b.is_ascii_graphic());
    visible.then(|| std::str::from_utf8(name).ok().map(|name| (name, colon + 1)))?
}
