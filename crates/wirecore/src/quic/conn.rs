//! One QUIC connection: the datagrams of both sides in, stream bytes in order and what is known of the session out.
//!
//! It owns no socket or clock. A packet that cannot be opened is counted, never guessed at; one that comes before the
//! ClientHello is whole waits, within a bound, until the session is known.

use super::crypto_stream::CryptoStream;
use super::event::{QuicEvent, Sink};
use super::frames::{Frame, Frames};
use super::google;
use super::ladder::{Level, Opened, Sealed};
use super::packets::{parse, ConnId, Kind, Packet};
use super::side::{Side, Space, IDS};
use super::streams::Streams;
use super::unlock::{First, Rung};
use super::version::recipe;
use crate::anomaly::{Kind as OddKind, OpaqueReason};
use crate::limits::Limits;
use crate::net::tcp::Budget;
use crate::record::{Dir, Odd};
use crate::tls::{KeyLog, Stage, Suite, TlsInfo};

/// Packets that wait for the ClientHello.
const WAITING: usize = 32;
/// Bytes that a packet has beside its plaintext and visible header: a number of at least one byte, a tag of 16.
const OVERHEAD: usize = 17;

/// One connection.
pub struct QuicConn {
    pub(super) info: TlsInfo,
    pub(super) bound: usize,
    waiting_bound: usize,
    /// The version that the server answered with, else that of the client.
    pub(super) version: u32,
    /// Which side of the flow sent the ClientHello.
    pub(super) client_is: Option<Dir>,
    pub(super) firsts: Vec<First>,
    pub(super) sides: [Side; 2],
    streams: Streams,
    /// Suites of TLS 1.3 in the offer, and the one chosen, where it is one that is known here.
    pub(super) offered: Vec<Suite>,
    pub(super) chosen: Option<Suite>,
    /// The server has answered: another first packet begins another connection.
    pub(super) answered: bool,
    waiting: Vec<(Dir, Box<[u8]>)>,
    waiting_bytes: usize,
    /// In the header form of Google's first versions.
    google: bool,
    /// Bytes of streams came.
    begun: bool,
    told_odd: bool,
}

impl QuicConn {
    /// A connection of which nothing was seen yet; `budget` bounds what all flows hold out of order.
    pub fn new(limits: &Limits, budget: &Budget) -> Self {
        QuicConn {
            info: TlsInfo::default(),
            bound: limits.tls_handshake_bytes,
            waiting_bound: limits.quic_waiting_bytes,
            version: 0,
            client_is: None,
            firsts: Vec::new(),
            sides: [Side::new(), Side::new()],
            streams: Streams::new(limits, budget),
            offered: Vec::new(),
            chosen: None,
            answered: false,
            waiting: Vec::new(),
            waiting_bytes: 0,
            google: false,
            begun: false,
            told_odd: false,
        }
    }

    /// What is known of the session.
    pub fn info(&self) -> &TlsInfo {
        &self.info
    }

    /// Memory held by what waits (packets, handshakes), bytes. What its streams hold out of order is counted by their budget.
    pub fn held_bytes(&self) -> usize {
        let crypto = self.sides.iter().flat_map(|side| side.crypto.iter());
        let crypto = crypto.flat_map(|streams| streams.iter());
        self.waiting_bytes + crypto.map(CryptoStream::held).sum::<usize>()
    }

    /// Every id that the connection may be addressed by.
    pub fn ids(&self) -> impl Iterator<Item = &ConnId> {
        self.sides.iter().flat_map(|side| &side.ids)
    }

    /// Whether this datagram begins another connection between the same ends: an Initial packet of the same side under an
    /// id that is not ours, which opens with the keys of that id.
    pub fn is_another(&self, dir: Dir, datagram: &[u8], buffer: &mut Vec<u8>) -> bool {
        let long = datagram.first().is_some_and(|first| first & 0x80 != 0);
        if !self.answered || !long || self.client_is == Some(dir.other()) {
            return false;
        }
        let Some(packet) = parse(datagram, |_| 0).filter(|packet| packet.kind == Kind::Initial)
        else {
            return false;
        };
        let ours = self.firsts.iter().any(|first| first.dcid == packet.dcid)
            || self.ids().any(|id| *id == packet.dcid);
        !ours && First::open(&packet, &datagram[..packet.len], buffer).is_some()
    }

