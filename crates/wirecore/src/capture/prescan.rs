//! One pass over a capture before the real one: what it spans, its secrets, who initiates.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read;
use std::net::IpAddr;

use rustc_hash::FxBuildHasher;

use super::error::CaptureError;
use super::reader::Reader;
use super::sniff::Format;
use super::Item;
use crate::datagram::dhcp;
use crate::limits::Limits;
use crate::net::tuple::{Key, Seeded};
use crate::net::{
    innermost, parse_link, parse_tcp, parse_udp, Packet, Parsed, Tuple, PROTO_TCP, PROTO_UDP,
};
use crate::record::Odd;

/// Pairs of address and link-layer address whose initiations are counted.
const INITIATORS: usize = 100_000;
/// UDP conversations remembered, so that only the first packet of each counts.
const CONVERSATIONS: usize = 200_000;
/// Bytes of embedded secrets kept.
const SECRET_BYTES: usize = 64 << 20;
/// Devices kept that call themselves phones.
const PHONES: usize = 64;
/// Spans of interface statistics kept.
const SPANS: usize = 1_000;
/// Oddities of the file kept.
const ODDITIES: usize = 1_000;

/// How often an address opened something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Initiated {
    /// TCP connections (SYN without ACK).
    pub tcp: u64,
    /// UDP conversations whose first packet it sent, to one receiver (no broadcast, no multicast).
    pub udp: u64,
}

/// What one pass over a capture says.
#[derive(Clone, Debug)]
pub struct Prescan {
    /// Pcap or Pcapng.
    pub format: Format,
    /// How the file is compressed.
    pub compression: Option<Format>,
    /// Packets read.
    pub packets: u64,
    /// Captured bytes of all packets.
    pub captured_bytes: u64,
    /// Bytes these packets had on the wire.
    pub wire_bytes: u64,
    /// Bytes of the file as stored.
    pub stored_bytes: u64,
    /// Earliest packet time, nanoseconds since 1970 UTC.
    pub first_ns: Option<i64>,
    /// Latest packet time.
    pub last_ns: Option<i64>,
    /// Packets by link type.
    pub links: BTreeMap<u16, u64>,
    /// Packets that the interfaces received, where the file says so.
    pub received: Option<u64>,
    /// Packets that were lost, where the file says so.
    pub dropped: Option<u64>,
    /// Embedded secrets, `(kind, bytes)` in file order.
    pub secrets: Vec<(u32, Vec<u8>)>,
    /// Who initiated how often, by address and link-layer address.
    pub initiators: HashMap<(IpAddr, Option<[u8; 6]>), Initiated>,
    /// Addresses of the devices that call themselves phones when they join the network (DHCP), by link-layer address.
    pub phones: BTreeMap<[u8; 6], BTreeSet<IpAddr>>,
    /// What is wrong with the file.
    pub odd: Vec<Odd>,
    /// Spans in which interface statistics say that it was recorded, in file order.
    pub ran: Vec<(i64, i64)>,
    /// It was recorded with a filter that may have left out traffic of any device.
    pub partial: bool,
}

/// Hands every stored byte to a function on its way.
struct Tap<'a, R> {
    inner: R,
    hash: &'a mut dyn FnMut(&[u8]),
}

impl<R: Read> Read for Tap<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(into)?;
        (self.hash)(into.get(..n).unwrap_or_default());
        Ok(n)
    }
}

/// Reads a capture once, to its end. `hash` is given every stored byte in order, also those behind
/// a damage; on an error it has seen only what was read.
pub fn prescan<R: Read>(
    r: R,
    limits: &Limits,
    hash: &mut dyn FnMut(&[u8]),
) -> Result<Prescan, CaptureError> {
    let mut reader = Reader::open(Tap { inner: r, hash }, limits)?;
    let mut scan = Prescan {
        format: reader.format(),
        compression: reader.compression(),
        packets: 0,
        captured_bytes: 0,
        wire_bytes: 0,
        stored_bytes: 0,
        first_ns: None,
        last_ns: None,
        links: BTreeMap::new(),
        received: None,
        dropped: None,
        secrets: Vec::new(),
        initiators: HashMap::new(),
        phones: BTreeMap::new(),
        odd: Vec::new(),
        ran: Vec::new(),
        partial: false,
    };
    let mut side = Side::new();
    while let Some(item) = reader.next_item()? {
        scan.take(item, &mut side);
    }
    scan.partial = reader.is_partial();
    scan.stored_bytes = reader.drain()?;
    for (received, dropped) in side.interfaces.values() {
        scan.received = add(scan.received, *received);
        scan.dropped = add(scan.dropped, *dropped);
    }
    Ok(scan)
}

fn add(sum: Option<u64>, more: Option<u64>) -> Option<u64> {
    match (sum, more) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (a, b) => a.or(b),
    }
}

