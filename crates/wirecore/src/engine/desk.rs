//! What all messages of a thread share: the inspector, the findings, and what is counted over all of them.

use crate::inspect::{Findings, Inspector};
use crate::limits::Limits;

/// What all messages of a thread share.
pub(super) struct Desk {
    pub inspector: Inspector,
    pub limits: Limits,
    pub findings: Findings,
    /// True when some detector rule looks at what comes down.
    pub wants_answers: bool,
    /// Decoded bytes that wait in windows, over all open messages.
    pub waiting: usize,
    /// Streams that are open, over all connections.
    pub open_streams: usize,
    /// Bytes of HPACK's dynamic tables, over all connections.
    pub hpack_bytes: usize,
    /// Decoders that are held by open messages, over all connections.
    pub decoders: usize,
    /// Windows given back, to be used again (a fivefold gain over fresh memory).
    pub pool: Vec<Vec<u8>>,
}

/// Bytes that may wait in windows over all messages; beyond it windows are cut early.
const WAITING_BYTES: usize = 24 << 20;
/// The window when memory is short, and what it repeats of the one before: a needle longer than that may be
/// missed on a border, when thousands of streams of unknown protocols are open at once.
pub(super) const PRESSED_WINDOW_BYTES: usize = 1 << 10;
pub(super) const PRESSED_OVERLAP_BYTES: usize = 512;
/// Windows kept for reuse, and the largest kept.
const POOL: usize = 8;
const POOL_BYTES: usize = 1 << 20;

impl Desk {
    /// Whether one more decoder may be held.
    pub(super) fn may_decode(&self) -> bool {
        self.decoders < self.limits.open_decoders
    }

    /// How large a window may grow, and how much of it the next one repeats.
    pub(super) fn window(&self) -> (usize, usize) {
        if self.waiting > WAITING_BYTES {
            (PRESSED_WINDOW_BYTES, PRESSED_OVERLAP_BYTES)
        } else {
            (
                self.limits.body_window_bytes,
                self.limits.body_overlap_bytes,
            )
        }
    }

    pub(super) fn take_window(&mut self) -> Vec<u8> {
        self.pool.pop().unwrap_or_default()
    }

    pub(super) fn give_window(&mut self, mut window: Vec<u8>) {
        window.clear();
        if window.capacity() > 0 && window.capacity() <= POOL_BYTES && self.pool.len() < POOL {
            self.pool.push(window);
        }
    }
}
