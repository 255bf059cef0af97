//! Link layers: a frame and its `LINKTYPE_` number in, the IP packet inside it out.
//!
//! To add a link type: one arm in [`parse_link`] that finds the EtherType (or the IP header) and,
//! where the link has one, the sender's address. Source: <https://www.tcpdump.org/linktypes.html>.

use super::ip::parse_ip;
use super::wifi::{radiotap, wifi};
use super::{be16, be32, Parsed};

/// `LINKTYPE_` numbers that are decoded.
pub const LINK_TYPES: &[(u16, &str)] = &[
    (NULL, "BSD loopback"),
    (ETHERNET, "Ethernet"),
    (PPP, "PPP"),
    (12, "raw IP (BSD)"),
    (14, "raw IP (OpenBSD)"),
    (PPP_HDLC, "PPP in HDLC framing"),
    (101, "raw IP"),
    (CISCO_HDLC, "Cisco HDLC"),
    (WIFI, "802.11, frames that are not encrypted"),
    (LOOP, "OpenBSD loopback"),
    (SLL, "Linux cooked 1"),
    (RADIOTAP, "802.11 behind a radiotap header"),
    (PPI, "per-packet information around another link type"),
    (228, "raw IPv4"),
    (229, "raw IPv6"),
    (NFLOG, "Linux netfilter log"),
    (SLL2, "Linux cooked 2"),
];

const NULL: u16 = 0;
const ETHERNET: u16 = 1;
const PPP: u16 = 9;
const PPP_HDLC: u16 = 50;
const CISCO_HDLC: u16 = 104;
const WIFI: u16 = 105;
const LOOP: u16 = 108;
const SLL: u16 = 113;
const RADIOTAP: u16 = 127;
const PPI: u16 = 192;
const NFLOG: u16 = 239;
const SLL2: u16 = 276;

const TYPE_IPV4: u16 = 0x0800;
const TYPE_IPV6: u16 = 0x86dd;
/// Labels, tags and session headers passed over in one frame.
const SHIMS: usize = 8;

/// Finds the IP packet in a frame.
///
/// ```
/// use wirecore::net::{parse_link, Parsed};
/// assert_eq!(parse_link(147, &[0; 40]), Parsed::LinkUnknown);
/// ```
#[inline]
pub fn parse_link(link: u16, data: &[u8]) -> Parsed<'_> {
    match link {
        ETHERNET => ethernet(data),
        12 | 14 | 101 | 228 | 229 => parse_ip(data),
        NULL | LOOP => loopback(data),
        SLL => cooked(data, 14, 16, 6),
        SLL2 => cooked(data, 0, 20, 12),
        // Serial links write Cisco's framing under this number too; its address byte tells.
        PPP | PPP_HDLC if matches!(data, [0x0f | 0x8f, 0, ..]) => cisco(data),
        PPP | PPP_HDLC => ppp(data, 0),
        CISCO_HDLC => cisco(data),
        WIFI => wifi(data, false),
        RADIOTAP => radiotap(data),
        PPI => per_packet_information(data),
        NFLOG => netfilter_log(data),
        _ => Parsed::LinkUnknown,
    }
}

/// What iptables' NFLOG target hands to a recorder (on rooted phones, to tell apps apart): a header
/// of 4 bytes, then values of length (itself included), type and padding to 4 bytes.
fn netfilter_log(data: &[u8]) -> Parsed<'_> {
    const PAYLOAD: u16 = 9;
    const VALUES: usize = 64;
    let mut at = 4;
    for _ in 0..VALUES {
        let Some(&[a, b, c, d]) = data.get(at..at + 4) else {
            break;
        };
        // Lengths are in the recorder's own order: the one that fits is right.
        let (length, kind) = match (u16::from_le_bytes([a, b]), u16::from_be_bytes([a, b])) {
            (little, _) if at + usize::from(little) <= data.len() => {
                (little, u16::from_le_bytes([c, d]))
            }
            (_, big) => (big, u16::from_be_bytes([c, d])),
        };
        if kind & 0x7fff == PAYLOAD {
            return ip_at(data, at + 4, None);
        }
        at += usize::from(length.max(4)).next_multiple_of(4);
    }
    short(data, "a netfilter log entry holds no packet")
}

/// Cisco HDLC: address, control, EtherType.
fn cisco(data: &[u8]) -> Parsed<'_> {
    match be16(data, 2) {
        Some(ethertype) => typed(data, 4, ethertype, None),
        None => short(data, "a Cisco HDLC header is cut"),
    }
}

/// A header of its own length that names the link type of what it wraps, both little-endian.
fn per_packet_information(data: &[u8]) -> Parsed<'_> {
    let (Some(length), Some(inner)) = (data.get(2..4), data.get(4..8)) else {
        return short(data, "a PPI header is cut");
    };
    let length = u16::from_le_bytes(length.try_into().unwrap_or_default());
    let inner = u32::from_le_bytes(inner.try_into().unwrap_or_default());
    let Some(wrapped) = data.get(usize::from(length.max(8))..) else {
        return short(data, "a PPI header is cut");
    };
    match u16::try_from(inner) {
        // One inside another would only be made to exhaust us.
        Ok(link) if link != PPI => parse_link(link, wrapped),
        _ => Parsed::LinkUnknown,
    }
}

/// An IP packet at `at`, its sender's link-layer address, offsets told from the frame's begin.
#[inline]
fn ip_at(data: &[u8], at: usize, mac: Option<[u8; 6]>) -> Parsed<'_> {
    match parse_ip(data.get(at..).unwrap_or_default()) {
        Parsed::Ip(mut packet) => {
            packet.src_mac = mac;
            Parsed::Ip(packet)
        }
        Parsed::Bad { offset, what } => Parsed::Bad {
            offset: offset + at as u64,
            what,
        },
        other => other,
    }
}

