//! Tokens: runs of letters, digits and the signs of base64 inside a text, and which of them are
//! worth decoding. Words, paths and names are runs too; the tests here keep them out.

use super::look::{is_readable, is_token, token_len};
use std::ops::Range;

/// What a token decodes as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Base64,
    Base32,
    Base32Hex,
    Hex,
}

/// A token worth decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub range: Range<usize>,
    pub kind: Kind,
}

/// Shortest token that is decoded when it is the whole of a field.
const WHOLE_MIN: usize = 8;
/// Shortest token that is decoded inside a longer text.
const INSIDE_MIN: usize = 16;
/// Shortest token that may hold something else than text (a hash, a compressed or encrypted thing).
const BINARY_MIN: usize = 16;
/// Lines of base64 in mail and PEM are 64 or 76 long; shorter lines do not go on.
const LINE_MIN: usize = 60;
/// The same where the next line is indented, as writers of property lists do: they shorten the lines by it.
const INDENTED_MIN: usize = 40;
/// Blanks before a line.
const INDENT_MAX: usize = 64;

/// Shows every token worth decoding, in order, until `each` says false. `form`: the bytes are a
/// value of a form, in which a careless sender's `+` became a space.
pub(super) fn tokens(bytes: &[u8], form: bool, each: &mut dyn FnMut(Token) -> bool) {
    let whole = bytes.trim_ascii();
    if form && memchr::memchr(b' ', bytes).is_some() && is_spaced_base64(bytes) {
        each(Token {
            range: 0..bytes.len(),
            kind: Kind::Base64,
        });
        return;
    }
    if whole.len() < WHOLE_MIN {
        return;
    }
    let first = token_len(whole);
    if first >= WHOLE_MIN && first + padding(&whole[first..]) == whole.len() {
        let start = bytes.len() - bytes.trim_ascii_start().len();
        judge(bytes, start..start + first, true, each);
        return;
    }
    let mut pos = 0;
    while let Some(run) = next_run(bytes, pos, INSIDE_MIN) {
        pos = run.end;
        if !judge(bytes, run, false, each) {
            return;
        }
    }
}

/// True when a field's name holds a token worth decoding, or percent-encoding.
pub(super) fn hides_a_value(name: &[u8]) -> bool {
    if !name.iter().any(|b| b.is_ascii_digit() || *b == b'%') {
        return false;
    }
    let mut found = super::look::percent(name);
    tokens(name, false, &mut |_| {
        found = true;
        false
    });
    found
}

/// The next run of at least `min` token bytes from `pos` on. Looks at every `min`-th byte first:
/// a run cannot hide between two of them.
pub(super) fn next_run(bytes: &[u8], mut pos: usize, min: usize) -> Option<Range<usize>> {
    loop {
        let probe = pos + min - 1;
        if !is_token(*bytes.get(probe)?) {
            pos = probe + 1;
            continue;
        }
        let back = bytes[pos..probe]
            .iter()
            .rev()
            .take_while(|&&b| is_token(b))
            .count();
        let start = probe - back;
        let end = run_end(bytes, start, probe + 1);
        if end - start >= min {
            return Some(start..end);
        }
        pos = end;
    }
}

/// End of the run that begins at `start` and is known up to `from`; it goes on over a line end behind a full line,
/// unless the next line goes on with something else (a log, whose next line begins with a time).
fn run_end(bytes: &[u8], start: usize, from: usize) -> usize {
    let mut pos = from;
    let mut line = start;
    let mut before = None;
    loop {
        pos += token_len(&bytes[pos..]);
        let ends = |b: &u8| {
            matches!(
                b,
                b'\r' | b'\n' | b'=' | b'"' | b'\'' | b'<' | b')' | b',' | b'\\' | b'&'
            )
        };
        if let Some(end) = before.filter(|_| !bytes.get(pos).is_none_or(ends)) {
            return end;
        }
        let next = match bytes.get(pos..) {
            Some([b'\r', b'\n', ..]) => pos + 2,
            Some([b'\n', ..]) => pos + 1,
            _ => return pos,
        };
        let indent = indent_len(&bytes[next..]);
        let next = next + indent;
        let least = if indent > 0 { INDENTED_MIN } else { LINE_MIN };
        if pos - line < least || !bytes.get(next).is_some_and(|&b| is_token(b)) {
            return pos;
        }
        before = Some(pos);
        line = next;
        pos = next;
    }
}

