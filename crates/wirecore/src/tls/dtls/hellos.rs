//! What the handshake messages of a DTLS connection say.

use super::flight::{Taken, Whole, HEADER};
use super::{DtlsConn, MODERN};
use crate::anomaly::Kind;
use crate::record::Dir;
use crate::tls::certificate::{compressed_leaf, leaf};
use crate::tls::client_hello::{parse_dtls_client_hello, ClientHello};
use crate::tls::conn::Sink;
use crate::tls::handshake::{message, EXCHANGE, MODERN_SUITES};
use crate::tls::info::Stage;
use crate::tls::keylog::KeyLog;
use crate::tls::round::{Offer, Round};
use crate::tls::server_hello::{encrypted_alpn, parse_server_hello, ServerHello};
use crate::tls::suites::Suite;

/// Handshakes kept of one connection.
const ROUNDS: usize = 4;

impl DtlsConn {
    /// The body of a handshake record, in clear or decrypted.
    pub(super) fn handshake(&mut self, keys: &KeyLog, dir: Dir, body: &[u8], out: Sink<'_>) {
        let Taken {
            messages,
            too_long,
            malformed,
        } = self.sides[dir.index()].flight.take(body, self.bound);
        if too_long {
            let detail = || "a handshake message is longer than the bound".to_owned();
            self.odd(dir, Kind::BoundReached, detail, out);
        }
        if malformed {
            let detail = || "no fragment of a handshake message".to_owned();
            self.odd(dir, Kind::TlsMalformed, detail, out);
        }
        for one in messages {
            self.message(keys, dir, &one, out);
            // The extended master secret is made of the messages themselves.
            let side = &mut self.sides[dir.index()];
            let held: usize = side.log.values().map(Vec::len).sum();
            if keys.has_premasters() && held + one.bytes.len() <= self.bound {
                side.log.insert(one.number, one.bytes);
            }
            for side in &mut self.sides {
                side.woken = true;
            }
        }
    }

    fn message(&mut self, keys: &KeyLog, dir: Dir, one: &Whole, out: Sink<'_>) {
        let body = one.bytes.get(HEADER..).unwrap_or_default();
        match one.kind {
            message::CLIENT_HELLO => match parse_dtls_client_hello(body) {
                Some(hello) => self.client_hello(dir, one.number, &hello),
                None => self.unreadable(dir, "a ClientHello cannot be read", out),
            },
            message::SERVER_HELLO => match parse_server_hello(body) {
                Some(hello) => self.server_hello(dir, one.number, hello),
                None => self.unreadable(dir, "a ServerHello cannot be read", out),
            },
            message::FINISHED => self.finished(dir),
            _ if self.role(dir) == Dir::Server => self.of_the_server(dir, one, body),
            message::CLIENT_KEY_EXCHANGE => {
                self.sides[dir.index()].last = Some(one.number);
                if let Some(round) = self.round_of(dir) {
                    round.exchanged = true;
                    if keys.has_premasters() && body.len() <= EXCHANGE {
                        round.exchange = Some(body.into());
                    }
                }
            }
            _ => {}
        }
    }

    fn of_the_server(&mut self, dir: Dir, one: &Whole, body: &[u8]) {
        match one.kind {
            message::ENCRYPTED_EXTENSIONS if self.info.alpn.is_none() => {
                self.info.alpn = encrypted_alpn(body);
            }
            message::CERTIFICATE if self.info.certificate.is_none() => {
                self.info.certificate = leaf(body, self.is_modern());
            }
            message::COMPRESSED_CERTIFICATE if self.info.certificate.is_none() => {
                self.info.certificate = compressed_leaf(body, self.bound);
            }
            _ => {}
        }
        let ends = one.kind == message::SERVER_HELLO_DONE;
        if ends {
            self.sides[dir.index()].last = Some(one.number);
        }
        if let Some(round) = self.round_of(dir) {
            round.hello_done |= ends;
            round.full |= matches!(
                one.kind,
                message::CERTIFICATE | message::SERVER_KEY_EXCHANGE | message::SERVER_HELLO_DONE
            );
        }
    }

    fn unreadable(&mut self, dir: Dir, what: &str, out: Sink<'_>) {
        self.odd(dir, Kind::TlsMalformed, || what.to_owned(), out);
    }

