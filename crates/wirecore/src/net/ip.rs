//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers, and IP carried directly in IP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{be16, be32, Fragment, Packet, Parsed};

/// Tunnels opened inside one another (IP in IP, RFC 2003; 6in4, RFC 4213).
const TUNNELS: usize = 4;
/// Extension headers passed over; each is at least 8 bytes, real packets have three or four.
const EXTENSIONS: usize = 16;

const HOP_BY_HOP: u8 = 0;
const IPV4_IN_IP: u8 = 4;
const IPV6_IN_IP: u8 = 41;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
const HOST_IDENTITY: u8 = 139;
const SHIM6: u8 = 140;

/// Reads an IP packet of either version, through direct tunnels to the innermost.
#[inline]
pub fn parse_ip(data: &[u8]) -> Parsed<'_> {
    let outer = one(data);
    match outer {
        Parsed::Ip(packet) if matches!(packet.proto, IPV4_IN_IP | IPV6_IN_IP) => inner(packet),
        other => other,
    }
}

/// The packet inside a tunnel; a tunnel whose content cannot be read stays the outer packet.
pub(super) fn inner(outer: Packet<'_>) -> Parsed<'_> {
    let mut packet = outer;
    for _ in 0..TUNNELS {
        if packet.fragment.is_some() || !matches!(packet.proto, IPV4_IN_IP | IPV6_IN_IP) {
            break;
        }
        let Parsed::Ip(next) = one(packet.payload) else {
            break;
        };
        packet = Packet {
            src_mac: outer.src_mac,
            ..next
        };
    }
    Parsed::Ip(packet)
}

#[inline]
fn one(data: &[u8]) -> Parsed<'_> {
    match data.first().map(|b| b >> 4) {
        Some(4) => v4(data),
        Some(6) => v6(data),
        Some(_) => Parsed::Bad {
            offset: 0,
            what: "an IP header has an unknown version",
        },
        None => Parsed::Bad {
            offset: 0,
            what: "an IP header is missing",
        },
    }
}

#[inline]
fn v4(data: &[u8]) -> Parsed<'_> {
    let Some(header) = data.first_chunk::<20>() else {
        return Parsed::Bad {
            offset: data.len() as u64,
            what: "an IPv4 header is cut",
        };
    };
    let header_len = usize::from(header[0] & 15) * 4;
    if header_len < 20 {
        return Parsed::Bad {
            offset: 0,
            what: "an IPv4 header claims to be shorter than 20 bytes",
        };
    }
    let total = usize::from(u16::from_be_bytes([header[2], header[3]]));
    // Offload engines hand packets over with length 0: all that is there belongs to it.
    let total = if total == 0 { data.len() } else { total };
    if total < header_len {
        return Parsed::Bad {
            offset: 2,
            what: "an IPv4 length is shorter than its header",
        };
    }
    let Some(payload) = data.get(header_len..total.min(data.len())) else {
        return Parsed::Bad {
            offset: data.len() as u64,
            what: "IPv4 options are cut",
        };
    };
    let flags = u16::from_be_bytes([header[6], header[7]]);
    let more = flags & 0x2000 != 0;
    let offset = u32::from(flags & 0x1fff) * 8;
    let fragment = (more || offset > 0).then(|| Fragment {
        id: u32::from(u16::from_be_bytes([header[4], header[5]])),
        offset,
        more,
    });
    Parsed::Ip(Packet {
        src: IpAddr::V4(Ipv4Addr::new(
            header[12], header[13], header[14], header[15],
        )),
        dst: IpAddr::V4(Ipv4Addr::new(
            header[16], header[17], header[18], header[19],
        )),
        proto: header[9],
        ip_len: total as u32,
        payload,
        payload_len: (total - header_len) as u32,
        src_mac: None,
        truncated: payload.len() < total - header_len,
        fragment,
    })
}

#[inline]
fn v6(data: &[u8]) -> Parsed<'_> {
    let Some(header) = data.first_chunk::<40>() else {
        return Parsed::Bad {
            offset: data.len() as u64,
            what: "an IPv6 header is cut",
        };
    };
    let payload_len = usize::from(u16::from_be_bytes([header[4], header[5]]));
    // 0 stands for a jumbogram or for an offload engine's packet: all that is there.
    let total = if payload_len == 0 {
        data.len()
    } else {
        40 + payload_len
    };
    let whole = data.get(..total.min(data.len())).unwrap_or_default();
    let [src, dst] = [8, 24].map(|at| {
        let bytes: [u8; 16] = header
            .get(at..at + 16)
            .and_then(|b| b.try_into().ok())
            .unwrap_or_default();
        IpAddr::V6(Ipv6Addr::from(bytes))
    });
    let (proto, at, fragment) = match extensions(whole, header[6], 40) {
        Ok(found) => found,
        Err((at, what)) => {
            return Parsed::Bad {
                offset: at as u64,
                what,
            }
        }
    };
    let payload = whole.get(at..).unwrap_or_default();
    let payload_len = total.saturating_sub(at);
    Parsed::Ip(Packet {
        src,
        dst,
        proto,
        ip_len: total as u32,
        payload,
        payload_len: payload_len as u32,
        src_mac: None,
        truncated: payload.len() < payload_len,
        fragment,
    })
}

/// Passes over extension headers from `at` on: what follows them, where, and which piece it is.
#[inline]
pub(super) fn extensions(
    whole: &[u8],
    mut proto: u8,
    mut at: usize,
) -> Result<(u8, usize, Option<Fragment>), (usize, &'static str)> {
    for _ in 0..EXTENSIONS {
        let length = match proto {
            HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY | HOST_IDENTITY | SHIM6 => {
                whole.get(at + 1).map(|&n| (usize::from(n) + 1) * 8)
            }
            AUTHENTICATION => whole.get(at + 1).map(|&n| (usize::from(n) + 2) * 4),
            FRAGMENT => Some(8),
            _ => return Ok((proto, at, None)),
        };
        let Some(length) = length.filter(|n| at + n <= whole.len()) else {
            return Err((at, "an IPv6 extension header is cut"));
        };
        let next = whole.get(at).copied().unwrap_or_default();
        if proto == FRAGMENT {
            let field = be16(whole, at + 2).unwrap_or_default();
            let piece = Fragment {
                id: be32(whole, at + 4).unwrap_or_default(),
                offset: u32::from(field & 0xfff8),
                more: field & 1 != 0,
            };
            // An "atomic" fragment (RFC 6946) is a whole packet.
            if piece.more || piece.offset > 0 {
                return Ok((next, at + length, Some(piece)));
            }
        }
        at += length;
        proto = next;
    }
    Err((at, "more IPv6 extension headers than any packet has"))
}
