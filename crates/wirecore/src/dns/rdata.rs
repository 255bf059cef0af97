//! The value of a record: the address or name that it points to, or a short text.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::name;

/// Characters of a TXT record kept.
const TEXT_CHARS: usize = 255;

/// The value of the record data at `start`, which lies within `data`.
///
/// Empty for types whose value is neither address, name nor text. `None` when the data does not
/// fit its type. `owner` stands in where a service record points to its own owner (RFC 9460 2.5).
pub(super) fn text(
    data: &[u8],
    start: usize,
    length: usize,
    kind: u16,
    owner: &str,
) -> Option<String> {
    let own = data.get(start..start + length)?;
    match kind {
        1 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(own).ok()?).to_string()),
        28 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(own).ok()?).to_string()),
        // NS, CNAME, SOA (its first name), PTR, DNAME.
        2 | 5 | 6 | 12 | 39 => Some(name::read(data, start)?.0),
        // A preference before the name.
        15 => Some(name::read(data, start + 2)?.0),
        // Priority, weight, port.
        33 => Some(name::read(data, start + 6)?.0),
        // SVCB and HTTPS: a priority, then the target; "." is the owner itself.
        64 | 65 => {
            let (target, _) = name::read(data, start + 2)?;
            Some(if target.is_empty() {
                owner.to_owned()
            } else {
                target
            })
        }
        16 => txt(own),
        _ => Some(String::new()),
    }
}

/// Character strings, each behind its length byte, joined with spaces.
fn txt(mut own: &[u8]) -> Option<String> {
    let mut value = String::new();
    while let Some((&length, rest)) = own.split_first() {
        let part = rest.get(..usize::from(length))?;
        if !value.is_empty() {
            value.push(' ');
        }
        value.push_str(&String::from_utf8_lossy(part));
        own = rest.get(usize::from(length)..).unwrap_or_default();
    }
    Some(
        value
            .chars()
            .take(TEXT_CHARS)
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect(),
    )
}
