//! ICMP (RFC 792) and ICMPv6 (RFC 4443): what answers what, and which flow an error speaks of.

use super::community::icmp_ports;
use super::ip::parse_ip;
use super::{be16, Packet, Parsed, Tuple, PROTO_ICMP, PROTO_ICMP6, PROTO_TCP, PROTO_UDP};

/// An ICMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// Community ID's first port: the type.
    pub sport: u16,
    /// Community ID's second port: the answering type, or the code.
    pub dport: u16,
    /// For errors: the conversation whose packet is quoted, as that packet was sent.
    pub quoted: Option<Tuple>,
    /// The error says that the quoted packet's receiver cannot or will not be reached.
    pub refuses: bool,
}

/// Reads an ICMP or ICMPv6 message; `None` for other protocols and for a cut header.
pub fn parse_icmp(packet: &Packet<'_>) -> Option<Icmp> {
    let (&kind, &code) = (packet.payload.first()?, packet.payload.get(1)?);
    let (refuses, error) = match (packet.proto, kind) {
        (PROTO_ICMP, 3) | (PROTO_ICMP6, 1) => (true, true),
        (PROTO_ICMP, 4 | 5 | 11 | 12) | (PROTO_ICMP6, 2..=4) => (false, true),
        (PROTO_ICMP | PROTO_ICMP6, _) => (false, false),
        _ => return None,
    };
    // "Fragmentation needed" is about size, not about reaching.
    let refuses = refuses && (packet.proto, code) != (PROTO_ICMP, 4);
    let quoted = if error {
        packet.payload.get(8..).and_then(quoted)
    } else {
        None
    };
    let (sport, dport) = icmp_ports(packet.proto, kind, code);
    Some(Icmp {
        kind,
        code,
        sport,
        dport,
        quoted,
        refuses,
    })
}

/// The tuple of a quoted packet, of which at least 8 bytes behind the IP header are there.
fn quoted(data: &[u8]) -> Option<Tuple> {
    let Parsed::Ip(packet) = parse_ip(data) else {
        return None;
    };
    if !matches!(packet.proto, PROTO_TCP | PROTO_UDP)
        || packet.fragment.is_some_and(|f| f.offset > 0)
    {
        return None;
    }
    Some(Tuple {
        src: packet.src,
        dst: packet.dst,
        sport: be16(packet.payload, 0)?,
        dport: be16(packet.payload, 2)?,
        proto: packet.proto,
    })
}
