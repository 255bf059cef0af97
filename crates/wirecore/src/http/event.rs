//! What the bytes of an HTTP connection turn into.

use super::head::{Head, Header};
use crate::record::{Dir, Odd};

/// What a stream held, in order.
#[derive(Debug)]
pub enum H1Event<'a> {
    /// A message begins.
    Head(Head<'a>),
    /// Bytes of the open message's body, transfer coding removed, content coding not.
    Body {
        /// Whose.
        dir: Dir,
        /// Never empty.
        bytes: &'a [u8],
    },
    /// The trailer section of a chunked body, when it is not empty.
    Trailers {
        /// Whose.
        dir: Dir,
        /// Its lines.
        headers: &'a [Header<'a>],
    },
    /// Bytes are missing here, of the open message's body or of unknown bytes.
    Missing {
        /// Whose.
        dir: Dir,
        /// How many, as sent (with their transfer coding).
        len: u64,
    },
    /// The open message has ended.
    End {
        /// Whose.
        dir: Dir,
        /// False when bytes are missing or the end was not seen. A body that lasts until the
        /// connection closes counts as complete: who closes the stream knows how it closed.
        complete: bool,
    },
    /// From here on both directions speak `protocol` ("websocket", "h2c", "connect" ...): their
    /// bytes follow as `Unknown`.
    Upgraded {
        /// Lower case, as the Upgrade header named it.
        protocol: &'a str,
    },
    /// Bytes outside any message.
    Unknown {
        /// Whose.
        dir: Dir,
        /// Never empty.
        bytes: &'a [u8],
    },
    /// Something odd; its offset is in the stream of that direction.
    Odd(Odd),
}

/// Takes events as they come.
pub(super) type Out<'o> = &'o mut dyn FnMut(H1Event<'_>);
