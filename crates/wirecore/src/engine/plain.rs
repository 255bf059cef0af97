//! A stream of readable bytes: which protocol it speaks, and the way to its decoder.
//!
//! In: bytes in order, gaps, the end. Out: messages, through the decoder that was chosen.

use crate::dns::DnsStream;
use crate::http::parts::websocket_spoken;
use crate::http::{looks_like_http, was_http, Version};
use crate::record::{Dir, Message};
use crate::tls::TlsInfo;

use super::account::Account;
use super::dns_talk::{framed_dns, DnsTalk};
use super::h2_talk::H2Talk;
use super::http_talk::HttpTalk;
use super::layers::FIRST_BYTES;
use super::mqtt_talk::{begins_mqtt, may_be_mqtt, MqttTalk};
use super::shared::{Place, Shared};
use super::socks_talk::{begins_socks, may_be_socks, SocksTalk};
use super::turn_talk::{may_speak_in_turns, spoken_in_turns, TurnTalk};
use super::unknown_talk::UnknownTalk;
use super::websocket_talk::WebSocketTalk;

/// A stream of readable bytes.
pub(super) enum Plain {
    Undecided(First),
    Http(Box<HttpTalk>),
    H2(Box<H2Talk>),
    Dns(Box<DnsTalk>),
    Mqtt(Box<MqttTalk>),
    Socks(Box<SocksTalk>),
    Turns(Box<TurnTalk>),
    /// After an upgrade that was not seen, with the numbers of its messages.
    WebSocket(Box<(WebSocketTalk, [u32; 2])>),
    Unknown(Box<UnknownTalk>),
}

/// The first bytes of both directions, until the protocol is known.
#[derive(Default)]
pub(super) struct First {
    held: [Vec<u8>; 2],
    depth: u8,
    before: &'static str,
}

impl First {
    /// True when more bytes are needed to tell a protocol that is not HTTP.
    fn may_become(&self) -> bool {
        let client = &self.held[0];
        may_be_mqtt(client) || may_be_socks(client) || may_speak_in_turns(&self.held)
    }
}

impl Plain {
    /// Nothing was said yet; `depth` tunnels lie around, and `before` TLS was started that protocol was spoken.
    pub(super) fn new(depth: u8, before: &'static str) -> Self {
        Plain::Undecided(First {
            depth,
            before,
            ..First::default()
        })
    }

    /// TLS inside what is spoken here (a proxy's tunnel, STARTTLS).
    pub(super) fn tls(&self) -> Option<&TlsInfo> {
        match self {
            Plain::Http(http) => http.tls(),
            Plain::Socks(socks) => socks.tls(),
            Plain::Turns(turns) => turns.tls(),
            _ => None,
        }
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        match self {
            Plain::Undecided(first) => first.held.iter().map(Vec::capacity).sum(),
            Plain::Http(http) => http.held(),
            Plain::H2(h2) => h2.held(),
            Plain::Dns(dns) => dns.streams.iter().map(DnsStream::held_bytes).sum(),
            Plain::Mqtt(mqtt) => mqtt.held(),
            Plain::Socks(socks) => socks.held(),
            Plain::Turns(turns) => turns.held(),
            Plain::WebSocket(socket) => socket.0.held(),
            Plain::Unknown(unknown) => size_of_val(&**unknown) + unknown.held(),
        }
    }

