//! The body of an open message: one thing, or a sequence of messages of its own (gRPC, events, WebSocket).
//!
//! Each message of a sequence becomes a row with a number of its own, and is decoded and inspected like any other.

use crate::anomaly::OpaqueReason;
use crate::dns::httpdns::Question;
use crate::http::parts::{Part, Parts};
use crate::http::{Header, MessageHead};
use crate::record::{Dir, Message};

use super::account::{Account, PhoneSide};
use super::message::OpenMessage;
use super::shared::{Place, Shared};

/// A message with its body.
pub(super) struct OpenBody {
    message: OpenMessage,
    parts: Option<Box<OpenParts>>,
}

/// Messages inside a body, or on a connection that has left HTTP.
pub(super) struct OpenParts {
    parts: Parts,
    /// What the rows of its messages have in common.
    like: Message,
    /// The coding of those that are compressed.
    coding: String,
    open: Option<OpenMessage>,
    /// It is counted among the decoders.
    charged: bool,
    /// Bytes were missing.
    after_gap: bool,
}

impl OpenBody {
    pub(super) fn begin(
        row: Message,
        head: Option<&MessageHead<'_>>,
        wanted: bool,
        keep: bool,
        shared: &mut Shared,
    ) -> Self {
        let message =
            OpenMessage::begin(row, head, wanted, keep, &mut shared.desk, &mut shared.rows);
        let mut body = OpenBody {
            message,
            parts: None,
        };
        let row = body.row();
        // A compressed body is taken as one thing.
        if row.content_encoding.is_empty() {
            if let Some(parts) = Parts::of_type(&row.content_type, !row.from_client) {
                let coding = head.and_then(|head| head.get_text("grpc-encoding"));
                body.take_apart(parts, coding.unwrap_or_default());
            }
        }
        body
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        let parts = self.parts.as_ref().map_or(0, |parts| parts.held());
        self.message.held() + parts
    }

    /// The row as far as it is known.
    pub(super) fn row(&self) -> &Message {
        &self.message.row
    }

    /// The question of HTTPDNS that it asks.
    pub(super) fn take_asked(&mut self) -> Option<Box<Question>> {
        self.message.asked.take()
    }

    /// It is the answer to that question.
    pub(super) fn answers(&mut self, question: Option<Box<Question>>, shared: &mut Shared) {
        if let Some(question) = question {
            self.message
                .answers(question, &mut shared.desk, &mut shared.rows);
        }
    }

    /// What follows is a sequence of messages.
    pub(super) fn take_apart(&mut self, parts: Parts, coding: &str) {
        self.parts = Some(Box::new(OpenParts::new(parts, self.row(), coding)));
    }

    pub(super) fn body(
        &mut self,
        bytes: &[u8],
        count: &mut u32,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        match &mut self.parts {
            None => {
                self.message.body(bytes, &mut shared.desk, &mut shared.rows);
            }
            Some(parts) => {
                let inside = parts.feed(bytes, count, place, account, shared);
                self.message.row.body_bytes += (bytes.len() as u64).saturating_sub(inside);
            }
        }
    }

    pub(super) fn trailers(&mut self, headers: &[Header<'_>], shared: &mut Shared) {
        self.message
            .trailers(headers, &mut shared.desk, &mut shared.rows);
    }

    pub(super) fn gap(&mut self, shared: &mut Shared) {
        self.message.gap(&mut shared.desk, &mut shared.rows);
        if let Some(parts) = &mut self.parts {
            parts.gap(None, shared);
        }
    }

    pub(super) fn end(self, complete: bool, account: &mut Account, shared: &mut Shared) {
        let complete = complete && self.message.row.complete;
        if let Some(mut parts) = self.parts {
            parts.end(complete, account, shared);
        }
        close(self.message, complete, account, shared);
    }
}

impl OpenParts {
    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        size_of::<Self>() + self.open.as_ref().map_or(0, OpenMessage::held)
    }

    /// `like`: a row whose flow, stream, side, host and target the messages share.
    pub(super) fn new(parts: Parts, like: &Message, coding: &str) -> Self {
        let content_type = match like.content_type.as_str() {
            text if text.contains("+json") => "application/json",
            text if text.contains("+proto") => "application/x-protobuf",
            _ => "",
        };
        let like = Message {
            protocol: parts.protocol().to_owned(),
            content_type: content_type.to_owned(),
            content_encoding: String::new(),
            method: String::new(),
            status: 0,
            head_bytes: 0,
            body_bytes: 0,
            decoded_bytes: 0,
            opaque_bytes: 0,
            complete: true,
            ..like.clone()
        };
        OpenParts {
            parts,
            like,
            coding: coding.to_owned(),
            open: None,
            charged: false,
            after_gap: false,
        }
    }

