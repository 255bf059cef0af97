//! Forms of what stands in records and lists: names of apps, times, numbers that are dialled, cards, calendars.
//!
//! In: a field's whole value. Out: whether it has the form. See `form.rs` for those of identifiers.

use memchr::memchr;

/// First parts of the names of apps: domains turned round.
const ROOTS: &[&[u8]] = &[
    b"com", b"org", b"net", b"io", b"de", b"cn", b"ru", b"fr", b"jp", b"kr", b"uk", b"me", b"app",
    b"dev", b"tv", b"co", b"eu", b"in", b"br", b"it", b"es", b"pl", b"nl", b"se", b"ch", b"at",
    b"us", b"ca", b"au", b"info", b"xyz", b"im", b"ai", b"air", b"android", b"tw", b"hk", b"cc",
];

/// `com.example.app`: a domain turned round, all in small letters, as systems name an app. Classes have capitals.
pub(super) fn is_package(value: &[u8]) -> bool {
    if !begins_as_package(value) || value.len() > 128 {
        return false;
    }
    let mut parts = 0;
    let named = value.split(|b| *b == b'.').all(|part| {
        parts += 1;
        part.first().is_some_and(u8::is_ascii_lowercase)
            && part
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')
    });
    named && (2..=8).contains(&parts)
}

fn begins_as_package(value: &[u8]) -> bool {
    let dot = value.iter().take(8).position(|&b| b == b'.');
    dot.is_some_and(|dot| ROOTS.contains(&&value[..dot]))
}

/// Names of four apps or more in one text, with commas, semicolons, bars or line ends between them; each may be
/// followed by a version (`com.example.app:12`).
pub(super) fn is_packages(value: &[u8]) -> bool {
    let parts = |b: &u8| matches!(b, b',' | b';' | b'|' | b'\n');
    // Most texts are ruled out by their first bytes, before the first separator is looked for.
    let empty = |b: &u8| parts(b) || b.is_ascii_whitespace();
    let begin = value.iter().position(|b| !empty(b)).unwrap_or_default();
    if !begins_as_package(&value[begin..]) {
        return false;
    }
    let mut count = 0;
    value
        .split(parts)
        .map(<[u8]>::trim_ascii)
        .filter(|part| !part.is_empty())
        .all(|part| {
            count += 1;
            let name = part
                .split(|b| matches!(b, b':' | b'=' | b'#' | b'@' | b'/'))
                .next();
            name.is_some_and(is_package)
        })
        && count >= 4
}

/// A number as it is dialled: 3 to 15 digits, a plus before them and separators between them allowed.
pub(super) fn is_dialled(value: &[u8]) -> bool {
    let rest = value.strip_prefix(b"+").unwrap_or(value);
    let count = rest.iter().filter(|b| b.is_ascii_digit()).count();
    (3..=15).contains(&count)
        && rest
            .first()
            .is_some_and(|b| b.is_ascii_digit() || *b == b'(')
        && rest
            .iter()
            .all(|b| b.is_ascii_digit() || b" -()".contains(b))
}

/// A moment between 2001 and 2033: seconds, milliseconds or microseconds since 1970, or a date with its hour (RFC 3339).
pub(super) fn is_time(value: &[u8]) -> bool {
    let whole = memchr(b'.', value).map_or(value, |dot| &value[..dot]);
    let since = matches!(whole.len(), 10 | 13 | 16)
        && whole[0] == b'1'
        && whole.iter().all(u8::is_ascii_digit)
        && value[whole.len()..].iter().skip(1).all(u8::is_ascii_digit);
    let digit = |at: usize| value.get(at).is_some_and(u8::is_ascii_digit);
    let dated = value.len() >= 16
        && (value.starts_with(b"20") || value.starts_with(b"19"))
        && matches!(value[4], b'-' | b'/')
        && value[7] == value[4]
        && matches!(value[10], b'T' | b' ')
        && value[13] == b':'
        && [2, 3, 5, 6, 8, 9, 11, 12, 14, 15].into_iter().all(digit);
    since || dated
}

/// A web address with a path, without white space.
pub(super) fn is_url(value: &[u8]) -> bool {
    let rest = value
        .strip_prefix(b"https://")
        .or_else(|| value.strip_prefix(b"http://"));
    rest.is_some_and(|rest| {
        memchr(b'/', rest).is_some_and(|slash| memchr(b'.', &rest[..slash]).is_some())
            && rest.iter().all(|b| b.is_ascii_graphic() || *b >= 0x80)
    })
}

/// vCards (RFC 6350) or calendars (RFC 5545), by their first line.
pub(super) fn begins(value: &[u8], what: &[u8]) -> bool {
    value.get(..6 + what.len()).is_some_and(|head| {
        head[..6].eq_ignore_ascii_case(b"BEGIN:") && head[6..].eq_ignore_ascii_case(what)
    })
}

/// What somebody wrote or copied: three bytes or more, no switch and no null.
pub(super) fn is_content(value: &[u8]) -> bool {
    value.len() >= 3
        && ![
            &b"null"[..],
            b"true",
            b"false",
            b"none",
            b"nil",
            b"undefined",
            b"yes",
            b"on",
            b"off",
        ]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}
