//! The messages of a connection with streams (HTTP/2, HTTP/3): heads, pieces of bodies and ends by stream in, rows out.
//!
//! Requests and answers of many streams lie between each other; each stream and direction has its own open message.

use std::collections::BTreeMap;

use crate::anomaly::{Kind, OpaqueReason};
use crate::dns::httpdns::Question;
use crate::http::parts::{Deflate, Parts};
use crate::http::MessageHead;
use crate::net::Finished;
use crate::record::{Dir, Odd};

use super::account::{Account, PhoneSide};
use super::body::OpenBody;
use super::shared::{Place, Shared};
use super::unknown_talk::UnknownTalk;

/// The messages of one connection.
pub(super) struct Streams {
    /// What its rows call the protocol.
    protocol: &'static str,
    open: BTreeMap<u64, Box<Stream>>,
    finished: Finished,
    /// Bodies of streams that have ended or were given up.
    stray: UnknownTalk,
    /// The bound was told.
    told: bool,
}

#[derive(Default)]
struct Stream {
    /// Host of the request, for the answer.
    host: String,
    /// The question of HTTPDNS that the request asks, for the answer.
    asked: Option<Box<Question>>,
    /// The request asked for a WebSocket (RFC 8441).
    asks_websocket: bool,
    sides: [Side; 2],
}

#[derive(Default)]
struct Side {
    message: Option<OpenBody>,
    /// Messages begun: interim answers are messages of their own.
    count: u32,
    ended: bool,
}

impl Stream {
    /// The answer agrees to a WebSocket: both bodies are its messages.
    fn become_websocket(&mut self, answer: &MessageHead<'_>, shared: &Shared) {
        let extensions = answer
            .get_text("sec-websocket-extensions")
            .unwrap_or_default();
        for (side, client) in self.sides.iter_mut().zip([true, false]) {
            if let Some(message) = &mut side.message {
                let deflate = Deflate::agreed(extensions, client);
                message.take_apart(Parts::websocket(deflate, &shared.desk.limits), "");
            }
        }
    }
}

/// Where the events of a connection with streams go: HTTP/2's and HTTP/3's alike.
pub(super) struct StreamEvents<'a> {
    pub streams: &'a mut Streams,
    /// Bytes that belong to no message.
    pub rest: &'a mut UnknownTalk,
    pub place: &'a Place<'a>,
    pub account: &'a mut Account,
}

impl StreamEvents<'_> {
    /// A field section and how many of its bytes could not be read.
    pub(super) fn fields(
        &mut self,
        stream: u64,
        dir: Dir,
        head: &MessageHead<'_>,
        unread: u64,
        shared: &mut Shared,
    ) {
        self.account.unread(OpaqueReason::AfterGap, dir, unread);
        self.streams
            .head(stream, dir, head, self.place, self.account, shared);
    }

    pub(super) fn body(&mut self, stream: u64, dir: Dir, bytes: &[u8], shared: &mut Shared) {
        self.streams
            .body(stream, dir, bytes, self.place, self.account, shared);
    }

    pub(super) fn end(&mut self, stream: u64, dir: Dir, complete: bool, shared: &mut Shared) {
        self.streams
            .end(stream, dir, complete, self.account, shared);
    }

    /// Bytes that mean nothing here are told on the stream `at`.
    pub(super) fn unknown(
        &mut self,
        at: u64,
        dir: Dir,
        bytes: &[u8],
        after_gap: bool,
        shared: &mut Shared,
    ) {
        let reason = if after_gap {
            OpaqueReason::AfterGap
        } else {
            OpaqueReason::UnknownProtocol
        };
        let place = Place {
            stream: at,
            ..*self.place
        };
        self.rest
            .feed_as(reason, dir, bytes, &place, self.account, shared);
    }
}

