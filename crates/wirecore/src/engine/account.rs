//! The byte accounts of a flow, and which of its sides is the phone.

use crate::anomaly::OpaqueReason;
use crate::record::Dir;

/// Which side of a flow is the phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PhoneSide {
    Client,
    Server,
    Neither,
}

impl PhoneSide {
    pub fn text(self) -> &'static str {
        match self {
            PhoneSide::Client => "client",
            PhoneSide::Server => "server",
            PhoneSide::Neither => "none",
        }
    }

    /// True when bytes of this direction leave the phone.
    pub fn sends(self, dir: Dir) -> bool {
        matches!(
            (self, dir),
            (PhoneSide::Client, Dir::Client) | (PhoneSide::Server, Dir::Server)
        )
    }
}

/// The byte accounts of a flow (design section 8), by direction.
#[derive(Default)]
pub(super) struct Account {
    pub app: [u64; 2],
    /// Part of `app` that was said before a tunnel was opened or TLS was started.
    pub outside: [u64; 2],
    pub handshake: [u64; 2],
    /// A proxy was asked to pass something on: the other end of the flow is not where it went.
    pub proxied: bool,
    /// Unread bytes by reason; a flow has one or two reasons.
    pub unread: Vec<(OpaqueReason, [u64; 2])>,
    pub host: String,
    pub protocol: &'static str,
}

impl Account {
    pub(super) fn unread(&mut self, reason: OpaqueReason, dir: Dir, bytes: u64) {
        if bytes == 0 {
            return;
        }
        if let Some((_, counts)) = self.unread.iter_mut().find(|(known, _)| *known == reason) {
            counts[dir.index()] += bytes;
        } else {
            let mut counts = [0; 2];
            counts[dir.index()] = bytes;
            self.unread.push((reason, counts));
        }
    }

    /// Application bytes of a direction that were read.
    pub fn readable(&self, dir: Dir) -> u64 {
        let unread: u64 = self
            .unread
            .iter()
            .map(|(_, counts)| counts[dir.index()])
            .sum();
        self.app[dir.index()].saturating_sub(unread)
    }

    /// The reason of most unread bytes, those of `first` weighing before the other direction's.
    pub fn reason(&self, first: Dir) -> &'static str {
        self.unread
            .iter()
            .max_by_key(|(reason, counts)| {
                (
                    counts[first.index()],
                    counts[first.other().index()],
                    std::cmp::Reverse(*reason),
                )
            })
            .map_or("", |(reason, _)| reason.text())
    }
}
