//! Joins IPv4 (RFC 791) and IPv6 (RFC 8200) fragments, in any order, first seen wins.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use super::ip::{extensions, inner};
use super::pieces::Pieces;
use super::{Fragment, Packet};
use crate::anomaly::Kind;
use crate::limits::Limits;
use crate::record::Odd;

/// A datagram not complete after this time is given up (RFC 8200 section 4.5), nanoseconds.
const PATIENCE_NS: i64 = 60_000_000_000;
/// Largest payload of a datagram.
const DATAGRAM_BYTES: u64 = 65_535;
/// Counted for each datagram beside its pieces.
const DATAGRAM_OVERHEAD: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    /// 0 for IPv6, whose fragments may name different next headers.
    proto: u8,
}

struct Datagram {
    pieces: Pieces,
    /// Bytes present.
    have: u64,
    /// Known once the last piece was seen.
    total: Option<u64>,
    /// Of the first piece.
    proto: u8,
    first_ns: i64,
    serial: u64,
}

impl Datagram {
    fn cost(&self) -> usize {
        self.pieces.cost() + DATAGRAM_OVERHEAD
    }
}

/// Collects fragments until a datagram is whole. Memory is bounded by `Limits::fragment_bytes`.
pub struct Defragmenter {
    waiting: HashMap<Key, Datagram>,
    /// Oldest first; entries whose serial is gone are skipped.
    order: VecDeque<(Key, u64)>,
    serial: u64,
    cost: usize,
    bound: usize,
    joined: Vec<u8>,
    unjoined: u64,
}

impl Defragmenter {
    /// Nothing waiting.
    pub fn new(limits: &Limits) -> Self {
        Defragmenter {
            waiting: HashMap::new(),
            order: VecDeque::new(),
            serial: 0,
            cost: 0,
            bound: limits.fragment_bytes,
            joined: Vec::new(),
            unjoined: 0,
        }
    }

    /// Fragments that were given up, so far.
    pub fn unjoined(&self) -> u64 {
        self.unjoined
    }

