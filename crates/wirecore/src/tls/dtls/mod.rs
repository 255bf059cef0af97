//! DTLS (RFC 6347, RFC 9147): the datagrams of both directions in, verified plaintext and what is known of the session
//! out, as [`super::TlsConn`] does for streams.
//!
//! Datagrams are lost, copied and out of order: each record carries its number, a copy is told once, and what comes before
//! the hellos that it needs waits, within a bound. Plaintext is given out only when its authentication holds.

mod flight;
mod hellos;
mod keys;
mod record;
mod side;
mod unlock;

use super::conn::{Sink, TlsEvent};
use super::info::{Stage, TlsInfo};
use super::keylog::KeyLog;
use super::legacy_cipher::Head;
use super::records::content;
use super::round::Round;
use super::telling::tell_odd;
use crate::anomaly::{Kind, OpaqueReason};
use crate::limits::Limits;
use crate::record::Dir;
use record::{record, Record, ACK};
use side::{Protection, Side};

pub use record::looks_like_dtls;

/// DTLS 1.3.
const MODERN: u16 = 0xfefc;
/// Bytes of records of one direction that wait for hellos.
const WAITING: usize = 64 << 10;

/// A DTLS connection seen from outside.
pub struct DtlsConn {
    bound: usize,
    sides: [Side; 2],
    /// Who sent the ClientHello.
    client_is: Option<Dir>,
    /// The first handshake, and those that follow it on the same connection.
    rounds: Vec<Round>,
    info: TlsInfo,
}

impl DtlsConn {
    /// A connection of which nothing was seen.
    pub fn new(limits: &Limits) -> Self {
        DtlsConn {
            bound: limits.tls_handshake_bytes,
            sides: [Side::default(), Side::default()],
            client_is: None,
            rounds: Vec::new(),
            info: TlsInfo::default(),
        }
    }

    /// Memory held by fragments, messages and records that wait, bytes.
    pub fn held_bytes(&self) -> usize {
        self.sides.iter().map(Side::held_bytes).sum()
    }

    /// What is known so far.
    pub fn info(&self) -> &TlsInfo {
        &self.info
    }

