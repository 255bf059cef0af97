//! HTTP: the plaintext of a stream in, heads and bodies out.

mod chunked;
pub mod coding;
mod event;
mod fields;
mod framing;
pub mod h1;
pub mod h2;
pub mod h3;
mod head;
mod huffman;
mod message_head;
mod pairing;
pub mod parts;
mod prefixed;
mod qpack;
mod search;
mod side;
mod start;

pub use coding::ContentDecoder;
pub use event::H1Event;
pub use h1::H1Conn;
pub use h2::{H2Conn, H2Event};
pub use h3::{H3Conn, H3Event};
pub use head::{Head, Header};
pub use message_head::MessageHead;
pub(crate) use parts::base64::Base64;
pub use start::{looks_like_http, was_http, Version};
