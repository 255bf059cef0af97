//! The fuzz targets: one function a parser. Bytes in, nothing out; it panics where the parser breaks a promise: it ends,
//! tells no more than came, and how its input is cut makes no difference.
//!
//! `cargo fuzz` runs them for as long as one likes, `crates/wirecore/tests/fuzz.rs` replays their seeds in the ordinary
//! tests; both know them by [`TARGETS`].

mod bodies;
mod captures;
mod engines;
#[path = "../../crates/wirecore/tests/engine/listen.rs"]
mod listen;
mod script;
#[path = "../../crates/wirecore/tests/unwrap/seen.rs"]
mod seen;
#[path = "../../crates/wirecore/tests/tls/session.rs"]
mod session;
mod streams;
#[path = "../../crates/wirecore/tests/http/told.rs"]
mod told;
#[path = "../../crates/wirecore/tests/http/told_h2.rs"]
mod told_h2;
#[path = "../../crates/wirecore/tests/net/walk.rs"]
mod walk;
#[path = "../../crates/wirecore/tests/net/wire.rs"]
mod wire;

/// A parser, and what feeds it.
pub struct Target {
    /// As the fuzzer calls it; its seeds lie in `fuzz/seeds/` under this name.
    pub name: &'static str,
    /// One input.
    pub run: fn(&[u8]),
}

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

/// Every parser of the core.
pub const TARGETS: &[Target] = &[
    target("pcap", captures::pcap),
    target("pcapng", captures::pcapng),
    target("compressed", captures::compressed),
    target("packets", captures::packets),
    target("tcp", captures::tcp),
    target("tls", streams::tls),
    target("dtls", streams::dtls),
    target("certificate", streams::certificate),
    target("keylog", streams::keylog),
    target("quic", streams::quic),
    target("http1", streams::http1),
    target("http2", streams::http2),
    target("http3", streams::http3),
    target("websocket", bodies::websocket),
    target("grpc", bodies::grpc),
    target("grpc_web_text", bodies::grpc_web_text),
    target("sse", bodies::sse),
    target("codings", bodies::codings),
    target("dns", streams::dns),
    target("httpdns", streams::httpdns),
    target("mqtt", engines::mqtt),
    target("xmpp", engines::xmpp),
    target("mail", engines::mail),
    target("socks", engines::socks),
    target("any_stream", engines::any_stream),
    target("stun", engines::stun),
    target("small", engines::small),
    target("any_datagram", engines::any_datagram),
    target("told", engines::told),
    target("unwrap_documents", bodies::unwrap_documents),
    target("unwrap_binary", bodies::unwrap_binary),
    target("unwrap_archives", bodies::unwrap_archives),
    target("unwrap_tokens", bodies::unwrap_tokens),
    target("optin_chunk", bodies::optin_chunk),
    target("needles", bodies::needles),
    target("media", bodies::media),
];

/// Runs the target of this name.
///
/// # Panics
/// Where there is none, or where a promise is broken.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of the list").run)(bytes);
}