    /// One datagram of one direction.
    pub fn datagram(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        datagram: &[u8],
        out: &mut dyn FnMut(TlsEvent<'_>),
    ) {
        let mut at = 0;
        while at < datagram.len() {
            let Some(one) = record(datagram, at, self.id_len(dir)) else {
                let rest = datagram.len() - at;
                let detail = || "no record begins here".to_owned();
                self.odd(dir, Kind::TlsMalformed, detail, out);
                self.opaque(dir, rest as u64, OpaqueReason::UnknownProtocol, out);
                break;
            };
            at = one.body.end;
            self.record(keys, dir, datagram, &one, out);
        }
        self.sides[dir.index()].taken += datagram.len() as u64;
        self.settle(keys, out);
    }

    /// Nothing more comes: what waits is given out. Call it once.
    pub fn finish(&mut self, keys: &KeyLog, out: &mut dyn FnMut(TlsEvent<'_>)) {
        for dir in [Dir::Client, Dir::Server] {
            self.cut_hello(dir);
            let side = &mut self.sides[dir.index()];
            side.ended = true;
            for held in std::mem::take(&mut side.held) {
                if let Some(one) = record(&held, 0, self.id_len(dir)) {
                    self.record(keys, dir, &held, &one, out);
                }
            }
        }
    }

    /// [`Dir::Client`] for the side that sends the ClientHello, whoever opened the flow.
    fn role(&self, dir: Dir) -> Dir {
        if self.client_is == Some(Dir::Server) {
            dir.other()
        } else {
            dir
        }
    }

    /// Length of the connection ids in what this side sends: the other side chose them.
    fn id_len(&self, dir: Dir) -> usize {
        self.sides[dir.other().index()].id_len.into()
    }

    fn record(&mut self, keys: &KeyLog, dir: Dir, datagram: &[u8], one: &Record, out: Sink<'_>) {
        let wire = (one.body.end - one.start) as u64;
        let Some(body) = datagram.get(one.body.clone()) else {
            return;
        };
        if one.kind == 0 {
            self.sealed(keys, dir, datagram, one, out);
        } else if one.epoch > 0 {
            self.protected(keys, dir, datagram, one, out);
        } else if one.kind == content::APPLICATION_DATA || one.kind == record::WITH_ID {
            self.opaque(dir, body.len() as u64, OpaqueReason::UnknownProtocol, out);
        } else {
            self.content(keys, dir, one.kind, body, wire, out);
        }
    }

    /// A record of an epoch up to DTLS 1.2.
    fn protected(&mut self, keys: &KeyLog, dir: Dir, datagram: &[u8], one: &Record, out: Sink<'_>) {
        let id = one.id().and_then(|at| datagram.get(at));
        if one.kind == record::WITH_ID && id.is_none() {
            let reason = if self.rounds.is_empty() {
                OpaqueReason::Midstream
            } else {
                OpaqueReason::UnknownProtocol
            };
            return self.unread(dir, one, reason, out);
        }
        if !self.sides[dir.index()].knows(one.epoch) {
            match self.unlock(keys, dir, one.epoch) {
                None => return self.wait(dir, datagram, one),
                // The hellos may come yet.
                Some(Protection::Blind(reason)) if self.rounds.is_empty() => {
                    return self.unread(dir, one, reason, out);
                }
                Some(protection) => self.sides[dir.index()].enter(one.epoch, protection),
            }
        }
        let wire = (one.body.end - one.start) as u64;
        let body = datagram.get(one.body.clone()).unwrap_or_default();
        let mut header = [0; 5];
        if let Some(begin) = datagram.get(one.start..one.start + 3) {
            header[..3].copy_from_slice(begin);
        }
        let head = Head {
            seq: one.epoch << 48 | one.number,
            header,
            id,
        };
        let side = &mut self.sides[dir.index()];
        let Some((protection, numbers)) = side.epoch(one.epoch) else {
            return;
        };
        let opened = match protection {
            Protection::Blind(reason) => Err(*reason),
            Protection::Null(mac) => Ok(body[..body.len().saturating_sub(*mac)].to_vec()),
            Protection::Legacy(ciphers) => side::open(ciphers, head, body),
        };
        match opened {
            Ok(plain) => {
                if !numbers.note(one.number) {
                    return;
                }
                let held = match one.kind {
                    record::WITH_ID => record::unwrapped(&plain),
                    kind => Some((kind, &plain[..])),
                };
                if let Some((kind, content)) = held {
                    self.opened(keys, dir, kind, content, wire, false, out);
                } else {
                    let detail = || "a record with a connection id holds nothing".to_owned();
                    self.odd(dir, Kind::TlsMalformed, detail, out);
                }
            }
            Err(reason) => self.unread(dir, one, reason, out),
        }
    }

    /// A record that no key opened: its type stands in clear, but behind a connection id.
    fn unread(&mut self, dir: Dir, one: &Record, reason: OpaqueReason, out: Sink<'_>) {
        if reason == OpaqueReason::KeysDoNotFit {
            let detail = || "a record was not opened by the secrets given".to_owned();
            self.odd(dir, Kind::TlsDecryptFailed, detail, out);
        }
        let wire = (one.body.end - one.start) as u64;
        let awaited = !self.rounds.is_empty() && !self.sides[dir.index()].finished;
        match one.kind {
            // The first one behind the hellos is a Finished.
            record::WITH_ID if awaited => {
                self.finished(dir);
                out(TlsEvent::Handshake { dir, len: wire });
            }
            content::APPLICATION_DATA | record::WITH_ID => {
                if self.info.stage == Stage::Answered {
                    self.info.stage = Stage::Established;
                }
                self.opaque(dir, one.body.len() as u64, reason, out);
            }
            content::HANDSHAKE => {
                // The first handshake message of an epoch is a Finished.
                self.finished(dir);
                out(TlsEvent::Handshake { dir, len: wire });
            }
            _ => out(TlsEvent::Handshake { dir, len: wire }),
        }
    }

    #[allow(clippy::too_many_arguments)] // Reason: one opened record, each part named once.
    fn opened(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        kind: u8,
        plain: &[u8],
        wire: u64,
        early: bool,
        out: Sink<'_>,
    ) {
        if kind != content::APPLICATION_DATA {
            return self.content(keys, dir, kind, plain, wire, out);
        }
        self.info.tell_plain(dir, plain, early, out);
    }

    /// Content in clear or decrypted that is not application data.
    fn content(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        kind: u8,
        bytes: &[u8],
        wire: u64,
        out: Sink<'_>,
    ) {
        match kind {
            content::HANDSHAKE => {
                out(TlsEvent::Handshake { dir, len: wire });
                self.handshake(keys, dir, bytes, out);
            }
            content::ALERT => {
                out(TlsEvent::Handshake { dir, len: wire });
                if let [level, description] = *bytes {
                    self.info.tell_alert(dir, level, description, out);
                }
            }
            content::CHANGE_CIPHER_SPEC => {
                self.change_cipher_spec(dir);
                out(TlsEvent::Handshake { dir, len: wire });
            }
            ACK => out(TlsEvent::Handshake { dir, len: wire }),
            _ => self.opaque(dir, bytes.len() as u64, OpaqueReason::UnknownProtocol, out),
        }
    }

    /// Keeps a record until the hellos that it needs were heard.
    fn wait(&mut self, dir: Dir, datagram: &[u8], one: &Record) {
        let side = &mut self.sides[dir.index()];
        let bytes = datagram.get(one.start..one.body.end).unwrap_or_default();
        side.held.push(bytes.to_vec());
    }

    /// Gives waiting records their turn, once what they wait for may have come.
    fn settle(&mut self, keys: &KeyLog, out: Sink<'_>) {
        for dir in [Dir::Client, Dir::Server] {
            let side = &mut self.sides[dir.index()];
            if side.held.is_empty() {
                continue;
            }
            let held: usize = side.held.iter().map(Vec::len).sum();
            side.ended |= held > WAITING;
            if side.ended || side.woken {
                side.woken = false;
                for held in std::mem::take(&mut side.held) {
                    if let Some(one) = record(&held, 0, self.id_len(dir)) {
                        self.record(keys, dir, &held, &one, out);
                    }
                }
            }
        }
    }

    fn finished(&mut self, dir: Dir) {
        self.sides[dir.index()].finished = true;
        if self.sides.iter().all(|side| side.finished) {
            self.info.stage = Stage::Established;
        }
    }

    fn opaque(&mut self, dir: Dir, len: u64, reason: OpaqueReason, out: Sink<'_>) {
        self.info.tell_opaque(dir, len, reason, out);
    }

    /// Tells of something odd, once for each kind and direction.
    fn odd(&mut self, dir: Dir, kind: Kind, detail: impl FnOnce() -> String, out: Sink<'_>) {
        let side = &mut self.sides[dir.index()];
        tell_odd((&mut side.told, side.taken), dir, kind, detail, out);
    }
}
