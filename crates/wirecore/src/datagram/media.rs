//! Is this a call? RTP has no mark of its own: a flow on which STUN was spoken is told by the first byte
//! (RFC 7983), any other by three packets in a row of one source whose numbers follow each other.

use crate::net::{be16, be32};
use crate::record::Dir;

/// Packets in a row that make a flow a call.
const IN_A_ROW: u8 = 3;
/// Numbers that may be missing between two packets.
const APART: u16 = 16;

/// What is remembered of a flow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calls {
    stun: bool,
    last: [Option<(u32, u16, u8)>; 2],
}

impl Calls {
    /// STUN was spoken on this flow.
    pub fn stun(&mut self) {
        self.stun = true;
    }

    /// True when this datagram, which is none that tells itself, is a call's.
    pub fn is_media(&mut self, dir: Dir, payload: &[u8]) -> bool {
        let Some(&first) = payload.first() else {
            return false;
        };
        if self.stun && (64..80).contains(&first) {
            // TURN's ChannelData: number, length, data, perhaps padding.
            return be16(payload, 2).is_some_and(|len| usize::from(len) + 4 <= payload.len());
        }
        if first >> 6 != 2 || payload.len() < 8 {
            return false;
        }
        let kind = payload[1];
        // RTCP (RFC 5761): packet types 192 to 223 with their length in words.
        if (192..224).contains(&kind) {
            let known = self.stun
                || self
                    .last
                    .iter()
                    .flatten()
                    .any(|(_, _, row)| *row >= IN_A_ROW);
            return known
                && be16(payload, 2)
                    .is_some_and(|words| usize::from(words) * 4 + 4 <= payload.len());
        }
        if payload.len() < 12 {
            return false;
        }
        let (Some(number), Some(source)) = (be16(payload, 2), be32(payload, 8)) else {
            return false;
        };
        let last = &mut self.last[dir.index()];
        let row = match *last {
            Some((of, before, row)) if of == source && number.wrapping_sub(before) <= APART => {
                row.saturating_add(1)
            }
            _ => 1,
        };
        *last = Some((source, number, row));
        self.stun || row >= IN_A_ROW
    }
}
