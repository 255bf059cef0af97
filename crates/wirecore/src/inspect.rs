//! Inspection: the bytes of one place of one message in, what was found in them out.
//!
//! Walks the unwrap tree of the place and looks at each node for the owner's facts (needles, digests, files),
//! for images and for fields that a rule names. A long body comes in windows of which each repeats the end of
//! the one before; what was found is the same as if it had come whole. Nothing here needs more input: an
//! image that goes on is kept in the [`Carry`].

mod carry;
mod form;
mod form_record;
mod frame;
mod looks;
mod records;
mod report;
mod rule;
mod scan;
mod unexplained;
mod window;

use std::ops::Range;
use std::sync::Arc;

pub use carry::Carry;
pub use form::Form;
pub use records::Beside;
pub use rule::{FieldRule, ValueTest};

use rustc_hash::FxHashMap;

use self::scan::Scan;
use crate::limits::Limits;
use crate::record::{Step, Window};
use crate::scan::media::Budget;
use crate::scan::needles::Needles;
use crate::scan::picture::Album;
use crate::scan::pieces::Pieces;
use crate::scan::salted::{SecondPass, Value, MOST_VALUES};
use crate::scan::tally::Tally;
use crate::unwrap::{optin_chunk, walk, Hint, Keys};
use frame::Frames;
use looks::Looks;
use report::Walk;
use rule::Rules;
use unexplained::Received;

/// What to look for. Compiled once, shared between threads.
pub struct Watch {
    needles: Needles,
    fact_of: Vec<u32>,
    rules: Rules,
    looks: Looks,
    pieces: Pieces,
    salted: Vec<Value>,
    prints: Prints,
}

/// Which plain forms are the print of a digest, and of which.
type Prints = FxHashMap<u32, &'static str>;

impl Watch {
    /// `fact_of[needle]` is the fact whose form the needle is. An error is one sentence about a wrong argument.
    pub fn new(needles: Needles, fact_of: Vec<u32>, rules: Vec<FieldRule>) -> Result<Self, String> {
        if let Some(highest) = needles.highest() {
            if highest as usize >= fact_of.len() {
                return Err(format!("needle {highest} belongs to no fact"));
            }
        }
        Ok(Watch {
            needles,
            fact_of,
            rules: Rules::compile(rules)?,
            looks: Looks::default(),
            pieces: Pieces::default(),
            salted: Vec::new(),
            prints: Prints::default(),
        })
    }

    /// The same, with values that may have been salted before they were hashed.
    pub fn with_salted(self, mut values: Vec<Value>) -> Result<Self, String> {
        values.truncate(MOST_VALUES);
        if let Some(wrong) = values
            .iter()
            .find(|value| value.needle as usize >= self.fact_of.len())
        {
            return Err(format!("value {} belongs to no fact", wrong.needle));
        }
        Ok(Watch {
            salted: values,
            ..self
        })
    }

    /// The same, where these plain forms (whole tokens) are the print of such a digest, not of the fact itself.
    #[must_use]
    pub fn with_prints(self, prints: impl IntoIterator<Item = (u32, &'static str)>) -> Self {
        Watch {
            prints: prints.into_iter().collect(),
            ..self
        }
    }

    /// The same, with the owner's pictures to recognise.
    pub fn with_album(self, album: Album) -> Result<Self, String> {
        if let Some(wrong) = album
            .needles()
            .find(|&needle| needle as usize >= self.fact_of.len())
        {
            return Err(format!("picture {wrong} belongs to no fact"));
        }
        Ok(Watch {
            looks: Looks::new(album),
            ..self
        })
    }

    /// The same, with the owner's files of which a piece is recognised.
    pub fn with_pieces(self, pieces: Pieces) -> Result<Self, String> {
        if let Some(wrong) = pieces
            .needles()
            .find(|&needle| needle as usize >= self.fact_of.len())
        {
            return Err(format!("the pieces of {wrong} belong to no fact"));
        }
        Ok(Watch { pieces, ..self })
    }
}

/// One window of the bytes of one place of one message.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// "target", "header:Name", "trailer:Name", "body", "name" (DNS), "stream".
    pub place: &'a str,
    /// The bytes.
    pub bytes: &'a [u8],
    /// Where they begin in the place's whole bytes. Beyond 0, the first `Limits::body_overlap_bytes` (or all
    /// before, if fewer) repeat what the last window showed.
    pub offset: u64,
    /// Nothing of this place follows. An empty last piece closes what is open.
    pub last: bool,
    /// Length of the whole place, bytes, when known beforehand: a file can then be hashed over windows.
    pub total: Option<u64>,
    /// Content-Type with its parameters, or empty.
    pub content_type: &'a str,
    /// It leaves the phone.
    pub up: bool,
    /// Last path segment of the request target, for a request's body; names without a key are ignored.
    pub chunk_name: Option<&'a str>,
}

