//! One conversation: its counters, its transport, and the row it becomes when it ends.

use std::net::IpAddr;

use crate::net::flows::{Ended, Slot};
use crate::net::tcp::{Close, TcpFlow};
use crate::net::{Packet, Tuple};
use crate::record::{Dir, Flow, Volume};
use crate::tls::{Stage, TlsInfo};

use super::account::{Account, PhoneSide};
use super::datagrams::Datagrams;
use super::minutes::Minutes;
use super::quic_talk::QuicTalk;
use super::shared::Shared;
use super::small_talk::SmallTalk;
use super::talk::{Talk, TalkSink};
use super::Outer;

/// The value kept for each flow.
pub(super) struct Conversation {
    pub(super) packets: [u64; 2],
    pub(super) wire_bytes: [u64; 2],
    pub(super) payload: [u64; 2],
    pub(super) client_mac: Option<[u8; 6]>,
    /// The app that the recorder noted at the first packet, or empty.
    pub(super) app: String,
    pub(super) refused: bool,
    pub(super) dns_count: [u32; 2],
    pub(super) small: SmallTalk,
    pub(super) transport: Transport,
    pub(super) talk: Talk,
    pub(super) minutes: Minutes,
}

pub(super) enum Transport {
    Tcp(Box<TcpFlow>),
    Datagrams(Datagrams),
}

impl Conversation {
    pub(super) fn new(capture: u32, _tuple: &Tuple, transport: Transport) -> Self {
        Conversation {
            packets: [0; 2],
            wire_bytes: [0; 2],
            payload: [0; 2],
            client_mac: None,
            app: String::new(),
            refused: false,
            dns_count: [0; 2],
            small: SmallTalk::default(),
            transport,
            talk: Talk::new(String::new(), capture, PhoneSide::Neither, true),
            minutes: Minutes::default(),
        }
    }

    /// Done once, at the flow's first packet: its id, the phone's side, whether it was asked for.
    #[allow(clippy::too_many_arguments)] // reason: the parts are borrowed one by one from the engine
    pub(super) fn name(
        &mut self,
        id: String,
        tuple: &Tuple,
        packet: &Packet<'_>,
        outer: Outer,
        dir: Dir,
        addresses: &[IpAddr],
        macs: &[[u8; 6]],
        shared: &Shared,
    ) {
        let is_phone = |address: &IpAddr| addresses.contains(address);
        let from_phone = outer.from_phone || packet.src_mac.is_some_and(|mac| macs.contains(&mac));
        self.talk.phone = if is_phone(&tuple.src) {
            PhoneSide::Client
        } else if is_phone(&tuple.dst) {
            PhoneSide::Server
        } else if from_phone || outer.to_phone {
            if (dir == Dir::Client) == from_phone {
                PhoneSide::Client
            } else {
                PhoneSide::Server
            }
        } else {
            PhoneSide::Neither
        };
        if dir == Dir::Client {
            self.client_mac = packet.src_mac;
        }
        self.talk.wanted = shared.keep.as_ref().is_none_or(|keep| keep.has_flow(&id));
        self.talk.id = id;
    }

    /// Counts a packet; the minute before its own is told.
    pub(super) fn count(&mut self, dir: Dir, packet: &Packet<'_>, now: i64, shared: &mut Shared) {
        self.tick(now, shared);
        self.packets[dir.index()] += 1;
        self.wire_bytes[dir.index()] += u64::from(packet.ip_len);
    }

    /// Something of this flow happens now.
    pub(super) fn tick(&mut self, now: i64, shared: &mut Shared) {
        if self.minutes.is_over(now) {
            self.tell_minute(shared);
            self.minutes.begin(now);
        }
    }

    /// A row of what went through since the last one.
    fn tell_minute(&mut self, shared: &mut Shared) {
        let talk = &self.talk;
        let app_bytes = self.minutes.since_told(talk.account.app);
        if app_bytes != [0, 0] && talk.phone != PhoneSide::Neither && shared.keep.is_none() {
            shared.rows.volumes.push(Volume {
                flow: talk.id.clone(),
                capture: talk.capture,
                time_ns: self.minutes.start(),
                app_bytes,
            });
        }
    }

    /// Memory held beside the slot itself, bytes; what TCP holds out of order has a budget of its own.
    pub(super) fn held(&self) -> usize {
        let transport = match &self.transport {
            Transport::Tcp(flow) => size_of_val(&**flow),
            Transport::Datagrams(datagrams) => datagrams.held(),
        };
        transport + self.talk.held()
    }

    pub(super) fn datagrams(&mut self) -> Option<&mut Datagrams> {
        match &mut self.transport {
            Transport::Datagrams(datagrams) => Some(datagrams),
            Transport::Tcp(_) => None,
        }
    }

    /// The QUIC connection that began here.
    pub(super) fn quic(&self) -> Option<&QuicTalk> {
        match &self.transport {
            Transport::Datagrams(datagrams) => datagrams.quic(),
            Transport::Tcp(_) => None,
        }
    }

