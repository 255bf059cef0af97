//! QUIC (RFC 9000, 9001, 9369): the datagrams of a connection in, stream bytes in order and what is known of the session out.
//!
//! Initial packets open with keys that anyone can derive, so that the server's name is known without secrets; all else
//! needs the secrets of a key log. What stays shut is counted, with the reason.

mod assembler;
mod conn;
mod crypto_stream;
mod event;
mod frames;
mod google;
mod hellos;
mod keys;
mod ladder;
mod packets;
mod side;
mod streams;
mod unlock;
mod version;

pub use conn::QuicConn;
pub use event::QuicEvent;
pub(crate) use packets::varint;
pub use packets::ConnId;
pub use version::looks_like_quic;
