//! The parts of pcapng that later blocks depend on: byte order, interfaces, their clocks.
//!
//! Source: draft-ietf-opsawg-pcapng.

use super::options::Options;

/// Byte order of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
}

impl Order {
    /// From the four bytes of the byte-order magic.
    pub(super) fn of(magic: &[u8]) -> Option<Order> {
        match magic {
            [0x1a, 0x2b, 0x3c, 0x4d] => Some(Order::Big),
            [0x4d, 0x3c, 0x2b, 0x1a] => Some(Order::Little),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn u16(self, data: &[u8], at: usize) -> Option<u16> {
        let bytes = data.get(at..at + 2)?.try_into().ok()?;
        Some(match self {
            Order::Big => u16::from_be_bytes(bytes),
            Order::Little => u16::from_le_bytes(bytes),
        })
    }

    #[inline]
    pub(super) fn u32(self, data: &[u8], at: usize) -> Option<u32> {
        let bytes = data.get(at..at + 4)?.try_into().ok()?;
        Some(match self {
            Order::Big => u32::from_be_bytes(bytes),
            Order::Little => u32::from_le_bytes(bytes),
        })
    }

    /// Eight bytes in this order.
    pub(super) fn u64(self, data: &[u8]) -> Option<u64> {
        let bytes = data.get(..8)?.try_into().ok()?;
        Some(match self {
            Order::Big => u64::from_be_bytes(bytes),
            Order::Little => u64::from_le_bytes(bytes),
        })
    }
}

/// What one tick of an interface's clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tick {
    /// So many nanoseconds.
    Nanoseconds(u64),
    /// So many ticks are one nanosecond.
    PerNanosecond(u128),
    /// 2^-n seconds.
    Binary(u32),
}

/// An interface description.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface {
    pub(super) link: u16,
    pub(super) snap_length: u32,
    /// It was recorded with a filter.
    pub(super) filtered: bool,
    /// The filter leaves out nothing of the devices that it lets through: it names their link-layer addresses only.
    pub(super) by_device: bool,
    tick: Tick,
    offset_ns: i64,
}

const OPTION_TSRESOL: u16 = 9;
const OPTION_FILTER: u16 = 11;
const OPTION_TSOFFSET: u16 = 14;

impl Interface {
    /// From the body of an interface description block; `None` when it is too short.
    pub(super) fn parse(order: Order, body: &[u8]) -> Option<Interface> {
        let mut interface = Interface {
            link: order.u16(body, 0)?,
            snap_length: order.u32(body, 4)?,
            filtered: false,
            by_device: false,
            tick: Tick::Nanoseconds(1_000),
            offset_ns: 0,
        };
        for (code, value, _) in Options::new(order, body.get(8..).unwrap_or_default()) {
            match (code, value) {
                (OPTION_TSRESOL, &[resolution]) => interface.tick = tick(resolution),
                // Its first byte says of which kind the rest is; an empty filter lets all through.
                (OPTION_FILTER, filter) => {
                    interface.filtered = filter.len() > 1;
                    interface.by_device = names_devices_only(filter);
                }
                (OPTION_TSOFFSET, seconds) => {
                    let seconds = order.u64(seconds).unwrap_or_default() as i64;
                    interface.offset_ns = seconds.saturating_mul(1_000_000_000);
                }
                _ => {}
            }
        }
        Some(interface)
    }

    /// Nanoseconds since 1970 of a block's timestamp.
    #[inline]
    pub(super) fn time_ns(&self, high: u32, low: u32) -> i64 {
        let ticks = u64::from(high) << 32 | u64::from(low);
        let ns = match self.tick {
            Tick::Nanoseconds(n) => u128::from(ticks) * u128::from(n),
            Tick::PerNanosecond(n) => u128::from(ticks) / n,
            Tick::Binary(n) => (u128::from(ticks) * 1_000_000_000) >> n,
        };
        i64::try_from(ns)
            .unwrap_or(i64::MAX)
            .saturating_add(self.offset_ns)
    }
}

/// Whether a filter is `ether host A`, or several of that joined by `or`: such a filter hides no traffic of A.
fn names_devices_only(filter: &[u8]) -> bool {
    let Some(text) = filter
        .strip_prefix(&[0])
        .and_then(|text| std::str::from_utf8(text).ok())
    else {
        return false;
    };
    let text = text.trim_end_matches('\0');
    !text.is_empty()
        && text.split(" or ").all(|term| {
            let mut words = term.split_whitespace();
            words.next() == Some("ether")
                && words.next() == Some("host")
                && words.next().is_some_and(is_link_address)
                && words.next().is_none()
        })
}

fn is_link_address(text: &str) -> bool {
    text.len() == 17
        && text
            .split([':', '-'])
            .all(|byte| byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn tick(resolution: u8) -> Tick {
    let exponent = u32::from(resolution & 0x7f);
    if resolution & 0x80 != 0 {
        // u64 ticks times 10^9 fit in 94 bits: a larger shift gives 0 as it should.
        return Tick::Binary(exponent);
    }
    match exponent {
        0..=9 => Tick::Nanoseconds(10u64.pow(9 - exponent)),
        _ => Tick::PerNanosecond(10u128.checked_pow(exponent - 9).unwrap_or(u128::MAX)),
    }
}
