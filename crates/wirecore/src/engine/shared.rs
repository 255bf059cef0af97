//! What the flows of one thread share, and the coordinates that rows carry.

use std::sync::Arc;

use crate::inspect::{Findings, Inspector};
use crate::limits::Limits;
use crate::record::{Anomaly, Dir, Message, Odd, Tried};
use crate::tls::{KeyLog, TlsConn};

use super::account::PhoneSide;
use super::desk::Desk;
use super::kept::{Keep, Kept, Wanted};
use super::quic_talk::Connections;
use super::rows::Rows;

/// What the flows of one thread share.
pub(super) struct Shared {
    pub keys: Arc<KeyLog>,
    pub desk: Desk,
    pub connections: Connections,
    pub rows: Rows,
    /// True once a session was met that the key log speaks of.
    pub keys_met: bool,
    pub keep: Option<Wanted>,
    pub kept: Vec<Kept>,
    /// Number and time of the packet being read.
    pub packet: u64,
    pub now: i64,
}

/// Coordinates of a flow for the rows made on it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) id: &'a str,
    pub(super) capture: u32,
    pub(super) phone: PhoneSide,
    /// The stream of messages that name none: 0 but on connections with streams of their own.
    pub(super) stream: u64,
    /// Tunnels around what speaks: the streams inside are numbered apart from those outside.
    pub(super) depth: u8,
}

/// Where the streams inside a tunnel begin: beyond those of HTTP/2 and, in practice, of QUIC.
const INSIDE: u32 = 48;

impl<'a> Place<'a> {
    /// The same flow, `depth` tunnels in.
    pub(super) fn inside(&self, depth: u8) -> Place<'a> {
        Place { depth, ..*self }
    }

    fn numbered(&self, stream: u64) -> u64 {
        stream | u64::from(self.depth) << INSIDE
    }

    /// The row of a message of a protocol without streams.
    pub(super) fn row(&self, dir: Dir, number: u32, protocol: &str, shared: &Shared) -> Message {
        self.stream_row(self.stream, dir, number, protocol, shared)
    }

    pub(super) fn stream_row(
        &self,
        stream: u64,
        dir: Dir,
        number: u32,
        protocol: &str,
        shared: &Shared,
    ) -> Message {
        Message {
            flow: self.id.to_owned(),
            stream: self.numbered(stream),
            number,
            capture: self.capture,
            up: self.phone.sends(dir),
            from_client: dir == Dir::Client,
            time_ns: shared.now,
            end_ns: shared.now,
            protocol: protocol.to_owned(),
            complete: true,
            ..Message::default()
        }
    }

    pub(super) fn odd(&self, odd: Odd, shared: &mut Shared) {
        shared.rows.anomalies.push(Anomaly {
            capture: self.capture,
            flow: self.id.to_owned(),
            packet: shared.packet,
            time_ns: shared.now,
            odd,
        });
    }
}

impl Shared {
    /// What one thread begins with.
    pub(super) fn new(
        inspector: Inspector,
        limits: Limits,
        keys: KeyLog,
        wants_answers: bool,
        keep: Option<Vec<Keep>>,
    ) -> Self {
        Shared {
            keys: Arc::new(keys),
            connections: Connections::new(&limits),
            desk: Desk {
                inspector,
                limits,
                findings: Findings::default(),
                wants_answers,
                waiting: 0,
                open_streams: 0,
                hpack_bytes: 0,
                decoders: 0,
                pool: Vec::new(),
            },
            rows: Rows::default(),
            keys_met: false,
            keep: keep.map(Wanted::new),
            kept: Vec::new(),
            packet: 0,
            now: 0,
        }
    }

    /// Tells how many places short forms were compared with in the capture that ends.
    pub(super) fn tell_tried(&mut self, capture: u32) {
        let tally = self.desk.inspector.take_tally();
        let tried = tally.counts().map(|(shape, length, count)| Tried {
            capture,
            shape,
            length: length as u8,
            count,
        });
        self.rows.tried.extend(tried);
    }

    /// Takes in the sessions whose secret a connection found out with these keys: later ones go on with them.
    pub(super) fn learn(&mut self, keys: Arc<KeyLog>, conn: &mut TlsConn) {
        let learned = conn.take_learned();
        if !learned.is_empty() {
            drop(keys);
            Arc::make_mut(&mut self.keys).learn(learned);
        }
    }

    /// True when this message's bytes were asked for.
    pub(super) fn keeps(&self, place: &Place<'_>, stream: u64, dir: Dir, number: u32) -> bool {
        self.keep
            .as_ref()
            .is_some_and(|keep| keep.has(place.id, place.numbered(stream), dir, number))
    }
}
