//! Small protocols of single datagrams (NTP, DHCP, SSDP, STUN): what leaves the phone is a message each and is
//! looked at like a body; calls are counted as media.

use crate::anomaly::OpaqueReason;
use crate::datagram::{recognise, Calls, Spoken};
use crate::record::Dir;

use super::message::OpenMessage;
use super::shared::{Place, Shared};
use super::talk::Talk;

/// The stream that such messages are numbered in: a flow's unknown bytes are its stream 0.
pub(super) const SMALL: u64 = 1;

/// What is kept of a flow for its small datagrams.
#[derive(Default)]
pub(super) struct SmallTalk {
    count: [u32; 2],
    calls: Calls,
}

impl SmallTalk {
    /// Takes a datagram that is of such a protocol; false when it is not.
    pub(super) fn take(
        &mut self,
        talk: &mut Talk,
        dir: Dir,
        (sport, dport): (u16, u16),
        payload: &[u8],
        shared: &mut Shared,
    ) -> bool {
        let spoken = match recognise(sport, dport, payload) {
            Some(spoken) => spoken,
            None if self.calls.is_media(dir, payload) => Spoken::Media,
            None => return false,
        };
        let (place, account) = talk.place_and_account();
        account.app[dir.index()] += payload.len() as u64;
        // A call is one, whatever else goes over its flow; STUN only finds the way of what follows.
        let beside = account.protocol == "dtls" && spoken != Spoken::Media;
        if account.protocol != "rtp" && !beside {
            account.protocol = spoken.name();
        }
        match spoken {
            Spoken::Media => {
                account.unread(OpaqueReason::CallMedia, dir, payload.len() as u64);
                return true;
            }
            Spoken::Stun { .. } => self.calls.stun(),
            Spoken::Ntp | Spoken::Dhcp | Spoken::Ssdp => {}
        }
        let number = self.count[dir.index()];
        self.count[dir.index()] += 1;
        let sealed = whole_message(&place, SMALL, dir, number, spoken.name(), payload, shared);
        match spoken {
            Spoken::Stun { carried } => {
                account.unread(OpaqueReason::CallMedia, dir, sealed.max(carried as u64));
            }
            _ => account.unread(OpaqueReason::OwnEncryption, dir, sealed),
        }
        true
    }
}

/// A message that came whole in one piece: what leaves the phone becomes a row and is looked at. Gives the bytes
/// of it that look sealed.
pub(super) fn whole_message(
    place: &Place<'_>,
    stream: u64,
    dir: Dir,
    number: u32,
    protocol: &str,
    bytes: &[u8],
    shared: &mut Shared,
) -> u64 {
    let keep = shared.keeps(place, stream, dir, number);
    if !keep && (!place.phone.sends(dir) || shared.keep.is_some()) {
        return 0;
    }
    let row = place.stream_row(stream, dir, number, protocol, shared);
    let mut message = OpenMessage::begin(row, None, true, keep, &mut shared.desk, &mut shared.rows);
    message.body(bytes, &mut shared.desk, &mut shared.rows);
    let (sealed, kept) = message.end(true, shared.now, &mut shared.desk, &mut shared.rows);
    shared.kept.extend(kept);
    sealed
}
