//! QUIC on a flow: the datagrams of a connection become stream bytes, and those become messages.
//!
//! A connection lives with the flow where it began. When it moves to other addresses (RFC 9000, section 9) its packets
//! are known by their connection ids, and the rows of its messages go on naming the first flow.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use crate::limits::Limits;
use crate::net::tcp::Budget;
use crate::net::Tuple;
use crate::quic::{ConnId, QuicConn, QuicEvent};
use crate::record::Dir;
use crate::tls::TlsInfo;

use super::account::Account;
use super::h3_talk::{H3Talk, Happened, STRAY};
use super::plain::Plain;
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
    /// The most ids that are remembered; beyond it new ones are not followed to other addresses.
    most: usize,
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
            most: limits.quic_ids,
            open: 0,
            budget: Budget::new(limits),
            buffer: Vec::new(),
        }
    }

    fn add(&mut self, id: ConnId, flow: Tuple, issuer: Dir) {
        let len = id.bytes().len();
        let wanted = len >= SHORTEST_FOLLOWED && self.by_id.len() < self.most;
        if wanted && self.by_id.insert(id, (flow, issuer)).is_none() {
            self.lengths[len] += 1;
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
    said: Said,
    /// Messages outside of streams.
    datagrams: UnknownTalk,
}

/// Which protocol the streams speak; decided at their first byte.
enum Said {
    Undecided,
    H3(Box<H3Talk>),
    /// Each stream is a conversation of its own (DNS over QUIC, RFC 9250), with the sides of it that have ended.
    Streams(BTreeMap<u64, (Plain, [bool; 2])>),
}

/// Where datagrams of QUIC are told; see `STRAY`.
const DATAGRAMS: u64 = STRAY + 2;

impl QuicTalk {
    pub fn new(flow: Tuple, shared: &mut Shared) -> Self {
        shared.connections.open += 1;
        QuicTalk {
            conn: QuicConn::new(&shared.desk.limits, &shared.connections.budget),
            flow,
            said: Said::Undecided,
            datagrams: UnknownTalk::default(),
        }
    }

    /// Memory held, bytes.
    pub fn held(&self) -> usize {
        let said = match &self.said {
            Said::Undecided => 0,
            Said::H3(h3) => h3.held(),
            Said::Streams(streams) => {
                let each = |(plain, _): &(Plain, [bool; 2])| size_of::<Plain>() + plain.held();
                streams.values().map(each).sum()
            }
        };
        size_of::<Self>() + self.conn.held_bytes() + said + self.datagrams.held()
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
        events.finish(shared);
        for id in self.conn.ids() {
            shared.connections.remove(id, &self.flow);
        }
        shared.connections.open -= 1;
    }

    fn events<'a>(&'a mut self, talk: &'a mut Talk) -> (&'a mut QuicConn, Events<'a>) {
        let events = Events {
            flow: self.flow,
            said: &mut self.said,
            datagrams: &mut self.datagrams,
            place: Place {
                id: &talk.id,
                capture: talk.capture,
                phone: talk.phone,
                stream: STRAY,
                depth: 0,
            },
            account: &mut talk.account,
        };
        (&mut self.conn, events)
    }
}

/// Where the events of a connection go.
struct Events<'a> {
    flow: Tuple,
    said: &'a mut Said,
    datagrams: &'a mut UnknownTalk,
    place: Place<'a>,
    account: &'a mut Account,
}