/// What only the pass itself needs.
struct Side {
    interfaces: BTreeMap<u32, (Option<u64>, Option<u64>)>,
    conversations: HashSet<u64, FxBuildHasher>,
    seed: Seeded,
    secret_bytes: usize,
}

impl Side {
    fn new() -> Self {
        Side {
            interfaces: BTreeMap::new(),
            conversations: HashSet::default(),
            seed: Seeded::new(),
            secret_bytes: 0,
        }
    }
}

impl Prescan {
    fn take(&mut self, item: Item<'_>, side: &mut Side) {
        match item {
            Item::Frame(frame) => {
                self.packets += 1;
                self.captured_bytes += frame.data.len() as u64;
                self.wire_bytes += u64::from(frame.wire_len);
                self.span(frame.ts_ns);
                *self.links.entry(frame.link).or_default() += 1;
                if let Parsed::Ip(packet) = parse_link(frame.link, frame.data) {
                    self.count_initiation(&innermost(&packet), side);
                }
            }
            Item::Secrets { kind, data } => {
                side.secret_bytes += data.len();
                if side.secret_bytes <= SECRET_BYTES {
                    self.secrets.push((kind, data.to_vec()));
                }
            }
            Item::Dropped {
                interface,
                received,
                dropped,
                ran,
            } => {
                self.ran.extend(
                    ran.filter(|_| self.ran.len() < SPANS)
                        .filter(|ran| self.ran.last() != Some(ran)),
                );
                side.interfaces.insert(interface, (received, dropped));
            }
            Item::AppName { .. } => {}
            Item::Odd(odd) => {
                if self.odd.len() < ODDITIES {
                    self.odd.push(odd);
                }
            }
        }
    }

    /// A time of 0 stands for none: simple packet blocks before any other carry no time.
    fn span(&mut self, ts_ns: i64) {
        if ts_ns != 0 {
            self.first_ns = Some(self.first_ns.map_or(ts_ns, |ns| ns.min(ts_ns)));
            self.last_ns = Some(self.last_ns.map_or(ts_ns, |ns| ns.max(ts_ns)));
        }
    }

    fn count_initiation(&mut self, packet: &Packet<'_>, side: &mut Side) {
        if packet.fragment.is_some() {
            return;
        }
        self.note_phone(packet);
        let opens_tcp = packet.proto == PROTO_TCP
            && parse_tcp(packet).is_ok_and(|(tcp, _)| tcp.syn() && !tcp.ack_set());
        let opens_udp = packet.proto == PROTO_UDP && opens_udp(packet, side);
        if !opens_tcp && !opens_udp {
            return;
        }
        let key = (packet.src, packet.src_mac);
        let room = self.initiators.len() < INITIATORS;
        let entry = match self.initiators.get_mut(&key) {
            Some(entry) => entry,
            None if room => self.initiators.entry(key).or_default(),
            None => return,
        };
        entry.tcp += u64::from(opens_tcp);
        entry.udp += u64::from(opens_udp);
    }
}

impl Prescan {
    /// What a device says of itself by DHCP. Its name stays here: it may be a private value.
    fn note_phone(&mut self, packet: &Packet<'_>) {
        if packet.proto != PROTO_UDP {
            return;
        }
        let Ok((udp, payload)) = parse_udp(packet) else {
            return;
        };
        if !matches!((udp.sport, udp.dport), (67, 68) | (68, 67)) {
            return;
        }
        let Some(said) = dhcp::parse(payload) else {
            return;
        };
        if said.from_client && said.says_phone() && self.phones.len() < PHONES {
            self.phones.entry(said.mac).or_default();
        }
        let own = (said.granted || !packet.src.is_unspecified()).then_some(said.address);
        if let (Some(Some(address)), Some(known)) = (own, self.phones.get_mut(&said.mac)) {
            if known.len() < PHONES {
                known.insert(address.into());
            }
        }
    }
}

fn opens_udp(packet: &Packet<'_>, side: &mut Side) -> bool {
    let Ok((udp, _)) = parse_udp(packet) else {
        return false;
    };
    let tuple = Tuple {
        src: packet.src,
        dst: packet.dst,
        sport: udp.sport,
        dport: udp.dport,
        proto: PROTO_UDP,
    };
    let conversation = side.seed.hash(&Key::of(&tuple).0);
    if side.conversations.len() >= CONVERSATIONS {
        // Starting afresh counts long conversations again, which favours no address.
        side.conversations.clear();
    }
    let first = side.conversations.insert(conversation);
    // An answer whose question lies before the capture's begin opens nothing.
    let answers = udp.sport < 1024 && udp.dport >= 1024;
    let to_many = packet.dst.is_multicast()
        || matches!(packet.dst, IpAddr::V4(v4) if v4.is_broadcast() || v4.octets()[3] == 255);
    first && !answers && !to_many
}
