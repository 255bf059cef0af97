//! What the datagrams of a QUIC connection turn into.

use super::packets::ConnId;
use crate::anomaly::OpaqueReason;
use crate::record::{Dir, Odd};

/// What a connection held, in order. `dir` is by the flow, as everywhere.
#[derive(Debug)]
pub enum QuicEvent<'a> {
    /// The first bytes of streams follow; comes once.
    Begin {
        /// HTTP/3 was chosen, or offered where the choice is not known.
        h3: bool,
    },
    /// Bytes of a stream, in order, each once.
    Stream {
        /// Who sent them.
        dir: Dir,
        /// Of which stream.
        stream: u64,
        /// Never empty.
        bytes: &'a [u8],
    },
    /// Bytes of a stream that never came.
    Gap {
        /// Who sent them.
        dir: Dir,
        /// Of which stream.
        stream: u64,
        /// How many.
        len: u64,
    },
    /// This side of the stream has said all.
    End {
        /// Which side.
        dir: Dir,
        /// Of which stream.
        stream: u64,
    },
    /// This side gave the stream up.
    Reset {
        /// Which side.
        dir: Dir,
        /// Which stream.
        stream: u64,
    },
    /// A message outside of streams (RFC 9221).
    Datagram {
        /// Who sent it.
        dir: Dir,
        /// What it holds.
        bytes: &'a [u8],
    },
    /// Protected bytes that were not read.
    Opaque {
        /// Who sent them.
        dir: Dir,
        /// How many.
        len: u64,
        /// Why.
        reason: OpaqueReason,
    },
    /// Bytes of packets that only set the connection up.
    Handshake {
        /// Who sent them.
        dir: Dir,
        /// How many.
        len: u64,
    },
    /// A connection id that the side may be addressed by from now on.
    Id {
        /// Who receives packets that carry it.
        issuer: Dir,
        /// The id; never empty.
        id: ConnId,
    },
    /// An id that is no longer remembered.
    IdGone(ConnId),
    /// Something odd.
    Odd(Odd),
}

/// Takes events as they come.
pub(super) type Sink<'o> = &'o mut dyn FnMut(QuicEvent<'_>);
