//! QUIC on a flow: the datagrams of a connection become stream bytes, and those become messages.
//!
//! A connection lives with the flow where it began. When it moves to other addresses (RFC 9000, section 9) its packets
//! are known by their connection ids, and the rows of its messages go on naming the first flow.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use crate::limits::Limits;
use crate::net::tcp::Budget;
use crate::net::Tuple;
use crate::quic::{ConnId, QuicConn, QuicEvent};
use crate::record::Dir;
use crate::tls::TlsInfo;

use super::account::Account;
use super::shared::{Place, Shared};
use super::talk::Talk;
use super::unknown_talk::UnknownTalk;

/// Ids shorter than this are not followed to other addresses: chance would find them.
const SHORTEST_FOLLOWED: usize = 4;
/// Longest id (RFC 9000, section 17.2).
const LONGEST: usize = 20;

/// Where the connections of a thread are found by their ids, and what they share.
pub(super) struct Connections {
    by_id: HashMap<ConnId, (Tuple, Dir), FxBuildHasher>,
    /// How many ids there are of each length.
    lengths: [u32; LONGEST + 1],
    /// Connections being decoded.
    pub open: usize,
    /// What all flows together hold out of order.
    pub budget: Budget,
    /// Memory in which packets are opened.
    buffer: Vec<u8>,
}

impl Connections {
    pub fn new(limits: &Limits) -> Self {
        Connections {
            by_id: HashMap::default(),
            lengths: [0; LONGEST + 1],
            open: 0,
            budget: Budget::new(limits),
            buffer: Vec::new(),
        }
    }

    fn add(&mut self, id: ConnId, flow: Tuple, issuer: Dir) {
        if id.bytes().len() >= SHORTEST_FOLLOWED && self.by_id.insert(id, (flow, issuer)).is_none()
        {
            self.lengths[id.bytes().len()] += 1;
        }
    }

    fn remove(&mut self, id: &ConnId, flow: &Tuple) {
        if self.by_id.get(id).is_some_and(|(owner, _)| owner == flow) {
            self.by_id.remove(id);
            self.lengths[id.bytes().len()] -= 1;
        }
    }

    /// The flow where the connection of this packet began, and the packet's direction there.
    pub fn find(&self, datagram: &[u8]) -> Option<(Tuple, Dir)> {
        let (first, rest) = datagram.split_first()?;
        // Only short headers move.
        if first & 0x80 != 0 || self.by_id.is_empty() {
            return None;
        }
        let lengths = (SHORTEST_FOLLOWED..=LONGEST).rev();
        let lengths = lengths.filter(|len| self.lengths[*len] > 0);
        let mut ids = lengths.filter_map(|len| ConnId::new(rest.get(..len)?));
        let (flow, issuer) = ids.find_map(|id| self.by_id.get(&id))?;
        Some((*flow, issuer.other()))
    }
}

/// A connection and what is said on it.
pub(super) struct QuicTalk {
    conn: QuicConn,
    flow: Tuple,
    rest: UnknownTalk,
}

impl QuicTalk {
    pub fn new(flow: Tuple, shared: &mut Shared) -> Self {
        shared.connections.open += 1;
        QuicTalk {
            conn: QuicConn::new(&shared.desk.limits, &shared.connections.budget),
            flow,
            rest: UnknownTalk::default(),
        }
    }

    /// What is known of the session.
    pub fn info(&self) -> &TlsInfo {
        self.conn.info()
    }

    /// Whether the datagram begins another connection between the same ends.
    pub fn is_another(&self, dir: Dir, datagram: &[u8], shared: &mut Shared) -> bool {
        self.conn
            .is_another(dir, datagram, &mut shared.connections.buffer)
    }

    pub fn datagram(&mut self, talk: &mut Talk, dir: Dir, datagram: &[u8], shared: &mut Shared) {
        let mut buffer = std::mem::take(&mut shared.connections.buffer);
        let keys = Arc::clone(&shared.keys);
        let (conn, mut events) = self.events(talk);
        conn.datagram(&keys, dir, datagram, &mut buffer, &mut |event| {
            events.take(event, shared);
        });
        shared.connections.buffer = buffer;
    }

    pub fn finish(&mut self, talk: &mut Talk, shared: &mut Shared) {
        let (conn, mut events) = self.events(talk);
        conn.finish(&mut |event| events.take(event, shared));
        self.rest.finish(shared);
        for id in self.conn.ids() {
            shared.connections.remove(id, &self.flow);
        }
        shared.connections.open -= 1;
    }

    fn events<'a>(&'a mut self, talk: &'a mut Talk) -> (&'a mut QuicConn, Events<'a>) {
        let events = Events {
            flow: self.flow,
            rest: &mut self.rest,
            place: Place {
                id: &talk.id,
                capture: talk.capture,
                phone: talk.phone,
            },
            account: &mut talk.account,
        };
        (&mut self.conn, events)
    }
}

/// Where the events of a connection go.
struct Events<'a> {
    flow: Tuple,
    rest: &'a mut UnknownTalk,
    place: Place<'a>,
    account: &'a mut Account,
}

impl Events<'_> {
    fn take(&mut self, event: QuicEvent<'_>, shared: &mut Shared) {
        match event {
            QuicEvent::Stream { dir, bytes, .. } | QuicEvent::Datagram { dir, bytes } => {
                self.account.app[dir.index()] += bytes.len() as u64;
                self.rest
                    .feed(dir, bytes, &self.place, self.account, shared);
            }
            QuicEvent::Gap { dir, len, .. } => self.rest.gap(dir, len, shared),
            QuicEvent::End { .. } | QuicEvent::Reset { .. } => {}
            QuicEvent::Opaque { dir, len, reason } => {
                self.account.app[dir.index()] += len;
                self.account.unread(reason, dir, len);
            }
            QuicEvent::Handshake { dir, len } => self.account.handshake[dir.index()] += len,
            QuicEvent::Id { issuer, id } => shared.connections.add(id, self.flow, issuer),
            QuicEvent::IdGone(id) => shared.connections.remove(&id, &self.flow),
            QuicEvent::Odd(odd) => self.place.odd(odd, shared),
        }
    }
}