/// How many blanks a line begins with.
pub(super) fn indent_len(line: &[u8]) -> usize {
    let near = &line[..line.len().min(INDENT_MAX)];
    near.iter()
        .take_while(|&&b| matches!(b, b' ' | b'\t'))
        .count()
}

/// How many `=` follow, six at most (base32's; base64 has two).
pub(super) fn padding(rest: &[u8]) -> usize {
    rest.iter().take(6).take_while(|&&b| b == b'=').count()
}

/// Decides about one run; false when the caller has seen enough.
fn judge(
    bytes: &[u8],
    run: Range<usize>,
    alone: bool,
    each: &mut dyn FnMut(Token) -> bool,
) -> bool {
    let text = &bytes[run.clone()];
    let shape = Shape::of(text);
    if shape.hex {
        return if is_hex_worth(text, &shape, alone) {
            each(Token {
                range: run,
                kind: Kind::Hex,
            })
        } else {
            true
        };
    }
    if let Some(digits) = hex_lines(text) {
        let shape = Shape::of(&digits);
        return !is_hex_worth(&digits, &shape, alone)
            || each(Token {
                range: run,
                kind: Kind::Hex,
            });
    }
    if text.starts_with(b"0x") || text.starts_with(b"0X") {
        let rest = run.start + 2..run.end;
        let shape = Shape::of(&bytes[rest.clone()]);
        if shape.hex && is_hex_worth(&bytes[rest.clone()], &shape, alone) {
            return each(Token {
                range: rest,
                kind: Kind::Hex,
            });
        }
    }
    let pad = padding(&bytes[run.end..]);
    if !(shape.upper && shape.lower) && shape.signs == 0 {
        if let Some(kind) = base32_worth(text) {
            return each(Token {
                range: run.start..run.end + pad,
                kind,
            });
        }
    }
    let padded = run.start..run.end + pad.min(2);
    if is_base64_worth(&bytes[padded.clone()], text.len(), &shape) {
        return each(Token {
            range: padded,
            kind: Kind::Base64,
        });
    }
    // A path or a name of several parts: each may be a token of its own.
    if shape.signs > 0 && text.len() > INSIDE_MIN {
        let mut start = run.start;
        for part in text.split(|&b| matches!(b, b'/' | b'-' | b'_' | b'+')) {
            let range = start..start + part.len();
            start = range.end + 1;
            if part.len() >= INSIDE_MIN
                && part.len() < text.len()
                && !judge(bytes, range, false, each)
            {
                return false;
            }
        }
    }
    true
}

/// Which kinds of letters make up a token.
struct Shape {
    upper: bool,
    lower: bool,
    digit: bool,
    /// `+`, `/`, `-`, `_`, among the first [`SHAPED`] bytes.
    signs: usize,
    /// Hex digits only.
    hex: bool,
}

/// Bytes of a token that are looked at for its shape.
const SHAPED: usize = 1024;

/// Bytes whose signs are counted in one byte.
const BLOCK: usize = 64;

const UPPER: u8 = 1;
const LOWER: u8 = 2;
const DIGIT: u8 = 4;
const SIGN: u8 = 8;
const NOT_HEX: u8 = 16;

