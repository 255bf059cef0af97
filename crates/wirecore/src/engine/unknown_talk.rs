//! Protocols that are not decoded: what leaves the phone is still looked at, and all of it counts as unread.

use crate::anomaly::OpaqueReason;
use crate::record::Dir;

use super::account::Account;
use super::message::OpenMessage;
use super::shared::{Place, Shared};
use super::talk::Talk;

/// A protocol that is not decoded: its bytes are still looked at, as one message a direction.
#[derive(Default)]
pub(super) struct UnknownTalk {
    open: [Option<Box<OpenMessage>>; 2],
    offset: [u64; 2],
    /// What comes are datagrams, not a stream.
    datagrams: bool,
    /// The number of its message.
    number: u32,
}

/// A datagram of a protocol that is not decoded.
pub(super) fn unknown_datagram(
    talk: &mut Talk,
    rest: &mut Rest,
    dir: Dir,
    payload: &[u8],
    shared: &mut Shared,
) {
    let (place, account) = talk.place_and_account();
    account.app[dir.index()] += payload.len() as u64;
    if rest.encrypted {
        account.unread(OpaqueReason::EncryptedTransport, dir, payload.len() as u64);
    } else {
        rest.unknown.feed(dir, payload, &place, account, shared);
    }
}

/// What is kept of a datagram flow whose protocol is not decoded.
pub(super) struct Rest {
    unknown: UnknownTalk,
    pub encrypted: bool,
}

impl Rest {
    /// `dns`: messages of DNS may stand on the same flow, numbered from 0.
    pub fn new(encrypted: bool, dns: bool) -> Self {
        Rest {
            encrypted,
            unknown: UnknownTalk::of_datagrams(if dns { u32::MAX } else { 0 }),
        }
    }

    /// What goes beside a protocol whose messages are numbered from 0.
    pub fn beside() -> Self {
        Rest::new(false, true)
    }

    /// Memory held, bytes.
    pub fn held(&self) -> usize {
        size_of::<Self>() + self.unknown.held()
    }

    pub fn finish(&mut self, shared: &mut Shared) {
        self.unknown.finish(shared);
    }
}

impl UnknownTalk {
    /// For bytes outside of the messages of a stream whose messages are numbered from 0: each such talk of one stream
    /// has a number of its own from the other end, so that no two messages stand at one place.
    pub(super) fn apart(nth: u32) -> Self {
        UnknownTalk {
            number: u32::MAX - nth,
            ..UnknownTalk::default()
        }
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        self.open.iter().flatten().map(|open| open.held()).sum()
    }

    /// For datagrams, each a whole of its own; `number` is that of their message.
    pub(super) fn of_datagrams(number: u32) -> Self {
        UnknownTalk {
            datagrams: true,
            number,
            ..UnknownTalk::default()
        }
    }

    pub(super) fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        self.feed_as(
            OpaqueReason::UnknownProtocol,
            dir,
            bytes,
            place,
            account,
            shared,
        );
    }

    /// As `feed`, for bytes that are unread for a reason of their own.
    pub(super) fn feed_as(
        &mut self,
        reason: OpaqueReason,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        account.unread(reason, dir, bytes.len() as u64);
        self.offset[dir.index()] += bytes.len() as u64;
        let keep = shared.keeps(place, place.stream, dir, self.number);
        let looked_at = keep || (place.phone.sends(dir) && shared.keep.is_none());
        if !looked_at {
            return;
        }
        let open = &mut self.open[dir.index()];
        if open.is_none() {
            let row = place.row(dir, self.number, "unknown", shared);
            let message =
                OpenMessage::begin(row, None, true, keep, &mut shared.desk, &mut shared.rows);
            *open = Some(Box::new(message));
        }
        if let Some(message) = open {
            if self.datagrams {
                message.datagram(bytes, &mut shared.desk, &mut shared.rows);
            } else {
                message.body(bytes, &mut shared.desk, &mut shared.rows);
            }
        }
    }

    pub(super) fn gap(&mut self, dir: Dir, len: u64, shared: &mut Shared) {
        self.offset[dir.index()] += len;
        if let Some(message) = &mut self.open[dir.index()] {
            message.gap(&mut shared.desk, &mut shared.rows);
        }
    }

    pub(super) fn finish(&mut self, shared: &mut Shared) {
        for open in &mut self.open {
            if let Some(message) = open.take() {
                let (_, kept) = message.end(true, shared.now, &mut shared.desk, &mut shared.rows);
                shared.kept.extend(kept);
            }
        }
    }
}
