//! One message being received: its row, its body on the way through content decoding to the inspector.
//!
//! In: the head, body bytes as they come, the end. Out: rows. A body that leaves the phone is decoded and
//! inspected; what comes down is only looked at for answers (small JSON), so that a film costs nothing.

use std::ops::Range;

use crate::anomaly::Kind;
use crate::dns::httpdns::Question;
use crate::http::{ContentDecoder, MessageHead};
use crate::inspect::{Carry, Piece};
use crate::record::{Hit, Media, Message, Odd, Token, Window};

use super::desk::{Desk, PRESSED_OVERLAP_BYTES, PRESSED_WINDOW_BYTES};
use super::kept::Kept;
use super::rows::Rows;
use super::shown::shown_steps;

/// Answers are looked at up to this many decoded bytes; larger ones are downloads, not answers.
const ANSWER_BYTES: usize = 1 << 20;
/// Content type of DNS over HTTPS (RFC 8484, section 6), and the longest message it can hold.
pub(super) const DNS_MESSAGE: &str = "application/dns-message";
const DNS_BYTES: usize = 65_535;

/// How the body is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Not at all: another device's, or no rule asks for it.
    No,
    /// Every byte, in windows.
    Up,
    /// Only when it is a JSON text of bounded size; decided at its first byte.
    AnswerUndecided,
    /// It is one.
    Answer,
    /// It comes down and may hold names (DNS over HTTPS, HTTPDNS): it is gathered for them, not inspected.
    Names,
}

/// A message whose end has not come.
pub(super) struct OpenMessage {
    /// The row as far as it is known.
    pub row: Message,
    pub(super) decoder: Option<ContentDecoder>,
    pub(super) look: Look,
    /// Decoded bytes that wait for inspection; begins with the overlap of the window before.
    pub(super) window: Vec<u8>,
    /// Offset of `window[0]` in the decoded body.
    pub(super) window_start: u64,
    /// Where in `window` each datagram lies, for flows of datagrams.
    pub(super) parts: Vec<Range<usize>>,
    /// Made at the first look: most streams of unknown protocols end before it.
    pub(super) carry: Option<Box<Carry>>,
    pub(super) chunk_name: Option<String>,
    /// Bytes of `window` already told to the shared budget.
    pub(super) charged: usize,
    /// Kept whole for `rederive`.
    pub(super) kept: Option<Kept>,
    pub(super) damaged: bool,
    /// A content coding is undone.
    pub(super) coded: bool,
    /// The question of HTTPDNS that it asks, or that it answers.
    pub(super) asked: Option<Box<Question>>,
}

/// Datagrams of one window.
const PARTS: usize = 4096;
/// A body whose first piece is smaller grows a window of its own: many such streams stay small.
const POOLED_PIECE_BYTES: usize = 1 << 10;

impl OpenMessage {
    /// Begins a message; `wanted` is false when nobody looks at this flow's content.
    pub fn begin(
        row: Message,
        head: Option<&MessageHead<'_>>,
        wanted: bool,
        keep: bool,
        desk: &mut Desk,
        rows: &mut Rows,
    ) -> Self {
        let look = match (wanted, row.up) {
            (false, _) => Look::No,
            (true, true) => Look::Up,
            (true, false) if desk.wants_answers => Look::AnswerUndecided,
            (true, false) => Look::No,
        };
        let kept = keep.then(|| Kept::of(&row));
        let mut message = OpenMessage {
            row,
            decoder: None,
            look: if keep { Look::Up } else { look },
            window: Vec::new(),
            window_start: 0,
            parts: Vec::new(),
            carry: None,
            chunk_name: None,
            charged: 0,
            kept,
            damaged: false,
            coded: false,
            asked: None,
        };
        if let Some(head) = head {
            message.take_head(head, wanted, desk, rows);
        }
        message
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        let carry = self.carry.as_ref().map_or(0, |carry| size_of_val(&**carry));
        let parts = self.parts.capacity() * size_of::<Range<usize>>();
        size_of::<Self>() + self.window.capacity() + parts + carry
    }