/// Arithmetic without branches: a loop over it becomes vector code.
#[inline]
fn mark(b: u8) -> u8 {
    let upper = b.wrapping_sub(b'A') < 26;
    let lower = b.wrapping_sub(b'a') < 26;
    let digit = b.wrapping_sub(b'0') < 10;
    let blank = matches!(b, b'\r' | b'\n' | b'\t' | b' ');
    let hex_letter = (b | 0x20).wrapping_sub(b'a') < 6;
    let hex = digit | hex_letter;
    let sign = !(upper | lower | digit | blank);
    (u8::from(upper) * UPPER)
        | (u8::from(lower) * LOWER)
        | (u8::from(digit) * DIGIT)
        | (u8::from(sign) * SIGN)
        | (u8::from(!hex) * NOT_HEX)
}

impl Shape {
    fn of(text: &[u8]) -> Shape {
        let first = &text[..text.len().min(SHAPED)];
        let (mut marks, mut signs) = (0, 0);
        for block in first.chunks(BLOCK) {
            let (mut its, mut count) = (0, 0u8);
            for &b in block {
                let mark = mark(b);
                its |= mark;
                count += (mark / SIGN) & 1;
            }
            marks |= its;
            signs += usize::from(count);
        }
        let hex = marks & NOT_HEX == 0 && text[first.len()..].iter().all(u8::is_ascii_hexdigit);
        Shape {
            upper: marks & UPPER != 0,
            lower: marks & LOWER != 0,
            digit: marks & DIGIT != 0,
            signs,
            hex,
        }
    }
}

/// No word is so long.
const WORDLESS: usize = 32;
/// Digits of a token that are decoded to judge it.
const SAMPLE: usize = 256;

/// Hex of a text, or enough digits of one case with figures among them for a hash or a key.
fn is_hex_worth(text: &[u8], shape: &Shape, alone: bool) -> bool {
    if text.len() % 2 != 0 || text.len() < if alone { WHOLE_MIN } else { INSIDE_MIN } {
        return false;
    }
    let one_case = !(shape.upper && shape.lower);
    let mixed = shape.digit && (shape.upper || shape.lower);
    if one_case && mixed && text.len() >= BINARY_MIN {
        return true;
    }
    // Figures alone are numbers, unless they spell a text of some length.
    if !mixed && text.len() < 12 {
        return false;
    }
    let mut sample = [0; SAMPLE / 2];
    let len = super::hex::decode_sample(text, &mut sample);
    let sample = &sample[..len];
    // Long ones may spell UTF-16 in figures alone.
    is_readable(sample) || text.len() >= 24 && is_telling(sample, text.len() > SAMPLE)
}

/// The digits of hex that was printed over several lines.
fn hex_lines(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\n', text)?;
    let all = text
        .iter()
        .all(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace());
    all.then(|| super::hex::digits(text))
}

/// Base32 (letters of one case and 2 to 7, or figures and A to V) of a text or of something with a known beginning, or
/// as long as a digest.
fn base32_worth(text: &[u8]) -> Option<Kind> {
    use super::base32::{decode, Alphabet};
    let whole_bytes = matches!(text.len() % 8, 0 | 2 | 4 | 5 | 7);
    if !whole_bytes || text.len() < INSIDE_MIN {
        return None;
    }
    let figures = text.iter().take(SAMPLE).any(u8::is_ascii_digit);
    // Words in capitals have no figures.
    if !figures && text.len() < WORDLESS {
        return None;
    }
    let kinds = [
        (Kind::Base32, Alphabet::Letters),
        (Kind::Base32Hex, Alphabet::Figures),
    ];
    let fits = kinds.map(|(_, alphabet)| alphabet.spells(text));
    let mut sample = Vec::with_capacity(SAMPLE);
    for ((kind, alphabet), _) in kinds.into_iter().zip(fits).filter(|(_, fits)| *fits) {
        sample.clear();
        decode(&text[..text.len().min(SAMPLE)], alphabet, &mut sample);
        if is_telling(&sample, text.len() > SAMPLE) {
            return Some(kind);
        }
    }
    let long = figures && text.len() >= 26;
    kinds
        .into_iter()
        .zip(fits)
        .find(|(_, fits)| *fits && long)
        .map(|((kind, _), _)| kind)
}