    /// Takes a packet whose `fragment` is set; gives the whole datagram when this was its last piece.
    ///
    /// A tunnel in the joined packet is opened as in [`super::parse_ip`]; what it carries may be a fragment again.
    pub fn push(
        &mut self,
        packet: &Packet<'_>,
        ts_ns: i64,
        odd: &mut dyn FnMut(Odd),
    ) -> Option<Packet<'_>> {
        let piece = packet.fragment?;
        if packet.truncated {
            self.unjoined += 1;
            odd(fragment_odd(piece, "a fragment is cut by the snap length"));
            return None;
        }
        let end = u64::from(piece.offset) + packet.payload.len() as u64;
        if end > DATAGRAM_BYTES
            || (piece.more && packet.payload.len() % 8 != 0)
            || packet.payload.is_empty()
        {
            self.unjoined += 1;
            odd(fragment_odd(piece, "a fragment has an impossible length"));
            return None;
        }
        self.expire(ts_ns, odd);
        let v4 = packet.src.is_ipv4();
        let key = Key {
            src: packet.src,
            dst: packet.dst,
            id: piece.id,
            proto: if v4 { packet.proto } else { 0 },
        };
        if !self.add(key, piece, packet, end, ts_ns, odd) {
            self.shrink(odd);
            return None;
        }
        let datagram = self.remove(&key)?;
        let proto = datagram.proto;
        self.join(datagram);
        Self::whole(packet, proto, &self.joined)
    }

    /// At the end of a capture: what still waits is told and dropped.
    pub fn finish(&mut self, odd: &mut dyn FnMut(Odd)) {
        while let Some((key, serial)) = self.order.pop_front() {
            self.give_up(
                &key,
                serial,
                "the capture ended before all fragments came",
                odd,
            );
        }
    }

    /// Adds a piece; true when the datagram is whole.
    fn add(
        &mut self,
        key: Key,
        piece: Fragment,
        packet: &Packet<'_>,
        end: u64,
        ts_ns: i64,
        odd: &mut dyn FnMut(Odd),
    ) -> bool {
        let datagram = self.waiting.entry(key).or_insert_with(|| {
            self.serial += 1;
            self.order.push_back((key, self.serial));
            self.cost += DATAGRAM_OVERHEAD;
            Datagram {
                pieces: Pieces::default(),
                have: 0,
                total: None,
                proto: packet.proto,
                first_ns: ts_ns,
                serial: self.serial,
            }
        });
        let before = datagram.cost();
        let inserted = datagram
            .pieces
            .insert(piece.offset.into(), packet.payload, ts_ns);
        self.cost += datagram.cost() - before;
        datagram.have += packet.payload.len() as u64 - inserted.repeated;
        if piece.offset == 0 {
            datagram.proto = packet.proto;
        }
        if inserted.differs {
            odd(fragment_odd(
                piece,
                "fragments overlap and differ; the first seen was kept",
            ));
        } else if inserted.repeated > 0 && inserted.repeated < packet.payload.len() as u64 {
            odd(fragment_odd(piece, "fragments overlap"));
        }
        if !piece.more {
            match datagram.total {
                None => datagram.total = Some(end),
                Some(total) if total != end => {
                    odd(fragment_odd(
                        piece,
                        "two last fragments claim different lengths",
                    ));
                }
                Some(_) => {}
            }
        }
        datagram
            .total
            .is_some_and(|total| datagram.have >= total && datagram.pieces.cover(total))
    }

    fn remove(&mut self, key: &Key) -> Option<Datagram> {
        let datagram = self.waiting.remove(key)?;
        self.cost -= datagram.cost();
        // The order list may keep stale entries; they must not pile up while datagrams come and go.
        if self.order.len() > 2 * self.waiting.len() + 64 {
            let waiting = &self.waiting;
            self.order
                .retain(|(key, serial)| waiting.get(key).is_some_and(|d| d.serial == *serial));
        }
        Some(datagram)
    }

    fn join(&mut self, mut datagram: Datagram) {
        self.joined.clear();
        let total = datagram.total.unwrap_or_default();
        while let Some((offset, piece)) = datagram.pieces.pop() {
            // Pieces behind the end that the last fragment claimed do not belong to it.
            let room = total.saturating_sub(offset) as usize;
            let bytes = piece
                .bytes
                .get(..room.min(piece.bytes.len()))
                .unwrap_or_default();
            self.joined.extend_from_slice(bytes);
        }
    }

    fn whole<'a>(last: &Packet<'_>, proto: u8, joined: &'a [u8]) -> Option<Packet<'a>> {
        let (proto, at, fragment) = match last.src {
            IpAddr::V4(_) => (proto, 0, None),
            IpAddr::V6(_) => extensions(joined, proto, 0).ok()?,
        };
        let header = last.ip_len.saturating_sub(last.payload_len);
        let payload = joined.get(at..)?;
        let packet = Packet {
            src: last.src,
            dst: last.dst,
            proto,
            ip_len: header + joined.len() as u32,
            payload,
            payload_len: payload.len() as u32,
            src_mac: last.src_mac,
            truncated: false,
            fragment: None,
        };
        match fragment {
            None => inner(packet).packet(),
            Some(_) => None,
        }
    }

    fn expire(&mut self, now_ns: i64, odd: &mut dyn FnMut(Odd)) {
        while let Some(&(key, serial)) = self.order.front() {
            let fresh = self.waiting.get(&key).is_some_and(|d| {
                d.serial == serial && now_ns.saturating_sub(d.first_ns) <= PATIENCE_NS
            });
            if fresh {
                return;
            }
            self.order.pop_front();
            self.give_up(
                &key,
                serial,
                "the other fragments did not come in time",
                odd,
            );
        }
    }

    fn shrink(&mut self, odd: &mut dyn FnMut(Odd)) {
        while self.cost > self.bound {
            let Some((key, serial)) = self.order.pop_front() else {
                return;
            };
            self.give_up(
                &key,
                serial,
                "more fragments wait than the bound allows",
                odd,
            );
        }
    }

    fn give_up(&mut self, key: &Key, serial: u64, why: &str, odd: &mut dyn FnMut(Odd)) {
        if self.waiting.get(key).is_some_and(|d| d.serial == serial) {
            self.unjoined += 1;
            self.remove(key);
            odd(Odd {
                kind: Kind::Fragment,
                offset: 0,
                detail: why.into(),
            });
        }
    }
}

fn fragment_odd(piece: Fragment, why: &str) -> Odd {
    Odd {
        kind: Kind::Fragment,
        offset: piece.offset.into(),
        detail: why.into(),
    }
}
