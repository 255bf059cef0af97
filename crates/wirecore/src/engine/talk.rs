//! What is said on one flow: which protocol it is, and the way of its bytes from the transport to messages.
//!
//! In: stream bytes in order with their packet's time, gaps, the end. Out: rows, and the byte accounts of the flow.

use std::sync::Arc;

use crate::net::tcp::{Close, StreamSink};
use crate::record::{Dir, Odd};
use crate::tls::{looks_like_tls, TlsConn, TlsEvent};

use super::account::{Account, PhoneSide};
use super::plain::Plain;
use super::shared::{Place, Shared};

/// Bytes of a direction that are held until the protocol is known.
pub(super) const FIRST_BYTES: usize = 8 << 10;

/// The conversation on one flow.
pub(super) struct Talk {
    pub id: String,
    pub capture: u32,
    pub phone: PhoneSide,
    /// False when this flow was not asked for: its packets are counted only.
    pub wanted: bool,
    pub account: Account,
    layer: Layer,
}

enum Layer {
    Undecided([Vec<u8>; 2]),
    Clear(Plain),
    Tls(Box<TlsConn>, Plain),
}

impl Talk {
    pub fn new(id: String, capture: u32, phone: PhoneSide, wanted: bool) -> Self {
        let account = Account {
            protocol: "",
            ..Account::default()
        };
        Talk {
            id,
            capture,
            phone,
            wanted,
            account,
            layer: Layer::Undecided([Vec::new(), Vec::new()]),
        }
    }

    /// TLS facts, when the flow speaks TLS.
    pub fn tls(&self) -> Option<&TlsConn> {
        match &self.layer {
            Layer::Tls(conn, _) => Some(conn),
            _ => None,
        }
    }

    /// Bytes of a stream, in order.
    pub fn feed(&mut self, dir: Dir, bytes: &[u8], shared: &mut Shared) {
        let place = Place {
            id: &self.id,
            capture: self.capture,
            phone: self.phone,
            stream: 0,
        };
        match &mut self.layer {
            Layer::Undecided(first) => {
                let held = &mut first[dir.index()];
                held.extend_from_slice(bytes);
                match looks_like_tls(held) {
                    None if held.len() < FIRST_BYTES => {}
                    verdict => self.decide(verdict == Some(true), shared),
                }
            }
            Layer::Clear(plain) => plain.feed(dir, bytes, false, &place, &mut self.account, shared),
            Layer::Tls(conn, plain) => {
                feed_tls(conn, plain, dir, bytes, &place, &mut self.account, shared);
            }
        }
    }

    /// Both directions' first bytes are handed to the layer that was chosen.
    fn decide(&mut self, tls: bool, shared: &mut Shared) {
        let empty = Layer::Undecided([Vec::new(), Vec::new()]);
        let Layer::Undecided(first) = std::mem::replace(&mut self.layer, empty) else {
            return;
        };
        let plain = Plain::Undecided([Vec::new(), Vec::new()]);
        self.layer = if tls {
            self.account.protocol = "tls";
            Layer::Tls(Box::new(TlsConn::new(&shared.desk.limits)), plain)
        } else {
            Layer::Clear(plain)
        };
        for dir in [Dir::Client, Dir::Server] {
            if !first[dir.index()].is_empty() {
                self.feed(dir, &first[dir.index()], shared);
            }
        }
    }

    /// Bytes are missing.
    pub fn gap(&mut self, dir: Dir, len: u64, shared: &mut Shared) {
        if matches!(&self.layer, Layer::Undecided(first) if first.iter().any(|held| !held.is_empty()))
        {
            self.decide(false, shared);
        }
        let place = Place {
            id: &self.id,
            capture: self.capture,
            phone: self.phone,
            stream: 0,
        };
        match &mut self.layer {
            Layer::Undecided(_) => {}
            Layer::Clear(plain) => plain.gap(dir, len, &place, &mut self.account, shared),
            Layer::Tls(conn, plain) => {
                let mut events = TlsEvents {
                    plain,
                    place: &place,
                    account: &mut self.account,
                };
                let keys = Arc::clone(&shared.keys);
                conn.gap(&keys, dir, len, &mut |event| events.take(event, shared));
                if conn.info().decrypted[dir.index()] {
                    plain.gap(dir, len, &place, &mut self.account, shared);
                }
            }
        }
    }

