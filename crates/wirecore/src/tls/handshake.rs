//! What the handshake messages of a connection say, and what follows from it.

use super::certificate::{compressed_leaf, leaf};
use super::client_hello::{parse_client_hello, ClientHello};
use super::conn::{Sink, TlsConn};
use super::info::Stage;
use super::keylog::KeyLog;
use super::messages::Message;
use super::modern::Epoch;
use super::round::{Offer, Round};
use super::server_hello::{encrypted_alpn, is_modern, parse_server_hello, ServerHello};
use super::side::Protection;
use super::suites::Suite;
use crate::anomaly::Kind;
use crate::record::Dir;

/// Message types (IANA registry "TLS HandshakeType").
pub(crate) mod message {
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const NEW_SESSION_TICKET: u8 = 4;
    pub const END_OF_EARLY_DATA: u8 = 5;
    pub const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub const CERTIFICATE: u8 = 11;
    pub const SERVER_KEY_EXCHANGE: u8 = 12;
    pub const SERVER_HELLO_DONE: u8 = 14;
    pub const CLIENT_KEY_EXCHANGE: u8 = 16;
    pub const FINISHED: u8 = 20;
    pub const KEY_UPDATE: u8 = 24;
    pub const COMPRESSED_CERTIFICATE: u8 = 25;
}

/// Suites of TLS 1.3 kept of an offer; five are defined.
pub(super) const MODERN_SUITES: usize = 8;
/// Handshakes kept of one connection; a renegotiation beyond takes the place of the last.
const ROUNDS: usize = 64;
/// Longest ClientKeyExchange kept: an RSA key of 16384 bits with the identity of a pre-shared key.
pub(super) const EXCHANGE: usize = 4096;

impl TlsConn {
    /// [`Dir::Client`] for the side that sends the ClientHello, whoever opened the flow.
    pub(super) fn role(&self, dir: Dir) -> Dir {
        if self.client_is == Some(Dir::Server) {
            dir.other()
        } else {
            dir
        }
    }

    /// The handshake that this side is at.
    pub(super) fn round_of(&self, dir: Dir) -> Option<&Round> {
        self.rounds.get(self.sides[dir.index()].round?)
    }

    fn round_of_mut(&mut self, dir: Dir) -> Option<&mut Round> {
        self.rounds.get_mut(self.sides[dir.index()].round?)
    }

    /// This side begins its next handshake.
    fn next_round(&mut self, dir: Dir) -> &mut Round {
        let now = &mut self.sides[dir.index()].round;
        let next = now.map_or(0, |n| n + 1).min(ROUNDS - 1);
        if *now == Some(next) {
            self.rounds[next] = Round::default();
        }
        *now = Some(next);
        if self.rounds.len() <= next {
            self.rounds.push(Round::default());
        }
        &mut self.rounds[next]
    }

    /// The body of a handshake record, in clear or decrypted.
    pub(super) fn handshake_record(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        bytes: &[u8],
        out: Sink<'_>,
    ) {
        let i = dir.index();
        self.sides[i].messages.push(bytes);
        while let Some(message) = self.sides[i].messages.next(self.bound) {
            match message {
                Message::Whole { kind, bytes } => self.message(keys, dir, kind, &bytes, out),
                Message::TooLong { kind } => {
                    let detail =
                        || format!("a handshake message of type {kind} is longer than the bound");
                    self.odd(dir, Kind::BoundReached, detail, out);
                }
            }
        }
    }