    /// Facts of the TLS session, when the flow has one.
    fn session(&self) -> Option<&TlsInfo> {
        let tls = self.talk.tls();
        tls.or_else(|| match &self.transport {
            Transport::Datagrams(datagrams) => datagrams.session(),
            Transport::Tcp(_) => None,
        })
    }
}

pub(super) fn end_flow(slot: Slot<Conversation>, how: Ended, shared: &mut Shared) {
    let Slot {
        tuple,
        first_packet,
        first_ns,
        last_ns,
        mut value,
        ..
    } = slot;
    let now = std::mem::replace(&mut shared.now, last_ns);
    let mut row = Flow {
        first_packet,
        first_ns,
        last_ns,
        ..Flow::default()
    };
    match &mut value.transport {
        Transport::Tcp(flow) => {
            let close = if how == Ended::CaptureEnd {
                Close::CaptureEnd
            } else {
                Close::Timeout
            };
            flow.finish(
                close,
                last_ns,
                &mut TalkSink {
                    talk: &mut value.talk,
                    shared,
                },
            );
            for (index, stats) in flow.stats().iter().enumerate() {
                row.payload_bytes[index] = stats.payload_bytes;
                row.retransmitted_bytes[index] = stats.retransmitted_bytes;
                row.gap_bytes[index] = stats.gap_bytes;
            }
            row.state = flow.state();
        }
        Transport::Datagrams(datagrams) => {
            match datagrams {
                Datagrams::Rest(rest) => rest.finish(shared),
                Datagrams::Quic(quic) => quic.finish(&mut value.talk, shared),
                Datagrams::Dtls(dtls) => dtls.finish(&mut value.talk, shared),
                Datagrams::Undecided | Datagrams::Moved { .. } => {}
            }
            row.payload_bytes = value.payload;
            row.state = "datagram";
        }
    }
    value.talk.finish(shared);
    if value.minutes.are_several() {
        value.tell_minute(shared);
    }
    if let Some(info) = value.session() {
        // Private and shared keys name no session: they are met where something was opened.
        let known = |random: [u8; 32]| shared.keys.knows(&random);
        shared.keys_met |=
            info.decrypted != [false, false] || info.client_random.is_some_and(known);
    }
    if shared.keep.is_none() {
        fill_flow(&mut row, &tuple, &value);
        shared.rows.flows.push(row);
    }
    shared.now = now;
}

fn fill_flow(row: &mut Flow, tuple: &Tuple, value: &Conversation) {
    let talk = &value.talk;
    let account: &Account = &talk.account;
    row.id.clone_from(&talk.id);
    row.capture = talk.capture;
    row.ip_proto = tuple.proto;
    row.client = tuple.src.to_string();
    row.client_port = tuple.sport;
    row.server = tuple.dst.to_string();
    row.server_port = tuple.dport;
    row.phone = talk.phone.text();
    row.packets = value.packets;
    row.wire_bytes = value.wire_bytes;
    row.app_bytes = account.app;
    row.readable_bytes = [account.readable(Dir::Client), account.readable(Dir::Server)];
    row.handshake_bytes = account.handshake;
    account.protocol.clone_into(&mut row.protocol);
    row.proxied = account.proxied;
    let up = if talk.phone == PhoneSide::Server {
        Dir::Server
    } else {
        Dir::Client
    };
    account.reason(up).clone_into(&mut row.opaque_reason);
    row.host.clone_from(&account.host);
    row.app.clone_from(&value.app);
    if let Some(mac) = value.client_mac {
        // The maker's half: the whole is a private value of the owner.
        row.client_mac = mac[..3]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(":");
    }
    if let Some(info) = value.session() {
        row.tls_version = info.version_text();
        row.sni = info.sni.clone().unwrap_or_default();
        row.alpn = info.alpn_text();
        row.ja4.clone_from(&info.ja4);
        row.cipher = info.cipher_text();
        row.client_random = info
            .client_random
            .map(|random| random.map(|byte| format!("{byte:02x}")).concat())
            .unwrap_or_default();
        if let Some(certificate) = &info.certificate {
            row.cert_sha256.clone_from(&certificate.sha256);
            row.cert_subject.clone_from(&certificate.subject);
            row.cert_issuer.clone_from(&certificate.issuer);
            row.cert_names = certificate.dns_names.join(",");
        }
        row.ech = info.ech;
        row.alert = info.alert_text();
        if !row.sni.is_empty() {
            row.host.clone_from(&row.sni);
        }
        if info.stage == Stage::Aborted
            || (info.stage != Stage::Established
                && row.state != "midstream"
                && account.app == account.outside)
        {
            row.state = "aborted_handshake";
        }
    }
    if value.quic().is_some() && value.packets[1] == 0 && account.app == [0, 0] {
        row.state = "unanswered";
    }
    if value.refused && account.app[1] == 0 && row.state != "established" {
        row.state = "refused";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tens of thousands of flows are open at once: each byte here counts so many times.
    #[test]
    fn an_open_flow_is_small() {
        let sizes = [size_of::<Slot<Conversation>>(), size_of::<TcpFlow>()];
        assert!(sizes[0] <= 640 && sizes[1] <= 384, "{sizes:?}");
    }
}
