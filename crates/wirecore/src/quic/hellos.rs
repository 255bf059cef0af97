//! What the handshake messages of a QUIC connection say (RFC 9001 section 4).

use super::conn::QuicConn;
use super::event::Sink;
use super::google;
use super::ladder::Level;
use super::packets::{varint, ConnId};
use super::side::Space;
use crate::record::Dir;
use crate::tls::{
    compressed_leaf, encrypted_alpn, encrypted_extension, leaf, message, parse_client_hello,
    parse_server_hello, KeyLog, Message, Stage, Suite,
};

/// Suites of TLS 1.3 kept of an offer; five are defined.
const SUITES: usize = 8;
/// The extension that carries the transport parameters (RFC 9001 section 8.2), and the parameter of a second address.
const TRANSPORT_PARAMETERS: u16 = 0x39;
const PREFERRED_ADDRESS: u64 = 0x0d;
/// Bytes of both addresses with their ports, before the id that goes with them (RFC 9000 section 18.2).
const ADDRESSES: usize = 4 + 2 + 16 + 2;

impl QuicConn {
    pub(super) fn crypto(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        space: Space,
        offset: u64,
        data: &[u8],
        out: Sink<'_>,
    ) {
        let bound = self.bound;
        if offset == 0 && data.starts_with(b"CHLO") {
            self.info.sni = google::server_name(data);
            return;
        }
        let Some(crypto) = &mut self.sides[dir.index()].crypto else {
            return;
        };
        if !crypto[space as usize].push(offset, data, bound) {
            self.odd("more of a handshake waits than the bound allows", out);
            return;
        }
        loop {
            let crypto = self.sides[dir.index()].crypto.as_mut();
            let Some(message) = crypto.and_then(|crypto| crypto[space as usize].next(bound)) else {
                return;
            };
            match message {
                Message::Whole { kind, bytes } => self.message(keys, dir, kind, &bytes[4..], out),
                Message::TooLong { kind } => {
                    let what =
                        format!("a handshake message of type {kind} is longer than the bound");
                    self.odd(&what, out);
                }
            }
        }
    }

    fn message(&mut self, keys: &KeyLog, dir: Dir, kind: u8, body: &[u8], out: Sink<'_>) {
        match (self.role(dir), kind) {
            (Dir::Client, message::CLIENT_HELLO) => {
                let Some(hello) = parse_client_hello(body) else {
                    return self.odd("a ClientHello cannot be read", out);
                };
                let again = self.info.client_random == Some(hello.random);
                if self.answered && !again {
                    return;
                }
                // A second one answers a HelloRetryRequest; the first is the one that is told of.
                if !again {
                    self.info.describe(&hello, 'q');
                }
                let suites = hello.ciphers.iter().filter_map(|&id| Suite::modern(id));
                self.offered = suites.take(SUITES).collect();
                self.replay(keys, out);
            }
            (Dir::Server, message::SERVER_HELLO) => {
                let Some(hello) = parse_server_hello(body) else {
                    return self.odd("a ServerHello cannot be read", out);
                };
                self.answered = true;
                if hello.retry {
                    return;
                }
                self.info.version = Some(hello.version);
                self.info.cipher = Some(hello.cipher);
                self.info.resumed = hello.resumes;
                self.info.stage = self.info.stage.max(Stage::Answered);
                self.chosen = Suite::of(hello.cipher);
                for side in &mut self.sides {
                    for level in [&mut side.handshake, &mut side.application] {
                        if !level.proven {
                            *level = Level::default();
                        }
                    }
                }
            }
            (Dir::Server, message::ENCRYPTED_EXTENSIONS) => {
                self.info.alpn = self.info.alpn.take().or_else(|| encrypted_alpn(body));
                let id = encrypted_extension(body, TRANSPORT_PARAMETERS).and_then(preferred_id);
                if let Some(id) = id {
                    self.learn(dir, id, out);
                }
            }
            (Dir::Server, message::CERTIFICATE) if self.info.certificate.is_none() => {
                self.info.certificate = leaf(body, true);
            }
            (Dir::Server, message::COMPRESSED_CERTIFICATE) if self.info.certificate.is_none() => {
                self.info.certificate = compressed_leaf(body, self.bound);
            }
            (_, message::FINISHED) => {
                self.sides[dir.index()].finished = true;
                if self.sides.iter().all(|side| side.finished) {
                    self.info.stage = self.info.stage.max(Stage::Established);
                }
            }
            _ => {}
        }
    }

    /// The connection ended within the ClientHello; its begin still tells the name asked for.
    pub(super) fn cut_hello(&mut self) {
        let Some(client) = self.client_is.filter(|_| self.info.client_random.is_none()) else {
            return;
        };
        let crypto = self.sides[client.index()].crypto.as_mut();
        let begun = crypto.map(|crypto| crypto[Space::Initial as usize].begun());
        if let Some([message::CLIENT_HELLO, _, _, _, body @ ..]) = begun.as_deref() {
            if let Some(mut hello) = parse_client_hello(body) {
                hello.complete = false;
                self.info.describe(&hello, 'q');
            }
        }
    }
}

/// The id that goes with the server's preferred address, in its transport parameters.
fn preferred_id(mut parameters: &[u8]) -> Option<ConnId> {
    while !parameters.is_empty() {
        let (kind, len) = varint(parameters)?;
        parameters = &parameters[len..];
        let (size, len) = varint(parameters)?;
        let value = parameters.get(len..len.checked_add(usize::try_from(size).ok()?)?)?;
        parameters = &parameters[len + value.len()..];
        if kind == PREFERRED_ADDRESS {
            let len = usize::from(*value.get(ADDRESSES)?);
            return ConnId::new(value.get(ADDRESSES + 1..ADDRESSES + 1 + len)?);
        }
    }
    None
}
