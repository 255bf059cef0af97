//! A frame's IP packet on its way to a flow: fragments joined, tunnels opened, one inside another.

use std::net::IpAddr;

use crate::capture::Frame;
use crate::limits::Limits;
use crate::net::tunnel::{tunnelled, NESTED};
use crate::net::{self, Defragmenter, Packet};
use crate::record::Odd;

use super::Engine;

/// One for each depth of tunnels: fragments may lie inside a tunnel that came in fragments itself.
pub(super) type Defragmenters = [Option<Box<Defragmenter>>; NESTED + 1];

/// Through what a packet came.
#[derive(Clone, Copy, Default)]
pub(super) struct Outer {
    /// Tunnels that were opened.
    pub tunnels: usize,
    /// A tunnel's packet was sent by an address of the phone.
    pub from_phone: bool,
    /// A tunnel's packet was sent to an address of the phone.
    pub to_phone: bool,
}

impl Engine {
    /// The IP packet of a frame.
    pub(super) fn arrive(&mut self, packet: &Packet<'_>, frame: &Frame<'_>) {
        if packet.truncated {
            if self.counts.cut == 0 {
                self.counts.cut_first = frame.number;
            }
            self.counts.cut += 1;
        }
        self.packet(packet, Outer::default(), frame);
    }

    /// A packet as it came, or one that came through tunnels.
    fn packet(&mut self, packet: &Packet<'_>, outer: Outer, frame: &Frame<'_>) {
        if packet.fragment.is_none() {
            self.whole_packet(packet, outer, frame);
            return;
        }
        let mut odd_ones: Vec<Odd> = Vec::new();
        // The defragmenter of this level lends the joined packet; it is taken out of the engine meanwhile.
        let Some(mut defragmenter) = self
            .defragmenters
            .get_mut(outer.tunnels)
            .and_then(Option::take)
        else {
            return;
        };
        let joined = defragmenter.push(packet, frame.ts_ns, &mut |odd| odd_ones.push(odd));
        if let Some(joined) = joined {
            if joined.fragment.is_some() {
                self.inner_packet(packet, &joined, outer, frame);
            } else {
                self.whole_packet(&joined, outer, frame);
            }
        }
        self.defragmenters[outer.tunnels] = Some(defragmenter);
        for odd in odd_ones {
            self.odd(frame.number, odd);
        }
    }

    /// What a tunnel carries: the phone's also when only the tunnel's ends bear its address.
    fn inner_packet(
        &mut self,
        tunnel: &Packet<'_>,
        inner: &Packet<'_>,
        outer: Outer,
        frame: &Frame<'_>,
    ) {
        let is_phone = |address: &IpAddr| self.phone_addresses.contains(address);
        let outer = Outer {
            tunnels: outer.tunnels + 1,
            from_phone: outer.from_phone || is_phone(&tunnel.src),
            to_phone: outer.to_phone || is_phone(&tunnel.dst),
        };
        let inner = Packet {
            src_mac: inner.src_mac.or(tunnel.src_mac),
            ..*inner
        };
        self.packet(&inner, outer, frame);
    }

    fn whole_packet(&mut self, packet: &Packet<'_>, outer: Outer, frame: &Frame<'_>) {
        if outer.tunnels < NESTED {
            if let Some(inner) = tunnelled(packet) {
                self.inner_packet(packet, &inner, outer, frame);
                return;
            }
        }
        match packet.proto {
            6 => match net::parse_tcp(packet) {
                Ok((tcp, payload)) => self.segment(packet, outer, &tcp, payload, frame),
                Err(what) => self.bad(frame.number, what),
            },
            17 => match net::parse_udp(packet) {
                Ok((udp, payload)) => {
                    self.datagram(packet, outer, (udp.sport, udp.dport), payload, frame);
                }
                Err(what) => self.bad(frame.number, what),
            },
            _ => {
                let mut ports = (0, 0);
                if let Some(icmp) = net::parse_icmp(packet) {
                    ports = (icmp.sport, icmp.dport);
                    if let (true, Some(quoted)) = (icmp.refuses, &icmp.quoted) {
                        if let Some((_, slot)) = self.table.find(quoted) {
                            slot.value.refused = true;
                        }
                    }
                }
                self.datagram(packet, outer, ports, &[], frame);
            }
        }
    }
}

/// None has anything waiting.
pub(super) fn fresh_defragmenters(limits: &Limits) -> Defragmenters {
    std::array::from_fn(|depth| {
        // What lies in tunnels shares one more bound of the same size.
        let mut limits = limits.clone();
        if depth > 0 {
            limits.fragment_bytes /= NESTED;
        }
        Some(Box::new(Defragmenter::new(&limits)))
    })
}