impl Streams {
    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        let sides = self.open.values().flat_map(|stream| &stream.sides);
        let bodies = sides.filter_map(|side| side.message.as_ref());
        let own = self.open.len() * size_of::<Stream>();
        own + bodies.map(OpenBody::held).sum::<usize>() + self.stray.held()
    }

    /// No stream yet; `protocol` is "h2" or "h3".
    pub(super) fn new(protocol: &'static str) -> Self {
        Streams {
            protocol,
            open: BTreeMap::new(),
            finished: Finished::default(),
            stray: UnknownTalk::apart(2),
            told: false,
        }
    }

    /// A field section: the head of a message, or trailers when a body is open and it names neither request nor answer.
    pub(super) fn head(
        &mut self,
        stream: u64,
        dir: Dir,
        head: &MessageHead<'_>,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let Some(open) = self.stream(stream, place, account, shared) else {
            return;
        };
        let side = &mut open.sides[dir.index()];
        if head.is_nameless() && side.message.is_some() {
            if let Some(message) = &mut side.message {
                message.trailers(head.headers, shared);
            }
            return;
        }
        if let Some(message) = side.message.take() {
            // An interim answer has no body; anything else was cut short by this head.
            let interim = matches!(message.row().status, 100 | 102..=199);
            message.end(interim, account, shared);
        }
        let message = self.begin(stream, dir, Some(head), place, account, shared);
        if let Some(open) = self.open.get_mut(&stream) {
            open.sides[dir.index()].message = Some(message);
            open.asks_websocket |= head.is_request && head.protocol == b"websocket";
            if open.asks_websocket && matches!(head.status, 200..=299) {
                open.become_websocket(head, shared);
            }
        }
    }

    /// The request of this stream was sent before the streams began.
    pub(super) fn asked_before(&mut self, stream: u64, host: &str, shared: &mut Shared) {
        let mut open = Box::<Stream>::default();
        host.clone_into(&mut open.host);
        open.sides[Dir::Client.index()].ended = true;
        if self.open.insert(stream, open).is_none() {
            shared.desk.open_streams += 1;
        }
    }

    /// Bytes of a body.
    pub(super) fn body(
        &mut self,
        stream: u64,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        if let Some(open) = self.open.get_mut(&stream) {
            let Side { message, count, .. } = &mut open.sides[dir.index()];
            if let Some(message) = message {
                message.body(bytes, count, place, account, shared);
                return;
            }
        }
        let ended = match self.stream(stream, place, account, shared) {
            None => true,
            Some(open) => open.sides[dir.index()].ended,
        };
        if ended {
            self.stray.feed(dir, bytes, place, account, shared);
            return;
        }
        // The head was not captured, or could not be read.
        let mut message = self.begin(stream, dir, None, place, account, shared);
        if let Some(parts) = Parts::of_first(bytes) {
            message.take_apart(parts, "gzip");
        }
        if let Some(open) = self.open.get_mut(&stream) {
            let side = &mut open.sides[dir.index()];
            message.body(bytes, &mut side.count, place, account, shared);
            side.message = Some(message);
        }
    }

    /// This side of the stream sends no more.
    pub(super) fn end(
        &mut self,
        stream: u64,
        dir: Dir,
        complete: bool,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let Some(open) = self.open.get_mut(&stream) else {
            return;
        };
        let side = &mut open.sides[dir.index()];
        side.ended = true;
        if let Some(message) = side.message.take() {
            message.end(complete, account, shared);
        }
        if open.sides.iter().all(|side| side.ended) {
            self.forget(stream, shared);
        }
    }

    /// The stream was given up by a side: both directions end, and what still comes is stray.
    pub(super) fn reset(&mut self, stream: u64, account: &mut Account, shared: &mut Shared) {
        for dir in [Dir::Client, Dir::Server] {
            self.end(stream, dir, false, account, shared);
        }
    }

    /// Bytes of this stream's body are missing.
    pub(super) fn gap(&mut self, stream: u64, dir: Dir, shared: &mut Shared) {
        if let Some(message) = self
            .open
            .get_mut(&stream)
            .and_then(|open| open.sides[dir.index()].message.as_mut())
        {
            message.gap(shared);
        }
    }

    /// Bytes are missing, and of which streams is not known: any open body of this direction may miss some.
    pub(super) fn gap_anywhere(&mut self, dir: Dir, shared: &mut Shared) {
        for open in self.open.values_mut() {
            if let Some(message) = &mut open.sides[dir.index()].message {
                message.gap(shared);
            }
        }
    }

    /// The connection ends.
    pub(super) fn finish(&mut self, account: &mut Account, shared: &mut Shared) {
        while let Some((&stream, _)) = self.open.first_key_value() {
            self.reset(stream, account, shared);
            self.forget(stream, shared);
        }
        self.stray.finish(shared);
    }

    /// A message begins on an open stream.
    fn begin(
        &mut self,
        stream: u64,
        dir: Dir,
        head: Option<&MessageHead<'_>>,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) -> OpenBody {
        let mut number = 0;
        let mut host = "";
        if let Some(open) = self.open.get_mut(&stream) {
            let count = &mut open.sides[dir.index()].count;
            number = *count;
            *count = count.saturating_add(1);
            host = &open.host;
        }
        let mut row = place.stream_row(stream, dir, number, self.protocol, shared);
        if !head.is_some_and(|head| head.is_request) {
            host.clone_into(&mut row.host);
        }
        let keep = shared.keeps(place, stream, dir, number);
        let wanted = place.phone != PhoneSide::Neither && shared.keep.is_none();
        let mut message = OpenBody::begin(row, head, wanted, keep, shared);
        if head.is_some_and(|head| head.is_request) {
            if account.host.is_empty() {
                account.host.clone_from(&message.row().host);
            }
            if let Some(open) = self.open.get_mut(&stream) {
                open.host.clone_from(&message.row().host);
                open.asked = message.take_asked();
            }
        } else if head.is_some_and(|head| head.status >= 200) {
            let open = self.open.get_mut(&stream);
            message.answers(open.and_then(|open| open.asked.take()), shared);
        }
        message
    }

    /// The open stream of that id; a new one where it was not seen yet, None where it has ended.
    fn stream(
        &mut self,
        stream: u64,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) -> Option<&mut Stream> {
        if !self.open.contains_key(&stream) {
            if self.finished.has(stream) {
                return None;
            }
            self.make_room(place, account, shared);
            shared.desk.open_streams += 1;
            self.open.insert(stream, Box::default());
        }
        self.open.get_mut(&stream).map(Box::as_mut)
    }

    /// At the bound the oldest stream is given up; its later bytes count as unread.
    fn make_room(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        let limits = &shared.desk.limits;
        let crowded = self.open.len() >= limits.open_streams
            || (shared.desk.open_streams >= limits.open_streams_total && !self.open.is_empty());
        let Some((&oldest, _)) = self.open.first_key_value().filter(|_| crowded) else {
            return;
        };
        if !std::mem::replace(&mut self.told, true) {
            let detail = format!(
                "open_streams: {} at once; the oldest were given up",
                self.open.len()
            );
            place.odd(
                Odd {
                    kind: Kind::BoundReached,
                    offset: 0,
                    detail,
                },
                shared,
            );
        }
        self.reset(oldest, account, shared);
    }

    fn forget(&mut self, stream: u64, shared: &mut Shared) {
        if self.open.remove(&stream).is_some() {
            shared.desk.open_streams = shared.desk.open_streams.saturating_sub(1);
            self.finished.add(stream);
        }
    }
}
