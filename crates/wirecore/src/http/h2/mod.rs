//! HTTP/2 (RFC 9113): the bytes of both directions of a connection in, fields and pieces of bodies by stream out.
//!
//! [`H2Conn`] owns no socket or clock. "Need more" is silence: a frame header or field block that is not whole yet
//! waits. Bodies are never held: they come out of the piece that was fed. A capture may begin late and miss bytes;
//! what can be framed and read then is, the rest is told.

mod block;
mod event;
mod frame;
mod hpack;
mod lost;
mod side;
mod static_table;

pub use event::H2Event;
pub(super) use frame::{begins, is_one_frame, PREFACE};

use crate::limits::Limits;
use crate::record::Dir;
use event::Out;
use hpack::Bounds;
use side::Side;

/// A connection seen from outside.
pub struct H2Conn {
    sides: [Side; 2],
    bounds: Bounds,
}

impl H2Conn {
    /// A connection of which nothing was seen.
    pub fn new(limits: &Limits) -> Self {
        H2Conn {
            sides: [Side::new(Dir::Client), Side::new(Dir::Server)],
            bounds: Bounds {
                table: limits.hpack_table_bytes,
                list: limits.http_head_bytes,
            },
        }
    }

    /// Memory held in buffers and dynamic tables, bytes.
    pub fn held_bytes(&self) -> usize {
        let buffers = self.sides.iter().map(|side| side.held.capacity());
        buffers.sum::<usize>() + self.table_bytes()
    }

    /// Bytes of one direction, in order.
    pub fn feed(&mut self, dir: Dir, bytes: &[u8], out: Out<'_>) {
        self.sides[dir.index()].feed(bytes, self.bounds, out);
    }

    /// `len` bytes of one direction are missing from the capture.
    pub fn gap(&mut self, dir: Dir, len: u64, out: Out<'_>) {
        if len > 0 {
            self.sides[dir.index()].gap(len, self.bounds, out);
        }
    }

    /// One direction has ended.
    pub fn finish(&mut self, dir: Dir, out: Out<'_>) {
        self.sides[dir.index()].finish(self.bounds, out);
    }

    /// Bytes that the dynamic tables of both directions count.
    pub fn table_bytes(&self) -> usize {
        self.sides.iter().map(Side::table_bytes).sum()
    }

    /// Lets go of the oldest entries of each dynamic table beyond `bytes`; they become unknown ones.
    pub fn shrink_tables(&mut self, bytes: usize) {
        for side in &mut self.sides {
            side.shrink_table(bytes);
        }
    }
}