    /// Takes in one datagram. `buffer` is memory lent for opening packets.
    pub fn datagram(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        datagram: &[u8],
        buffer: &mut Vec<u8>,
        out: Sink<'_>,
    ) {
        if self.firsts.is_empty() && (self.google || google::begins(datagram)) {
            self.google = true;
            self.foreign(dir, datagram, out);
            return;
        }
        let mut rest = datagram;
        // Zeros after the last packet are padding (RFC 9000 section 12.2 allows whatever cannot be a packet).
        while rest.iter().any(|byte| *byte != 0) {
            let receiver = &self.sides[dir.other().index()];
            let Some(packet) = parse(rest, |rest| receiver.id_len(rest)) else {
                let len = rest.len() as u64;
                self.odd("a packet header that cannot be read", out);
                let reason = OpaqueReason::UnknownProtocol;
                out(QuicEvent::Opaque { dir, len, reason });
                return;
            };
            let (bytes, further) = rest.split_at(packet.len);
            if packet.kind.is_handshake() {
                let len = packet.len as u64;
                out(QuicEvent::Handshake { dir, len });
            }
            self.packet(keys, dir, &packet, bytes, buffer, out);
            rest = further;
        }
    }

    /// The connection is over: what waits is given out or counted.
    pub fn finish(&mut self, out: Sink<'_>) {
        self.cut_hello();
        for (dir, bytes) in std::mem::take(&mut self.waiting) {
            let packet = parse(&bytes, |_| 0);
            if packet.is_some_and(|packet| !packet.kind.is_handshake()) {
                self.unread_waiting(dir, &bytes, out);
            }
        }
        self.streams.finish(out);
    }

    /// [`Dir::Client`] for the side that sent the ClientHello, whoever opened the flow.
    pub(super) fn role(&self, dir: Dir) -> Dir {
        if self.client_is == Some(Dir::Server) {
            dir.other()
        } else {
            dir
        }
    }

    fn packet(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        packet: &Packet,
        bytes: &[u8],
        buffer: &mut Vec<u8>,
        out: Sink<'_>,
    ) {
        self.sides[dir.index()].trial.earn(bytes.len());
        let sealed = Sealed {
            bytes,
            number_at: packet.number_at,
        };
        match packet.kind {
            Kind::Negotiation | Kind::Retry => {}
            Kind::Foreign => self.foreign(dir, bytes, out),
            Kind::Initial => {
                let Some(opened) = self.initial(dir, packet, sealed, buffer) else {
                    if self.firsts.is_empty() {
                        self.wait(dir, packet.kind, bytes, out);
                    }
                    return;
                };
                self.learn(dir, packet.scid, out);
                self.take(keys, dir, Space::Initial, &opened, buffer, out);
            }
            Kind::Handshake => {
                if self.wait(dir, packet.kind, bytes, out) {
                    return;
                }
                self.learn(dir, packet.scid, out);
                self.learn(dir.other(), packet.dcid, out);
                self.settle_version(dir, packet.version);
                self.ask(keys, dir, Rung::Handshake);
                let side = &mut self.sides[dir.index()];
                let numbers = &side.numbers[Space::Handshake as usize];
                if let Some(opened) = side
                    .handshake
                    .open(sealed, numbers, &mut side.trial, buffer)
                {
                    self.answered = true;
                    self.take(keys, dir, Space::Handshake, &opened, buffer, out);
                }
            }
            Kind::Early | Kind::OneRtt => {
                let early = packet.kind == Kind::Early;
                if self.wait(dir, packet.kind, bytes, out) {
                    return;
                }
                if let Some(opened) = self.protected(keys, dir, early, sealed, buffer) {
                    self.take(keys, dir, Space::Application, &opened, buffer, out);
                } else {
                    let len = bytes.len().saturating_sub(packet.number_at + OVERHEAD) as u64;
                    let reason = self.reason(keys, dir, early, packet.cut);
                    out(QuicEvent::Opaque { dir, len, reason });
                }
            }
        }
    }

    /// A packet of a version that is not decoded; Google's name their server in clear.
    fn foreign(&mut self, dir: Dir, bytes: &[u8], out: Sink<'_>) {
        let reason = OpaqueReason::EncryptedTransport;
        let len = bytes.len() as u64;
        if self.info.sni.is_none() {
            self.info.sni = google::server_name(bytes);
        }
        out(QuicEvent::Opaque { dir, len, reason });
    }

    /// Keeps a packet that came before the ClientHello was whole. True when it was, or is too much to be kept.
    fn wait(&mut self, dir: Dir, kind: Kind, bytes: &[u8], out: Sink<'_>) -> bool {
        if self.info.client_random.is_some() {
            return false;
        }
        let full =
            self.waiting.len() >= WAITING || self.waiting_bytes + bytes.len() > self.waiting_bound;
        if !full {
            self.waiting_bytes += bytes.len();
            self.waiting.push((dir, bytes.into()));
        } else if !kind.is_handshake() {
            self.unread_waiting(dir, bytes, out);
        }
        true
    }

