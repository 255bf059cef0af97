//! Records of DTLS: a datagram in, where its records lie. There is no "need more": a record ends within its datagram.

use std::ops::Range;

use crate::tls::cursor::Cursor;
use crate::tls::records::content;

/// Bytes of the header up to DTLS 1.2, and of records in clear in any version (RFC 6347 section 4.1).
const HEADER: usize = 13;
/// Content type of records with a connection id up to DTLS 1.2 (RFC 9146 section 4).
pub(super) const WITH_ID: u8 = 25;
/// Content type of acknowledgements (RFC 9147 section 7).
pub(super) const ACK: u8 = 26;

/// A record in a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Content type; 0 where it is sealed (DTLS 1.3).
    pub kind: u8,
    /// In a sealed record its lowest two bits.
    pub epoch: u64,
    /// In a sealed record still hidden: 0.
    pub number: u64,
    /// First byte of the header.
    pub start: usize,
    /// Where the number stands, in a sealed record.
    pub number_at: Range<usize>,
    pub body: Range<usize>,
}

impl Record {
    /// Where the connection id of a record up to DTLS 1.2 stands; nowhere when its length is not known.
    pub fn id(&self) -> Option<Range<usize>> {
        let from = self.start + HEADER - 2;
        let id = from..self.body.start.saturating_sub(2);
        (self.kind == WITH_ID && !id.is_empty()).then_some(id)
    }
}

/// What a record with a connection id holds: content, its type, and noughts as padding (RFC 9146 section 4).
pub(super) fn unwrapped(inner: &[u8]) -> Option<(u8, &[u8])> {
    let end = inner.iter().rposition(|&b| b != 0)?;
    Some((inner[end], &inner[..end]))
}

/// True for the version of a record's header: DTLS 1.0 to 1.3, and what OpenSSL wrote before the standard.
fn is_version(version: u16) -> bool {
    matches!(version, 0xfefc..=0xfeff | 0x0100)
}

/// The record that begins at `start`; `id_len` is the length of the connection ids that this side writes.
pub(super) fn record(datagram: &[u8], start: usize, id_len: usize) -> Option<Record> {
    let rest = datagram.get(start..)?;
    let first = *rest.first()?;
    if first >> 5 == 1 {
        return sealed(rest, start, id_len, datagram.len());
    }
    let mut header = Cursor(rest);
    let kind = header.u8()?;
    if !(content::CHANGE_CIPHER_SPEC..=ACK).contains(&kind) || !is_version(header.u16()?) {
        return None;
    }
    let epoch = u64::from(header.u16()?);
    let number = u64::from(header.u16()?) << 32 | u64::from(header.u16()?) << 16;
    let number = number | u64::from(header.u16()?);
    if kind == WITH_ID && id_len == 0 {
        // Nobody saw how long the connection id is: where the record ends cannot be told, nor whether it does.
        return Some(Record {
            kind,
            epoch,
            number,
            start,
            number_at: start..start,
            body: datagram.len().min(start + HEADER - 2)..datagram.len(),
        });
    }
    let id_len = if kind == WITH_ID { id_len } else { 0 };
    header.take(id_len)?;
    let len = usize::from(header.u16()?);
    header.take(len)?;
    let from = start + HEADER + id_len;
    Some(Record {
        kind,
        epoch,
        number,
        start,
        number_at: start..start,
        body: from..from + len,
    })
}

/// The unified header of DTLS 1.3 (RFC 9147 section 4).
fn sealed(rest: &[u8], start: usize, id_len: usize, end: usize) -> Option<Record> {
    let first = *rest.first()?;
    let (has_id, long, has_len) = (first & 16 != 0, first & 8 != 0, first & 4 != 0);
    let number_at = start + 1 + if has_id { id_len } else { 0 };
    let number_end = number_at + 1 + usize::from(long);
    let body = if has_len {
        let at = number_end - start;
        let len = usize::from(u16::from_be_bytes(rest.get(at..at + 2)?.try_into().ok()?));
        number_end + 2..number_end + 2 + len
    } else {
        number_end..end
    };
    (body.start <= body.end && body.end <= end).then_some(Record {
        kind: 0,
        epoch: u64::from(first & 3),
        number: 0,
        start,
        number_at: number_at..number_end,
        body,
    })
}

/// Whether a flow whose first datagram this is speaks DTLS: its records fill it, and the first is of the handshake, or
/// of a later epoch.
///
/// ```
/// let mut hello = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1];
/// hello.resize(25, 0);
/// assert!(wirecore::tls::looks_like_dtls(&hello));
/// assert!(!wirecore::tls::looks_like_dtls(b"\x16\x03\x01\x00\x05hello"));
/// ```
pub fn looks_like_dtls(datagram: &[u8]) -> bool {
    // The cheapest test first: it is asked of every flow of datagrams.
    if !matches!(
        datagram,
        [20..=26, 0xfe, 0xfc..=0xff, ..] | [20..=26, 1, 0, ..]
    ) {
        return false;
    }
    let mut at = 0;
    while at < datagram.len() {
        let Some(one) = record(datagram, at, 0) else {
            return false;
        };
        let hello = one.kind == content::HANDSHAKE && one.body.len() >= 12;
        if one.epoch == 0 && at == 0 && !hello && one.kind != content::ALERT {
            return false;
        }
        at = one.body.end;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_either_kind_says_where_its_record_lies() {
        let plain = [22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 1, 2, 0, 2, 8, 9, 7];
        let one = record(&plain, 0, 0).expect("a record");
        assert_eq!((one.kind, one.epoch, one.number), (22, 1, 0x102));
        assert_eq!(one.body, 13..15);
        assert_eq!(record(&plain[..14], 0, 0), None, "cut");

        let sealed = [0x2c | 2, 0xaa, 0xbb, 0, 2, 1, 2, 3];
        let one = record(&sealed, 0, 0).expect("a record");
        assert_eq!((one.kind, one.epoch, one.number_at), (0, 2, 1..3));
        assert_eq!(one.body, 5..7);
        let with_id = [0x30 | 3, 7, 7, 7, 0xaa, 1, 2, 3];
        let one = record(&with_id, 0, 3).expect("a record");
        assert_eq!(
            (one.number_at, one.body),
            (4..5, 5..8),
            "no length: to the end"
        );
        assert_eq!(record(&with_id[..3], 0, 3), None);
    }
}
