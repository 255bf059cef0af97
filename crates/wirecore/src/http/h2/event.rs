//! What the bytes of an HTTP/2 connection turn into.

use crate::http::head::Header;
use crate::record::{Dir, Odd};

/// What a connection held, in order.
#[derive(Debug)]
pub enum H2Event<'a> {
    /// A whole field section: the head of a message, or trailers.
    Fields {
        /// Who sent it.
        dir: Dir,
        /// Of which stream; for a push promise, of the stream that is promised.
        stream: u32,
        /// In order, pseudo-header fields first. A field whose name is not known is called `?` and its place.
        fields: &'a [Header<'a>],
        /// Where the frame that began it begins, in this direction's bytes.
        offset: u64,
        /// Bytes of its frames.
        bytes: u64,
        /// Bytes of fields that could not be read.
        unread: u64,
    },
    /// Bytes of a body.
    Body {
        /// Who sent them.
        dir: Dir,
        /// Of which stream.
        stream: u32,
        /// Never empty.
        bytes: &'a [u8],
    },
    /// This side of the stream sends no more.
    End {
        /// Which side.
        dir: Dir,
        /// Of which stream.
        stream: u32,
    },
    /// The stream is given up.
    Reset {
        /// By whom.
        dir: Dir,
        /// Which.
        stream: u32,
    },
    /// Bytes are missing.
    Missing {
        /// Who sent them.
        dir: Dir,
        /// Of this stream's body; of any stream when it is `None`.
        stream: Option<u32>,
    },
    /// Bytes that are no frame, or of a frame that means nothing here.
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
    /// Something odd; its offset is in the bytes of that direction.
    Odd(Odd),
}

/// Takes events as they come.
pub(super) type Out<'o> = &'o mut dyn FnMut(H2Event<'_>);
