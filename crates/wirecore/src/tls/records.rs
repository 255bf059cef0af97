//! What becomes of each record: in clear, held back, opened, or counted.

use std::ops::Range;

use super::client_hello::parse_old_client_hello;
use super::conn::{Sink, TlsConn, TlsEvent};
use super::cursor::Cursor;
use super::keylog::KeyLog;
use super::modern::{Epoch, Unread};
use super::round::Round;
use super::side::Protection;
use super::telling::tell_odd;
use super::unlock::Blind;
use super::{looks_like_tls, HEADER};
use crate::anomaly::{Kind, OpaqueReason};
use crate::record::Dir;

/// Content types of records (RFC 8446 section 5.1).
pub(super) mod content {
    pub const CHANGE_CIPHER_SPEC: u8 = 20;
    pub const ALERT: u8 = 21;
    pub const HANDSHAKE: u8 = 22;
    pub const APPLICATION_DATA: u8 = 23;
    pub const HEARTBEAT: u8 = 24;
}

impl TlsConn {
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
        self.info.tell_plain(dir, bytes, early, out);
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
                    self.info.tell_alert(dir, level, description, out);
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

    /// A record of which a part is missing.
    pub(super) fn damaged(
        &mut self,
        dir: Dir,
        header: [u8; 5],
        there: u64,
        begin: &[u8],
        out: Sink<'_>,
    ) {
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
    pub(super) fn lose(&mut self, dir: Dir, records: u64) {
        let side = &mut self.sides[dir.index()];
        side.messages.lose();
        match &mut side.protection {
            Protection::Legacy(legacy) => legacy.lost(records),
            Protection::Modern(modern) => modern.lost(records),
            _ => side.lost_records = side.lost_records.saturating_add(records),
        }
    }

    /// Reads an SSL 2 style hello at the very begin of a stream. True when it may be one and more bytes are needed.
    pub(super) fn old_hello(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        input: &mut &[u8],
        out: Sink<'_>,
    ) -> bool {
        let &[high @ 0x80..=0xff, ref rest @ ..] = *input else {
            return false;
        };
        if looks_like_tls(input) == Some(false) {
            return false;
        }
        let Some((&low, rest)) = rest.split_first() else {
            return true;
        };
        let len = usize::from(high & 0x7f) << 8 | usize::from(low);
        let Some(body) = rest.get(..len) else {
            return true;
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
        self.info.tell_opaque(dir, len, reason, out);
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
        tell_odd((&mut side.told, side.at), dir, kind, detail, out);
    }

    pub(super) fn handshake_epoch(&mut self, dir: Dir, from: Epoch) {
        if let Protection::Modern(modern) = &mut self.sides[dir.index()].protection {
            modern.advance(from);
        }
    }
}
