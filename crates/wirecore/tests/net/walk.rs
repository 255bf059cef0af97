//! The way of a capture through reader, link, IP, fragments, table and TCP: what the engine does,
//! reduced to counting. Checks on its way what must hold for any input at all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use wirecore::anomaly::Kind;
use wirecore::capture::{CaptureError, Item, Reader};
use wirecore::dns;
use wirecore::limits::Limits;
use wirecore::net::tcp::{Budget, Close, StreamSink, TcpFlow};
use wirecore::net::{
    parse_icmp, parse_link, parse_tcp, parse_udp, Defragmenter, Ended, FlowTable, Packet, Parsed,
    Seen, Slot, Tuple,
};
use wirecore::record::{Dir, Odd};

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub packets: u64,
    pub not_ip: u64,
    pub link_unknown: u64,
    pub bad: u64,
    /// Flows by protocol.
    pub flows: BTreeMap<u8, u64>,
    /// Distinct tuples by protocol, without direction.
    pub tuples: BTreeMap<u8, BTreeSet<String>>,
    pub ids: BTreeSet<String>,
    pub stream_bytes: u64,
    pub gap_bytes: u64,
    pub retransmitted: u64,
    pub names: u64,
    pub odd: BTreeMap<Kind, u64>,
    pub states: BTreeMap<&'static str, u64>,
}

struct Check<'a> {
    at: [u64; 2],
    closed: [bool; 2],
    summary: &'a mut Summary,
}

impl StreamSink for Check<'_> {
    fn data(&mut self, dir: Dir, offset: u64, bytes: &[u8], _ts_ns: i64) {
        let at = &mut self.at[dir.index()];
        assert_eq!(offset, *at);
        assert!(!self.closed[dir.index()]);
        *at += bytes.len() as u64;
        self.summary.stream_bytes += bytes.len() as u64;
    }
    fn gap(&mut self, dir: Dir, offset: u64, len: u64, _ts_ns: i64) {
        let at = &mut self.at[dir.index()];
        assert_eq!(offset, *at);
        assert!(!self.closed[dir.index()]);
        *at += len;
        self.summary.gap_bytes += len;
    }
    fn closed(&mut self, dir: Dir, _how: Close, _ts_ns: i64) {
        assert!(!std::mem::replace(&mut self.closed[dir.index()], true));
    }
    fn odd(&mut self, odd: Odd) {
        *self.summary.odd.entry(odd.kind).or_default() += 1;
    }
}

struct Flow {
    tcp: TcpFlow,
    at: [u64; 2],
    closed: [bool; 2],
}

/// Reads a capture to its end.
pub fn walk<R: Read>(r: R, limits: &Limits) -> Result<Summary, CaptureError> {
    let mut reader = Reader::open(r, limits)?;
    let mut summary = Summary::default();
    let mut table: FlowTable<Flow> = FlowTable::new(limits);
    let mut fragments = Defragmenter::new(limits);
    let budget = Budget::new(limits);
    let mut odds = Vec::new();
    while let Some(item) = reader.next_item()? {
        match item {
            Item::Frame(frame) => {
                summary.packets += 1;
                assert_eq!(frame.number, summary.packets);
                let _ = frame.app();
                match parse_link(frame.link, frame.data) {
                    Parsed::Ip(packet) => {
                        let packet = if packet.fragment.is_some() {
                            fragments.push(&packet, frame.ts_ns, &mut |o| odds.push(o))
                        } else {
                            Some(packet)
                        };
                        if let Some(packet) = packet {
                            take(
                                &packet,
                                frame.number,
                                frame.ts_ns,
                                &mut table,
                                &budget,
                                limits,
                                &mut summary,
                            );
                        }
                    }
                    Parsed::NonIp { .. } => summary.not_ip += 1,
                    Parsed::LinkUnknown => summary.link_unknown += 1,
                    Parsed::Bad { .. } => summary.bad += 1,
                }
            }
            Item::Odd(odd) => odds.push(odd),
            Item::Secrets { .. } | Item::Dropped { .. } | Item::AppName { .. } => {}
        }
    }
    assert_eq!(reader.next_item()?, None, "the end is the end");
    fragments.finish(&mut |o| odds.push(o));
    table.drain(&mut |slot, why| end(slot, why, &mut summary));
    assert!(table.is_empty());
    assert_eq!(budget.used(), 0);
    for odd in odds {
        *summary.odd.entry(odd.kind).or_default() += 1;
    }
    Ok(summary)
}

