//! The handshake messages of one side: fragments in any order, copied or lost, in; whole messages out
//! (RFC 6347 section 4.2.3).

use std::collections::{BTreeMap, BTreeSet};

use crate::net::Pieces;
use crate::tls::cursor::Cursor;

/// Bytes of a message's header here: type, length, number, offset, length of the fragment.
pub(in crate::tls) const HEADER: usize = 12;
/// Messages that are put together at once; a flight has fewer.
const OPEN: usize = 24;
/// Numbers of messages that are remembered, so that a copy is no second message.
const DONE: usize = 256;

/// A whole message: its header as if it had come in one fragment, and its body.
pub(super) struct Whole {
    pub number: u16,
    pub kind: u8,
    pub bytes: Vec<u8>,
}

/// What is being put together.
#[derive(Default)]
pub(super) struct Flight {
    open: BTreeMap<u16, (u8, usize, Pieces)>,
    done: BTreeSet<u16>,
}

/// What became of the fragments of one record.
#[derive(Default)]
pub(super) struct Taken {
    pub messages: Vec<Whole>,
    /// A message beyond the bound was left out.
    pub too_long: bool,
    /// Bytes that are no fragment.
    pub malformed: bool,
}

impl Flight {
    /// Takes the body of a handshake record; no message is longer than `bound`.
    pub fn take(&mut self, body: &[u8], bound: usize) -> Taken {
        let mut taken = Taken::default();
        let mut rest = Cursor(body);
        while !rest.0.is_empty() {
            let Some((kind, len, number, offset, data)) = fragment(&mut rest) else {
                taken.malformed = true;
                break;
            };
            if self.done.contains(&number) {
                continue;
            }
            if len > bound {
                taken.too_long = true;
                continue;
            }
            if offset + data.len() > len {
                taken.malformed = true;
                continue;
            }
            let bytes = if data.len() == len {
                self.open.remove(&number);
                Some(data.to_vec())
            } else {
                self.add(number, kind, len, offset, data, bound)
            };
            if let Some(bytes) = bytes {
                self.finish(number);
                taken.messages.push(Whole {
                    number,
                    kind,
                    bytes: whole(kind, number, &bytes),
                });
            }
        }
        taken
    }

    fn add(
        &mut self,
        number: u16,
        kind: u8,
        len: usize,
        offset: usize,
        data: &[u8],
        bound: usize,
    ) -> Option<Vec<u8>> {
        while self.open.len() >= OPEN || (self.held() > 2 * bound && !self.open.is_empty()) {
            // The oldest waits for what was lost.
            self.open.pop_first();
        }
        let (its_kind, its_len, pieces) = self
            .open
            .entry(number)
            .or_insert_with(|| (kind, len, Pieces::default()));
        if (*its_kind, *its_len) != (kind, len) {
            // The first says what the message is.
            return None;
        }
        pieces.insert(offset as u64, data, 0);
        if !pieces.cover(len as u64) {
            return None;
        }
        let (.., mut pieces) = self.open.remove(&number)?;
        let mut joined = Vec::with_capacity(len);
        while let Some((_, piece)) = pieces.pop() {
            joined.extend_from_slice(&piece.bytes);
        }
        Some(joined)
    }

    fn finish(&mut self, number: u16) {
        if self.done.len() >= DONE {
            self.done.pop_first();
        }
        self.done.insert(number);
    }

    /// The begin of a message that will not be whole, as far as it is there.
    pub fn begun(&mut self, kind: u8) -> Option<Vec<u8>> {
        let mut open = self.open.values_mut();
        let (.., pieces) = open.find(|(its, ..)| *its == kind)?;
        let (offset, piece) = pieces.pop()?;
        (offset == 0).then_some(piece.bytes)
    }

    /// Memory held by fragments, bytes.
    pub fn held(&self) -> usize {
        self.open.values().map(|(.., pieces)| pieces.cost()).sum()
    }
}

fn fragment<'a>(rest: &mut Cursor<'a>) -> Option<(u8, usize, u16, usize, &'a [u8])> {
    let (kind, len) = (rest.u8()?, rest.u24()?);
    let (number, offset) = (rest.u16()?, rest.u24()?);
    Some((kind, len, number, offset, rest.vec24()?))
}

/// The message as if it had come in one fragment: so it is hashed (RFC 6347 section 4.2.6).
fn whole(kind: u8, number: u16, body: &[u8]) -> Vec<u8> {
    let len = &(body.len() as u32).to_be_bytes()[1..];
    [&[kind], len, &number.to_be_bytes(), &[0; 3], len, body].concat()
}
