//! Community ID 1.0, seed 0: one name for a conversation across tools.
//!
//! Source: <https://github.com/corelight/community-id-spec>.

use std::net::IpAddr;

use sha1::{Digest, Sha1};

use super::{PROTO_ICMP, PROTO_ICMP6, PROTO_TCP, PROTO_UDP};

const PROTO_SCTP: u8 = 132;

/// The Community ID. For ICMP, `sport` is the type and `dport` what [`icmp_ports`] gives for it.
///
/// ```
/// use std::net::IpAddr;
/// let a: IpAddr = "128.232.110.120".parse().unwrap();
/// let b: IpAddr = "66.35.250.204".parse().unwrap();
/// assert_eq!(wirecore::net::community_id(a, b, 6, 34855, 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
/// ```
pub fn community_id(src: IpAddr, dst: IpAddr, proto: u8, sport: u16, dport: u16) -> String {
    let one_way = match proto {
        PROTO_ICMP | PROTO_ICMP6 => counterpart(proto, sport as u8) != Some(dport as u8),
        _ => false,
    };
    let ends = [(src, sport), (dst, dport)];
    let [(a, aport), (b, bport)] = match ends {
        [first, second] if one_way || first <= second => [first, second],
        [first, second] => [second, first],
    };
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    for address in [a, b] {
        match address {
            IpAddr::V4(v4) => hash.update(v4.octets()),
            IpAddr::V6(v6) => hash.update(v6.octets()),
        }
    }
    hash.update([proto, 0]);
    if matches!(
        proto,
        PROTO_ICMP | PROTO_TCP | PROTO_UDP | PROTO_ICMP6 | PROTO_SCTP
    ) {
        hash.update(aport.to_be_bytes());
        hash.update(bport.to_be_bytes());
    }
    let mut text = String::with_capacity(30);
    text.push_str("1:");
    base64(&hash.finalize(), &mut text);
    text
}

/// The "ports" of an ICMP message: its type, and the type that answers it or, without one, its code.
pub fn icmp_ports(proto: u8, kind: u8, code: u8) -> (u16, u16) {
    (kind.into(), counterpart(proto, kind).unwrap_or(code).into())
}

/// The ICMP type that answers a type.
fn counterpart(proto: u8, kind: u8) -> Option<u8> {
    const V4: [(u8, u8); 5] = [(0, 8), (9, 10), (13, 14), (15, 16), (17, 18)];
    const V6: [(u8, u8); 5] = [(128, 129), (130, 131), (133, 134), (135, 136), (139, 140)];
    const V6_MORE: (u8, u8) = (144, 145);
    let pairs = if proto == PROTO_ICMP6 { V6 } else { V4 };
    let more = (proto == PROTO_ICMP6).then_some(V6_MORE);
    pairs.into_iter().chain(more).find_map(|(a, b)| match kind {
        _ if kind == a => Some(b),
        _ if kind == b => Some(a),
        _ => None,
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding (RFC 4648).
fn base64(data: &[u8], out: &mut String) {
    for group in data.chunks(3) {
        let byte = |n: usize| u32::from(group.get(n).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            if n > group.len() {
                out.push('=');
                continue;
            }
            let index = (bits >> (18 - 6 * n)) & 63;
            out.push(char::from(
                ALPHABET.get(index as usize).copied().unwrap_or(b'='),
            ));
        }
    }
}