fn take(
    packet: &Packet<'_>,
    number: u64,
    ts_ns: i64,
    table: &mut FlowTable<Flow>,
    budget: &Budget,
    limits: &Limits,
    summary: &mut Summary,
) {
    let mut tcp = None;
    let mut syn = None;
    let ports = match packet.proto {
        6 => match parse_tcp(packet) {
            Ok((header, payload)) => {
                syn = header.syn().then(|| header.ack_set());
                tcp = Some((header, payload));
                (header.sport, header.dport)
            }
            Err(_) => return summary.bad += 1,
        },
        17 => match parse_udp(packet) {
            Ok((udp, payload)) => {
                if dns::DNS_PORTS.contains(&udp.sport) || dns::DNS_PORTS.contains(&udp.dport) {
                    dns::parse_message(payload, &mut |_| summary.names += 1);
                }
                (udp.sport, udp.dport)
            }
            Err(_) => return summary.bad += 1,
        },
        _ => parse_icmp(packet).map_or((0, 0), |icmp| {
            if let Some((_, slot)) = icmp.quoted.and_then(|tuple| table.find(&tuple)) {
                if icmp.refuses {
                    slot.value.tcp.refuse();
                }
            }
            (icmp.sport, icmp.dport)
        }),
    };
    let tuple = Tuple {
        src: packet.src,
        dst: packet.dst,
        sport: ports.0,
        dport: ports.1,
        proto: packet.proto,
    };
    let seen = Seen {
        tuple,
        number,
        ts_ns,
        syn,
    };
    let make = |_: &Tuple| Flow {
        tcp: TcpFlow::new(limits, budget),
        at: [0; 2],
        closed: [false; 2],
    };
    let mut gone = Vec::new();
    let (dir, slot) = table.visit(&seen, make, &mut |slot, why| gone.push((slot, why)));
    let again = tcp.is_some_and(|(header, _)| slot.value.tcp.is_new_connection(dir, &header));
    let (dir, slot) = if again {
        table.restart(&seen, make, &mut |slot, why| gone.push((slot, why)))
    } else {
        (dir, slot)
    };
    if let Some((header, payload)) = tcp {
        let flow = &mut slot.value;
        let mut check = Check {
            at: flow.at,
            closed: flow.closed,
            summary,
        };
        flow.tcp.segment(dir, &header, payload, ts_ns, &mut check);
        (flow.at, flow.closed) = (check.at, check.closed);
        slot.closed = flow.tcp.is_closed();
    }
    for (slot, why) in gone {
        end(slot, why, summary);
    }
}

fn end(mut slot: Slot<Flow>, _why: Ended, summary: &mut Summary) {
    *summary.flows.entry(slot.tuple.proto).or_default() += 1;
    let id = slot.tuple.community_id();
    summary
        .tuples
        .entry(slot.tuple.proto)
        .or_default()
        .insert(id);
    assert!(summary.ids.insert(slot.id()), "ids are unique");
    if slot.tuple.proto == 6 {
        let flow = &mut slot.value;
        let mut check = Check {
            at: flow.at,
            closed: flow.closed,
            summary,
        };
        flow.tcp.finish(Close::CaptureEnd, slot.last_ns, &mut check);
        assert_eq!(check.closed, [true; 2]);
        *summary.states.entry(flow.tcp.state()).or_default() += 1;
        summary.retransmitted += flow
            .tcp
            .stats()
            .iter()
            .map(|s| s.retransmitted_bytes)
            .sum::<u64>();
    }
}