    /// The flow ends: what waits is decided, inspected and emitted.
    pub fn finish(&mut self, shared: &mut Shared) {
        if matches!(&self.layer, Layer::Undecided(first) if first.iter().any(|held| !held.is_empty()))
        {
            self.decide(false, shared);
        }
        let place = Place {
            id: &self.id,
            capture: self.capture,
            phone: self.phone,
            stream: 0,
        };
        match &mut self.layer {
            Layer::Undecided(_) => {}
            Layer::Clear(plain) => plain.finish(false, &place, &mut self.account, shared),
            Layer::Tls(conn, plain) => {
                let mut events = TlsEvents {
                    plain,
                    place: &place,
                    account: &mut self.account,
                };
                let keys = Arc::clone(&shared.keys);
                conn.finish(&keys, &mut |event| events.take(event, shared));
                plain.finish(true, &place, &mut self.account, shared);
            }
        }
    }
}

fn feed_tls(
    conn: &mut TlsConn,
    plain: &mut Plain,
    dir: Dir,
    bytes: &[u8],
    place: &Place<'_>,
    account: &mut Account,
    shared: &mut Shared,
) {
    let mut events = TlsEvents {
        plain,
        place,
        account,
    };
    let keys = Arc::clone(&shared.keys);
    conn.feed(&keys, dir, bytes, &mut |event| events.take(event, shared));
}

/// Where the events of a TLS connection go.
struct TlsEvents<'a> {
    plain: &'a mut Plain,
    place: &'a Place<'a>,
    account: &'a mut Account,
}

impl TlsEvents<'_> {
    fn take(&mut self, event: TlsEvent<'_>, shared: &mut Shared) {
        match event {
            TlsEvent::Plain { dir, bytes, .. } => {
                self.plain
                    .feed(dir, bytes, true, self.place, self.account, shared);
            }
            TlsEvent::Opaque { dir, len, reason } => {
                self.account.app[dir.index()] += len;
                self.account.unread(reason, dir, len);
                // What was cut out of the middle is missing to the layer above too.
                self.plain.gap(dir, len, self.place, self.account, shared);
            }
            TlsEvent::Handshake { dir, len } => self.account.handshake[dir.index()] += len,
            TlsEvent::Alert { .. } | TlsEvent::Closed { .. } => {}
            TlsEvent::Odd(odd) => self.place.odd(odd, shared),
        }
    }
}

/// A TCP flow's stream events, led to its talk.
pub(super) struct TalkSink<'a> {
    pub talk: &'a mut Talk,
    pub shared: &'a mut Shared,
}

impl StreamSink for TalkSink<'_> {
    fn data(&mut self, dir: Dir, _offset: u64, bytes: &[u8], ts_ns: i64) {
        if self.talk.wanted {
            self.shared.now = ts_ns;
            self.talk.feed(dir, bytes, self.shared);
        }
    }

    fn gap(&mut self, dir: Dir, _offset: u64, len: u64, _ts_ns: i64) {
        if self.talk.wanted {
            self.talk.gap(dir, len, self.shared);
        }
    }

    fn closed(&mut self, _dir: Dir, _how: Close, _ts_ns: i64) {}

    fn odd(&mut self, odd: Odd) {
        Place {
            id: &self.talk.id,
            capture: self.talk.capture,
            phone: self.talk.phone,
            stream: 0,
        }
        .odd(odd, self.shared);
    }
}