    /// Undoes the content coding that the row names, from here on.
    pub fn begin_decoding(&mut self, desk: &mut Desk, rows: &mut Rows) {
        if self.row.content_encoding.is_empty() || self.look == Look::No {
            return;
        }
        let made = match ContentDecoder::new(&self.row.content_encoding, &desk.limits) {
            Ok(decoder) if decoder.is_identity() => return,
            Ok(_) if !desk.may_decode() => Err(Odd {
                kind: Kind::BoundReached,
                offset: 0,
                detail: "open_decoders: no more may be held".to_owned(),
            }),
            made => made,
        };
        match made {
            Ok(decoder) => {
                desk.decoders += 1;
                self.decoder = Some(decoder);
                self.coded = true;
            }
            Err(odd) => {
                self.damaged = true;
                self.note(odd, rows);
            }
        }
    }

    /// A datagram of a protocol that is not known: looked at by itself, and together with its neighbours.
    pub fn datagram(&mut self, bytes: &[u8], desk: &mut Desk, rows: &mut Rows) {
        let start = self.window.len();
        self.parts.push(start..start + bytes.len());
        self.body(bytes, desk, rows);
        if self.look == Look::No {
            self.parts = Vec::new();
        } else if self.parts.len() >= PARTS {
            self.flush(Some(desk.limits.body_overlap_bytes), desk, rows);
        }
    }

    /// Bytes of the body, as sent after transfer coding.
    pub fn body(&mut self, bytes: &[u8], desk: &mut Desk, rows: &mut Rows) {
        self.row.body_bytes += bytes.len() as u64;
        if let Some(kept) = &mut self.kept {
            kept.body_as_sent.extend_from_slice(bytes);
        }
        if self.look == Look::No {
            if self.row.content_encoding.is_empty() {
                self.row.decoded_bytes += bytes.len() as u64;
            }
            return;
        }
        if self.damaged {
            // What cannot be decoded is still looked at as it is: a wrong label hides nothing that is in clear.
            self.row.opaque_bytes += bytes.len() as u64;
        }
        if self.window.capacity() == 0 && bytes.len() >= POOLED_PIECE_BYTES {
            self.window = desk.take_window();
        }
        match &mut self.decoder {
            None => self.window.extend_from_slice(bytes),
            Some(decoder) => {
                let window = &mut self.window;
                if let Err(odd) = decoder.feed(bytes, &mut |piece| window.extend_from_slice(piece))
                {
                    self.note(odd, rows);
                }
            }
        }
        if self.look == Look::AnswerUndecided {
            let Some(first) = self.window.iter().find(|b| !b.is_ascii_whitespace()) else {
                return;
            };
            self.look = match first {
                b'{' | b'[' => Look::Answer,
                _ if self.asked.is_some() => Look::Names,
                _ => Look::No,
            };
        }
        if matches!(self.look, Look::No)
            || (self.look == Look::Answer && self.window.len() > ANSWER_BYTES)
            || (self.look == Look::Names && self.window.len() > DNS_BYTES)
        {
            self.look = Look::No;
            self.row.decoded_bytes += self.window.len() as u64;
            self.release(desk);
            return;
        }
        desk.waiting = desk.waiting + self.window.len() - self.charged;
        self.charged = self.window.len();
        let (bound, overlap) = desk.window();
        if self.look == Look::Up && self.window.len() >= bound {
            self.flush(Some(overlap), desk, rows);
        }
    }