    fn message(&mut self, keys: &KeyLog, dir: Dir, kind: u8, bytes: &[u8], out: Sink<'_>) {
        let body = &bytes[4..];
        if kind == message::CLIENT_HELLO {
            return match parse_client_hello(body) {
                Some(hello) => {
                    self.client_hello(keys, dir, &hello, out);
                    self.remember(keys, dir, bytes);
                }
                None => self.odd(
                    dir,
                    Kind::TlsMalformed,
                    || "a ClientHello cannot be read".to_owned(),
                    out,
                ),
            };
        }
        if kind == message::SERVER_HELLO {
            self.client_is.get_or_insert(dir.other());
        }
        let modern = self.round_of(dir).is_some_and(Round::is_modern);
        if kind != message::SERVER_HELLO {
            self.remember(keys, dir, bytes);
        }
        match (self.role(dir), kind) {
            (Dir::Server, message::SERVER_HELLO) => match parse_server_hello(body) {
                Some(hello) => {
                    self.server_hello(keys, dir, hello, out);
                    self.remember(keys, dir, bytes);
                }
                None => self.odd(
                    dir,
                    Kind::TlsMalformed,
                    || "a ServerHello cannot be read".to_owned(),
                    out,
                ),
            },
            (Dir::Server, message::ENCRYPTED_EXTENSIONS) if self.info.alpn.is_none() => {
                self.info.alpn = encrypted_alpn(body);
            }
            (Dir::Server, message::CERTIFICATE) => {
                self.full_handshake(dir);
                if self.info.certificate.is_none() {
                    self.info.certificate = leaf(body, modern);
                }
            }
            (Dir::Server, message::COMPRESSED_CERTIFICATE) if self.info.certificate.is_none() => {
                self.info.certificate = compressed_leaf(body, self.bound);
            }
            (Dir::Server, message::SERVER_KEY_EXCHANGE) => self.full_handshake(dir),
            (Dir::Server, message::SERVER_HELLO_DONE) => {
                self.full_handshake(dir);
                if let Some(round) = self.round_of_mut(dir) {
                    round.hello_done = true;
                }
                self.settle(keys, out);
            }
            (Dir::Client, message::CLIENT_KEY_EXCHANGE) => {
                if let Some(round) = self.round_of_mut(dir) {
                    round.exchanged = true;
                    if keys.has_premasters() && body.len() <= EXCHANGE {
                        round.exchange = Some(body.into());
                    }
                }
                self.settle(keys, out);
            }
            (Dir::Server, message::NEW_SESSION_TICKET) if !modern && keys.has_premasters() => {
                if let Some(round) = self.round_of_mut(dir) {
                    // Behind its lifetime and length (RFC 5077 section 3.3).
                    round.ticket = body.get(6..).unwrap_or_default().to_vec();
                }
            }
            (Dir::Client, message::END_OF_EARLY_DATA) => self.handshake_epoch(dir, Epoch::Early),
            (_, message::FINISHED) => {
                self.handshake_epoch(dir, Epoch::Handshake);
                self.finished(dir);
            }
            (_, message::KEY_UPDATE) if modern || self.info.version.is_none() => {
                if let Protection::Modern(reader) = &mut self.sides[dir.index()].protection {
                    reader.update();
                }
            }
            _ => {}
        }
    }

    fn full_handshake(&mut self, dir: Dir) {
        if let Some(round) = self.round_of_mut(dir) {
            round.full = true;
        }
    }

    pub(super) fn finished(&mut self, dir: Dir) {
        self.sides[dir.index()].finished = true;
        if self.sides.iter().all(|s| s.finished) {
            self.info.stage = Stage::Established;
        }
        if let Some(round) = self.round_of_mut(dir).filter(|round| !round.is_modern()) {
            // Both keys are made once both sides have finished; the other side's may still be at an earlier round.
            round.finished[dir.index()] = true;
            if round.finished == [true, true] {
                round.transcript = [Vec::new(), Vec::new()];
                round.exchange = None;
                if let Some(masters) = round.masters.take() {
                    let ids = [
                        round.server.as_ref().map(|s| s.session_id.clone()),
                        Some(std::mem::take(&mut round.ticket)),
                    ];
                    let ids = ids.into_iter().flatten().filter(|id| !id.is_empty());
                    let sessions = ids.flat_map(|id| {
                        masters
                            .iter()
                            .map(move |m| (id.clone(), m.clone()))
                            .collect::<Vec<_>>()
                    });
                    self.learned.extend(sessions);
                }
            }
        }
    }

