//! HTTP/3 on a connection: its events become messages, stream by stream.

use crate::anomaly::OpaqueReason;
use crate::http::{H3Conn, H3Event, MessageHead};
use crate::limits::Limits;
use crate::record::Dir;

use super::account::Account;
use super::shared::{Place, Shared};
use super::streams::{StreamEvents, Streams};
use super::unknown_talk::UnknownTalk;

/// Streams of QUIC are below this; so are not the bytes that belong to none: of types that are not known, of streams
/// that have ended, of pushed requests.
pub(super) const STRAY: u64 = 1 << 62;
const UNKNOWN: u64 = STRAY + 1;
const PROMISED: u64 = STRAY + 16;

pub(super) struct H3Talk {
    conn: H3Conn,
    streams: Streams,
    /// Bytes of frames and streams that mean nothing here.
    rest: UnknownTalk,
}

/// What happened on a stream.
#[derive(Clone, Copy)]
pub(super) enum Happened<'a> {
    Bytes(&'a [u8]),
    Gap(u64),
    End,
    Reset,
}

impl H3Talk {
    pub(super) fn new(limits: &Limits) -> Self {
        H3Talk {
            conn: H3Conn::new(limits),
            streams: Streams::new("h3"),
            rest: UnknownTalk::default(),
        }
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        let (conn, streams) = (self.conn.held_bytes(), self.streams.held());
        size_of::<Self>() + conn + streams + self.rest.held()
    }

    pub(super) fn take(
        &mut self,
        dir: Dir,
        stream: u64,
        happened: Happened<'_>,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let (conn, mut events) = self.events(place, account);
        let out = &mut |event: H3Event<'_>| take(&mut events, event, shared);
        match happened {
            Happened::Bytes(bytes) => conn.feed(dir, stream, bytes, out),
            Happened::Gap(len) => conn.gap(dir, stream, len, out),
            Happened::End => conn.end(dir, stream, out),
            Happened::Reset => conn.reset(dir, stream, out),
        }
    }

    pub(super) fn finish(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        let (conn, mut events) = self.events(place, account);
        conn.finish(&mut |event| take(&mut events, event, shared));
        self.streams.finish(account, shared);
        self.rest.finish(shared);
    }

    fn events<'a>(
        &'a mut self,
        place: &'a Place<'a>,
        account: &'a mut Account,
    ) -> (&'a mut H3Conn, StreamEvents<'a>) {
        let events = StreamEvents {
            streams: &mut self.streams,
            rest: &mut self.rest,
            place,
            account,
        };
        (&mut self.conn, events)
    }
}

fn take(events: &mut StreamEvents<'_>, event: H3Event<'_>, shared: &mut Shared) {
    match event {
        H3Event::Body { dir, stream, bytes } => events.body(stream, dir, bytes, shared),
        H3Event::Fields {
            dir,
            stream,
            fields,
            offset,
            bytes,
            unread,
        } => {
            let head = MessageHead::from_fields(fields, offset, bytes);
            events.fields(stream, dir, &head, unread, shared);
        }
        H3Event::Promise { push, fields } => {
            let head = MessageHead::from_fields(fields, 0, 0);
            let stream = PROMISED.saturating_add(push);
            events.fields(stream, Dir::Server, &head, 0, shared);
            events.end(stream, Dir::Server, true, shared);
            events.end(stream, Dir::Client, true, shared);
        }
        H3Event::End {
            dir,
            stream,
            complete,
        } => {
            events.end(stream, dir, complete, shared);
            if stream & 2 != 0 {
                // A pushed answer: the other direction says nothing.
                events.end(stream, dir.other(), complete, shared);
            }
        }
        H3Event::Reset { dir, stream } => events.end(stream, dir, false, shared),
        H3Event::Missing { dir, stream } => events.streams.gap(stream, dir, shared),
        H3Event::Unknown {
            dir,
            bytes,
            after_gap,
        } => events.unknown(UNKNOWN, dir, bytes, after_gap, shared),
        H3Event::Unread { dir, bytes } => {
            events.account.unread(OpaqueReason::AfterGap, dir, bytes);
        }
        H3Event::Odd(odd) => events.place.odd(odd, shared),
    }
}