    pub(super) fn is_modern(&self) -> bool {
        self.info.version == Some(MODERN)
    }

    fn round_of(&mut self, dir: Dir) -> Option<&mut Round> {
        self.rounds.get_mut(self.sides[dir.index()].round)
    }

    fn client_hello(&mut self, dir: Dir, number: u16, hello: &ClientHello) {
        self.client_is.get_or_insert(dir);
        let modern_suites = hello.ciphers.iter().filter_map(|&id| Suite::modern(id));
        let offer = Offer {
            random: hello.random,
            early_data: hello.early_data,
            ticket: hello.ticket.clone(),
            modern_suites: modern_suites.take(MODERN_SUITES).collect(),
        };
        // The hello with the cookie repeats the random of the one without.
        let again = self.round_of(dir).is_some_and(|round| {
            let before = round.client.as_ref();
            before.is_none_or(|before| before.random == offer.random)
        });
        if !again && self.rounds.len() < ROUNDS {
            self.sides[dir.index()].round = self.rounds.len();
            self.rounds.push(Round {
                longer_header: HEADER - 4,
                ..Round::default()
            });
        }
        if let Some(round) = self.round_of(dir) {
            round.client = Some(offer);
        }
        let side = &mut self.sides[dir.index()];
        // The session begins with the hello that has the cookie, also where the other comes behind it.
        if !again || side.hello.is_none_or(|before| before < number) {
            side.hello = Some(number);
            side.id_len = hello.connection_id_len.unwrap_or(0);
        }
        if self.info.client_random.is_none() {
            self.info.describe(hello, 'd');
        }
    }

    fn server_hello(&mut self, dir: Dir, number: u16, hello: ServerHello) {
        self.client_is.get_or_insert(dir.other());
        if hello.retry {
            return;
        }
        let mut now = self.sides[dir.index()].round;
        if self
            .rounds
            .get(now)
            .is_some_and(|round| round.server.is_some())
        {
            now = (now + 1).min(ROUNDS - 1);
        }
        if self.rounds.len() <= now {
            self.rounds.push(Round {
                longer_header: HEADER - 4,
                ..Round::default()
            });
            now = self.rounds.len() - 1;
        }
        let side = &mut self.sides[dir.index()];
        side.round = now;
        side.hello = Some(number);
        side.id_len = hello.connection_id_len.unwrap_or(0);
        if hello.connection_id_len.is_none() {
            // Both must want them.
            self.sides[dir.other().index()].id_len = 0;
        }
        if now == 0 {
            self.info.version = Some(hello.version);
            self.info.cipher = Some(hello.cipher);
            self.info.stage = self.info.stage.max(Stage::Answered);
            self.info.resumed = hello.resumes;
            self.info.alpn.clone_from(&hello.alpn);
        }
        if let Some(round) = self.rounds.get_mut(now) {
            // Its keys are made as those of the version of TLS that it follows.
            let version = match hello.version {
                0xfefd => 0x0303,
                0xfeff | 0x0100 => 0x0302,
                other => other,
            };
            round.server = Some(ServerHello { version, ..hello });
        }
    }

    /// The server changes ciphers without a flight of its own: it goes on with an earlier session.
    pub(super) fn change_cipher_spec(&mut self, dir: Dir) {
        if self.role(dir) != Dir::Server || self.is_modern() {
            return;
        }
        let first = self.sides[dir.index()].round == 0;
        let Some(round) = self.round_of(dir) else {
            return;
        };
        if !round.full && round.server.is_some() {
            round.resumed = true;
            self.info.resumed |= first;
            for side in &mut self.sides {
                side.woken = true;
            }
        }
    }

    /// A ClientHello of which only the begin came still tells the name asked for.
    pub(super) fn cut_hello(&mut self, dir: Dir) {
        if self.info.client_random.is_some() {
            return;
        }
        let begun = self.sides[dir.index()].flight.begun(message::CLIENT_HELLO);
        if let Some(mut hello) = begun.and_then(|body| parse_dtls_client_hello(&body)) {
            hello.complete = false;
            self.info.describe(&hello, 'd');
        }
    }
}
