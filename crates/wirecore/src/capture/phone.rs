//! Which device of a capture is the phone, when nobody says: the one that calls itself so, else the dominant initiator.
//!
//! Design section 8. The choice is told in every result and can be overridden.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::prescan::{Initiated, Prescan};

/// The phone's addresses, and how they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Its IP addresses, sorted; empty when nothing initiates anything.
    pub addresses: Vec<IpAddr>,
    /// Its link-layer addresses, sorted; empty when a router's hide them.
    pub macs: Vec<[u8; 6]>,
    /// The rule that found it.
    pub how: &'static str,
}

const DHCP: &str = "the one device that calls itself a phone (DHCP)";
const PRIVATE: &str = "dominant initiator of a private address";
const ANY: &str = "dominant initiator (no private address initiates)";
const NONE: &str = "no initiator was seen";

/// The phone of one capture.
pub fn choose_phone(scan: &Prescan) -> Phone {
    choose_phone_of(&[scan])
}

/// The phone of several captures of one case, taken together.
pub fn choose_phone_of(scans: &[&Prescan]) -> Phone {
    if let Some(phone) = said_phone(scans) {
        return phone;
    }
    let mut opened: BTreeMap<IpAddr, u64> = BTreeMap::new();
    let mut behind: BTreeMap<[u8; 6], BTreeSet<IpAddr>> = BTreeMap::new();
    for (&(address, mac), Initiated { tcp, udp }) in scans.iter().flat_map(|scan| &scan.initiators)
    {
        *opened.entry(address).or_default() += tcp + udp;
        if let Some(mac) = mac.filter(|&mac| mac != [0; 6]) {
            behind.entry(mac).or_default().insert(address);
        }
    }
    let dominant = |wanted: fn(IpAddr) -> bool| {
        // Of equals the lowest address: a rule, so that the same capture gives the same phone.
        opened
            .iter()
            .filter(|(&address, _)| wanted(address) && !is_nobody(address))
            .max_by(|(a, m), (b, n)| m.cmp(n).then(b.cmp(a)))
            .map(|(&address, _)| address)
    };
    let (phone, how) = match (dominant(is_private), dominant(|_| true)) {
        (Some(address), _) => (address, PRIVATE),
        (None, Some(address)) => (address, ANY),
        (None, None) => {
            return Phone {
                addresses: Vec::new(),
                macs: Vec::new(),
                how: NONE,
            }
        }
    };
    let mut addresses = BTreeSet::from([phone]);
    let mut macs = Vec::new();
    for (mac, all) in &behind {
        let private_v4 = all
            .iter()
            .filter(|a| a.is_ipv4() && is_private(**a))
            .count();
        // Several private initiators behind one link-layer address: that address is a router's.
        if all.contains(&phone) && private_v4 <= 1 {
            macs.push(*mac);
            addresses.extend(all.iter().filter(|&&a| !is_nobody(a)));
        }
    }
    if behind.is_empty() {
        // A link without addresses (a phone's own VPN interface): its other protocol version.
        addresses.extend(dominant(|a| a.is_ipv6() && is_private(a)).filter(|_| phone.is_ipv4()));
    }
    Phone {
        addresses: addresses.into_iter().collect(),
        macs,
        how,
    }
}

/// The device that calls itself a phone, when it is the only one and was given an address.
fn said_phone(scans: &[&Prescan]) -> Option<Phone> {
    let mut phones: BTreeMap<[u8; 6], BTreeSet<IpAddr>> = BTreeMap::new();
    for (mac, addresses) in scans.iter().flat_map(|scan| &scan.phones) {
        phones.entry(*mac).or_default().extend(addresses);
    }
    let (mac, mut addresses) = phones.pop_first().filter(|_| phones.is_empty())?;
    let own = scans.iter().flat_map(|scan| scan.initiators.keys());
    addresses.extend(
        own.filter(|(address, of)| *of == Some(mac) && !is_nobody(*address))
            .map(|(address, _)| address),
    );
    (!addresses.is_empty()).then(|| Phone {
        addresses: addresses.into_iter().collect(),
        macs: vec![mac],
        how: DHCP,
    })
}

/// Addresses that belong to no device: unspecified, loopback.
fn is_nobody(address: IpAddr) -> bool {
    address.is_unspecified() || address.is_loopback()
}

/// Addresses of local networks: RFC 1918, RFC 6598 (shared), RFC 3927 and RFC 4291 (link-local),
/// RFC 4193 (unique local).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(v6) => {
            matches!(v6.octets(), [0xfc | 0xfd, ..])
                || matches!(v6.octets(), [0xfe, 0x80..=0xbf, ..])
        }
    }
}
