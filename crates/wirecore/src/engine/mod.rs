//! The engine: frames, keys and needles in, rows out; bounded memory.
//!
//! One engine reads the captures of one case on one thread. Flows are independent of each other, so that several
//! engines can share the work by flow (the tables are sorted by capture and packet afterwards).

mod account;
mod arrival;
mod asked;
mod body;
mod conversation;
mod datagrams;
mod desk;
mod dns_talk;
mod dtls_talk;
mod ending;
mod h2_talk;
mod h3_talk;
mod head;
mod http_talk;
mod kept;
mod layers;
mod message;
mod minutes;
mod mqtt_talk;
mod plain;
mod pressure;
mod quic_talk;
mod rows;
mod shared;
mod shown;
mod small_talk;
mod socks_talk;
mod streams;
mod talk;
mod text;
mod told;
mod turn_talk;
mod unknown_talk;
mod websocket_talk;

use std::net::IpAddr;
use std::sync::Arc;

use crate::anomaly::Kind;
use crate::capture::{Apps, Frame};
use crate::inspect::{Inspector, Watch};
use crate::limits::Limits;
use crate::net::flows::{Ended, FlowTable, Seen, Slot};
use crate::net::tcp::{Budget, TcpFlow};
use crate::net::{self, Packet, Parsed, TcpHeader, Tuple};
use crate::record::{Anomaly, Odd};
use crate::tls::{KeyLog, PCAPNG_TLS_KEYS};
use crate::unwrap::optin_chunk::Keys;

pub use kept::{Keep, Kept};
pub use rows::Rows;
pub use told::{keep_told, Teller, ToldMessage};

use arrival::{fresh_defragmenters, Defragmenters, Outer};
use conversation::{end_flow, Conversation, Transport};
use datagrams::{Datagrams, Way};
use pressure::Pressure;
use shared::Shared;
use talk::TalkSink;

/// Rows that are handed on together. They stand in memory twice, as rows and as the table made of them.
pub const PORTION_ROWS: usize = 16_384;

/// What an engine is told before it reads.
pub struct Config {
    /// Bounds.
    pub limits: Limits,
    /// Addresses of the phone.
    pub phone_addresses: Vec<IpAddr>,
    /// Link-layer addresses of the phone.
    pub phone_macs: Vec<[u8; 6]>,
    /// TLS secrets known beforehand.
    pub keys: KeyLog,
    /// Needles and detector rules.
    pub watch: Arc<Watch>,
    /// Keys of backup chunks from the owner's audit export.
    pub chunk_keys: Arc<Keys>,
    /// True when a detector rule looks at what comes down.
    pub wants_answers: bool,
    /// Only these messages' bytes are wanted; no other row is made.
    pub keep: Option<Vec<Keep>>,
}

/// Reads frames, makes rows.
pub struct Engine {
    table: FlowTable<Conversation>,
    defragmenters: Defragmenters,
    budget: Budget,
    shared: Shared,
    pressure: Pressure,
    phone_addresses: Vec<IpAddr>,
    phone_macs: Vec<[u8; 6]>,
    capture: u32,
    apps: Apps,
    counts: Counts,
}

/// Packets that made no row, by why.
#[derive(Default)]
struct Counts {
    not_ip: u64,
    link_unknown: u64,
    cut: u64,
    cut_first: u64,
    bad: u64,
    bad_first: (u64, &'static str),
    /// Kinds of secrets that were told not to be used.
    secrets: Vec<u32>,
}

/// Kinds of secrets that are told at most.
const OTHER_SECRETS: usize = 16;

/// Whose secrets they are (pcapng, section 4.7).
fn secrets_text(kind: u32) -> String {
    match &kind.to_be_bytes() {
        b"WGKL" => "WireGuard".to_owned(),
        b"SSHK" => "SSH".to_owned(),
        b"ZNWK" | b"ZAPS" => "Zigbee".to_owned(),
        b"UAKL" => "OPC UA".to_owned(),
        _ => format!("an unknown kind (0x{kind:08x})"),
    }
}

impl Engine {
    /// An engine for one case.
    pub fn new(config: Config) -> Self {
        let Config {
            limits,
            phone_addresses,
            phone_macs,
            keys,
            watch,
            chunk_keys,
            wants_answers,
            keep,
        } = config;
        let inspector = Inspector::new(watch, chunk_keys, &limits);
        let (table, defragmenters) = (FlowTable::new(&limits), fresh_defragmenters(&limits));
        let shared = Shared::new(inspector, limits, keys, wants_answers, keep);
        Engine {
            table,
            defragmenters,
            budget: shared.connections.budget.clone(),
            pressure: Pressure::new(&shared.desk.limits),
            phone_addresses,
            phone_macs,
            capture: 0,
            apps: Apps::default(),
            counts: Counts::default(),
            shared,
        }
    }