    /// Inspects what waits; when more may follow, the last `overlap` bytes are kept for the next window.
    fn flush(&mut self, overlap: Option<usize>, desk: &mut Desk, rows: &mut Rows) {
        let last = overlap.is_none();
        let window = std::mem::take(&mut self.window);
        let whole = self.row.content_encoding.is_empty() && last && self.window_start == 0;
        let piece = Piece {
            place: "body",
            bytes: &window,
            offset: self.window_start,
            last,
            total: whole.then_some(window.len() as u64),
            content_type: &self.row.content_type,
            up: self.row.up,
            chunk_name: if self.row.from_client {
                self.chunk_name.as_deref()
            } else {
                None
            },
        };
        desk.inspector.inspect_parts(
            &piece,
            &self.parts,
            self.carry.get_or_insert_default(),
            &mut desk.findings,
        );
        // Datagrams lie whole in a window: what the next one repeats has been looked at.
        self.parts.clear();
        self.store_findings(desk, rows);
        if let Some(kept) = &mut self.kept {
            let seen = (kept.body.len() as u64).saturating_sub(self.window_start) as usize;
            kept.body
                .extend_from_slice(window.get(seen..).unwrap_or_default());
        }
        self.window = window;
        if let Some(overlap) = overlap {
            let keep_from = self.window.len().saturating_sub(overlap);
            self.window.drain(..keep_from);
            self.window_start += keep_from as u64;
            if overlap == PRESSED_OVERLAP_BYTES {
                self.window.shrink_to(PRESSED_WINDOW_BYTES);
            }
        }
        desk.waiting = desk.waiting.saturating_sub(self.charged);
        self.charged = if last { 0 } else { self.window.len() };
        desk.waiting += self.charged;
    }

    fn release(&mut self, desk: &mut Desk) {
        desk.waiting = desk.waiting.saturating_sub(self.charged);
        self.charged = 0;
        desk.give_window(std::mem::take(&mut self.window));
    }

    /// Ends the message and emits its row. Returns bytes of it that stayed unread.
    pub fn end(
        mut self,
        complete: bool,
        time_ns: i64,
        desk: &mut Desk,
        rows: &mut Rows,
    ) -> (u64, Option<Kept>) {
        self.row.end_ns = time_ns;
        self.row.complete = complete;
        if let Some(mut decoder) = self.decoder.take() {
            desk.decoders = desk.decoders.saturating_sub(1);
            if self.look != Look::No {
                if self.window.capacity() == 0 {
                    self.window = desk.take_window();
                }
                let window = &mut self.window;
                if let Err(odd) = decoder.finish(&mut |piece| window.extend_from_slice(piece)) {
                    // A message that is cut has a cut coding; that is told by `complete` already.
                    if complete {
                        self.note(odd, rows);
                    }
                }
                self.row.opaque_bytes += decoder.unread();
            }
        }
        if complete && self.row.content_type == DNS_MESSAGE {
            self.tell_names(time_ns, rows);
        } else if let Some(question) = self.asked.take().filter(|_| complete && !self.row.up) {
            self.tell_answer(&question, time_ns, desk, rows);
        }
        if self.look == Look::Names {
            self.row.decoded_bytes = self.window.len() as u64;
            self.look = Look::No;
        }
        if self.look != Look::No {
            self.row.decoded_bytes = self.window_start + self.window.len() as u64;
            if !self.window.is_empty() && self.look != Look::AnswerUndecided {
                self.flush(None, desk, rows);
            }
        }
        if let Some(carry) = &mut self.carry {
            let time_ns = self.row.time_ns;
            desk.inspector
                .end_message(carry, &self.row.host, time_ns, &mut desk.findings);
            self.store_findings(desk, rows);
        }
        self.release(desk);
        self.row.opaque_bytes = self
            .row
            .opaque_bytes
            .min(self.row.body_bytes.max(self.row.head_bytes));
        let unread = self.row.opaque_bytes;
        rows.messages.push(self.row);
        (unread, self.kept)
    }

    /// Ends a message that is one short text (a DNS name), kept as its body.
    pub fn end_named(
        mut self,
        text: &[u8],
        time_ns: i64,
        desk: &mut Desk,
        rows: &mut Rows,
    ) -> (u64, Option<Kept>) {
        if let Some(kept) = &mut self.kept {
            kept.body = text.to_vec();
        }
        self.look = Look::No;
        self.end(true, time_ns, desk, rows)
    }

