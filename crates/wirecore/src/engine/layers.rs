//! The layers of a stream of bytes: in clear, or TLS with what is inside; a proxy's tunnel has layers of its own.
//!
//! In: stream bytes in order, gaps, the end. Out: rows, and the byte accounts of the flow.

use std::sync::Arc;

use crate::record::Dir;
use crate::tls::{looks_like_tls, TlsConn, TlsEvent, TlsInfo};

use super::account::Account;
use super::plain::Plain;
use super::shared::{Place, Shared};

/// Bytes of a direction that are held until the protocol is known.
pub(super) const FIRST_BYTES: usize = 8 << 10;
/// Tunnels inside tunnels on one flow (a proxy's proxy); deeper ones stay unknown bytes.
const TUNNELS: u8 = 4;

/// The layers of one stream.
#[derive(Default)]
pub(super) struct Layers {
    layer: Layer,
    /// How many tunnels lie around it.
    depth: u8,
    /// What was spoken before TLS was started, and goes on within; or empty.
    before: &'static str,
}

enum Layer {
    Undecided([Vec<u8>; 2]),
    Clear(Plain),
    Tls(Box<TlsConn>, Plain),
    /// Nothing more comes; of what was held the facts of the session are left.
    Over(Option<Box<TlsInfo>>),
}

impl Default for Layer {
    fn default() -> Self {
        Layer::Undecided([Vec::new(), Vec::new()])
    }
}

impl Layers {
    /// What is inside a tunnel that itself lies in `depth` tunnels; `None` when it is too deep.
    pub(super) fn inside(depth: u8, before: &'static str) -> Option<Box<Layers>> {
        let depth = depth + 1;
        (depth <= TUNNELS).then(|| {
            Box::new(Layers {
                depth,
                before,
                layer: Layer::default(),
            })
        })
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        match &self.layer {
            Layer::Undecided(first) => first.iter().map(Vec::capacity).sum(),
            Layer::Clear(plain) => plain.held(),
            Layer::Tls(conn, plain) => size_of_val(&**conn) + conn.held_bytes() + plain.held(),
            Layer::Over(info) => info.as_ref().map_or(0, |info| size_of_val(&**info)),
        }
    }

    /// TLS facts, when TLS is spoken; of several layers the innermost.
    pub(super) fn tls(&self) -> Option<&TlsInfo> {
        match &self.layer {
            Layer::Undecided(_) => None,
            Layer::Clear(plain) => plain.tls(),
            Layer::Tls(conn, plain) => plain.tls().or(Some(conn.info())),
            Layer::Over(info) => info.as_deref(),
        }
    }

    pub(super) fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let place = &place.inside(self.depth);
        match &mut self.layer {
            Layer::Undecided(first) => {
                let held = &mut first[dir.index()];
                held.extend_from_slice(bytes);
                match looks_like_tls(held) {
                    None if held.len() < FIRST_BYTES => {}
                    verdict => self.decide(verdict == Some(true), place, account, shared),
                }
            }
            Layer::Clear(plain) => plain.feed(dir, bytes, false, place, account, shared),
            Layer::Tls(conn, plain) => feed_tls(conn, plain, dir, bytes, place, account, shared),
            Layer::Over(_) => {}
        }
    }

    /// Both directions' first bytes are handed to the layer that was chosen.
    fn decide(&mut self, tls: bool, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        let Layer::Undecided(first) = std::mem::take(&mut self.layer) else {
            return;
        };
        let plain = Plain::new(self.depth, self.before);
        self.layer = if tls {
            account.protocol = "tls";
            Layer::Tls(Box::new(TlsConn::new(&shared.desk.limits)), plain)
        } else {
            Layer::Clear(plain)
        };
        for dir in [Dir::Client, Dir::Server] {
            if !first[dir.index()].is_empty() {
                self.feed(dir, &first[dir.index()], place, account, shared);
            }
        }
    }

    fn waits(&self) -> bool {
        matches!(&self.layer, Layer::Undecided(first) if first.iter().any(|held| !held.is_empty()))
    }

    /// Bytes are missing.
    pub(super) fn gap(
        &mut self,
        dir: Dir,
        len: u64,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        if self.waits() {
            self.decide(false, place, account, shared);
        }
        let place = &place.inside(self.depth);
        match &mut self.layer {
            Layer::Undecided(_) | Layer::Over(_) => {}
            Layer::Clear(plain) => plain.gap(dir, len, place, account, shared),
            Layer::Tls(conn, plain) => {
                let mut events = TlsEvents {
                    plain,
                    place,
                    account,
                };
                let keys = Arc::clone(&shared.keys);
                conn.gap(&keys, dir, len, &mut |event| events.take(event, shared));
                shared.learn(keys, conn);
                if conn.info().decrypted[dir.index()] {
                    plain.gap(dir, len, place, account, shared);
                }
            }
        }
    }

    /// The stream ends: what waits is decided, inspected and emitted.
    pub(super) fn finish(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        if self.waits() {
            self.decide(false, place, account, shared);
        }
        let place = &place.inside(self.depth);
        match &mut self.layer {
            Layer::Undecided(_) | Layer::Over(_) => {}
            Layer::Clear(plain) => plain.finish(false, place, account, shared),
            Layer::Tls(conn, plain) => {
                let mut events = TlsEvents {
                    plain,
                    place,
                    account,
                };
                let keys = Arc::clone(&shared.keys);
                conn.finish(&keys, &mut |event| events.take(event, shared));
                plain.finish(true, place, account, shared);
            }
        }
    }

    /// As `finish`; what was held for the stream is given back at once.
    pub(super) fn close(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        if !matches!(self.layer, Layer::Over(_)) {
            self.finish(place, account, shared);
            self.layer = Layer::Over(self.tls().cloned().map(Box::new));
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
    shared.learn(keys, conn);
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
