//! TCP reassembly: segments of one connection in, two ordered byte streams out.
//!
//! Bytes in order go straight through as slices of the packet; only what is out of order is copied
//! and kept, within bounds. Bytes that the capture lacks become gaps, never silence. First seen
//! wins where copies differ (RFC 9293 leaves it to the receiver, most keep the first).

mod budget;
mod flow;
mod half;
mod recent;
#[cfg(test)]
mod tests;

pub use budget::Budget;
pub use flow::{TcpFlow, TcpStats};

use crate::record::{Dir, Odd};

/// How a direction of a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// The sender said so, and every byte before is accounted for.
    Fin,
    /// The connection was reset.
    Rst,
    /// Nothing more came for a long time.
    Timeout,
    /// The capture ended.
    CaptureEnd,
}

/// Receives a connection's streams. Offsets count from the first byte of that direction.
///
/// For each direction: `data` and `gap` follow one another without overlap or hole in the offsets,
/// `closed` comes once and last.
pub trait StreamSink {
    /// The next bytes; `ts_ns` is the time of the packet that carried them.
    fn data(&mut self, dir: Dir, offset: u64, bytes: &[u8], ts_ns: i64);
    /// `len` bytes are missing from the capture.
    fn gap(&mut self, dir: Dir, offset: u64, len: u64, ts_ns: i64);
    /// No more of this direction.
    fn closed(&mut self, dir: Dir, how: Close, ts_ns: i64);
    /// Something odd at a stream offset (gaps are not told here as well).
    fn odd(&mut self, odd: Odd);
}