    /// Begins a capture: `index` is its place in the order given.
    pub fn begin_capture(&mut self, index: u32) {
        self.capture = index;
        self.apps = Apps::default();
        self.counts = Counts::default();
        let trials = self.shared.desk.limits.rsa_operations;
        self.shared.keys.allow_private(trials);
    }

    /// Secrets found inside the capture. Those of other protocols are told once for each kind.
    pub fn secrets(&mut self, kind: u32, data: &[u8]) {
        if kind != PCAPNG_TLS_KEYS {
            let told = &mut self.counts.secrets;
            if told.len() < OTHER_SECRETS && !told.contains(&kind) {
                told.push(kind);
                let detail = format!("secrets of {} are not used", secrets_text(kind));
                self.odd(
                    0,
                    Odd {
                        kind: Kind::SecretsUnread,
                        offset: 0,
                        detail,
                    },
                );
            }
            return;
        }
        for odd in Arc::make_mut(&mut self.shared.keys).add_pcapng_secrets(kind, data) {
            let detail = format!(
                "line {} of the secrets in the capture: {}",
                odd.line, odd.why
            );
            self.odd(
                0,
                Odd {
                    kind: Kind::KeyLogBadLine,
                    offset: odd.line,
                    detail,
                },
            );
        }
    }

    /// The recorder names the app of a user id.
    pub fn app_name(&mut self, uid: i32, name: &[u8]) {
        self.apps.learn(uid, name);
    }

    /// Odd things of the file itself.
    pub fn odd(&mut self, packet: u64, odd: Odd) {
        let time_ns = self.shared.now;
        self.shared.rows.anomalies.push(Anomaly {
            capture: self.capture,
            flow: String::new(),
            packet,
            time_ns,
            odd,
        });
    }

    /// The rows made since the last call.
    pub fn take_rows(&mut self) -> Rows {
        std::mem::take(&mut self.shared.rows)
    }

    /// How many rows wait.
    pub fn rows_waiting(&self) -> usize {
        self.shared.rows.len()
    }

    /// The bytes asked for, as far as they were seen.
    pub fn take_kept(&mut self) -> Vec<Kept> {
        std::mem::take(&mut self.shared.kept)
    }

    /// One frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.shared.packet = frame.number;
        self.shared.now = frame.ts_ns;
        if let Some(bound) = self.pressure.due() {
            self.lighten(bound);
        }
        match net::parse_link(frame.link, frame.data) {
            Parsed::Ip(packet) => self.arrive(&packet, frame),
            Parsed::NonIp { .. } => self.counts.not_ip += 1,
            Parsed::LinkUnknown => self.counts.link_unknown += 1,
            Parsed::Bad { what, .. } => self.bad(frame.number, what),
        }
    }

    /// Weighs the open flows, and ends the longest idle where all hold too much.
    #[cold]
    fn lighten(&mut self, bound: usize) {
        let Engine {
            table,
            shared,
            pressure,
            ..
        } = self;
        let held = table.lighten(bound, Conversation::held, &mut |slot, how| {
            pressure.ended(how, slot.closed);
            end_flow(slot, how, shared);
        });
        pressure.weighed(held);
    }

    fn bad(&mut self, number: u64, what: &'static str) {
        if self.counts.bad == 0 {
            self.counts.bad_first = (number, what);
        }
        self.counts.bad += 1;
    }

