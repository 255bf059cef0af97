//! Packet headers (RFC 9000 section 17, RFC 9369 section 3): the rest of a datagram in, where its first packet ends and
//! what it says of itself out. Nothing here needs a key.

use super::version::recipe;

/// Longest connection id of the versions that are read (RFC 9000 section 17.2).
const ID_BYTES: usize = 20;

/// A connection id: what a side wants its packets to be addressed to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ConnId {
    len: u8,
    bytes: [u8; ID_BYTES],
}

impl ConnId {
    /// None for ids that are too long.
    pub fn new(bytes: &[u8]) -> Option<ConnId> {
        let mut id = ConnId {
            len: u8::try_from(bytes.len()).ok()?,
            ..ConnId::default()
        };
        id.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(id)
    }

    /// Its bytes; none of an id of length zero.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl std::fmt::Debug for ConnId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.bytes().iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// What a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Negotiation,
    Initial,
    Early,
    Handshake,
    Retry,
    OneRtt,
    /// A long header of a version that is not decoded.
    Foreign,
}

impl Kind {
    /// It only sets the connection up.
    pub fn is_handshake(self) -> bool {
        !matches!(self, Kind::Early | Kind::OneRtt | Kind::Foreign)
    }
}

/// One packet of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    pub kind: Kind,
    pub version: u32,
    pub dcid: ConnId,
    /// Empty for short headers, which do not name their sender.
    pub scid: ConnId,
    /// Where the protected packet number begins.
    pub number_at: usize,
    /// Bytes of the whole packet.
    pub len: usize,
    /// The length that the header declares is not there: the capture cut it, or it is damaged.
    pub cut: bool,
}

/// A variable-length integer (RFC 9000 section 16) and how many bytes it took.
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = 1 << (first >> 6);
    let value = bytes
        .get(1..len)?
        .iter()
        .fold(u64::from(first & 0x3f), |value, byte| {
            value << 8 | u64::from(*byte)
        });
    Some((value, len))
}

/// The first packet of what is left of a datagram. `known` gives the length of the receiver's ids for a short header.
pub(super) fn parse(bytes: &[u8], known: impl FnOnce(&[u8]) -> usize) -> Option<Packet> {
    let first = *bytes.first()?;
    if first & 0x80 == 0 {
        let rest = bytes.get(1..)?;
        let id_len = known(rest);
        return Some(Packet {
            kind: Kind::OneRtt,
            version: 0,
            dcid: ConnId::new(rest.get(..id_len)?)?,
            scid: ConnId::default(),
            number_at: 1 + id_len,
            len: bytes.len(),
            cut: false,
        });
    }
    let version = u32::from_be_bytes(bytes.get(1..5)?.try_into().ok()?);
    let mut at = 5;
    let mut id = || {
        let len = usize::from(*bytes.get(at)?);
        let id = ConnId::new(bytes.get(at + 1..at + 1 + len)?)?;
        at += 1 + len;
        Some(id)
    };
    let recipe = recipe(version);
    let whole = |kind, dcid, scid| Packet {
        kind,
        version,
        dcid,
        scid,
        number_at: bytes.len(),
        len: bytes.len(),
        cut: false,
    };
    let ids = id().zip(id());
    let Some(recipe) = recipe else {
        // The ids of versions that are not known may be longer than ours (RFC 8999).
        let (dcid, scid) = ids.unwrap_or_default();
        let kind = if version == 0 {
            Kind::Negotiation
        } else {
            Kind::Foreign
        };
        return Some(whole(kind, dcid, scid));
    };
    let (dcid, scid) = ids?;
    let number = (first >> 4) & 3;
    let number = if recipe.kinds_shifted {
        number.wrapping_sub(1) & 3
    } else {
        number
    };
    let kind = match number {
        0 => Kind::Initial,
        1 => Kind::Early,
        2 => Kind::Handshake,
        _ => return Some(whole(Kind::Retry, dcid, scid)),
    };
    if kind == Kind::Initial {
        let (token, len) = varint(bytes.get(at..)?)?;
        at = at
            .checked_add(len)?
            .checked_add(usize::try_from(token).ok()?)?;
    }
    let (declared, len) = varint(bytes.get(at..)?)?;
    let number_at = at + len;
    let end = number_at.checked_add(usize::try_from(declared).ok()?)?;
    Some(Packet {
        kind,
        version,
        dcid,
        scid,
        number_at,
        len: end.min(bytes.len()),
        cut: end > bytes.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integers_of_the_rfc() {
        // RFC 9000 appendix A.1.
        let cases: [(&[u8], u64, usize); 5] = [
            (
                b"\xc2\x19\x7c\x5e\xff\x14\xe8\x8c",
                151_288_809_941_952_652,
                8,
            ),
            (b"\x9d\x7f\x3e\x7d", 494_878_333, 4),
            (b"\x7b\xbd", 15_293, 2),
            (b"\x25", 37, 1),
            (b"\x40\x25 more", 37, 2),
        ];
        for (bytes, value, len) in cases {
            assert_eq!(varint(bytes), Some((value, len)));
        }
        assert_eq!(varint(b"\x7b"), None);
        assert_eq!(varint(b""), None);
    }

    #[test]
    fn version_2_numbers_its_kinds_anew() {
        let mut packet = vec![0xd0, 0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 3, 1, 2, 3, 9, 9];
        let read = parse(&packet, |_| 0).expect("a header");
        assert_eq!(
            (read.kind, read.number_at, read.len),
            (Kind::Initial, 9, 12)
        );
        packet[0] = 0xc0;
        assert_eq!(parse(&packet, |_| 0).expect("a header").kind, Kind::Retry);
        packet[1..5].copy_from_slice(&[0, 0, 0, 1]);
        assert_eq!(parse(&packet, |_| 0).expect("a header").kind, Kind::Initial);
        packet[0] = 0xf0;
        assert_eq!(parse(&packet, |_| 0).expect("a header").kind, Kind::Retry);
    }

    #[test]
    fn a_header_cut_anywhere_is_no_packet_and_a_body_cut_is_said() {
        let packet = b"\xc0\0\0\0\x01\x02ab\x01c\x01t\x05\0\0\0\0\0";
        let read = parse(packet, |_| 0).expect("a header");
        assert_eq!(
            (read.dcid.bytes(), read.scid.bytes()),
            (&b"ab"[..], &b"c"[..])
        );
        assert!(!read.cut);
        for cut in 0..13 {
            assert!(parse(&packet[..cut], |_| 0).is_none(), "cut at {cut}");
        }
        assert!(parse(&packet[..14], |_| 0).expect("a header").cut);
    }
}
