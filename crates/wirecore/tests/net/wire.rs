//! Builds what a recorder would have written: packets, pcap and pcapng files.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const ACK: u8 = 16;

pub const PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 23));
pub const CLOUD: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
pub const PHONE6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x23));
pub const CLOUD6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 7));
pub const PHONE_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x23];
pub const ROUTER_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];

/// An IP packet of either version.
pub fn ip(src: IpAddr, dst: IpAddr, proto: u8, payload: &[u8]) -> Vec<u8> {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let mut out = vec![0x45, 0];
            out.extend((20 + payload.len() as u16).to_be_bytes());
            out.extend([0, 1, 0x40, 0, 64, proto, 0, 0]);
            out.extend(src.octets());
            out.extend(dst.octets());
            out.extend(payload);
            out
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let mut out = vec![0x60, 0, 0, 0];
            out.extend((payload.len() as u16).to_be_bytes());
            out.extend([proto, 64]);
            out.extend(src.octets());
            out.extend(dst.octets());
            out.extend(payload);
            out
        }
        _ => unreachable!("a packet has one IP version"),
    }
}

/// A piece of an IPv4 datagram.
pub fn ipv4_fragment(id: u16, offset: u16, more: bool, proto: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = ip(PHONE, CLOUD, proto, payload);
    out[4..6].copy_from_slice(&id.to_be_bytes());
    out[6..8].copy_from_slice(&((offset / 8) | if more { 0x2000 } else { 0 }).to_be_bytes());
    out
}

/// A piece of an IPv6 datagram.
pub fn ipv6_fragment(id: u32, offset: u16, more: bool, proto: u8, payload: &[u8]) -> Vec<u8> {
    let mut piece = vec![proto, 0];
    piece.extend((offset | u16::from(more)).to_be_bytes());
    piece.extend(id.to_be_bytes());
    piece.extend(payload);
    ip(PHONE6, CLOUD6, 44, &piece)
}

pub fn tcp(sport: u16, dport: u16, flags: u8, seq: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(20 + payload.len());
    out.extend(sport.to_be_bytes());
    out.extend(dport.to_be_bytes());
    out.extend(seq.to_be_bytes());
    out.extend(ack.to_be_bytes());
    out.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    out.extend(payload);
    out
}

pub fn udp(sport: u16, dport: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + payload.len());
    out.extend(sport.to_be_bytes());
    out.extend(dport.to_be_bytes());
    out.extend((8 + payload.len() as u16).to_be_bytes());
    out.extend([0, 0]);
    out.extend(payload);
    out
}

pub fn ethernet_from(mac: [u8; 6], packet: &[u8]) -> Vec<u8> {
    let mut out = ROUTER_MAC.to_vec();
    out.extend(mac);
    out.extend(if packet[0] >> 4 == 6 {
        [0x86, 0xdd]
    } else {
        [8, 0]
    });
    out.extend(packet);
    out
}

pub fn ethernet(packet: &[u8]) -> Vec<u8> {
    ethernet_from(PHONE_MAC, packet)
}

/// The frames of a small conversation: handshake, question, answer in two segments, two FINs.
pub fn conversation(sport: u16) -> Vec<Vec<u8>> {
    let up = |flags, seq, ack, payload: &[u8]| {
        ethernet(&ip(
            PHONE,
            CLOUD,
            6,
            &tcp(sport, 80, flags, seq, ack, payload),
        ))
    };
    let down = |flags, seq, ack, payload: &[u8]| {
        ethernet_from(
            ROUTER_MAC,
            &ip(CLOUD, PHONE, 6, &tcp(80, sport, flags, seq, ack, payload)),
        )
    };
    vec![
        up(SYN, 100, 0, b""),
        down(SYN | ACK, 900, 101, b""),
        up(ACK, 101, 901, b"GET / HTTP/1.1\r\n\r\n"),
        down(ACK, 901, 119, b"HTTP/1.1 200 OK\r\n"),
        down(ACK, 918, 119, b"Content-Length: 0\r\n\r\n"),
        up(FIN | ACK, 119, 939, b""),
        down(FIN | ACK, 939, 120, b""),
    ]
}

/// How a classic file is written.
#[derive(Clone, Copy)]
pub struct Classic {
    pub big_endian: bool,
    pub nanoseconds: bool,
    pub modified: bool,
    pub link: u32,
}

