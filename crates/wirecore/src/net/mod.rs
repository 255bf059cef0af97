//! From a captured frame to transport payloads: link types, IP, fragments, tunnels, TCP, UDP.
//!
//! Bytes in, borrowed views out; nothing is allocated for a packet that is whole and in order.
//! "Need more" does not exist here: a frame is complete, or its cut is said in the result.

pub mod community;
mod finished;
pub mod flows;
pub mod fragments;
pub mod icmp;
pub mod ip;
pub mod link;
mod numbers;
mod pieces;
pub mod tcp;
mod transport;
pub mod tunnel;
pub mod tuple;
mod wifi;

pub use community::community_id;
pub use flows::{Ended, FlowTable, Seen, Slot};
pub use fragments::Defragmenter;
pub use icmp::{parse_icmp, Icmp};
pub use ip::parse_ip;
pub use link::parse_link;
pub use transport::{parse_tcp, parse_udp, TcpHeader, UdpHeader};
pub use tunnel::{innermost, tunnelled};
pub use tuple::Tuple;

pub(crate) use finished::Finished;
pub(crate) use numbers::Numbers;
pub(crate) use pieces::Pieces;

use std::net::IpAddr;

/// IP protocol number of ICMP for IPv4.
pub const PROTO_ICMP: u8 = 1;
/// IP protocol number of TCP.
pub const PROTO_TCP: u8 = 6;
/// IP protocol number of UDP.
pub const PROTO_UDP: u8 = 17;
/// IP protocol number of ICMP for IPv6.
pub const PROTO_ICMP6: u8 = 58;

/// One IP packet: the innermost, when it came through a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// Protocol of `payload`, extension headers passed.
    pub proto: u8,
    /// Length of the IP packet as its header says, header included, bytes.
    pub ip_len: u32,
    /// From the transport header on, without link-layer padding.
    pub payload: &'a [u8],
    /// What `payload`'s length would be, had nothing been cut; bytes.
    pub payload_len: u32,
    /// Link-layer source, where the link has one.
    pub src_mac: Option<[u8; 6]>,
    /// `payload` is shorter than `payload_len`.
    pub truncated: bool,
    /// Set when this is one piece of a larger datagram: give it to the [`Defragmenter`].
    pub fragment: Option<Fragment>,
}

/// Where a piece stands in its datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Identification (16 bits for IPv4).
    pub id: u32,
    /// Offset of the piece in the datagram's payload, bytes.
    pub offset: u32,
    /// More pieces stand behind this one.
    pub more: bool,
}

/// What a frame turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// An IP packet (or a fragment of one).
    Ip(Packet<'a>),
    /// Not IP (ARP, EAPOL, ...): counted only. 0 where the link names no type.
    NonIp {
        /// EtherType, or the link's own protocol number.
        ethertype: u16,
    },
    /// A link type that is not decoded.
    LinkUnknown,
    /// Headers that contradict themselves or are cut.
    Bad {
        /// Offset in the frame (in the IP packet for [`parse_ip`]).
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
}

impl<'a> Parsed<'a> {
    /// The packet, when it is one.
    pub fn packet(self) -> Option<Packet<'a>> {
        match self {
            Parsed::Ip(packet) => Some(packet),
            _ => None,
        }
    }
}

/// Two bytes in network order.
#[inline]
pub(crate) fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

/// Four bytes in network order.
#[inline]
pub(crate) fn be32(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?))
}