pub(super) fn short(data: &[u8], what: &'static str) -> Parsed<'static> {
    Parsed::Bad {
        offset: data.len() as u64,
        what,
    }
}

fn mac_at(data: &[u8], at: usize) -> Option<[u8; 6]> {
    data.get(at..at + 6)?.try_into().ok()
}

#[inline]
pub(super) fn ethernet(data: &[u8]) -> Parsed<'_> {
    match be16(data, 12) {
        Some(ethertype) => typed(data, 14, ethertype, mac_at(data, 6)),
        None => short(data, "an Ethernet header is cut"),
    }
}

/// What an EtherType says stands at `at`: IP, or shims before it.
#[inline]
pub(super) fn typed(
    data: &[u8],
    mut at: usize,
    mut ethertype: u16,
    mac: Option<[u8; 6]>,
) -> Parsed<'_> {
    for _ in 0..SHIMS {
        match ethertype {
            TYPE_IPV4 | TYPE_IPV6 => return ip_at(data, at, mac),
            // VLAN tags: 802.1Q, 802.1ad, and the older QinQ numbers.
            0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => {
                let Some(inner) = be16(data, at + 2) else {
                    return short(data, "a VLAN tag is cut");
                };
                ethertype = inner;
                at += 4;
            }
            // MPLS: labels up to the one with the bottom bit, then IP is told by its version.
            0x8847 | 0x8848 => {
                let Some(label) = be32(data, at) else {
                    return short(data, "an MPLS label is cut");
                };
                at += 4;
                if label & 0x100 != 0 {
                    let version = data.get(at).map_or(0, |b| b >> 4);
                    return match version {
                        4 | 6 => ip_at(data, at, mac),
                        _ => Parsed::NonIp { ethertype },
                    };
                }
            }
            // A network service header (RFC 8300): its length in words, and what follows it.
            0x894f => {
                let Some(&[_, words, _, next]) = data.get(at..at + 4) else {
                    return short(data, "a network service header is cut");
                };
                at += usize::from((words & 0x3f).max(2)) * 4;
                ethertype = match next {
                    1 => TYPE_IPV4,
                    2 => TYPE_IPV6,
                    5 => 0x8847,
                    _ => return Parsed::NonIp { ethertype },
                };
            }
            // PPPoE session: version, code, session, length; then PPP.
            0x8864 => return with_mac(ppp(data, at + 6), mac),
            // A length: IEEE 802.3 with LLC; SNAP carries an EtherType.
            0..=0x05dc => {
                return match data.get(at..at + 6) {
                    Some(&[0xaa, 0xaa, 0x03, 0, 0, 0]) => {
                        let Some(inner) = be16(data, at + 6) else {
                            return short(data, "a SNAP header is cut");
                        };
                        match inner {
                            TYPE_IPV4 | TYPE_IPV6 => ip_at(data, at + 8, mac),
                            _ => Parsed::NonIp { ethertype: inner },
                        }
                    }
                    _ => Parsed::NonIp { ethertype },
                };
            }
            _ => return Parsed::NonIp { ethertype },
        }
    }
    Parsed::Bad {
        offset: at as u64,
        what: "more tags and labels than any network stacks",
    }
}

fn with_mac(parsed: Parsed<'_>, mac: Option<[u8; 6]>) -> Parsed<'_> {
    match parsed {
        Parsed::Ip(mut packet) => {
            packet.src_mac = mac;
            Parsed::Ip(packet)
        }
        other => other,
    }
}

/// BSD loopback: an address family in the recorder's byte order (NULL) or network order (LOOP).
fn loopback(data: &[u8]) -> Parsed<'_> {
    let Some(family) = be32(data, 0) else {
        return short(data, "a loopback header is cut");
    };
    // Families are small numbers: whichever order gives one is right.
    let family = if family > 0xffff {
        family.swap_bytes()
    } else {
        family
    };
    match family {
        // 2 is IPv4 everywhere; IPv6 is 10 on Linux, 24, 28 and 30 on the BSDs, 23 on Windows.
        2 | 10 | 23 | 24 | 28 | 30 => ip_at(data, 4, None),
        other => Parsed::NonIp {
            ethertype: other as u16,
        },
    }
}

/// Linux cooked: protocol at `protocol`, sender's address of a given length before the payload.
fn cooked(data: &[u8], protocol: usize, header: usize, address: usize) -> Parsed<'_> {
    let Some(ethertype) = be16(data, protocol).filter(|_| data.len() >= header) else {
        return short(data, "a Linux cooked header is cut");
    };
    // Version 1 has a 16-bit length before the address, version 2 an 8-bit one.
    let length = if header == 16 {
        be16(data, 4).unwrap_or_default()
    } else {
        data.get(11).copied().unwrap_or_default().into()
    };
    let mac = if length == 6 {
        mac_at(data, address)
    } else {
        None
    };
    typed(data, header, ethertype, mac)
}

/// PPP, with or without the HDLC address and control bytes (RFC 1661, RFC 1662).
pub(super) fn ppp(data: &[u8], mut at: usize) -> Parsed<'_> {
    if data.get(at..at + 2) == Some(&[0xff, 0x03]) {
        at += 2;
    }
    let Some(&first) = data.get(at) else {
        return short(data, "a PPP header is cut");
    };
    // An odd first byte is a protocol number compressed to one byte.
    let (protocol, length) = if first & 1 == 1 {
        (u16::from(first), 1)
    } else {
        let Some(protocol) = be16(data, at) else {
            return short(data, "a PPP header is cut");
        };
        (protocol, 2)
    };
    match protocol {
        0x0021 | 0x0057 => ip_at(data, at + length, None),
        other => Parsed::NonIp { ethertype: other },
    }
}
