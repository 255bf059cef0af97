//! The five values that name a conversation.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};

use super::community::community_id;

/// Addresses, ports and protocol, as one packet carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tuple {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// Sender's port (ICMP: see [`super::Icmp`]; other protocols 0).
    pub sport: u16,
    /// Receiver's port.
    pub dport: u16,
    /// IP protocol number.
    pub proto: u8,
}

impl Tuple {
    /// The same conversation, seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Tuple {
        Tuple {
            src: self.dst,
            dst: self.src,
            sport: self.dport,
            dport: self.sport,
            proto: self.proto,
        }
    }

    /// Its Community ID.
    pub fn community_id(&self) -> String {
        community_id(self.src, self.dst, self.proto, self.sport, self.dport)
    }
}

/// A tuple without direction, packed for hashing: the lower end first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    low: [u64; 2],
    high: [u64; 2],
    /// Ports, protocol and address family.
    rest: u64,
}

impl Key {
    /// The key, and whether the tuple's sender is the lower end.
    #[inline]
    pub(crate) fn of(tuple: &Tuple) -> (Key, bool) {
        let (src, v6) = words(tuple.src);
        let (dst, _) = words(tuple.dst);
        let forward = (src, tuple.sport) <= (dst, tuple.dport);
        let (low, high, lport, hport) = if forward {
            (src, dst, tuple.sport, tuple.dport)
        } else {
            (dst, src, tuple.dport, tuple.sport)
        };
        let rest = u64::from(lport) << 32
            | u64::from(hport) << 16
            | u64::from(tuple.proto) << 8
            | u64::from(v6);
        (Key { low, high, rest }, forward)
    }
}

/// Hashes keys fast, with a secret that a capture's maker cannot aim at. Nothing of a result
/// depends on it: tables are never listed in hash order.
#[derive(Clone, Debug)]
pub(crate) struct Seeded([u64; 2]);

impl Seeded {
    /// A fresh secret.
    pub(crate) fn new() -> Self {
        let random = RandomState::new();
        Seeded([random.hash_one(0u8), random.hash_one(1u8)])
    }

    #[inline]
    pub(crate) fn hash(&self, key: &Key) -> u64 {
        let [a, b] = self.0;
        let low = fold(key.low[0] ^ a, key.low[1] ^ b);
        let high = fold(key.high[0] ^ b, key.high[1] ^ a);
        fold(low ^ key.rest, high.rotate_left(32) ^ a)
    }
}

/// Both halves of a 128-bit product: each bit of either input reaches the result.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline]
fn words(address: IpAddr) -> ([u64; 2], bool) {
    match address {
        IpAddr::V4(a) => ([0, u64::from(u32::from(a))], false),
        IpAddr::V6(a) => (split(a), true),
    }
}

#[inline]
fn split(a: Ipv6Addr) -> [u64; 2] {
    let whole = u128::from(a);
    [(whole >> 64) as u64, whole as u64]
}
