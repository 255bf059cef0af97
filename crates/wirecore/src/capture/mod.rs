//! Capture files: bytes of a file in, frames and side notes out.
//!
//! [`Reader`] takes anything that can be read from its beginning to its end (no seeking, no mmap:
//! a file that is cut while it is read must not end the process), looks at content and never at a
//! name, and hands out one [`Item`] at a time. There is no "need more": the source is asked until
//! it ends. A file that ends or breaks midway gives what came before, then one [`Item::Odd`].

mod blocks;
mod classic;
mod error;
mod gzip;
mod input;
mod options;
mod pcapdroid;
pub mod phone;
pub mod prescan;
mod reader;
pub mod rotation;
mod sections;
mod sniff;
mod source;

pub use error::{CaptureError, CaptureErrorKind};
pub use pcapdroid::{App, Apps};
pub use phone::{choose_phone, choose_phone_of, Phone};
pub use prescan::{prescan, Initiated, Prescan};
pub use reader::Reader;
pub use rotation::Rotation;
pub use sniff::{sniff, Format};

use crate::record::Odd;

/// One captured packet, borrowed from the reader's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Number of the packet in the file, from 1.
    pub number: u64,
    /// Capture time, nanoseconds since 1970 UTC. Simple packet blocks carry none: the last time seen.
    pub ts_ns: i64,
    /// Link type (`LINKTYPE_` number of the tcpdump registry).
    pub link: u16,
    /// Interface, numbered from 0 over all sections of the file.
    pub interface: u32,
    /// Bytes the packet had on the wire; `data` is shorter when a snap length cut it.
    pub wire_len: u32,
    /// The captured bytes, from the link-layer header on.
    pub data: &'a [u8],
    /// The packet's first comment (pcapng `opt_comment`).
    pub comment: Option<&'a [u8]>,
}

/// What a capture file holds, in file order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A packet.
    Frame(Frame<'a>),
    /// Embedded decryption secrets.
    Secrets {
        /// Kind of secrets (0x544c534b is a TLS key log).
        kind: u32,
        /// The secrets as stored.
        data: &'a [u8],
    },
    /// Statistics of an interface up to here; a later one of the same interface replaces it.
    Dropped {
        /// Interface, numbered as in [`Frame`].
        interface: u32,
        /// Packets received.
        received: Option<u64>,
        /// Packets lost by interface or system.
        dropped: Option<u64>,
        /// When the recording of this interface began and ended, as the recorder says.
        ran: Option<(i64, i64)>,
    },
    /// The recorder says which app a user id of the phone belongs to; packets name it in their comments.
    AppName {
        /// Android user id.
        uid: i32,
        /// Name of its package.
        name: &'a [u8],
    },
    /// Something wrong with the file at `offset` of the decompressed capture.
    Odd(Odd),
}

/// Kind of secrets block that holds a TLS key log ("TLSK").
pub const SECRETS_TLS_KEY_LOG: u32 = 0x544c_534b;
