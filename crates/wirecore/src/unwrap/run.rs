//! Texts inside binary data of a format that is not read: an own framing, a header and a JSON text, records of a
//! database. The children are the runs of text that may hold something for another codec.

use super::look::{is_random, is_token, BINARY};
use super::token::{next_run, padding};
use super::tree::{Tree, View};
use super::{as_it_stands, Codec, Hint};
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "run",
    reason: "private protocols put lengths and types before a text, which hides nothing that is in clear",
    wants: BINARY,
    recognise: |view| !view.text && Runs::of(view.bytes).next().is_some(),
    open,
    derive: as_it_stands,
};

/// Shortest run that is shown: what is shorter is found in the binary data itself.
const RUN_MIN: usize = 24;
/// Shortest token that is shown alone.
const TOKEN_MIN: usize = 16;
/// A length before a text may be printable: so many bytes are passed over to its first bracket.
const LENGTH_BYTES: usize = 4;

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut pos = 0;
    for run in Runs::of(view.bytes) {
        between(tree, step, view, pos..run.start);
        pos = run.end;
        tree.aim(step, &run);
        tree.show(&view.bytes[run], true, view.key, &Hint::default());
    }
    between(tree, step, view, pos..view.bytes.len());
    tree.pop();
    true
}

/// What lies between two texts may be sealed: the texts do not make it readable.
fn between(tree: &mut Tree<'_>, step: usize, view: &View<'_>, range: Range<usize>) {
    if is_random(&view.bytes[range.clone()]) {
        tree.aim(step, &range);
        tree.tell_opaque(&view.bytes[range], view.key);
    }
}

/// Bytes that a text can have: no controls, and none of those that never stand in UTF-8 (RFC 3629, section 1).
const TEXT: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = b' ';
    while b < 0xF5 {
        table[b as usize] = !matches!(b, 0x7F | 0xC0 | 0xC1);
        b += 1;
    }
    table[b'\t' as usize] = true;
    table[b'\n' as usize] = true;
    table[b'\r' as usize] = true;
    table
};

fn is_text_byte(b: u8) -> bool {
    TEXT[b as usize]
}

/// Every run that may hold something: texts, and tokens that are shorter than a text must be.
struct Runs<'b> {
    bytes: &'b [u8],
    pos: usize,
    /// The next of either kind, once looked for: each is looked for once. An empty one stands for none.
    text: Option<Range<usize>>,
    token: Option<Range<usize>>,
}

impl Runs<'_> {
    fn of(bytes: &[u8]) -> Runs<'_> {
        Runs {
            bytes,
            pos: 0,
            text: None,
            token: None,
        }
    }
}

impl Iterator for Runs<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let (bytes, pos) = (self.bytes, self.pos);
        let none = bytes.len()..bytes.len();
        let behind = |run: &Range<usize>| run.start >= pos;
        let text = self.text.take().filter(behind);
        let text = text.unwrap_or_else(|| runs(bytes, pos).unwrap_or(none.clone()));
        let token = self.token.take().filter(behind);
        let token = token.unwrap_or_else(|| tokens(bytes, pos).unwrap_or(none));
        let run = if token.end <= text.start {
            &token
        } else {
            &text
        }
        .clone();
        self.text = Some(text);
        self.token = Some(token);
        self.pos = run.end;
        (!run.is_empty()).then_some(run)
    }
}

/// The next token from `pos` on, with its padding.
fn tokens(bytes: &[u8], pos: usize) -> Option<Range<usize>> {
    let token = next_run(bytes, pos, TOKEN_MIN)?;
    Some(token.start..token.end + padding(&bytes[token.end..]).min(2))
}

/// The next text from `pos` on that may hold something. Looks at every so many bytes first: a run cannot hide
/// between two of them.
fn runs(bytes: &[u8], mut pos: usize) -> Option<Range<usize>> {
    loop {
        let probe = pos + RUN_MIN - 1;
        if !is_text_byte(*bytes.get(probe)?) {
            pos = probe + 1;
            continue;
        }
        let back = bytes[pos..probe]
            .iter()
            .rev()
            .take_while(|&&b| is_text_byte(b))
            .count();
        let on = bytes[probe..]
            .iter()
            .take_while(|&&b| is_text_byte(b))
            .count();
        let stretch = probe - back..probe + on;
        if let Some(run) = valid(bytes, stretch.clone()) {
            return Some(run);
        }
        pos = stretch.end;
    }
}

/// The first run of UTF-8 in a stretch without controls that is long enough and worth a look.
fn valid(bytes: &[u8], stretch: Range<usize>) -> Option<Range<usize>> {
    let mut start = stretch.start;
    while stretch.end.saturating_sub(start) >= RUN_MIN {
        let (len, wrong) = match simdutf8::compat::from_utf8(&bytes[start..stretch.end]) {
            Ok(text) => (text.len(), RUN_MIN),
            // Without a length the last character is cut: nothing follows.
            Err(error) => (error.valid_up_to(), error.error_len().unwrap_or(RUN_MIN)),
        };
        if len >= RUN_MIN {
            let run = start..start + len;
            let head = &bytes[start..start + LENGTH_BYTES];
            let skip = head
                .iter()
                .position(|b| matches!(b, b'{' | b'[' | b'<'))
                .unwrap_or(0);
            let text = &bytes[start + skip..run.end];
            if text.len() >= RUN_MIN && is_worth_it(text) {
                return Some(start + skip..run.end);
            }
        }
        start += len + wrong;
    }
    None
}

/// True when a text codec could make something of it: a sign of structure, or a token.
fn is_worth_it(text: &[u8]) -> bool {
    text.iter()
        .any(|b| matches!(b, b'{' | b'[' | b'<' | b'%' | b'\\' | b'='))
        || text
            .chunk_by(|a, b| is_token(*a) && is_token(*b))
            .any(|token| token.len() >= 16)
        || super::entities::holds_one(text)
        || super::hex_bytes::holds_run(text)
}