    pub(super) fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        secure: bool,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        account.app[dir.index()] += bytes.len() as u64;
        self.pass(dir, bytes, secure, place, account, shared);
    }

    /// As `feed`, for bytes that the account knows already.
    pub(super) fn pass(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        secure: bool,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        match self {
            Plain::Undecided(first) => {
                let held = &mut first.held[dir.index()];
                held.extend_from_slice(bytes);
                match looks_like_http(held) {
                    None if held.len() < FIRST_BYTES => {}
                    Some(None) if held.len() < FIRST_BYTES && first.may_become() => {}
                    verdict => self.decide(verdict.flatten(), secure, place, account, shared),
                }
            }
            Plain::Http(http) => http.feed(dir, bytes, place, account, shared),
            Plain::H2(h2) => h2.feed(dir, bytes, place, account, shared),
            Plain::Dns(dns) => dns.feed(dir, bytes, place, account, shared),
            Plain::Mqtt(mqtt) => mqtt.feed(dir, bytes, place, account, shared),
            Plain::Socks(socks) => socks.feed(dir, bytes, place, account, shared),
            Plain::Turns(turns) => turns.feed(dir, bytes, place, account, shared),
            Plain::WebSocket(socket) => {
                let (talk, count) = &mut **socket;
                talk.feed(dir, bytes, count, place, account, shared);
            }
            Plain::Unknown(unknown) => unknown.feed(dir, bytes, place, account, shared),
        }
    }

    pub(super) fn decide(
        &mut self,
        http: Option<Version>,
        secure: bool,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let Plain::Undecided(first) = std::mem::replace(self, Plain::new(0, "")) else {
            return;
        };
        let First {
            held: first,
            depth,
            before,
        } = first;
        *self = if http == Some(Version::One) {
            account.protocol = "http/1.1";
            Plain::Http(Box::new(HttpTalk::new(secure, depth, &shared.desk.limits)))
        } else if http == Some(Version::Two) {
            account.protocol = "h2";
            Plain::H2(Box::new(H2Talk::new(&shared.desk.limits)))
        } else if first.iter().any(|held| framed_dns(held)) {
            account.protocol = "dns";
            Plain::Dns(Box::new(DnsTalk {
                streams: [DnsStream::new(), DnsStream::new()],
                count: [0; 2],
            }))
        } else if begins_mqtt(&first[0]) {
            account.protocol = "mqtt";
            Plain::Mqtt(Box::default())
        } else if begins_socks(&first[0]) {
            account.protocol = "socks";
            Plain::Socks(Box::new(SocksTalk::new(depth)))
        } else if let Some(protocol) = spoken_in_turns(&first, before) {
            account.protocol = protocol;
            Plain::Turns(Box::new(TurnTalk::new(protocol, depth)))
        } else if websocket_spoken(&first) {
            account.protocol = "websocket";
            let asked = Message {
                host: account.host.clone(),
                ..Message::default()
            };
            // What was agreed is not known: messages that are compressed say so themselves.
            let talk = WebSocketTalk::new(&asked, "permessage-deflate", place, shared);
            Plain::WebSocket(Box::new((talk, [0; 2])))
        } else {
            if account.protocol.is_empty() {
                account.protocol = "unknown";
            }
            Plain::Unknown(Box::default())
        };
        for dir in [Dir::Client, Dir::Server] {
            if !first[dir.index()].is_empty() {
                self.pass(dir, &first[dir.index()], secure, place, account, shared);
            }
        }
    }

    pub(super) fn gap(
        &mut self,
        dir: Dir,
        len: u64,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        match self {
            Plain::Undecided(first) if first.held.iter().any(|held| !held.is_empty()) => {
                let http = first.held.iter().find_map(|held| was_http(held));
                self.decide(http, false, place, account, shared);
                self.gap(dir, len, place, account, shared);
            }
            Plain::Undecided(_) => {}
            Plain::Http(http) => http.gap(dir, len, place, account, shared),
            Plain::H2(h2) => h2.gap(dir, len, place, account, shared),
            Plain::Dns(dns) => dns.streams[dir.index()].gap(),
            Plain::Mqtt(mqtt) => mqtt.gap(dir, account, shared),
            Plain::Socks(socks) => socks.gap(dir, len, place, account, shared),
            Plain::Turns(turns) => turns.gap(dir, len, place, account, shared),
            Plain::WebSocket(socket) => socket.0.gap(dir, len, shared),
            Plain::Unknown(unknown) => unknown.gap(dir, len, shared),
        }
    }

    pub(super) fn finish(
        &mut self,
        secure: bool,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        if let Plain::Undecided(first) = self {
            if first.held.iter().any(|held| !held.is_empty()) {
                let http = first.held.iter().find_map(|held| was_http(held));
                // The first bytes of HTTP/1.x that are all there are no message.
                let http = http.filter(|version| *version == Version::Two);
                self.decide(http, secure, place, account, shared);
            }
        }
        match self {
            Plain::Undecided(_) | Plain::Dns(_) => {}
            Plain::Http(http) => http.finish(place, account, shared),
            Plain::H2(h2) => h2.finish(place, account, shared),
            Plain::Mqtt(mqtt) => mqtt.finish(account, shared),
            Plain::Socks(socks) => socks.finish(place, account, shared),
            Plain::Turns(turns) => turns.finish(place, account, shared),
            Plain::WebSocket(socket) => socket.0.finish(account, shared),
            Plain::Unknown(unknown) => unknown.finish(shared),
        }
    }
}
