//! Stories of the whole engine: frames in, rows out.
#![allow(
    clippy::indexing_slicing,
    reason = "a test that indexes wrongly should fail"
)]
#![allow(missing_docs, reason = "tests explain themselves by their names")]
#![allow(dead_code, reason = "the helpers serve several test binaries")]

mod cuts;
mod dtls;
#[path = "../http/frames.rs"]
mod frames;
mod http2;
mod httpdns;
mod listen;
mod proxies;
#[path = "../tls/session.rs"]
mod session;
mod small;
mod tunnels;
mod unknown;
mod whole;
#[path = "../net/wire.rs"]
mod wire;