    fn segment(
        &mut self,
        packet: &Packet<'_>,
        outer: Outer,
        tcp: &TcpHeader,
        payload: &[u8],
        frame: &Frame<'_>,
    ) {
        let Engine {
            table,
            budget,
            shared,
            phone_addresses,
            phone_macs,
            capture,
            apps,
            pressure,
            ..
        } = self;
        pressure.feed(payload.len());
        let seen = Seen {
            tuple: tuple_of(packet, tcp.sport, tcp.dport),
            number: frame.number,
            ts_ns: frame.ts_ns,
            syn: tcp.syn().then(|| tcp.ack_set()),
        };
        let capture = *capture;
        let limits = &shared.desk.limits;
        let make = |tuple: &Tuple| {
            let flow = TcpFlow::new(limits, budget);
            Conversation::new(capture, tuple, Transport::Tcp(Box::new(flow)))
        };
        let mut ended: Vec<(Slot<Conversation>, Ended)> = Vec::new();
        let (mut dir, mut slot) =
            table.visit(&seen, make, &mut |slot, how| ended.push((slot, how)));
        let fresh = matches!(&slot.value.transport, Transport::Tcp(flow) if flow.is_new_connection(dir, tcp));
        if fresh {
            (dir, slot) = table.restart(&seen, make, &mut |slot, how| ended.push((slot, how)));
        }
        if slot.value.talk.id.is_empty() {
            pressure.begin_flow();
            slot.value.name(
                slot.id(),
                &slot.tuple,
                packet,
                outer,
                dir,
                phone_addresses,
                phone_macs,
                shared,
            );
            slot.value.app = apps.of(frame);
        }
        let value = &mut slot.value;
        value.count(dir, packet, frame.ts_ns, shared);
        if let Transport::Tcp(flow) = &mut value.transport {
            let mut sink = TalkSink {
                talk: &mut value.talk,
                shared,
            };
            flow.segment(dir, tcp, payload, frame.ts_ns, &mut sink);
            slot.closed = flow.is_closed();
            if flow.is_told() {
                // What lingers for late copies is the counts alone.
                shared.now = frame.ts_ns;
                value.talk.close(shared);
            }
        }
        for (slot, how) in ended {
            pressure.ended(how, slot.closed);
            end_flow(slot, how, shared);
        }
    }

    fn datagram(
        &mut self,
        packet: &Packet<'_>,
        outer: Outer,
        (sport, dport): (u16, u16),
        payload: &[u8],
        frame: &Frame<'_>,
    ) {
        let Engine {
            table,
            shared,
            phone_addresses,
            phone_macs,
            capture,
            apps,
            pressure,
            ..
        } = self;
        pressure.feed(payload.len());
        let seen = Seen {
            tuple: tuple_of(packet, sport, dport),
            number: frame.number,
            ts_ns: frame.ts_ns,
            syn: None,
        };
        let capture = *capture;
        let make = |tuple: &Tuple| {
            Conversation::new(capture, tuple, Transport::Datagrams(Datagrams::default()))
        };
        let mut ended: Vec<(Slot<Conversation>, Ended)> = Vec::new();
        let (mut dir, mut slot) =
            table.visit(&seen, make, &mut |slot, how| ended.push((slot, how)));
        let quic = slot.value.quic();
        if quic.is_some_and(|quic| quic.is_another(dir, payload, shared)) {
            (dir, slot) = table.restart(&seen, make, &mut |slot, how| ended.push((slot, how)));
        }
        if slot.value.talk.id.is_empty() {
            pressure.begin_flow();
            slot.value.name(
                slot.id(),
                &slot.tuple,
                packet,
                outer,
                dir,
                phone_addresses,
                phone_macs,
                shared,
            );
            slot.value.app = apps.of(frame);
        }
        let value = &mut slot.value;
        value.count(dir, packet, frame.ts_ns, shared);
        if packet.proto == 17 && !payload.is_empty() {
            value.payload[dir.index()] += payload.len() as u64;
            match value.way(dir, payload, shared) {
                Way::Here if value.talk.wanted => {
                    value.udp_payload(dir, &slot.tuple, payload, shared);
                }
                Way::Here => {}
                Way::There(from, there) => {
                    let nameless = value.talk.account.host.is_empty();
                    let origin = table.find(&from).map(|(_, origin)| origin);
                    let host = origin.and_then(|origin| {
                        let tuple = origin.tuple;
                        origin.busy_ns = frame.ts_ns;
                        origin
                            .value
                            .moved(there, &tuple, payload, frame.ts_ns, shared)
                    });
                    match (table.find(&seen.tuple), host) {
                        (Some((_, path)), None) => path.value.orphan(dir, payload),
                        (Some((_, path)), Some(host)) if nameless => {
                            path.value.talk.account.host = host;
                        }
                        _ => {}
                    }
                }
            }
        }
        for (slot, how) in ended {
            pressure.ended(how, slot.closed);
            end_flow(slot, how, shared);
        }
    }
}

fn tuple_of(packet: &Packet<'_>, sport: u16, dport: u16) -> Tuple {
    Tuple {
        src: packet.src,
        dst: packet.dst,
        sport,
        dport,
        proto: packet.proto,
    }
}
