//! HTTP/2 on a flow: its events become messages, stream by stream.

use crate::anomaly::OpaqueReason;
use crate::http::{H2Conn, H2Event, MessageHead};
use crate::record::Dir;

use super::account::Account;
use super::shared::{Place, Shared};
use super::streams::{StreamEvents, Streams};
use super::unknown_talk::UnknownTalk;

/// What is left of a dynamic table where those of all connections are beyond the bound.
const PRESSED_TABLE_BYTES: usize = 512;

pub(super) struct H2Talk {
    conn: H2Conn,
    streams: Streams,
    /// Bytes that are no frame, or of frames that mean nothing here.
    rest: UnknownTalk,
    /// Bytes of dynamic tables already told to the shared budget.
    charged: usize,
}

impl H2Talk {
    pub(super) fn new(limits: &crate::limits::Limits) -> Self {
        H2Talk {
            conn: H2Conn::new(limits),
            streams: Streams::new("h2"),
            rest: UnknownTalk::apart(1),
            charged: 0,
        }
    }

    /// After an upgrade of HTTP/1.1: the request that asked for it is stream 1, and its answer comes there
    /// (RFC 7540, section 3.2).
    pub(super) fn upgraded(
        limits: &crate::limits::Limits,
        host: &str,
        shared: &mut Shared,
    ) -> Self {
        let mut talk = H2Talk::new(limits);
        talk.streams.asked_before(1, host, shared);
        talk
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        let (conn, streams) = (self.conn.held_bytes(), self.streams.held());
        size_of::<Self>() + conn + streams + self.rest.held()
    }

    pub(super) fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let (conn, mut events) = self.events(place, account);
        conn.feed(dir, bytes, &mut |event| take(&mut events, event, shared));
        self.charge(shared);
    }

    pub(super) fn gap(
        &mut self,
        dir: Dir,
        len: u64,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let (conn, mut events) = self.events(place, account);
        conn.gap(dir, len, &mut |event| take(&mut events, event, shared));
        self.charge(shared);
    }

    pub(super) fn finish(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        let (conn, mut events) = self.events(place, account);
        for dir in [Dir::Client, Dir::Server] {
            conn.finish(dir, &mut |event| take(&mut events, event, shared));
        }
        self.conn.shrink_tables(0);
        self.charge(shared);
        self.streams.finish(account, shared);
        self.rest.finish(shared);
    }

    fn events<'a>(
        &'a mut self,
        place: &'a Place<'a>,
        account: &'a mut Account,
    ) -> (&'a mut H2Conn, StreamEvents<'a>) {
        let events = StreamEvents {
            streams: &mut self.streams,
            rest: &mut self.rest,
            place,
            account,
        };
        (&mut self.conn, events)
    }

    /// Keeps the dynamic tables of all connections within their bound.
    fn charge(&mut self, shared: &mut Shared) {
        let now = self.conn.table_bytes();
        if now == self.charged {
            return;
        }
        let total = &mut shared.desk.hpack_bytes;
        *total = *total + now - self.charged;
        self.charged = now;
        if *total > shared.desk.limits.hpack_total_bytes {
            self.conn.shrink_tables(PRESSED_TABLE_BYTES);
            let now = self.conn.table_bytes();
            *total -= self.charged - now;
            self.charged = now;
        }
    }
}

fn take(events: &mut StreamEvents<'_>, event: H2Event<'_>, shared: &mut Shared) {
    match event {
        H2Event::Body { dir, stream, bytes } => events.body(stream.into(), dir, bytes, shared),
        H2Event::Fields {
            dir,
            stream,
            fields,
            offset,
            bytes,
            unread,
        } => {
            let head = MessageHead::from_fields(fields, offset, bytes);
            events.fields(stream.into(), dir, &head, unread, shared);
        }
        H2Event::End { dir, stream } => events.end(stream.into(), dir, true, shared),
        H2Event::Reset { stream, .. } => {
            events.streams.reset(stream.into(), events.account, shared);
        }
        H2Event::Missing { dir, stream } => match stream {
            Some(stream) => events.streams.gap(stream.into(), dir, shared),
            None => events.streams.gap_anywhere(dir, shared),
        },
        H2Event::Unknown {
            dir,
            bytes,
            after_gap,
        } => events.unknown(events.place.stream, dir, bytes, after_gap, shared),
        H2Event::Unread { dir, bytes } => {
            events.account.unread(OpaqueReason::AfterGap, dir, bytes);
        }
        H2Event::Odd(odd) => events.place.odd(odd, shared),
    }
}