    fn unread_waiting(&self, dir: Dir, bytes: &[u8], out: Sink<'_>) {
        let len = bytes.len().saturating_sub(OVERHEAD) as u64;
        let reason = if self.firsts.is_empty() {
            OpaqueReason::Midstream
        } else {
            OpaqueReason::AfterGap
        };
        out(QuicEvent::Opaque { dir, len, reason });
    }

    /// Reads again what waited for the ClientHello.
    pub(super) fn replay(&mut self, keys: &KeyLog, out: Sink<'_>) {
        self.waiting_bytes = 0;
        let mut buffer = Vec::new();
        for (dir, bytes) in std::mem::take(&mut self.waiting) {
            let receiver = &self.sides[dir.other().index()];
            if let Some(packet) = parse(&bytes, |rest| receiver.id_len(rest)) {
                self.packet(keys, dir, &packet, &bytes, &mut buffer, out);
            }
        }
    }

    /// The frames of an opened packet.
    fn take(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        space: Space,
        opened: &Opened,
        buffer: &[u8],
        out: Sink<'_>,
    ) {
        if !self.sides[dir.index()].numbers[space as usize].note(opened.number) {
            return;
        }
        let payload = buffer.get(opened.payload.clone()).unwrap_or_default();
        let application = space == Space::Application;
        if application {
            self.info.decrypted[dir.index()] = true;
        }
        let google = recipe(self.version).is_some_and(|recipe| recipe.google);
        if google && application {
            let (len, reason) = (payload.len() as u64, OpaqueReason::UnknownProtocol);
            return out(QuicEvent::Opaque { dir, len, reason });
        }
        let frames = if google {
            Frames::of_google(payload)
        } else {
            Frames::new(payload)
        };
        for frame in frames {
            match frame {
                Ok(Frame::Stream {
                    id,
                    offset,
                    fin,
                    data,
                }) if application => {
                    if !std::mem::replace(&mut self.begun, true) {
                        let h3 = self.info.speaks_h3();
                        out(QuicEvent::Begin { h3 });
                    }
                    self.streams.push(dir, id, (offset, data, fin), out);
                }
                Ok(Frame::Crypto { offset, data }) => {
                    self.crypto(keys, dir, space, offset, data, out);
                }
                Ok(Frame::Reset { id }) if application => self.streams.give_up(id, dir, out),
                Ok(Frame::Datagram { data: bytes }) if application => {
                    out(QuicEvent::Datagram { dir, bytes });
                }
                Ok(Frame::NewId(id)) if application => self.learn(dir, id, out),
                Ok(Frame::Close {
                    application: false,
                    code: code @ 0x101..=0x1ff,
                }) => {
                    self.info.alert.get_or_insert((dir, code as u8));
                    if self.info.stage < Stage::Established {
                        self.info.stage = Stage::Aborted;
                    }
                }
                Ok(Frame::HandshakeDone) => {
                    self.forget_handshake();
                    self.info.stage = self.info.stage.max(Stage::Established);
                }
                Ok(_) => {}
                Err(unreadable) => {
                    let what = format!("a frame of type {:#x} cannot be read", unreadable.kind);
                    self.odd(&what, out);
                    if application {
                        let (len, reason) =
                            (unreadable.bytes as u64, OpaqueReason::UnknownProtocol);
                        out(QuicEvent::Opaque { dir, len, reason });
                    }
                }
            }
        }
    }

    /// Gives back what only the handshake needed.
    pub(super) fn forget_handshake(&mut self) {
        for side in &mut self.sides {
            side.handshake = Level::default();
            side.crypto = None;
        }
        for first in &mut self.firsts {
            first.levels = Default::default();
        }
    }

    /// A side told an id that it may be addressed by.
    pub(super) fn learn(&mut self, issuer: Dir, id: ConnId, out: Sink<'_>) {
        let ids = &mut self.sides[issuer.index()].ids;
        if ids.contains(&id) {
            return;
        }
        if ids.len() >= IDS {
            out(QuicEvent::IdGone(ids.remove(0)));
        }
        ids.push(id);
        if !id.bytes().is_empty() {
            out(QuicEvent::Id { issuer, id });
        }
    }

    /// Told once a connection: a damaged one would fill the table.
    pub(super) fn odd(&mut self, what: &str, out: Sink<'_>) {
        if !std::mem::replace(&mut self.told_odd, true) {
            out(QuicEvent::Odd(Odd {
                kind: OddKind::QuicMalformed,
                offset: 0,
                detail: what.to_owned(),
            }));
        }
    }
}