    pub(super) fn client_hello(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        hello: &ClientHello,
        out: Sink<'_>,
    ) {
        let modern_suites = hello.ciphers.iter().filter_map(|&id| Suite::modern(id));
        let modern_suites: Vec<Suite> = modern_suites.take(MODERN_SUITES).collect();
        self.client_is.get_or_insert(dir);
        let offer = self
            .round_of_mut(dir)
            .and_then(|round| round.client.as_mut());
        match offer {
            // The answer to a HelloRetryRequest repeats the random (RFC 8446 section 4.1.2).
            Some(offer) if offer.random == hello.random => {
                offer.early_data |= hello.early_data;
                offer.modern_suites = modern_suites;
            }
            _ => {
                let (random, early_data) = (hello.random, hello.early_data);
                let ticket = hello.ticket.clone();
                self.next_round(dir).client = Some(Offer {
                    random,
                    early_data,
                    ticket,
                    modern_suites,
                });
            }
        }
        if self.info.client_random.is_none() {
            self.info.describe(hello, 't');
        }
        self.settle(keys, out);
    }

    /// A message of which only the begin is there; a ClientHello still tells the name asked for.
    pub(super) fn cut_message(&mut self, dir: Dir, begun: &[u8]) {
        let [message::CLIENT_HELLO, _, _, _, body @ ..] = begun else {
            return;
        };
        let clear = matches!(self.sides[dir.index()].protection, Protection::Clear);
        if let Some(mut hello) =
            parse_client_hello(body).filter(|_| clear && self.info.client_random.is_none())
        {
            hello.complete = false;
            self.info.describe(&hello, 't');
        }
    }

    fn server_hello(&mut self, keys: &KeyLog, dir: Dir, hello: ServerHello, out: Sink<'_>) {
        let answers_retry = self.round_of(dir).is_some_and(|r| r.server.is_none());
        if !answers_retry {
            self.next_round(dir);
        }
        let first = self.sides[dir.index()].round == Some(0);
        if first {
            self.info.version = Some(hello.version);
            self.info.cipher = Some(hello.cipher);
        }
        let Some(round) = self.round_of_mut(dir) else {
            return;
        };
        if hello.retry {
            round.retried = true;
            return;
        }
        let modern = is_modern(hello.version);
        if first {
            self.info.stage = self.info.stage.max(Stage::Answered);
            self.info.resumed = hello.resumes;
            self.info.alpn.clone_from(&hello.alpn);
        }
        if let Some(round) = self.round_of_mut(dir) {
            round.server = Some(hello);
        }
        if modern {
            self.sides[dir.index()].protection = self.unlock(keys, dir);
        }
        self.settle(keys, out);
    }

    /// ChangeCipherSpec: up to TLS 1.2 the records after it are protected by the keys just agreed; later it means nothing.
    pub(super) fn change_cipher_spec(&mut self, keys: &KeyLog, dir: Dir, out: Sink<'_>) {
        // In TLS 1.3, or without a hello before it, it means nothing.
        let Some(round) = self.round_of(dir).filter(|round| !round.is_modern()) else {
            return;
        };
        if matches!(self.sides[dir.index()].protection, Protection::Modern(_)) {
            return;
        }
        if self.role(dir) == Dir::Server && !round.full {
            self.info.resumed |= self.sides[dir.index()].round == Some(0);
            if let Some(round) = self.round_of_mut(dir) {
                round.resumed = true;
            }
        }
        self.sides[dir.index()].lost_records = 0;
        self.sides[dir.index()].protection = self.unlock(keys, dir);
        self.settle(keys, out);
    }

    /// Gives the sides that wait for a hello their keys, if they can be known now.
    fn settle(&mut self, keys: &KeyLog, out: Sink<'_>) {
        for dir in [Dir::Client, Dir::Server] {
            if matches!(self.sides[dir.index()].protection, Protection::Waiting) {
                let protection = self.unlock(keys, dir);
                if !matches!(protection, Protection::Waiting) {
                    self.sides[dir.index()].protection = protection;
                    self.replay(keys, dir, out);
                }
            }
        }
    }

    /// Keeps the messages that the extended master secret is made from (RFC 7627 section 3), where it may be needed.
    fn remember(&mut self, keys: &KeyLog, dir: Dir, bytes: &[u8]) {
        let (role, bound) = (self.role(dir), self.bound);
        let Some(round) = self.round_of_mut(dir).filter(|_| keys.has_premasters()) else {
            return;
        };
        let over = match role {
            Dir::Client => round.exchanged,
            Dir::Server => round.hello_done,
        };
        let modern = round.is_modern();
        let kept = &mut round.transcript[role.index()];
        if !over && !modern && kept.len() + bytes.len() <= bound {
            kept.extend_from_slice(bytes);
        }
    }
}