    /// Bytes are missing: what waits is inspected, and nothing is carried over the hole.
    pub fn gap(&mut self, desk: &mut Desk, rows: &mut Rows) {
        self.row.complete = false;
        if let Some(decoder) = &mut self.decoder {
            decoder.stop();
        }
        if self.look == Look::Up && !self.window.is_empty() {
            self.flush(Some(0), desk, rows);
            if let Some(mut carry) = self.carry.take() {
                desk.inspector.give_up(&mut carry, &mut desk.findings);
                self.store_findings(desk, rows);
            }
            self.window_start += self.window.len() as u64;
            desk.waiting = desk.waiting.saturating_sub(self.charged);
            self.charged = 0;
            self.window.clear();
        }
    }

    /// Inspects a short place whole (target, header, DNS name).
    pub fn inspect_place(&mut self, place: &str, bytes: &[u8], desk: &mut Desk) {
        let piece = Piece {
            place,
            bytes,
            offset: 0,
            last: true,
            total: Some(bytes.len() as u64),
            content_type: "",
            up: self.row.up,
            chunk_name: None,
        };
        desk.inspector.inspect(
            &piece,
            self.carry.get_or_insert_default(),
            &mut desk.findings,
        );
    }

    /// Gives the found things this message's coordinates.
    pub fn store_findings(&mut self, desk: &mut Desk, rows: &mut Rows) {
        let row = &self.row;
        let place_of = |window: Window, place: &str| Window {
            coded: self.coded && place == "body",
            ..window
        };
        for hit in desk.findings.hits.drain(..) {
            rows.hits.push(Hit {
                flow: row.flow.clone(),
                stream: row.stream,
                number: row.number,
                capture: row.capture,
                up: row.up,
                from_client: row.from_client,
                time_ns: row.time_ns,
                needle: hit.needle,
                detector: hit.detector,
                window: place_of(hit.window, &hit.place),
                place: hit.place,
                steps: shown_steps(hit.steps, &desk.inspector),
                start: hit.start,
                end: hit.end,
                digest: hit.digest,
            });
        }
        for media in desk.findings.media.drain(..) {
            rows.media.push(Media {
                flow: row.flow.clone(),
                stream: row.stream,
                number: row.number,
                capture: row.capture,
                up: row.up,
                from_client: row.from_client,
                time_ns: row.time_ns,
                format: media.format,
                window: place_of(media.window, &media.place),
                place: media.place,
                steps: shown_steps(media.steps, &desk.inspector),
                start: media.start,
                end: media.end,
                width: media.width,
                height: media.height,
                sha256: media.sha256,
                complete: media.complete,
                looked: media.looked,
            });
        }
        for token in desk.findings.tokens.drain(..) {
            rows.tokens.push(Token {
                flow: row.flow.clone(),
                stream: row.stream,
                number: row.number,
                capture: row.capture,
                from_client: row.from_client,
                time_ns: row.time_ns,
                place: token.place,
                steps: shown_steps(token.steps, &desk.inspector),
                value: token.value,
                bytes: token.bytes,
            });
        }
        let unread: u64 = desk.findings.bounds.iter().map(|bound| bound.unread).sum();
        self.row.opaque_bytes += std::mem::take(&mut desk.findings.opaque_bytes) + unread;
        let bounds = std::mem::take(&mut desk.findings.bounds);
        for bound in bounds {
            self.note(
                Odd {
                    kind: Kind::BoundReached,
                    offset: 0,
                    detail: bound.what,
                },
                rows,
            );
        }
    }

    pub(super) fn note(&self, odd: Odd, rows: &mut Rows) {
        rows.anomalies.push(crate::record::Anomaly {
            capture: self.row.capture,
            flow: self.row.flow.clone(),
            packet: 0,
            time_ns: self.row.time_ns,
            odd,
        });
    }
}
