//! One handshake of a connection. A connection that renegotiates has several, and each side may be heard at another one.

use std::sync::OnceLock;

use super::server_hello::{is_modern, ServerHello};
use super::suites::Suite;

/// What is kept of the client's offer.
pub(super) struct Offer {
    pub random: [u8; 32],
    pub early_data: bool,
    /// Ticket of the session that the client wants to go on with (up to TLS 1.2), or empty.
    pub ticket: Vec<u8>,
    /// Suites of TLS 1.3 offered.
    pub modern_suites: Vec<Suite>,
}

/// What the keys of one handshake are made from.
#[derive(Default)]
pub(super) struct Round {
    pub client: Option<Offer>,
    pub server: Option<ServerHello>,
    /// A HelloRetryRequest was seen: it is TLS 1.3.
    pub retried: bool,
    /// The server sent more than its hello before it changed ciphers: no resumption.
    pub full: bool,
    /// The server's part of a full handshake was seen to its end (ServerHelloDone).
    pub hello_done: bool,
    /// The server changed ciphers without one.
    pub resumed: bool,
    /// The ClientKeyExchange was seen.
    pub exchanged: bool,
    /// The body of the ClientKeyExchange, where the keys given may make something of it.
    pub exchange: Option<Box<[u8]>>,
    /// The master secrets that the pre-master secrets give, made once.
    pub masters: OnceLock<Vec<Vec<u8>>>,
    /// The ticket that the server gave for this session.
    pub ticket: Vec<u8>,
    /// Who sent a Finished, `[client, server]` of the flow.
    pub finished: [bool; 2],
    /// Messages for the extended master secret, by role `[client, server]`.
    pub transcript: [Vec<u8>; 2],
    /// Bytes by which a message's header is longer than that of TLS (DTLS).
    pub longer_header: usize,
}

impl Round {
    /// True when the server chose a version up to TLS 1.2.
    pub fn is_legacy(&self) -> bool {
        self.server.as_ref().is_some_and(|s| !is_modern(s.version))
    }

    /// True when it is TLS 1.3.
    pub fn is_modern(&self) -> bool {
        self.retried || self.server.as_ref().is_some_and(|s| is_modern(s.version))
    }

    /// The handshake up to the ClientKeyExchange in its order: the client's hello, the server's flight, the client's rest.
    pub fn in_order(&self) -> [&[u8]; 3] {
        let [client, server] = &self.transcript;
        let hello = match client[..] {
            [_, a, b, c, ..] => {
                4 + self.longer_header
                    + (usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c))
            }
            _ => 0,
        };
        let (hello, rest) = client.split_at(hello.min(client.len()));
        [hello, server, rest]
    }
}
