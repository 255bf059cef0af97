//! One conversation: its counters, its transport, and the row it becomes when it ends.

use std::net::IpAddr;

use crate::net::flows::{Ended, Slot};
use crate::net::tcp::{Close, TcpFlow};
use crate::net::{Packet, Tuple};
use crate::record::{Dir, Flow, Volume};
use crate::tls::Stage;

use super::account::{Account, PhoneSide};
use super::dns_talk::dns_datagram;
use super::minutes::Minutes;
use super::shared::Shared;
use super::talk::{Talk, TalkSink};
use super::unknown_talk::{unknown_datagram, Rest};
use super::Outer;

/// The value kept for each flow.
pub(super) struct Conversation {
    pub(super) packets: [u64; 2],
    pub(super) wire_bytes: [u64; 2],
    pub(super) payload: [u64; 2],
    pub(super) client_mac: Option<[u8; 6]>,
    pub(super) refused: bool,
    pub(super) dns_count: [u32; 2],
    pub(super) transport: Transport,
    pub(super) talk: Talk,
    pub(super) minutes: Minutes,
}

pub(super) enum Transport {
    Tcp(Box<TcpFlow>),
    Datagrams(Option<Box<Rest>>),
}

impl Conversation {
    pub(super) fn new(capture: u32, _tuple: &Tuple, transport: Transport) -> Self {
        Conversation {
            packets: [0; 2],
            wire_bytes: [0; 2],
            payload: [0; 2],
            client_mac: None,
            refused: false,
            dns_count: [0; 2],
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
        self.talk.wanted = shared.keep.as_ref().is_none_or(|keep| keep.flow == id);
        self.talk.id = id;
    }

    /// Counts a packet; the minute before its own is told.
    pub(super) fn count(&mut self, dir: Dir, packet: &Packet<'_>, now: i64, shared: &mut Shared) {
        if self.minutes.is_over(now) {
            self.tell_minute(shared);
            self.minutes.begin(now);
        }
        self.packets[dir.index()] += 1;
        self.wire_bytes[dir.index()] += u64::from(packet.ip_len);
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

    pub(super) fn udp_payload(
        &mut self,
        dir: Dir,
        sport: u16,
        dport: u16,
        payload: &[u8],
        shared: &mut Shared,
    ) {
        let dns_port = [sport, dport]
            .iter()
            .any(|port| matches!(port, 53 | 5353 | 5355));
        if dns_port && crate::dns::looks_like_dns(payload) {
            dns_datagram(
                &mut self.talk,
                &mut self.dns_count[dir.index()],
                dir,
                payload,
                shared,
            );
            return;
        }
        let Transport::Datagrams(rest) = &mut self.transport else {
            return;
        };
        let rest = rest.get_or_insert_with(|| {
            let quic = looks_like_quic(payload);
            Box::new(Rest::new(quic))
        });
        if self.talk.account.protocol.is_empty() {
            self.talk.account.protocol = if rest.encrypted { "quic" } else { "unknown" };
        }
        unknown_datagram(&mut self.talk, rest, dir, payload, shared);
    }
}

/// A QUIC long header of a version that is in use (RFC 9000, section 17.2; RFC 9369; Google's and the drafts').
fn looks_like_quic(payload: &[u8]) -> bool {
    let Some(([first, version @ ..], rest)) = payload.split_first_chunk::<5>() else {
        return false;
    };
    if first & 0x80 == 0 || rest.first().is_none_or(|len| *len > 20) || payload.len() < 100 {
        return false;
    }
    match version {
        [0, 0, 0, 1] | [0x6b, 0x33, 0x43, 0xcf] => first & 0x40 != 0,
        [0xff, 0, 0, _] => first & 0x40 != 0,
        [b'Q' | b'T', b'0', _, _] => true,
        [0xfa, 0xce, 0xb0, _] => true,
        _ => false,
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
        Transport::Datagrams(rest) => {
            if let Some(rest) = rest {
                rest.finish(shared);
            }
            row.payload_bytes = value.payload;
            row.state = "datagram";
        }
    }
    value.talk.finish(shared);
    if value.minutes.are_several() {
        value.tell_minute(shared);
    }
    let random = value.talk.tls().and_then(|conn| conn.info().client_random);
    shared.keys_met |= random.is_some_and(|random| shared.keys.knows(&random));
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
    let up = if talk.phone == PhoneSide::Server {
        Dir::Server
    } else {
        Dir::Client
    };
    account.reason(up).clone_into(&mut row.opaque_reason);
    row.host.clone_from(&account.host);
    if let Some(mac) = value.client_mac {
        // The maker's half: the whole is a private value of the owner.
        row.client_mac = mac[..3]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(":");
    }
    if let Some(conn) = talk.tls() {
        let info = conn.info();
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
        row.alert = info.alert_text();
        if !row.sni.is_empty() {
            row.host.clone_from(&row.sni);
        }
        if info.stage == Stage::Aborted
            || (info.stage != Stage::Established
                && row.state != "midstream"
                && account.app == [0, 0])
        {
            row.state = "aborted_handshake";
        }
    }
    if value.refused && account.app[1] == 0 && row.state != "established" {
        row.state = "refused";
    }
}
