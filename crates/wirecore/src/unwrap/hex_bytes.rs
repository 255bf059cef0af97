//! Bytes printed one by one in hex, with a sign between: `4a:3b:9c`, `4A 3B 9C`, `4a-3b-9c`, `0x4a, 0x3b, 0x9c`. The
//! children are the runs of eight bytes and more; a child's range holds the digits and the signs.

use super::look::TOKEN;
use super::percent::hex_digit;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use memchr::memchr;
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "hex_bytes",
    reason: "keys, fingerprints and dumps are printed byte by byte, with colons, blanks or commas between (od, openssl, C)",
    wants: TOKEN,
    recognise: |view| view.text && holds_run(view.bytes),
    open,
    derive: |raw, _step, out| {
        decode(raw, out);
        !out.is_empty()
    },
};

/// Fewest bytes of a run: an address of hardware has six.
const BYTES_MIN: usize = 8;
/// The shortest run: every so many bytes are looked at, since none can hide between.
const RUN_MIN: usize = BYTES_MIN * 3 - 1;

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let mut pos = 0;
    let mut whole = false;
    let mut out = Vec::new();
    while let Some(range) = run(view.bytes, pos) {
        pos = range.end;
        whole = range.len() == view.bytes.len();
        out.clear();
        decode(&view.bytes[range.clone()], &mut out);
        if !tree.child(&CODEC, range, &out, view.key, &Hint::default()) {
            return true;
        }
    }
    // What stands beside may hold something for another codec.
    whole
}

/// True when bytes are printed so in the text.
pub(super) fn holds_run(text: &[u8]) -> bool {
    run(text, 0).is_some()
}

/// The next run from `pos` on.
fn run(bytes: &[u8], pos: usize) -> Option<Range<usize>> {
    if bytes.len() < pos + RUN_MIN {
        return None;
    }
    let (pairs, prefixed) = (run_of_pairs(bytes, pos), run_of_prefixed(bytes, pos));
    match (pairs, prefixed) {
        (Some(pairs), Some(prefixed)) if prefixed.start < pairs.start => Some(prefixed),
        (pairs, prefixed) => pairs.or(prefixed),
    }
}

/// `4a:3b:9c`. One place of three in a row holds the sign.
fn run_of_pairs(bytes: &[u8], pos: usize) -> Option<Range<usize>> {
    let mut probe = pos + RUN_MIN - 3;
    while let Some(three) = bytes.get(probe - 2..=probe) {
        if let Some(at) = three.iter().position(|&b| is_sign(b)) {
            let sign = probe - 2 + at;
            let start = back(bytes, sign, pos);
            let end = sign + on(bytes, sign);
            if end - start >= RUN_MIN {
                return Some(start..end);
            }
        }
        probe += RUN_MIN - 5;
    }
    None
}

/// The signs between; a blank may be the end of a line.
fn is_sign(b: u8) -> bool {
    matches!(b, b':' | b'-' | b' ' | b'\n')
}

fn is_pair(pair: &[u8]) -> bool {
    pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit)
}

fn same(a: u8, b: u8) -> bool {
    a == b || matches!((a, b), (b' ' | b'\n', b' ' | b'\n'))
}

/// Where the run around a sign begins; the sign's own place where there is none.
fn back(bytes: &[u8], sign: usize, from: usize) -> usize {
    let mut start = sign;
    while start >= from + 2
        && is_pair(&bytes[start - 2..start])
        && (start < from + 3 || !bytes[start - 3].is_ascii_alphanumeric())
    {
        start -= 2;
        if start < from + 3 || !same(bytes[start - 1], bytes[sign]) {
            return start;
        }
        start -= 1;
    }
    // The last sign has no pair before it.
    if start == sign {
        sign
    } else {
        start + 1
    }
}

/// How many bytes from the sign on belong to the run.
fn on(bytes: &[u8], sign: usize) -> usize {
    let mut end = sign;
    while bytes.get(end).is_some_and(|&b| same(b, bytes[sign]))
        && bytes.get(end + 1..end + 3).is_some_and(is_pair)
        && !bytes.get(end + 3).is_some_and(u8::is_ascii_alphanumeric)
    {
        end += 3;
    }
    end - sign
}

/// `0x4a, 0x3b`, with or without blanks.
fn run_of_prefixed(bytes: &[u8], pos: usize) -> Option<Range<usize>> {
    let mut search = pos + 1;
    while let Some(at) = memchr(b'x', bytes.get(search..)?) {
        let start = search + at - 1;
        search = start + 2;
        if start < pos || bytes[start] != b'0' {
            continue;
        }
        let (mut end, mut next, mut count) = (start, start, 0);
        while let Some(&[b'0', b'x', high, low]) = bytes.get(next..next + 4) {
            if !is_pair(&[high, low]) || bytes.get(next + 4).is_some_and(u8::is_ascii_hexdigit) {
                break;
            }
            count += 1;
            end = next + 4;
            let between = bytes[end..].iter().take(8);
            next = end
                + between
                    .take_while(|b| matches!(b, b',' | b' ' | b'\r' | b'\n' | b'\t'))
                    .count();
        }
        if count >= BYTES_MIN {
            return Some(start..end);
        }
        search = search.max(end);
    }
    None
}

/// Appends what the pairs stand for.
fn decode(raw: &[u8], out: &mut Vec<u8>) {
    for part in raw.split(|b| !b.is_ascii_alphanumeric()) {
        let pair = part.strip_prefix(b"0x").unwrap_or(part);
        if let [high, low] = pair {
            if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) {
                out.push(high << 4 | low);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_at_any_place_and_times_are_none() {
        for before in 0..70 {
            for (sign, prefix) in [(":", ""), (" ", ""), ("-", ""), (", ", "0x"), (",", "0x")] {
                let printed: Vec<String> = b"8 bytes!"
                    .iter()
                    .map(|b| format!("{prefix}{b:02x}"))
                    .collect();
                let run = printed.join(sign);
                let text = format!("{}[{run}] and so on", "x".repeat(before));
                let range = run_in(&text);
                assert_eq!(text.get(range), Some(run.as_str()), "{text}");
                let mut out = Vec::new();
                decode(run.as_bytes(), &mut out);
                assert_eq!(out, b"8 bytes!");
            }
        }
        for text in [
            "02:1a:3b:4c:5d:6e is an address, and 10:20:30 a time",
            "2014-07-20 10:20:30 11:22:33 44:55:66 2014-07-20 10:20:30",
            "550e8400-e29b-41d4-a716-446655440000",
            "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
            "he is in at 10 or so, if it is on to us we go by it at once",
            "0x12345678, 0x12345678, 0x12345678, 0x12345678, 0x12345678, 0x12, 0x13",
        ] {
            assert_eq!(run(text.as_bytes(), 0), None, "{text}");
        }
    }

    fn run_in(text: &str) -> Range<usize> {
        run(text.as_bytes(), 0).unwrap_or(0..0)
    }
}
