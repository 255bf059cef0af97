//! DHCP (RFC 2131, RFC 2132): what a device says of itself when it joins a network.

use std::net::Ipv4Addr;

const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
const OPTIONS: usize = 240;
/// Options of one message; more are an attack.
const MOST: usize = 128;

/// A message of a client or server about one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dhcp {
    /// The device's link-layer address.
    pub mac: [u8; 6],
    /// Sent by the device itself.
    pub from_client: bool,
    /// Address that the device has, asks for or was given.
    pub address: Option<Ipv4Addr>,
    /// The name that it gives itself, or empty.
    pub hostname: String,
    /// The kind of device that its software says it is ("android-dhcp-14"), or empty.
    pub vendor_class: String,
    /// The server grants the address.
    pub granted: bool,
}

/// Reads a message of Ethernet or Wi-Fi; `None` when it is none or breaks off.
pub fn parse(payload: &[u8]) -> Option<Dhcp> {
    let (&op, &hardware, &length) = (payload.first()?, payload.get(1)?, payload.get(2)?);
    if !matches!(op, 1 | 2) || hardware != 1 || length != 6 || payload.get(236..OPTIONS)? != COOKIE
    {
        return None;
    }
    let address = |at: usize| -> Option<Ipv4Addr> {
        let bytes: [u8; 4] = payload.get(at..at + 4)?.try_into().ok()?;
        Some(Ipv4Addr::from(bytes)).filter(|a| !a.is_unspecified())
    };
    let mut found = Dhcp {
        mac: payload.get(28..34)?.try_into().ok()?,
        from_client: op == 1,
        address: address(16).or(address(12)),
        ..Dhcp::default()
    };
    let mut at = OPTIONS;
    for _ in 0..MOST {
        let code = *payload.get(at)?;
        match code {
            0 => {
                at += 1;
                continue;
            }
            255 => return Some(found),
            _ => {}
        }
        let length = usize::from(*payload.get(at + 1)?);
        let value = payload.get(at + 2..at + 2 + length)?;
        match (code, value) {
            (12, name) => found.hostname = text(name),
            (60, class) => found.vendor_class = text(class),
            (50, &[a, b, c, d]) if found.address.is_none() => {
                found.address = Some(Ipv4Addr::new(a, b, c, d));
            }
            (53, [5]) => found.granted = true,
            _ => {}
        }
        at += 2 + length;
    }
    None
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.trim_ascii())
        .trim_end_matches('\0')
        .to_owned()
}

impl Dhcp {
    /// True when the device calls itself a phone: by its system's DHCP client, or by its name.
    pub fn says_phone(&self) -> bool {
        let class = self.vendor_class.to_ascii_lowercase();
        let name = self.hostname.to_ascii_lowercase();
        class.starts_with("android-dhcp")
            || class.contains(":android")
            || class.starts_with("huawei:android")
            || PHONE_NAMES
                .iter()
                .any(|start| name.starts_with(start) || name.contains(&format!("-{start}")))
    }
}

/// How phones name themselves as they leave the factory, in lower case; families only, no model numbers.
const PHONE_NAMES: [&str; 12] = [
    "android", "iphone", "galaxy-", "pixel", "redmi", "xiaomi", "mi-phone", "oneplus", "huawei-p",
    "honor", "oppo", "vivo",
];