pub const PLAIN: Classic = Classic {
    big_endian: false,
    nanoseconds: false,
    modified: false,
    link: 1,
};

impl Classic {
    pub fn u32(self, value: u32) -> [u8; 4] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn u16(self, value: u16) -> [u8; 2] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub fn header(self) -> Vec<u8> {
        let magic = match (self.modified, self.nanoseconds) {
            (true, _) => 0xa1b2_cd34,
            (_, true) => 0xa1b2_3c4d,
            _ => 0xa1b2_c3d4,
        };
        let mut out = self.u32(magic).to_vec();
        out.extend(self.u16(2));
        out.extend(self.u16(4));
        for word in [0, 0, 262_144, self.link] {
            out.extend(self.u32(word));
        }
        out
    }

    pub fn record(self, ts_ns: u64, frame: &[u8], wire_len: u32) -> Vec<u8> {
        let mut out = self.u32((ts_ns / 1_000_000_000) as u32).to_vec();
        let fraction = ts_ns % 1_000_000_000;
        out.extend(self.u32(if self.nanoseconds {
            fraction
        } else {
            fraction / 1000
        } as u32));
        out.extend(self.u32(frame.len() as u32));
        out.extend(self.u32(wire_len));
        if self.modified {
            out.extend([0; 8]);
        }
        out.extend(frame);
        out
    }
}

/// A classic file of frames a millisecond apart.
pub fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    pcap_as(PLAIN, frames)
}

pub fn pcap_as(how: Classic, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut out = how.header();
    for (n, frame) in frames.iter().enumerate() {
        out.extend(how.record(START_NS + n as u64 * 1_000_000, frame, frame.len() as u32));
    }
    out
}

/// 2014-07-20T08:00:00Z.
pub const START_NS: u64 = 1_405_843_200_000_000_000;

/// Writes pcapng blocks in one byte order.
#[derive(Clone, Copy)]
pub struct Blocks {
    pub big_endian: bool,
}

impl Blocks {
    pub fn u32(self, value: u32) -> [u8; 4] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub fn u16(self, value: u16) -> [u8; 2] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub fn u64(self, value: u64) -> [u8; 8] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padded = body.len().next_multiple_of(4);
        let length = self.u32(12 + padded as u32);
        let mut out = self.u32(kind).to_vec();
        out.extend(length);
        out.extend(body);
        out.resize(8 + padded, 0);
        out.extend(length);
        out
    }

    pub fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut out = self.u16(code).to_vec();
        out.extend(self.u16(value.len() as u16));
        out.extend(value);
        out.resize(4 + value.len().next_multiple_of(4), 0);
        out
    }

    pub fn section(self) -> Vec<u8> {
        let mut body = self.u32(0x1a2b_3c4d).to_vec();
        body.extend(self.u16(1));
        body.extend(self.u16(0));
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body)
    }

    pub fn interface(self, link: u16, snap: u32, options: &[u8]) -> Vec<u8> {
        let mut body = self.u16(link).to_vec();
        body.extend([0, 0]);
        body.extend(self.u32(snap));
        body.extend(options);
        self.block(1, &body)
    }

    pub fn packet(
        self,
        interface: u32,
        ticks: u64,
        frame: &[u8],
        wire: u32,
        options: &[u8],
    ) -> Vec<u8> {
        let mut body = self.u32(interface).to_vec();
        body.extend(self.u32((ticks >> 32) as u32));
        body.extend(self.u32(ticks as u32));
        body.extend(self.u32(frame.len() as u32));
        body.extend(self.u32(wire));
        body.extend(frame);
        body.resize(20 + frame.len().next_multiple_of(4), 0);
        body.extend(options);
        self.block(6, &body)
    }
}

pub const LITTLE: Blocks = Blocks { big_endian: false };

/// A pcapng file of frames, with the usual blocks around them.
pub fn pcapng(blocks: Blocks, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut out = blocks.section();
    out.extend(blocks.interface(1, 0, &[]));
    for (n, frame) in frames.iter().enumerate() {
        let ticks = START_NS / 1000 + n as u64 * 1000;
        out.extend(blocks.packet(0, ticks, frame, frame.len() as u32, &[]));
    }
    out
}
