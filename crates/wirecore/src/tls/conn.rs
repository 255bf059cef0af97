//! One connection: records of both directions in, events out. What handshake messages mean is in `handshake`, how keys
//! are chosen in `unlock`.

use std::ops::Range;

use super::client_hello::parse_old_client_hello;
use super::cursor::Cursor;
use super::framer::{Framer, Piece};
use super::info::{Stage, TlsInfo};
use super::keylog::KeyLog;
use super::legacy::Legacy;
use super::messages::Messages;
use super::modern::{Epoch, Modern, Unread};
use super::round::Round;
use super::trial::records_in;
use super::unlock::Blind;
use super::HEADER;
use crate::anomaly::{Kind, OpaqueReason};
use crate::limits::Limits;
use crate::record::{Dir, Odd};

/// Content types of records (RFC 8446 section 5.1).
pub(super) mod content {
    pub const CHANGE_CIPHER_SPEC: u8 = 20;
    pub const ALERT: u8 = 21;
    pub const HANDSHAKE: u8 = 22;
    pub const APPLICATION_DATA: u8 = 23;
    pub const HEARTBEAT: u8 = 24;
}

/// What a connection tells.
#[derive(Debug, PartialEq, Eq)]
pub enum TlsEvent<'a> {
    /// Application data, decrypted and verified.
    Plain {
        /// Who sent it.
        dir: Dir,
        /// In stream order; cut as the records were.
        bytes: &'a [u8],
        /// Sent as early data (0-RTT); the server may have refused it, and it may come again.
        early: bool,
    },
    /// Bytes that stay unread.
    Opaque {
        /// Who sent them.
        dir: Dir,
        /// Bytes of record bodies (headers apart), or of the stream where no records were found.
        len: u64,
        /// Why.
        reason: OpaqueReason,
    },
    /// A record of the handshake, a change of ciphers or an alert; never application data.
    Handshake {
        /// Who sent it.
        dir: Dir,
        /// Bytes of the record, header included.
        len: u64,
    },
    /// An alert that could be read.
    Alert {
        /// Who sent it.
        dir: Dir,
        /// 1 warning, 2 fatal.
        level: u8,
        /// See [`super::alert_name`].
        description: u8,
    },
    /// This side says that it sends no more (close_notify).
    Closed {
        /// Which side.
        dir: Dir,
    },
    /// Something odd; its offset counts bytes of that direction's stream.
    Odd(Odd),
}

