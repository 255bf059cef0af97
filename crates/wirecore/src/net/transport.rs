//! TCP (RFC 9293) and UDP (RFC 768) headers.

use super::{be16, Packet};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// A TCP segment's header, without options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpHeader {
    /// Sender's port.
    pub sport: u16,
    /// Receiver's port.
    pub dport: u16,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number; meaningful when [`TcpHeader::ack_set`].
    pub ack: u32,
    /// The eight flag bits, CWR first.
    pub flags: u8,
    /// Window, unscaled.
    pub window: u16,
    /// Payload bytes the segment had on the wire, also when the capture cut it.
    pub payload_len: u32,
}

impl TcpHeader {
    /// The sender wants to open.
    pub fn syn(&self) -> bool {
        self.flags & SYN != 0
    }
    /// `ack` is valid.
    pub fn ack_set(&self) -> bool {
        self.flags & ACK != 0
    }
    /// The sender has no more to say.
    pub fn fin(&self) -> bool {
        self.flags & FIN != 0
    }
    /// The connection is broken off.
    pub fn rst(&self) -> bool {
        self.flags & RST != 0
    }
}

/// The TCP header and the captured part of the payload.
#[inline]
pub fn parse_tcp<'a>(packet: &Packet<'a>) -> Result<(TcpHeader, &'a [u8]), &'static str> {
    let data = packet.payload;
    let Some(header) = data.first_chunk::<20>() else {
        return Err("a TCP header is cut");
    };
    let header_len = usize::from(header[12] >> 4) * 4;
    if header_len < 20 {
        return Err("a TCP header claims to be shorter than 20 bytes");
    }
    if header_len > packet.payload_len as usize {
        return Err("a TCP header claims to be longer than its packet");
    }
    let tcp = TcpHeader {
        sport: u16::from_be_bytes([header[0], header[1]]),
        dport: u16::from_be_bytes([header[2], header[3]]),
        seq: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        ack: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        flags: header[13],
        window: u16::from_be_bytes([header[14], header[15]]),
        payload_len: packet.payload_len - header_len as u32,
    };
    // Options cut by a snap length leave no payload, but the numbers still count.
    Ok((tcp, data.get(header_len..).unwrap_or_default()))
}

/// A UDP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UdpHeader {
    /// Sender's port.
    pub sport: u16,
    /// Receiver's port.
    pub dport: u16,
    /// Payload bytes the datagram had on the wire.
    pub payload_len: u32,
}

/// The UDP header and the captured part of the payload.
#[inline]
pub fn parse_udp<'a>(packet: &Packet<'a>) -> Result<(UdpHeader, &'a [u8]), &'static str> {
    let data = packet.payload;
    let (Some(sport), Some(dport), Some(length)) = (be16(data, 0), be16(data, 2), be16(data, 4))
    else {
        return Err("a UDP header is cut");
    };
    if packet.payload_len < 8 {
        return Err("a UDP header is cut");
    }
    let room = packet.payload_len - 8;
    let payload_len = match u32::from(length) {
        // Jumbograms and offload engines write 0.
        0 => room,
        1..=7 => return Err("a UDP length is shorter than its header"),
        n => (n - 8).min(room),
    };
    let payload = data.get(8..).unwrap_or_default();
    let payload = payload.get(..payload_len as usize).unwrap_or(payload);
    Ok((
        UdpHeader {
            sport,
            dport,
            payload_len,
        },
        payload,
    ))
}
