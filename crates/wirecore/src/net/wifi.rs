//! IEEE 802.11 data frames: what an open network, or an access point's tunnel (CAPWAP), carries.
//!
//! A frame in, the IP packet inside it out. Encrypted frames and frames without data are no IP.

use super::link::{short, typed};
use super::{be16, Parsed};

const DATA: u8 = 2;
const NO_DATA: u8 = 0x40;
const QOS: u8 = 0x80;
const TO_SYSTEM: u8 = 1;
const FROM_SYSTEM: u8 = 2;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;

/// A frame from its frame control on. `swapped`: some access points write the two bytes of the frame control
/// the other way round.
pub(super) fn wifi(data: &[u8], swapped: bool) -> Parsed<'_> {
    let Some(control) = data.first_chunk::<2>() else {
        return short(data, "an 802.11 header is cut");
    };
    let [kind, flags] = if swapped {
        [control[1], control[0]]
    } else {
        *control
    };
    if kind >> 2 & 3 != DATA || kind & 3 != 0 || kind & NO_DATA != 0 || flags & PROTECTED != 0 {
        return Parsed::NonIp { ethertype: 0 };
    }
    let relayed = flags & (TO_SYSTEM | FROM_SYSTEM) == TO_SYSTEM | FROM_SYSTEM;
    let mut at = if relayed { 30 } else { 24 };
    // The sender stands second, third or fourth, by who relays.
    let sender = match flags & (TO_SYSTEM | FROM_SYSTEM) {
        FROM_SYSTEM => 16,
        0 | TO_SYSTEM => 10,
        _ => 24,
    };
    if kind & QOS != 0 {
        at += 2;
        if flags & ORDER != 0 {
            at += 4;
        }
    }
    let mac = data.get(sender..sender + 6).and_then(|b| b.try_into().ok());
    match data.get(at..at + 6) {
        Some(&[0xaa, 0xaa, 0x03, 0, 0, 0]) => match be16(data, at + 6) {
            Some(ethertype) => typed(data, at + 8, ethertype, mac),
            None => short(data, "a SNAP header is cut"),
        },
        Some(_) => Parsed::NonIp { ethertype: 0 },
        None => short(data, "an 802.11 frame is cut"),
    }
}

/// A radiotap header (its length in bytes 2 and 3, little-endian) and the frame behind it.
pub(super) fn radiotap(data: &[u8]) -> Parsed<'_> {
    let Some(length) = data.get(2..4).and_then(|b| b.try_into().ok()) else {
        return short(data, "a radiotap header is cut");
    };
    match data.get(usize::from(u16::from_le_bytes(length)).max(8)..) {
        Some(frame) => wifi(frame, false),
        None => short(data, "a radiotap header is cut"),
    }
}