/// A needle or rule that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundHit {
    /// Needle, or the rule's index when `detector`.
    pub needle: u32,
    /// A rule matched, not a needle.
    pub detector: bool,
    /// The piece's place.
    pub place: String,
    /// The way from the place's whole bytes to the leaf.
    pub steps: Vec<Step>,
    /// Half-open range in the last step's output (in the place's whole bytes when there is no step).
    pub start: u64,
    /// End, exclusive.
    pub end: u64,
    /// The algorithm when a digest was seen, how a picture was recognised ("picture", "picture_part"),
    /// "piece" for a stretch of a file; else empty.
    pub digest: &'static str,
    /// The bytes around it.
    pub window: Window,
}

/// An image that was seen; ranges as in [`FoundHit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMedia {
    /// As in `scan::media::Image`.
    pub format: &'static str,
    /// The piece's place.
    pub place: String,
    /// The way from the place's whole bytes to the leaf.
    pub steps: Vec<Step>,
    /// First byte.
    pub start: u64,
    /// End, exclusive.
    pub end: u64,
    /// Pixels across.
    pub width: u32,
    /// Pixels down, 0 when unknown.
    pub height: u32,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// False when the end of the file was not seen.
    pub complete: bool,
    /// What a look at its pixels said: a word of `Looked::text`.
    pub looked: &'static str,
    /// The bytes around its start.
    pub window: Window,
}

/// A token of the shape of a digest that nothing explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundToken {
    /// The piece's place.
    pub place: String,
    /// The way from the place's whole bytes to it.
    pub steps: Vec<Step>,
    /// What it is compared by, see `scan::shaped`.
    pub value: u64,
    /// Raw bytes.
    pub bytes: u8,
}

/// A bound cut something off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Which: a name in [`Limits`], or "hits", "media_rows", "media_work", "salt_work", "chunk_window".
    pub what: String,
    /// Bytes (for "hits" and "media_rows": rows) that were left out; 0 when unknown.
    pub unread: u64,
}

/// What was found; inspection appends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Needles and rules.
    pub hits: Vec<FoundHit>,
    /// Images.
    pub media: Vec<FoundMedia>,
    /// Tokens that leave the phone, that nothing explains and that did not come down before.
    pub tokens: Vec<FoundToken>,
    /// Bytes of high-entropy leaves that nothing explains.
    pub opaque_bytes: u64,
    /// What was cut off.
    pub bounds: Vec<Bound>,
}

impl Findings {
    /// Empties it, to be used again.
    pub fn clear(&mut self) {
        self.hits.clear();
        self.media.clear();
        self.tokens.clear();
        self.opaque_bytes = 0;
        self.bounds.clear();
    }
}

/// Inspects pieces, one at a time; one a thread.
pub struct Inspector {
    watch: Arc<Watch>,
    keys: Arc<Keys>,
    limits: Limits,
    frames: Frames,
    /// For images that span windows; none when nothing is compared with them.
    budget: Option<Arc<Budget>>,
    second: SecondPass,
    received: Received,
    tally: Tally,
}

/// Bytes of images that span windows, over all messages of a thread.
const KEPT_IMAGES: usize = 24 << 20;

impl Inspector {
    /// An inspector that looks for `watch` and opens chunks with `keys`.
    pub fn new(watch: Arc<Watch>, keys: Arc<Keys>, limits: &Limits) -> Self {
        let budget =
            (watch.looks.wanted() || !watch.pieces.is_empty()).then(|| Budget::new(KEPT_IMAGES));
        Inspector {
            budget,
            second: SecondPass::default(),
            received: Received::default(),
            tally: Tally::default(),
            watch,
            keys,
            limits: limits.clone(),
            frames: Frames::default(),
        }
    }

