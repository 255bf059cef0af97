//! STUN (RFC 8489) and TURN (RFC 8656): requests, answers and indications with their attributes.

use crate::net::be16;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
const DATA: u16 = 0x0013;

/// Bytes that the message carries for others (its DATA attribute); `None` when it is no STUN message.
pub(super) fn carried(payload: &[u8]) -> Option<usize> {
    if payload.len() < HEADER || payload[0] & 0xc0 != 0 || payload[4..8] != COOKIE {
        return None;
    }
    let length = usize::from(be16(payload, 2)?);
    if length % 4 != 0 || HEADER + length != payload.len() {
        return None;
    }
    let (mut at, mut carried) = (HEADER, 0);
    while at < payload.len() {
        let (kind, length) = (be16(payload, at)?, usize::from(be16(payload, at + 2)?));
        if at + 4 + length > payload.len() {
            return None;
        }
        if kind == DATA {
            carried += length;
        }
        at += 4 + length.next_multiple_of(4);
    }
    Some(carried)
}
