//! The five values that name a conversation.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
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
pub(super) struct Key {
    low: [u64; 2],
    high: [u64; 2],
    /// Ports, protocol and address family.
    rest: u64,
}

impl Key {
    /// The key, and whether the tuple's sender is the lower end.
    #[inline]
    pub(super) fn of(tuple: &Tuple) -> (Key, bool) {
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

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        for word in [
            self.low[0],
            self.low[1],
            self.high[0],
            self.high[1],
            self.rest,
        ] {
            state.write_u64(word);
        }
    }
}

/// Hashes keys fast, with a secret that a capture's maker cannot aim at.
#[derive(Clone, Debug)]
pub(super) struct Seeded(u64);

impl Seeded {
    /// A fresh secret. Nothing of a result depends on it: maps are never listed in hash order.
    pub(super) fn new() -> Self {
        Seeded(RandomState::new().hash_one(0u8))
    }
}

impl BuildHasher for Seeded {
    type Hasher = Fold;

    #[inline]
    fn build_hasher(&self) -> Fold {
        Fold {
            state: self.0,
            seed: self.0.rotate_left(32) | 1,
        }
    }
}

/// Folded multiplication: both halves of a 128-bit product, so each input bit reaches the result.
pub(super) struct Fold {
    state: u64,
    seed: u64,
}

impl Hasher for Fold {
    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.seed);
        self.state = (product as u64) ^ ((product >> 64) as u64);
        self.seed = self.seed.rotate_left(29) ^ 0x9e37_79b9_7f4a_7c15;
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
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