    /// Inspects one piece. `carry` belongs to the message; give the same one for all its places and windows.
    pub fn inspect(&mut self, piece: &Piece<'_>, carry: &mut Carry, out: &mut Findings) {
        self.inspect_parts(piece, &[], carry, out);
    }

    /// As `inspect`, for bytes that came in pieces (datagrams), each of which is looked at by itself as well.
    pub fn inspect_parts(
        &mut self,
        piece: &Piece<'_>,
        parts: &[Range<usize>],
        carry: &mut Carry,
        out: &mut Findings,
    ) {
        carry.begin(piece, self.limits.body_overlap_bytes, self.budget.as_ref());
        let chunk = self.open_chunk(piece, out);
        let hint = Hint {
            content_type: piece.content_type,
            place: piece.place,
            parts,
        };
        let first_opaque = out.opaque_bytes;
        self.walk(piece.bytes, &[], &hint, piece, carry, out);
        if let Some((step, content)) = chunk {
            out.opaque_bytes = first_opaque; // it was encrypted, but it was read
            let hint = Hint {
                content_type: "",
                place: piece.place,
                parts: &[],
            };
            self.walk(&content, &[step], &hint, piece, carry, out);
        }
        carry.end(piece, &self.watch, out);
    }

    /// The second pass over what a message left unexplained; after all its places. `host` is whom it goes to,
    /// `time_ns` when.
    pub fn end_message(&mut self, carry: &mut Carry, host: &str, time_ns: i64, out: &mut Findings) {
        out.opaque_bytes += carry.give_up();
        let kept = (&mut self.second, &mut self.received);
        unexplained::explain(&self.watch, kept, carry, (host, time_ns), out);
    }

    /// A short text that comes down (a header's value): its tokens are remembered, for an app may send them back.
    pub fn receive(&mut self, text: &[u8]) {
        self.received.learn(text);
    }

    /// Bytes are missing: what would have explained those before can no longer come.
    pub fn give_up(&self, carry: &mut Carry, out: &mut Findings) {
        out.opaque_bytes += carry.give_up();
    }

    /// How many places short forms were compared with since this was last asked.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// The text with `*` in place of each form of a fact that stands in it as it is; `None` when none does.
    pub fn without_facts(&self, text: &str) -> Option<String> {
        let mut seen: Vec<(usize, usize)> = Vec::new();
        self.watch
            .needles
            .find(text.as_bytes(), &mut |_, start, end| {
                seen.push((start, end));
            });
        if seen.is_empty() {
            return None;
        }
        seen.sort_unstable();
        let (mut shown, mut from) = (String::new(), 0);
        for (start, end) in seen {
            if start >= from {
                shown.push_str(&String::from_utf8_lossy(&text.as_bytes()[from..start]));
                shown.push('*');
            }
            from = from.max(end);
        }
        shown.push_str(&String::from_utf8_lossy(&text.as_bytes()[from..]));
        Some(shown)
    }

    fn walk(
        &mut self,
        bytes: &[u8],
        before: &[Step],
        hint: &Hint<'_>,
        piece: &Piece<'_>,
        carry: &mut Carry,
        out: &mut Findings,
    ) {
        let way = Walk {
            piece,
            before,
            root: bytes,
        };
        let kept = (&mut self.frames, &mut self.tally);
        let mut scan = Scan::new(&self.watch, way, carry, kept, out);
        walk(bytes, hint, &self.keys, &self.limits, &mut scan);
        scan.finish();
    }

    /// Content of the piece when it is a chunk whose key is known, with the step that gave it.
    fn open_chunk(&self, piece: &Piece<'_>, out: &mut Findings) -> Option<(Step, Vec<u8>)> {
        let name = piece.chunk_name?;
        let key = self.keys.get(name)?;
        if piece.offset > 0 || !piece.last {
            let unread = piece.bytes.len() as u64;
            out.bounds.push(Bound {
                what: "chunk_window".to_owned(),
                unread,
            });
            return None;
        }
        // A body that the key does not open stays opaque, which the walk counts.
        let opened = optin_chunk::open(key, piece.bytes).ok()?;
        let end = piece.bytes.len() as u64;
        Some((
            Step {
                codec: optin_chunk::CODEC,
                start: 0,
                end,
                path: name.to_owned(),
            },
            opened.content,
        ))
    }
}

#[cfg(test)]
#[path = "inspect_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "inspect/looks_tests.rs"]
mod looks_tests;
