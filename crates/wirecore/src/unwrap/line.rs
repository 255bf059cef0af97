//! What stands in a line or a word of a text: a log keeps a document, a form or an address a line. The children are
//! these and what lies between them, as they stand, each to be looked at alone.

use super::look::{escaped, percent, BRACE, LINES, MARKUP, PERCENT};
use super::tree::{Tree, View};
use super::{as_it_stands, Codec, Hint};
use memchr::{memchr, memmem, memrchr};
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "line",
    reason: "logs keep a document, a form or an address in a line of text, each of which is encoded for itself",
    wants: PERCENT | BRACE | MARKUP | LINES,
    recognise,
    open,
    derive: as_it_stands,
};

/// Most pieces of one text; what is behind them is one more.
const PIECES: usize = 4096;
/// Shortest stretch that may hold something.
const STRETCH_MIN: usize = 8;

fn recognise(view: &View<'_>) -> bool {
    view.text
        && view.parent != CODEC.name
        && next(view.bytes, 0).is_some_and(|piece| piece.len() < view.bytes.trim_ascii().len())
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut pos = 0;
    let mut show = |range: Range<usize>| {
        if range.len() >= STRETCH_MIN {
            tree.aim(step, &range);
            tree.show(&view.bytes[range], true, view.key, &Hint::default());
        }
    };
    for _ in 0..PIECES {
        let Some(piece) = next(view.bytes, pos) else {
            break;
        };
        show(pos..piece.start);
        pos = piece.end;
        show(piece);
    }
    show(pos..view.bytes.len());
    tree.pop();
    true
}

/// The next piece from `pos` on: of the first line that holds any, the first.
fn next(bytes: &[u8], mut pos: usize) -> Option<Range<usize>> {
    while pos < bytes.len() {
        let end = memchr(b'\n', &bytes[pos..]).map_or(bytes.len(), |n| pos + n);
        if let Some(piece) = piece(&bytes[pos..end]) {
            return Some(pos + piece.start..pos + piece.end);
        }
        pos = end + 1;
    }
    None
}

/// The first piece of a line: a document to its end, a word that is a form or an address, or else all of it.
fn piece(line: &[u8]) -> Option<Range<usize>> {
    let coded = || memchr(b'%', line).filter(|at| percent(&line[*at..]));
    if let Some(start) = document(line) {
        return Some(start..line.len());
    }
    if matches!(
        line.trim_ascii_start(),
        [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'?', ..]
    ) {
        return Some(0..line.len());
    }
    // Escapes of a program around it are undone first: they stand within the words.
    let at = coded().filter(|_| !escaped(line))?;
    let blank = |b: &u8| b.is_ascii_whitespace();
    let start = line[..at].iter().rposition(blank).map_or(0, |n| n + 1);
    let end = line[at..]
        .iter()
        .position(blank)
        .map_or(line.len(), |n| at + n);
    let word = &line[start..end];
    if let Some(scheme) = memmem::find(word, b"http") {
        let inside = &word[scheme..];
        let close = |b: &u8| matches!(b, b'"' | b'\'' | b'<' | b'>' | b')');
        let len = inside.iter().position(close).unwrap_or(inside.len());
        if start + scheme < at && at < start + scheme + len {
            return Some(start + scheme..start + scheme + len);
        }
    }
    // Binary data in a word of its own: decoded with the words beside it, these would be no text any more.
    let binary = || at == start && memmem::find(word, b"%00").is_some();
    if memrchr(b'=', &line[start..at]).is_some() || binary() {
        return Some(start..end);
    }
    Some(0..line.len())
}

/// Where a document begins in a line.
fn document(line: &[u8]) -> Option<usize> {
    let fits = |at: &usize| {
        matches!(
            line[*at..],
            [b'{', b'"', ..] | [b'[', b'{' | b'"', ..] | [b'{', b' ', b'"', ..]
        )
    };
    let object = memchr::memchr2_iter(b'{', b'[', line).find(fits)?;
    // It holds a name or a list.
    (memchr(b':', &line[object..]).is_some() || memchr(b',', &line[object..]).is_some())
        .then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        let mut pos = 0;
        let mut found = Vec::new();
        while let Some(piece) = next(text.as_bytes(), pos) {
            pos = piece.end;
            found.push(&text[piece]);
        }
        found
    }

    #[test]
    fn documents_forms_and_addresses_stand_in_lines() {
        let log = "12:00 open\n{\"a\": 1}\n12:01 I/net: sent [{\"b\":2}]\na=1&b=caf%C3%A9+x\n\
                   GET \"https://a.example/b?c=%41\" 200\n100% of it, 5%\n<map><x/></map>\nMy%20name is\nbattery: %41%00%42%00";
        assert_eq!(
            pieces(log),
            [
                "{\"a\": 1}",
                "[{\"b\":2}]",
                "a=1&b=caf%C3%A9+x",
                "https://a.example/b?c=%41",
                "<map><x/></map>",
                "My%20name is",
                "%41%00%42%00"
            ]
        );
        assert!(pieces("nothing here\nthat is [of, use]\n").is_empty());
    }
}
