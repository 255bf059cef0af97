//! Multipart bodies (RFC 2046, section 5.1; RFC 7578): children are the parts' bodies, with the
//! path `part:N`, and their headers, `head:N`. The boundary comes from the Content-Type or, when
//! that is silent or lies, from the first line. A window may begin or end inside a part.

use super::look::{lossy, LINES};
use super::tree::{Tree, View};
use super::{as_it_stands, quoted_printable, Codec, Hint};
use memchr::memmem::Finder;
use memchr::{memchr, memmem};
use std::borrow::Cow;

pub(super) const CODEC: Codec = Codec {
    name: "multipart",
    reason: "uploads of files and batches (RFC 2046, RFC 7578)",
    wants: LINES,
    recognise,
    open,
    derive: as_it_stands,
};

/// Longest boundary believed; RFC 2046 allows 70.
const BOUNDARY_MAX: usize = 200;

/// Longest rest of headers believed at the beginning of a window.
const HEAD_REST_MAX: usize = 512;

fn recognise(view: &View<'_>) -> bool {
    boundary(view).is_some()
}

/// The delimiter: two hyphens and the boundary.
fn boundary<'a>(view: &View<'a>) -> Option<Cow<'a, [u8]>> {
    if let Some(name) =
        parameter(view.hint.content_type, "boundary").filter(|_| view.says("multipart/"))
    {
        let delimiter = [b"--", name.as_bytes()].concat();
        if !name.is_empty()
            && name.len() <= BOUNDARY_MAX
            && memmem::find(view.bytes, &delimiter).is_some()
        {
            return Some(Cow::Owned(delimiter));
        }
    }
    let first = &view.bytes[..memchr(b'\n', &view.bytes[..view.bytes.len().min(BOUNDARY_MAX)])?];
    let first = first.strip_suffix(b"\r").unwrap_or(first);
    let shaped =
        first.len() > 3 && first.starts_with(b"--") && first.iter().all(u8::is_ascii_graphic);
    let headed = view.bytes[first.len()..].trim_ascii_start();
    let headed = headed
        .get(..8)
        .is_some_and(|text| text.eq_ignore_ascii_case(b"content-"));
    (shaped && headed).then_some(Cow::Borrowed(first))
}

/// Value of a parameter of a header value: `form-data; name="x"`.
fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        let value = value.trim();
        key.trim().eq_ignore_ascii_case(name).then(|| {
            value
                .strip_prefix('"')
                .map_or(value, |v| v.split('"').next().unwrap_or(v))
        })
    })
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(delimiter) = boundary(view) else {
        return false;
    };
    let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let bytes = view.bytes;
    let finder = Finder::new(delimiter.as_ref());
    let mut number = 0u32;
    // Before the first delimiter: the rest of a part that began in an earlier window.
    let mut start = 0;
    let mut headed = false;
    loop {
        let found = finder.find(&bytes[start..]).map(|n| start + n);
        let end = found.unwrap_or(bytes.len());
        if headed || end > start {
            part(tree, at, view, start..end, headed, number);
            number += 1;
        }
        let Some(found) = found else { break };
        start = found + delimiter.len();
        if bytes[start..].starts_with(b"--") {
            break;
        }
        start += bytes[start..]
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        start += line_end(&bytes[start..]);
        headed = true;
    }
    tree.pop();
    true
}

fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

/// Shows one part: its headers, then its body without the line end before the delimiter.
fn part(
    tree: &mut Tree<'_>,
    at: usize,
    view: &View<'_>,
    range: std::ops::Range<usize>,
    headed: bool,
    number: u32,
) {
    let bytes = view.bytes;
    let mut end = range.end;
    if end < bytes.len() {
        end -= usize::from(bytes[range.start..end].ends_with(b"\n"));
        end -= usize::from(bytes[range.start..end].ends_with(b"\r"));
    }
    // A window may begin inside the headers of a part, at their line end, or behind them.
    let blank = if headed {
        0
    } else {
        line_end(&bytes[range.start..end])
    };
    let (mut head, mut body) = split(bytes, range.start + blank..end);
    if !headed && (head.len() > HEAD_REST_MAX || body.is_empty()) {
        (head, body) = (range.start..range.start, range.start..end);
    }
    let mut name = Cow::Borrowed(view.key);
    let mut content_type = String::new();
    let mut place = "";
    if !head.is_empty() {
        let lines = lossy(&bytes[head.clone()]);
        for line in lines.lines() {
            let Some((field, value)) = line.split_once(':') else {
                continue;
            };
            if field.eq_ignore_ascii_case("content-disposition") {
                if let Some(text) = parameter(value, "name") {
                    name = Cow::Owned(text.to_owned());
                }
            } else if field.eq_ignore_ascii_case("content-type") {
                value.trim().clone_into(&mut content_type);
            } else if field.eq_ignore_ascii_case("content-transfer-encoding")
                && value.trim().eq_ignore_ascii_case("quoted-printable")
            {
                place = quoted_printable::PLACE;
            }
        }
        tree.aim(at, &head);
        *tree.path(at) = format!("head:{number}");
        tree.show(&bytes[head], true, &*name, &Hint::default());
    }
    if !body.is_empty() {
        tree.aim(at, &body);
        *tree.path(at) = format!("part:{number}");
        tree.show(
            &bytes[body],
            true,
            &*name,
            &Hint {
                content_type: &content_type,
                place,
                parts: &[],
            },
        );
    }
}

/// Headers and body of a part, at its first empty line.
fn split(
    bytes: &[u8],
    range: std::ops::Range<usize>,
) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let text = &bytes[range.clone()];
    if let len @ 1.. = line_end(text) {
        return (range.start..range.start, range.start + len..range.end);
    }
    for at in memchr::memchr_iter(b'\n', text) {
        if let len @ 1.. = line_end(&text[at + 1..]) {
            let head_end = range.start + at - usize::from(text[..at].ends_with(b"\r"));
            return (range.start..head_end, range.start + at + 1 + len..range.end);
        }
    }
    (range.clone(), range.end..range.end)
}