/// Where events go.
pub(super) type Sink<'s> = &'s mut dyn FnMut(TlsEvent<'_>);

/// How the records of one direction are protected now.
pub(super) enum Protection {
    Clear,
    /// Encrypted, but the hello of one side has not been seen yet: records are held back.
    Waiting,
    Legacy(Box<Legacy>),
    Modern(Box<Modern>),
    /// Integrity only: this many bytes of MAC at each record's end.
    Null(usize),
    Blind(Blind),
}

/// One direction.
pub(super) struct Side {
    pub framer: Framer,
    pub messages: Messages,
    pub protection: Protection,
    /// Whole records that wait for the hellos.
    pub held: Vec<u8>,
    /// Bytes fed or missing so far.
    pub taken: u64,
    /// Records that may have been lost before encryption began.
    pub lost_records: u64,
    pub gap: bool,
    /// A handshake record in clear was seen.
    pub greeted: bool,
    /// A Finished was seen or inferred.
    pub finished: bool,
    /// Which of [`TlsConn::rounds`] it is at; None before its first hello.
    pub round: Option<usize>,
    told: Vec<Kind>,
}

impl Side {
    fn new() -> Side {
        Side {
            framer: Framer::new(),
            messages: Messages::default(),
            protection: Protection::Clear,
            held: Vec::new(),
            taken: 0,
            lost_records: 0,
            gap: false,
            greeted: false,
            finished: false,
            round: None,
            told: Vec::new(),
        }
    }
}

/// A TLS connection seen from outside.
pub struct TlsConn {
    pub(super) bound: usize,
    pub(super) sides: [Side; 2],
    /// Who sent the ClientHello; in FTP and the like it may be the side that was called.
    pub(super) client_is: Option<Dir>,
    pub(super) rounds: Vec<Round>,
    pub(super) info: TlsInfo,
}

impl TlsConn {
    /// A connection of which nothing was seen.
    pub fn new(limits: &Limits) -> Self {
        TlsConn {
            bound: limits.tls_handshake_bytes,
            sides: [Side::new(), Side::new()],
            client_is: None,
            rounds: Vec::new(),
            info: TlsInfo::default(),
        }
    }

    /// What is known so far.
    pub fn info(&self) -> &TlsInfo {
        &self.info
    }

    /// Memory held in buffers, bytes: at most one record and one handshake message by direction, and what is held back.
    pub fn held_bytes(&self) -> usize {
        let side = |s: &Side| s.framer.held() + s.messages.held() + s.held.capacity();
        let transcripts = self.rounds.iter().flat_map(|r| &r.transcript);
        self.sides.iter().map(side).sum::<usize>() + transcripts.map(Vec::capacity).sum::<usize>()
    }

    /// The next bytes of one direction.
    pub fn feed(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        bytes: &[u8],
        out: &mut dyn FnMut(TlsEvent<'_>),
    ) {
        let mut input = bytes;
        let before = self.sides[dir.index()].taken;
        if before == 0 && self.old_hello(keys, dir, &mut input, out) {
            return;
        }
        while let Some(piece) = self.sides[dir.index()].framer.next(&mut input) {
            self.sides[dir.index()].taken = before + (bytes.len() - input.len()) as u64;
            self.piece(keys, dir, piece, out);
        }
        let side = &mut self.sides[dir.index()];
        side.taken = before + bytes.len() as u64;
        side.framer.rest();
    }

    /// The next `len` bytes of one direction are missing from the capture.
    pub fn gap(&mut self, keys: &KeyLog, dir: Dir, len: u64, out: &mut dyn FnMut(TlsEvent<'_>)) {
        let side = &mut self.sides[dir.index()];
        side.gap = true;
        let piece = side.framer.gap(len);
        if let Some(piece) = piece {
            self.piece(keys, dir, piece, out);
        }
        self.sides[dir.index()].taken += len;
        if self.sides[dir.index()].framer.is_lost() {
            self.lose(dir, records_in(len));
        }
    }

    /// Both directions have ended; gives out what was held back. Call it once.
    pub fn finish(&mut self, keys: &KeyLog, out: &mut dyn FnMut(TlsEvent<'_>)) {
        for dir in [Dir::Client, Dir::Server] {
            while let Some(piece) = self.sides[dir.index()].framer.finish() {
                self.piece(keys, dir, piece, out);
            }
            let begun = self.sides[dir.index()].messages.lose();
            self.cut_message(dir, &begun);
        }
        for dir in [Dir::Client, Dir::Server] {
            self.stop_waiting(keys, dir, out);
        }
    }

    fn piece(&mut self, keys: &KeyLog, dir: Dir, piece: Piece, out: Sink<'_>) {
        let i = dir.index();
        match piece {
            Piece::Record => {
                let (mut buf, body) = self.sides[i].framer.take_record();
                let header = buf.first_chunk().copied().unwrap_or_default();
                let end = body.end;
                self.record(keys, dir, header, &mut buf[body], out);
                self.sides[i].framer.give_back(buf, end);
            }
            Piece::Damaged {
                header,
                there,
                begin,
            } => self.damaged(dir, header, there, &begin, out),
            Piece::Stray(0) => {}
            Piece::Stray(n) => {
                let reason = if self.sides[i].framer.after_gap {
                    OpaqueReason::AfterGap
                } else {
                    OpaqueReason::UnknownProtocol
                };
                self.lose(dir, records_in(n));
                self.opaque(dir, n, reason, out);
            }
            Piece::NoHeader(bytes) => {
                let shown = bytes.map(|b| format!("{b:02x}")).join(" ");
                self.odd(
                    dir,
                    Kind::TlsMalformed,
                    || format!("no record begins with {shown}"),
                    out,
                );
            }
        }
    }

    /// One whole record.
    pub(super) fn record(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        header: [u8; 5],
        body: &mut [u8],
        out: Sink<'_>,
    ) {
        let wire = (HEADER + body.len()) as u64;
        let opened = match &mut self.sides[dir.index()].protection {
            Protection::Clear => return self.clear_record(keys, dir, header, body, out),
            Protection::Waiting => return self.waiting_record(keys, dir, header, body, out),
            Protection::Blind(_) => return self.blind_record(dir, header, body, out),
            Protection::Null(mac) => {
                let end = body.len().saturating_sub(*mac);
                Ok((header[0], 0..end, false))
            }
            Protection::Legacy(legacy) => legacy
                .open(header, body)
                .map(|range| (header[0], range, false)),
            Protection::Modern(_) if header[0] != content::APPLICATION_DATA => {
                return self.content(keys, dir, header[0], body, wire, out);
            }
            Protection::Modern(modern) => match modern.open(header, body) {
                Ok(opened) => Ok((opened.kind, 0..opened.len, opened.early)),
                Err(Unread::Opaque(reason)) => Err(reason),
                Err(Unread::Handshake) => return out(TlsEvent::Handshake { dir, len: wire }),
            },
        };
        match opened {
            Ok((kind, range, early)) => self.opened(keys, dir, kind, body, range, early, out),
            Err(reason) => {
                let detail = || "a record was not opened by the secrets given".to_owned();
                if reason == OpaqueReason::KeysDoNotFit {
                    self.odd(dir, Kind::TlsDecryptFailed, detail, out);
                }
                // Up to TLS 1.2 the type of an encrypted record stands in clear.
                if header[0] == content::APPLICATION_DATA {
                    self.opaque(dir, wire - HEADER as u64, reason, out);
                } else {
                    out(TlsEvent::Handshake { dir, len: wire });
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // Reason: one opened record, each part named once.
    fn opened(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        kind: u8,
        body: &[u8],
        range: Range<usize>,
        early: bool,
        out: Sink<'_>,
    ) {
        let plain = match &mut self.sides[dir.index()].protection {
            Protection::Legacy(legacy) => legacy.inflate(&body[range.clone()]),
            _ => None,
        };
        let bytes = match &plain {
            None => &body[range],
            Some(Ok(bytes)) => bytes,
            Some(Err(reason)) => return self.opaque(dir, body.len() as u64, *reason, out),
        };
        if kind != content::APPLICATION_DATA {
            return self.content(keys, dir, kind, bytes, (HEADER + body.len()) as u64, out);
        }
        self.info.decrypted[dir.index()] = true;
        if !early {
            self.info.stage = Stage::Established;
        }
        if !bytes.is_empty() {
            out(TlsEvent::Plain { dir, bytes, early });
        }
    }

    /// Content in clear or decrypted that is not application data. `wire`: bytes of its record.
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
                self.handshake_record(keys, dir, bytes, out);
            }
            content::ALERT => {
                out(TlsEvent::Handshake { dir, len: wire });
                if let [level, description] = *bytes {
                    self.alert(dir, level, description, out);
                }
            }
            content::CHANGE_CIPHER_SPEC => {
                out(TlsEvent::Handshake { dir, len: wire });
                self.change_cipher_spec(keys, dir, out);
            }
            content::HEARTBEAT => {
                self.opaque(dir, bytes.len() as u64, OpaqueReason::UnknownProtocol, out);
            }
            _ => {
                self.odd(
                    dir,
                    Kind::TlsMalformed,
                    || format!("content of unknown type {kind}"),
                    out,
                );
                self.opaque(dir, bytes.len() as u64, OpaqueReason::UnknownProtocol, out);
            }
        }
    }

    fn clear_record(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        header: [u8; 5],
        body: &mut [u8],
        out: Sink<'_>,
    ) {
        let side = &mut self.sides[dir.index()];
        if header[0] != content::APPLICATION_DATA {
            side.greeted |= header[0] == content::HANDSHAKE;
            return self.content(
                keys,
                dir,
                header[0],
                body,
                (HEADER + body.len()) as u64,
                out,
            );
        }
        let (greeted, gap) = (side.greeted, side.gap);
        self.sides[dir.index()].protection = if !greeted {
            Protection::Blind(Blind::midstream(gap))
        } else if self.round_of(dir).is_some_and(Round::is_legacy) && !gap {
            Protection::Blind(Blind::new(OpaqueReason::UnknownProtocol))
        } else {
            self.unlock(keys, dir)
        };
        self.record(keys, dir, header, body, out);
    }

    /// A record while one of the hellos is missing. What is surely in clear is read, the rest is held back.
    fn waiting_record(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        header: [u8; 5],
        body: &mut [u8],
        out: Sink<'_>,
    ) {
        let clear = match header[0] {
            content::CHANGE_CIPHER_SPEC => body.len() == 1,
            content::ALERT => body.len() == 2,
            // The second ClientHello after a HelloRetryRequest. An encrypted record begins so once in 2^40.
            content::HANDSHAKE => {
                let mut rest = Cursor(body);
                rest.u8() == Some(1) && rest.vec24().is_some() && rest.0.is_empty() && body[4] == 3
            }
            _ => false,
        };
        if clear && header[0] == content::CHANGE_CIPHER_SPEC {
            return out(TlsEvent::Handshake {
                dir,
                len: (HEADER + body.len()) as u64,
            });
        }
        if clear {
            return self.content(
                keys,
                dir,
                header[0],
                body,
                (HEADER + body.len()) as u64,
                out,
            );
        }
        let held = &mut self.sides[dir.index()].held;
        held.extend_from_slice(&header);
        held.extend_from_slice(body);
        if held.len() > self.bound {
            self.stop_waiting(keys, dir, out);
        }
    }

    /// Gives held records their turn now that the protection is known.
    pub(super) fn replay(&mut self, keys: &KeyLog, dir: Dir, out: Sink<'_>) {
        let mut held = std::mem::take(&mut self.sides[dir.index()].held);
        let mut rest = &mut held[..];
        while let Some((header, after)) = rest.split_first_chunk_mut::<HEADER>() {
            let len = usize::from(u16::from_be_bytes([header[3], header[4]]));
            let Some((body, after)) = after.split_at_mut_checked(len) else {
                return;
            };
            self.record(keys, dir, *header, body, out);
            rest = after;
        }
    }

    pub(super) fn alert(&mut self, dir: Dir, level: u8, description: u8, out: Sink<'_>) {
        out(TlsEvent::Alert {
            dir,
            level,
            description,
        });
        if description == 0 {
            out(TlsEvent::Closed { dir });
        } else {
            self.info.alert.get_or_insert((dir, description));
        }
        // Warnings (an unrecognised name, say) do not end an attempt; a good-bye does.
        if self.info.stage < Stage::Established && (level == 2 || description == 0) {
            self.info.stage = Stage::Aborted;
        }
    }

    /// A record of which a part is missing.
    fn damaged(&mut self, dir: Dir, header: [u8; 5], there: u64, begin: &[u8], out: Sink<'_>) {
        let side = &mut self.sides[dir.index()];
        let clear = matches!(side.protection, Protection::Clear | Protection::Waiting);
        let body_len = usize::from(u16::from_be_bytes([header[3], header[4]]));
        match &mut side.protection {
            Protection::Legacy(legacy) => {
                legacy.lost(0);
                legacy.skip(body_len, None);
            }
            Protection::Modern(modern) => modern.lost(1),
            _ => side.lost_records += 1,
        }
        if header[0] == content::HANDSHAKE {
            side.greeted |= clear;
            if clear {
                side.messages.push(begin);
            }
        }
        let begun = side.messages.lose();
        self.cut_message(dir, &begun);
        if header[0] == content::APPLICATION_DATA {
            self.opaque(dir, there, OpaqueReason::AfterGap, out);
        } else {
            out(TlsEvent::Handshake {
                dir,
                len: HEADER as u64 + there,
            });
        }
    }

    /// Up to this many records of one direction are missing or unreadable.
    fn lose(&mut self, dir: Dir, records: u64) {
        let side = &mut self.sides[dir.index()];
        side.messages.lose();
        match &mut side.protection {
            Protection::Legacy(legacy) => legacy.lost(records),
            Protection::Modern(modern) => modern.lost(records),
            _ => side.lost_records = side.lost_records.saturating_add(records),
        }
    }

    /// Reads an SSL 2 style hello at the very begin of a stream. True when it is one, whole or not yet.
    fn old_hello(&mut self, keys: &KeyLog, dir: Dir, input: &mut &[u8], out: Sink<'_>) -> bool {
        let &[high @ 0x80..=0xff, low, ref rest @ ..] = *input else {
            return false;
        };
        let len = usize::from(high & 0x7f) << 8 | usize::from(low);
        let Some(body) = rest.get(..len) else {
            return false;
        };
        let Some(hello) = parse_old_client_hello(body) else {
            return false;
        };
        *input = &rest[len..];
        out(TlsEvent::Handshake {
            dir,
            len: 2 + len as u64,
        });
        self.sides[dir.index()].greeted = true;
        self.client_hello(keys, dir, &hello, out);
        false
    }

    pub(super) fn opaque(&mut self, dir: Dir, len: u64, reason: OpaqueReason, out: Sink<'_>) {
        if len > 0 {
            self.info.reason.get_or_insert(reason);
            out(TlsEvent::Opaque { dir, len, reason });
        }
    }

    /// Tells of something odd, once for each kind and direction.
    pub(super) fn odd(
        &mut self,
        dir: Dir,
        kind: Kind,
        detail: impl FnOnce() -> String,
        out: Sink<'_>,
    ) {
        let side = &mut self.sides[dir.index()];
        if side.told.contains(&kind) {
            return;
        }
        side.told.push(kind);
        let offset = side.taken.saturating_sub(side.framer.waiting() as u64);
        let name = if dir == Dir::Client {
            "client"
        } else {
            "server"
        };
        out(TlsEvent::Odd(Odd {
            kind,
            offset,
            detail: format!("{name}: {}", detail()),
        }));
    }

    pub(super) fn handshake_epoch(&mut self, dir: Dir, from: Epoch) {
        if let Protection::Modern(modern) = &mut self.sides[dir.index()].protection {
            modern.advance(from);
        }
    }
}