/// Base64 of a text or of something with a known beginning, or letters mixed as only chance does.
fn is_base64_worth(padded: &[u8], len: usize, shape: &Shape) -> bool {
    // One letter beyond a group of four cannot stand for a byte; long tokens may be cut.
    if len % 4 == 1 && len < 256 {
        return false;
    }
    // Words and names in small letters: of texts of six letters, four in a thousand read so in
    // base64, of longer ones still fewer.
    if !shape.upper && len < 64 {
        return false;
    }
    let mut sample = [0; SAMPLE / 4 * 3];
    let made = super::base64::decode_sample(padded, &mut sample);
    if is_telling(&sample[..made], padded.len() > SAMPLE) {
        return true;
    }
    // Signs are one letter in 32 of random base64; in paths and names they are many more.
    let crowded = shape.signs > len.min(SHAPED) / 16 + 2;
    let classes = usize::from(shape.upper) + usize::from(shape.lower) + usize::from(shape.digit);
    !crowded && len >= BINARY_MIN && (classes == 3 || classes == 2 && shape.upper && len >= 64)
}

/// True for what begins like an archive, a compressed thing or an image, and for UTF-16 and UTF-32.
pub(super) fn begins_known(sample: &[u8]) -> bool {
    const MAGIC: [&[u8]; 18] = [
        b"RIFF",
        b"GIF8",
        b"II*\0",
        b"MM\0*",
        b"OggS",
        b"#!AMR",
        b"SQLite format 3\0",
        b"bplist00",
        b"\x1f\x8b\x08",
        b"\x28\xb5\x2f\xfd",
        b"\xff\xd8\xff",
        b"\x89PNG",
        b"PK\x03\x04",
        b"\x04\x22\x4d\x18",
        b"\x78\x01",
        b"\x78\x5e",
        b"\x78\x9c",
        b"\x78\xda",
    ];
    if sample
        .first()
        .is_some_and(|&b| MAGIC.iter().any(|magic| magic[0] == b))
        && MAGIC.iter().any(|magic| sample.starts_with(magic))
    {
        return true;
    }
    if sample.get(4..8) == Some(b"ftyp") {
        return true; // MP4, HEIC and their like
    }
    super::utf16::likely_order(sample).is_some() || super::utf32::order(sample).is_some()
}

/// Bytes of clear text in a row inside something binary, as chance makes none of them.
const CLEAR_RUN: usize = 12;

/// True for text, for something binary with a text in it, and for what begins like something known.
fn is_telling(sample: &[u8], cut: bool) -> bool {
    if begins_known(sample) {
        return true;
    }
    let clear = |b: &u8| (b' '..=b'~').contains(b);
    if sample
        .chunk_by(|a, b| clear(a) && clear(b))
        .any(|run| run.len() >= CLEAR_RUN)
    {
        return true;
    }
    // The sample may end inside a character.
    let tail = sample
        .iter()
        .rev()
        .take(3)
        .take_while(|&&b| b >= 0x80)
        .count();
    let text = &sample[..sample.len() - if cut { tail } else { 0 }];
    text.len() >= 5 && is_readable(text)
}

/// True for base64 whose plus signs became spaces.
fn is_spaced_base64(bytes: &[u8]) -> bool {
    let core = bytes.len()
        - bytes
            .iter()
            .rev()
            .take(2)
            .take_while(|&&b| b == b'=')
            .count();
    bytes.len() >= INSIDE_MIN
        && bytes.len() % 4 == 0
        && bytes[..core]
            .iter()
            .all(|&b| is_token(b) && b != b'-' && b != b'_' || b == b' ')
        && {
            let text: Vec<u8> = bytes
                .iter()
                .map(|&b| if b == b' ' { b'+' } else { b })
                .collect();
            is_base64_worth(&text, core, &Shape::of(&text[..core]))
        }
}