    /// Bytes of the body; how many of them are inside messages.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        count: &mut u32,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) -> u64 {
        let may_decode = self.charged || shared.desk.may_decode();
        let mut inside = 0;
        let mut messages = Messages {
            like: &self.like,
            coding: &self.coding,
            open: &mut self.open,
            reason: if self.after_gap {
                OpaqueReason::AfterGap
            } else {
                OpaqueReason::Coding
            },
            count,
            place,
            account,
        };
        self.parts.feed(bytes, may_decode, &mut |part| {
            if let Part::Bytes(bytes) | Part::Aside(bytes) = &part {
                inside += bytes.len() as u64;
            }
            messages.take(part, shared);
        });
        self.charge(shared);
        inside
    }

    pub(super) fn gap(&mut self, len: Option<u64>, shared: &mut Shared) {
        self.after_gap = true;
        self.parts.gap(len);
        self.charge(shared);
        if let Some(open) = &mut self.open {
            open.gap(&mut shared.desk, &mut shared.rows);
        }
    }

    pub(super) fn end(&mut self, complete: bool, account: &mut Account, shared: &mut Shared) {
        if let Some(message) = self.open.take() {
            // An end inside a message cuts it, whatever the body's own end says.
            close(
                message,
                complete && self.parts.is_between(),
                account,
                shared,
            );
        }
        if std::mem::take(&mut self.charged) {
            shared.desk.decoders = shared.desk.decoders.saturating_sub(1);
        }
    }

    /// Keeps the count of decoders that are held.
    fn charge(&mut self, shared: &mut Shared) {
        let holds = self.parts.has_decoder();
        match (std::mem::replace(&mut self.charged, holds), holds) {
            (false, true) => shared.desk.decoders += 1,
            (true, false) => shared.desk.decoders = shared.desk.decoders.saturating_sub(1),
            _ => {}
        }
    }
}

/// Where the messages of a body go.
struct Messages<'a> {
    like: &'a Message,
    coding: &'a str,
    open: &'a mut Option<OpenMessage>,
    reason: OpaqueReason,
    count: &'a mut u32,
    place: &'a Place<'a>,
    account: &'a mut Account,
}

impl Messages<'_> {
    fn take(&mut self, part: Part<'_>, shared: &mut Shared) {
        match part {
            Part::Begin { coded } => *self.open = Some(self.begin(coded, shared)),
            Part::Bytes(bytes) => {
                if let Some(message) = self.open {
                    message.body(bytes, &mut shared.desk, &mut shared.rows);
                }
            }
            Part::End => {
                if let Some(message) = self.open.take() {
                    let whole = message.row.complete;
                    close(message, whole, self.account, shared);
                }
            }
            Part::Aside(bytes) => {
                let mut message = self.begin(false, shared);
                message.body(bytes, &mut shared.desk, &mut shared.rows);
                close(message, true, self.account, shared);
            }
            Part::Unread(len) => {
                let dir = side(self.like);
                self.account.unread(self.reason, dir, len);
            }
            Part::Odd(odd) => self.place.odd(odd, shared),
        }
    }

    fn begin(&mut self, coded: bool, shared: &mut Shared) -> OpenMessage {
        let number = *self.count;
        *self.count = number.saturating_add(1);
        let mut row = Message {
            number,
            time_ns: shared.now,
            ..self.like.clone()
        };
        if coded {
            self.coding.clone_into(&mut row.content_encoding);
        }
        let keep = shared.keeps(self.place, row.stream, side(&row), number);
        let wanted = self.place.phone != PhoneSide::Neither && shared.keep.is_none();
        let mut message =
            OpenMessage::begin(row, None, wanted, keep, &mut shared.desk, &mut shared.rows);
        message.begin_decoding(&mut shared.desk, &mut shared.rows);
        message
    }
}

fn side(row: &Message) -> Dir {
    if row.from_client {
        Dir::Client
    } else {
        Dir::Server
    }
}

/// Ends a message: its row goes out, and what stayed unread of it is counted.
fn close(message: OpenMessage, complete: bool, account: &mut Account, shared: &mut Shared) {
    let dir = side(&message.row);
    let coded = !message.row.content_encoding.is_empty();
    let (unread, kept) = message.end(complete, shared.now, &mut shared.desk, &mut shared.rows);
    let reason = if coded {
        OpaqueReason::Coding
    } else {
        OpaqueReason::OwnEncryption
    };
    account.unread(reason, dir, unread);
    shared.kept.extend(kept);
}
