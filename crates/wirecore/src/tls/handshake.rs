//! What the handshake messages of a connection say, and what follows from it.

use super::certificate::{compressed_leaf, leaf};
use super::client_hello::{parse_client_hello, printable, ClientHello};
use super::conn::{Protection, Sink, TlsConn};
use super::info::Stage;
use super::keylog::KeyLog;
use super::messages::Message;
use super::modern::Epoch;
use super::server_hello::{encrypted_alpn, is_modern, parse_server_hello, ServerHello};
use super::suites::Suite;
use crate::anomaly::Kind;
use crate::record::Dir;

/// Message types (IANA registry "TLS HandshakeType").
mod message {
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
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
const MODERN_SUITES: usize = 8;

/// What is kept of the client's offer.
pub(super) struct Offer {
    pub random: [u8; 32],
    pub early_data: bool,
    /// Suites of TLS 1.3 offered.
    pub modern_suites: Vec<Suite>,
}

/// The hellos of the handshake in progress (the last one, where a connection renegotiates).
#[derive(Default)]
pub(super) struct Hellos {
    /// Who sent the ClientHello; in FTP and the like it may be the side that was called.
    pub client_is: Option<Dir>,
    pub client: Option<Offer>,
    pub server: Option<ServerHello>,
    /// First bytes of the pre-master secret as encrypted for an RSA key.
    pub encrypted_premaster: Option<[u8; 8]>,
    /// The server sent more than its hello: the handshake is a full one.
    pub full: bool,
    /// A HelloRetryRequest was seen: it is TLS 1.3.
    retried: bool,
    /// A renegotiation: the facts told are those of the first handshake.
    again: bool,
}

impl Hellos {
    /// True when the server chose a version up to TLS 1.2.
    pub fn is_legacy(&self) -> bool {
        self.server.as_ref().is_some_and(|s| !is_modern(s.version))
    }

    pub fn is_modern(&self) -> bool {
        self.server.as_ref().is_some_and(|s| is_modern(s.version))
    }
}

impl TlsConn {
    /// [`Dir::Client`] for the side that sends the ClientHello, whoever opened the flow.
    pub(super) fn role(&self, dir: Dir) -> Dir {
        if self.hellos.client_is == Some(Dir::Server) {
            dir.other()
        } else {
            dir
        }
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
        self.remember(keys, dir, bytes);
        let modern = self.hellos.is_modern();
        match (self.role(dir), kind) {
            (Dir::Server, message::SERVER_HELLO) => match parse_server_hello(body) {
                Some(hello) => self.server_hello(keys, dir, hello, out),
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
                self.hellos.full = true;
                if self.info.certificate.is_none() {
                    self.info.certificate = leaf(body, modern);
                }
            }
            (Dir::Server, message::COMPRESSED_CERTIFICATE) if self.info.certificate.is_none() => {
                self.info.certificate = compressed_leaf(body, self.bound);
            }
            (Dir::Server, message::SERVER_KEY_EXCHANGE | message::SERVER_HELLO_DONE) => {
                self.hellos.full = true;
            }
            (Dir::Client, message::CLIENT_KEY_EXCHANGE) => {
                // A length of two bytes stands before it since TLS 1.0.
                self.hellos.encrypted_premaster = body.get(2..10).and_then(|b| b.try_into().ok());
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

    pub(super) fn finished(&mut self, dir: Dir) {
        self.sides[dir.index()].finished = true;
        if self.sides.iter().all(|s| s.finished) {
            self.info.stage = Stage::Established;
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
        match &mut self.hellos.client {
            // The answer to a HelloRetryRequest repeats the random (RFC 8446 section 4.1.2).
            Some(offer) if offer.random == hello.random => {
                offer.early_data |= hello.early_data;
                offer.modern_suites = modern_suites;
            }
            offered => {
                // A server that was heard before its client keeps its hello.
                let server = self.hellos.server.take().filter(|_| offered.is_none());
                let (full, retried) = (self.hellos.full, self.hellos.retried);
                let first = offered.is_none();
                self.hellos = Hellos {
                    client_is: Some(dir),
                    client: Some(Offer {
                        random: hello.random,
                        early_data: hello.early_data,
                        modern_suites,
                    }),
                    server,
                    full: first && full,
                    retried: first && retried,
                    again: !first,
                    ..Hellos::default()
                };
                self.sides[dir.index()].transcript.clear();
                if !first {
                    self.sides[dir.other().index()].transcript.clear();
                }
            }
        }
        if self.info.client_random.is_none() {
            self.info.client_random = Some(hello.random);
            self.describe(hello);
        }
        self.settle(keys, out);
    }

    fn describe(&mut self, hello: &ClientHello) {
        self.info.alpn_offered = hello.alpn.iter().map(|name| printable(name)).collect();
        self.info.ech = hello.encrypted_name;
        if hello.complete {
            self.info.ja4 = hello.ja4('t');
        }
        self.info.sni.clone_from(&hello.sni);
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
            self.info.client_random = Some(hello.random);
            self.describe(&hello);
        }
    }

    fn server_hello(&mut self, keys: &KeyLog, dir: Dir, hello: ServerHello, out: Sink<'_>) {
        let first = !self.hellos.again;
        if first {
            self.info.version = Some(hello.version);
            self.info.cipher = Some(hello.cipher);
        }
        if hello.retry {
            self.hellos.retried = true;
            return;
        }
        if first {
            self.info.stage = self.info.stage.max(Stage::Answered);
            self.info.resumed = hello.resumes;
            self.info.alpn.clone_from(&hello.alpn);
        }
        let modern = is_modern(hello.version);
        self.hellos.server = Some(hello);
        if modern {
            self.sides[dir.index()].protection = self.unlock(keys, dir);
        }
        self.settle(keys, out);
    }

    /// ChangeCipherSpec: up to TLS 1.2 the records after it are protected by the keys just agreed; later it means nothing.
    pub(super) fn change_cipher_spec(&mut self, keys: &KeyLog, dir: Dir) {
        if self.hellos.retried
            || self.hellos.is_modern()
            || matches!(self.sides[dir.index()].protection, Protection::Modern(_))
        {
            return;
        }
        if !self.sides[dir.index()].greeted {
            return;
        }
        if self.role(dir) == Dir::Server && !self.hellos.again && !self.hellos.full {
            self.info.resumed = true;
        }
        self.sides[dir.index()].lost_records = 0;
        self.sides[dir.index()].protection = self.unlock(keys, dir);
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
        let role = self.role(dir);
        let side = &mut self.sides[dir.index()];
        let clear = matches!(side.protection, Protection::Clear);
        let after = role == Dir::Client && self.hellos.encrypted_premaster.is_some();
        if keys.has_premasters()
            && clear
            && !after
            && side.transcript.len() + bytes.len() <= self.bound
        {
            side.transcript.extend_from_slice(bytes);
        }
    }
}
