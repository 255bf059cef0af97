//! Tunnels whose content is in clear: GRE (with PPTP and ERSPAN), GTP-U, VXLAN, Geneve, Teredo, CAPWAP.
//!
//! A whole packet in, the packet that it carries out. A packet that only looks like a tunnel's (its inner headers
//! contradict themselves) stays what it is: a flow of its own, whose bytes are looked at.

use super::ip::parse_ip;
use super::link::{ethernet, ppp, typed};
use super::wifi::wifi;
use super::{be16, parse_udp, Packet, Parsed, PROTO_UDP};

/// Tunnels inside tunnels that are opened (IP in IP, which `parse_ip` opens, not counted).
pub const NESTED: usize = 4;

const PROTO_GRE: u8 = 47;

/// The kinds of tunnels that are opened, with what defines each; IP in IP and 6in4 among them.
pub const TUNNELS: &[(&str, &str)] = &[
    ("IP in IP", "RFC 2003, RFC 2473"),
    ("6in4", "RFC 4213"),
    ("GRE", "RFC 2784, RFC 2890"),
    ("PPTP", "RFC 2637"),
    ("ERSPAN", "draft-foschiano-erspan"),
    ("GTP-U", "3GPP TS 29.281, UDP port 2152"),
    ("VXLAN", "RFC 7348, UDP ports 4789 and 8472"),
    ("Geneve", "RFC 8926, UDP port 6081"),
    ("Teredo", "RFC 4380, UDP port 3544"),
    ("CAPWAP data in clear", "RFC 5415, UDP port 5247"),
];

/// The packet inside, when this one is a tunnel's.
pub fn tunnelled<'a>(packet: &Packet<'a>) -> Option<Packet<'a>> {
    if packet.fragment.is_some() {
        return None;
    }
    let parsed = match packet.proto {
        PROTO_GRE => gre(packet.payload)?,
        PROTO_UDP => {
            let (udp, payload) = parse_udp(packet).ok()?;
            let is = |port: u16| udp.sport == port || udp.dport == port;
            match udp.dport {
                2152 => gtp(payload)?,
                4789 | 8472 => vxlan(payload)?,
                6081 => geneve(payload)?,
                _ if is(2152) => gtp(payload)?,
                _ if is(3544) => teredo(payload)?,
                _ if is(5247) => capwap(payload)?,
                _ => return None,
            }
        }
        _ => return None,
    };
    parsed.packet()
}

/// The innermost packet that can be reached without joining fragments.
pub fn innermost<'a>(packet: &Packet<'a>) -> Packet<'a> {
    let mut packet = *packet;
    for _ in 0..NESTED {
        match tunnelled(&packet) {
            Some(inner) => packet = inner,
            None => break,
        }
    }
    packet
}

fn gre(data: &[u8]) -> Option<Parsed<'_>> {
    let flags = be16(data, 0)?;
    let kind = be16(data, 2)?;
    let has = |bit: u16| usize::from(flags & bit != 0) * 4;
    let at = match flags & 7 {
        // Source routes (bit 0x4000) were given up by RFC 2784.
        0 if flags & 0x4000 == 0 => 4 + has(0x8000) + has(0x2000) + has(0x1000),
        1 if kind == 0x880b => 8 + has(0x1000) + has(0x0080),
        _ => return None,
    };
    match kind {
        0x6558 => data.get(at..).map(ethernet),
        0x880b => Some(ppp(data, at)),
        // ERSPAN: type I has no header (and no sequence number), II has 8 bytes, III 12 and perhaps 8 more.
        0x88be if flags & 0x1000 == 0 => data.get(at..).map(ethernet),
        0x88be => data.get(at + 8..).map(ethernet),
        0x22eb => {
            let more = usize::from(data.get(at + 11)? & 1) * 8;
            data.get(at + 12 + more..).map(ethernet)
        }
        _ => Some(typed(data, at, kind, None)),
    }
}

fn gtp(data: &[u8]) -> Option<Parsed<'_>> {
    const USER_DATA: u8 = 255;
    let &[first, kind, ..] = data else {
        return None;
    };
    if first >> 4 != 3 || kind != USER_DATA || usize::from(be16(data, 2)?) + 8 > data.len() {
        return None;
    }
    let mut at = 8;
    if first & 7 != 0 {
        let mut next = if first & 4 == 0 { 0 } else { *data.get(11)? };
        at = 12;
        // Each extension is at least four bytes, so that this ends.
        while next != 0 {
            let length = usize::from(*data.get(at)?) * 4;
            if length == 0 {
                return None;
            }
            next = *data.get(at + length - 1)?;
            at += length;
        }
    }
    data.get(at..).map(parse_ip)
}

fn vxlan(data: &[u8]) -> Option<Parsed<'_>> {
    match data {
        [flags, _, _, _, _, _, _, _, frame @ ..] if flags & 8 != 0 => Some(ethernet(frame)),
        _ => None,
    }
}

fn geneve(data: &[u8]) -> Option<Parsed<'_>> {
    let &[first, ..] = data else {
        return None;
    };
    if first >> 6 != 0 {
        return None;
    }
    let at = 8 + usize::from(first & 0x3f) * 4;
    match be16(data, 2)? {
        0x6558 => data.get(at..).map(ethernet),
        kind => Some(typed(data, at, kind, None)),
    }
}

fn teredo(data: &[u8]) -> Option<Parsed<'_>> {
    let mut at = 0;
    // Authentication (client id, value, nonce, confirmation), then where the packet came from.
    if be16(data, at)? == 1 {
        at += 13 + usize::from(*data.get(2)?) + usize::from(*data.get(3)?);
    }
    if be16(data, at)? == 0 {
        at += 8;
    }
    let inner = data
        .get(at..)
        .filter(|d| d.first().is_some_and(|b| b >> 4 == 6))?;
    // The length must be right: the port alone proves nothing.
    (usize::from(be16(inner, 4)?) + 40 == inner.len()).then(|| parse_ip(inner))
}

fn capwap(data: &[u8]) -> Option<Parsed<'_>> {
    let &[preamble, a, b, c, ..] = data else {
        return None;
    };
    let fragmented = c & 0x80 != 0;
    // Preamble 1 is DTLS.
    if preamble != 0 || fragmented {
        return None;
    }
    let length = usize::from(a >> 3) * 4;
    if length < 8 {
        return None;
    }
    let native = b & 1 != 0;
    let frame = data.get(length..)?;
    if !native {
        return Some(ethernet(frame));
    }
    // The two byte orders of the frame control: the one that reads as data is right.
    match wifi(frame, false) {
        Parsed::Ip(packet) => Some(Parsed::Ip(packet)),
        _ => Some(wifi(frame, true)),
    }
}
