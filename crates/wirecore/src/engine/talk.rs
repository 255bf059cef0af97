//! What is said on one flow, and by whom: the way from the transport to its layers.
//!
//! In: stream bytes in order with their packet's time, gaps, the end. Out: rows, and the byte accounts of the flow.

use crate::net::tcp::{Close, StreamSink};
use crate::record::{Dir, Odd};
use crate::tls::TlsInfo;

use super::account::{Account, PhoneSide};
use super::layers::Layers;
use super::shared::{Place, Shared};

/// The conversation on one flow.
pub(super) struct Talk {
    pub id: String,
    pub capture: u32,
    pub phone: PhoneSide,
    /// False when this flow was not asked for: its packets are counted only.
    pub wanted: bool,
    pub account: Account,
    layers: Layers,
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
            layers: Layers::default(),
        }
    }

    /// TLS facts, when the flow speaks TLS (also after a proxy's or a mail server's conversation in clear).
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.layers.tls()
    }

    /// Bytes of a stream, in order.
    pub fn feed(&mut self, dir: Dir, bytes: &[u8], shared: &mut Shared) {
        let (place, layers, account) = self.parts();
        layers.feed(dir, bytes, &place, account, shared);
    }

    /// Bytes are missing.
    pub fn gap(&mut self, dir: Dir, len: u64, shared: &mut Shared) {
        let (place, layers, account) = self.parts();
        layers.gap(dir, len, &place, account, shared);
    }

    /// The flow ends: what waits is decided, inspected and emitted.
    pub fn finish(&mut self, shared: &mut Shared) {
        let (place, layers, account) = self.parts();
        layers.finish(&place, account, shared);
    }

    /// The stream is over while its flow is still counted: as `finish`, and what was held is given back.
    pub fn close(&mut self, shared: &mut Shared) {
        let (place, layers, account) = self.parts();
        layers.close(&place, account, shared);
    }

    /// Memory held for what is said, bytes.
    pub fn held(&self) -> usize {
        self.layers.held()
    }

    /// The flow's coordinates; its stream 0.
    pub fn place(&self) -> Place<'_> {
        Place {
            id: &self.id,
            capture: self.capture,
            phone: self.phone,
            stream: 0,
            depth: 0,
        }
    }

    /// Both at once, for what is told while it is counted.
    pub fn place_and_account(&mut self) -> (Place<'_>, &mut Account) {
        let (place, _, account) = self.parts();
        (place, account)
    }

    fn parts(&mut self) -> (Place<'_>, &mut Layers, &mut Account) {
        let place = Place {
            id: &self.id,
            capture: self.capture,
            phone: self.phone,
            stream: 0,
            depth: 0,
        };
        (place, &mut self.layers, &mut self.account)
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
        self.talk.place().odd(odd, self.shared);
    }
}
