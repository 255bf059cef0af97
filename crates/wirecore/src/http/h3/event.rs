//! What the streams of an HTTP/3 connection turn into.

use crate::http::head::Header;
use crate::record::{Dir, Odd};

/// What a connection held, in order of each stream.
#[derive(Debug)]
pub enum H3Event<'a> {
    /// A whole field section: the head of a message, or trailers.
    Fields {
        /// Who sent it.
        dir: Dir,
        /// Of which stream; a pushed answer has the stream that brought it.
        stream: u64,
        /// In order, pseudo-header fields first. A field whose name is not known is called `?` and its place.
        fields: &'a [Header<'a>],
        /// Where its frame begins, in this direction of the stream.
        offset: u64,
        /// Bytes of its frame.
        bytes: u64,
        /// Bytes of fields that could not be read.
        unread: u64,
    },
    /// The head of a request that the server promises to answer (RFC 9114, section 4.6).
    Promise {
        /// Its number.
        push: u64,
        /// In order, pseudo-header fields first.
        fields: &'a [Header<'a>],
    },
    /// Bytes of a body.
    Body {
        /// Who sent them.
        dir: Dir,
        /// Of which stream.
        stream: u64,
        /// Never empty.
        bytes: &'a [u8],
    },
    /// This side of the stream sends no more.
    End {
        /// Which side.
        dir: Dir,
        /// Of which stream.
        stream: u64,
        /// All of it was framed and read.
        complete: bool,
    },
    /// This side gave the stream up.
    Reset {
        /// Which side.
        dir: Dir,
        /// Of which stream.
        stream: u64,
    },
    /// Bytes of a body are missing.
    Missing {
        /// Who sent them.
        dir: Dir,
        /// Of which stream.
        stream: u64,
    },
    /// Bytes of a frame or stream type that is not known here (GREASE included), or whose framing was lost.
    Unknown {
        /// Who sent them.
        dir: Dir,
        /// Never empty.
        bytes: &'a [u8],
        /// Framing was lost at missing bytes.
        after_gap: bool,
    },
    /// Bytes that say nothing that can be read: a field section of which a part is missing.
    Unread {
        /// Who sent them.
        dir: Dir,
        /// How many.
        bytes: u64,
    },
    /// Something odd; its offset is in the bytes of that direction of the stream.
    Odd(Odd),
}

/// Takes events as they come.
pub(super) type Out<'o> = &'o mut dyn FnMut(H3Event<'_>);