impl Events<'_> {
    fn take(&mut self, event: QuicEvent<'_>, shared: &mut Shared) {
        match event {
            QuicEvent::Begin { h3 } => self.begin(h3, shared),
            QuicEvent::Stream { dir, stream, bytes } => {
                self.account.app[dir.index()] += bytes.len() as u64;
                self.stream(dir, stream, Happened::Bytes(bytes), shared);
            }
            QuicEvent::Gap { dir, stream, len } => {
                self.stream(dir, stream, Happened::Gap(len), shared);
            }
            QuicEvent::End { dir, stream } => self.stream(dir, stream, Happened::End, shared),
            QuicEvent::Reset { dir, stream } => self.stream(dir, stream, Happened::Reset, shared),
            QuicEvent::Datagram { dir, bytes } => {
                self.account.app[dir.index()] += bytes.len() as u64;
                let place = Place {
                    stream: DATAGRAMS,
                    ..self.place
                };
                self.datagrams
                    .feed(dir, bytes, &place, self.account, shared);
            }
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

    fn begin(&mut self, h3: bool, shared: &Shared) {
        if !matches!(self.said, Said::Undecided) {
            return;
        }
        *self.said = if h3 {
            self.account.protocol = "h3";
            Said::H3(Box::new(H3Talk::new(&shared.desk.limits)))
        } else {
            Said::Streams(BTreeMap::new())
        };
    }

    fn stream(&mut self, dir: Dir, stream: u64, happened: Happened<'_>, shared: &mut Shared) {
        let open = match self.said {
            Said::Undecided => return,
            Said::H3(h3) => {
                return h3.take(dir, stream, happened, &self.place, self.account, shared);
            }
            Said::Streams(open) => open,
        };
        let place = Place {
            stream,
            ..self.place
        };
        let account = &mut *self.account;
        let (plain, ended) = open
            .entry(stream)
            .or_insert_with(|| (Plain::new(0, ""), [false; 2]));
        match happened {
            Happened::Bytes(bytes) => plain.pass(dir, bytes, true, &place, account, shared),
            Happened::Gap(len) => plain.gap(dir, len, &place, account, shared),
            Happened::End | Happened::Reset => {
                ended[dir.index()] = true;
                if *ended == [true; 2] || stream & 2 != 0 {
                    plain.finish(true, &place, account, shared);
                    open.remove(&stream);
                }
            }
        }
    }

    fn finish(&mut self, shared: &mut Shared) {
        match self.said {
            Said::Undecided => {}
            Said::H3(h3) => h3.finish(&self.place, self.account, shared),
            Said::Streams(open) => {
                for (stream, (mut plain, _)) in std::mem::take(open) {
                    let place = Place {
                        stream,
                        ..self.place
                    };
                    plain.finish(true, &place, self.account, shared);
                }
            }
        }
        self.datagrams.finish(shared);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(port: u16) -> Tuple {
        Tuple {
            src: [10, 9, 0, 1].into(),
            dst: [198, 51, 100, 7].into(),
            sport: port,
            dport: 443,
            proto: 17,
        }
    }

    fn short(id: &[u8]) -> Vec<u8> {
        [&[0x41], id, b"protected"].concat()
    }

    #[test]
    fn packets_are_found_by_ids_of_any_length_and_only_while_these_are_known() {
        let mut connections = Connections::new(&Limits::default());
        let ids: [&[u8]; 3] = [b"abcd", b"abcdefgh", b"0123456789"];
        for (id, port) in ids.iter().zip(1..) {
            let id = ConnId::new(id).expect("an id");
            connections.add(id, tuple(port), Dir::Server);
        }
        let found = |connections: &Connections, id: &[u8]| {
            let (flow, dir) = connections.find(&short(id))?;
            Some((flow.sport, dir))
        };
        assert_eq!(found(&connections, ids[0]), Some((1, Dir::Client)));
        assert_eq!(
            found(&connections, ids[1]),
            Some((2, Dir::Client)),
            "the longest id counts"
        );
        assert_eq!(found(&connections, b"abc"), None);
        let long = [&[0xc1], ids[2]].concat();
        assert!(
            connections.find(&long).is_none(),
            "long headers do not move"
        );
        let id = ConnId::new(ids[2]).expect("an id");
        connections.remove(&id, &tuple(1));
        assert_eq!(
            found(&connections, ids[2]),
            Some((3, Dir::Client)),
            "another's id"
        );
        connections.remove(&id, &tuple(3));
        assert_eq!(found(&connections, ids[2]), None);
    }

    #[test]
    fn ids_so_short_that_chance_finds_them_are_not_followed() {
        let mut connections = Connections::new(&Limits::default());
        for id in [&b""[..], b"a", b"abc"] {
            connections.add(ConnId::new(id).expect("an id"), tuple(1), Dir::Client);
        }
        assert!(connections.find(&short(b"abcdefgh")).is_none());
    }

    #[test]
    fn a_flood_of_ids_is_bounded() {
        let limits = Limits {
            quic_ids: 100,
            ..Limits::default()
        };
        let mut connections = Connections::new(&limits);
        for n in 0..10_000u64 {
            let id = ConnId::new(&n.to_be_bytes()).expect("an id");
            connections.add(id, tuple(1), Dir::Client);
        }
        assert_eq!(connections.by_id.len(), 100);
    }
}
