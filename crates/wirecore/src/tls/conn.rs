//! One connection: bytes of both directions in, events out. What becomes of each record is in `records`, what handshake
//! messages mean in `handshake`, how keys are chosen in `unlock`.

use super::framer::Piece;
use super::info::TlsInfo;
use super::keylog::KeyLog;
use super::round::Round;
use super::side::Side;
use super::trial::records_in;
use crate::anomaly::{Kind, OpaqueReason};
use crate::limits::Limits;
use crate::record::{Dir, Odd};

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

/// A TLS connection seen from outside.
pub struct TlsConn {
    pub(super) bound: usize,
    pub(super) sides: [Side; 2],
    /// Who sent the ClientHello; in FTP and the like it may be the side that was called.
    pub(super) client_is: Option<Dir>,
    pub(super) rounds: Vec<Round>,
    pub(super) info: TlsInfo,
    /// Sessions whose master secret was found: id or ticket, and secret.
    pub(super) learned: Vec<(Vec<u8>, Vec<u8>)>,
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
            learned: Vec::new(),
        }
    }

    /// What is known so far.
    pub fn info(&self) -> &TlsInfo {
        &self.info
    }

    /// Sessions whose master secret followed from a private or shared key since the last call, by id or ticket: a later
    /// connection may go on with them ([`KeyLog::learn`]).
    pub fn take_learned(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        std::mem::take(&mut self.learned)
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
        if let Some(mut first) = self.sides[dir.index()].first.take() {
            if first.is_empty() {
                return self.begin(keys, dir, bytes, out);
            }
            first.extend_from_slice(bytes);
            return self.begin(keys, dir, &first, out);
        }
        self.records(keys, dir, bytes, out);
    }

    /// The first bytes of a direction, as many as there are: an SSL 2 style hello is waited for.
    fn begin(&mut self, keys: &KeyLog, dir: Dir, bytes: &[u8], out: Sink<'_>) {
        let mut input = bytes;
        if self.old_hello(keys, dir, &mut input, out) {
            self.sides[dir.index()].first = Some(bytes.to_vec());
            return;
        }
        self.sides[dir.index()].taken = (bytes.len() - input.len()) as u64;
        self.records(keys, dir, input, out);
    }

    /// No more than the first bytes that were waited with came before what follows now.
    fn begun(&mut self, keys: &KeyLog, dir: Dir, out: Sink<'_>) {
        if let Some(first) = self.sides[dir.index()].first.take() {
            self.records(keys, dir, &first, out);
        }
    }

    fn records(&mut self, keys: &KeyLog, dir: Dir, bytes: &[u8], out: Sink<'_>) {
        let mut input = bytes;
        let before = self.sides[dir.index()].taken;
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
        self.begun(keys, dir, out);
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
            self.begun(keys, dir, out);
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
        self.sides[i].at = self.sides[i]
            .taken
            .saturating_sub(self.sides[i].framer.waiting() as u64);
        match piece {
            Piece::Record => {
                let (mut buf, body) = self.sides[i].framer.take_record();
                let end = body.end;
                let (before, rest) = buf.split_at_mut(body.start);
                let header = before.last_chunk().copied().unwrap_or_default();
                self.record(keys, dir, header, &mut rest[..body.len()], out);
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
}
