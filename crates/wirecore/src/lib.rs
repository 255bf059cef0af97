//! wirecore: the bytes of a capture in, records out.
//!
//! Sans-IO parsers (they own no file, socket or clock) and one engine that chains them:
//! capture -> frame -> IP -> stream -> TLS plaintext -> HTTP message -> unwrap tree -> hits.
//! Odd traffic becomes an [`record::Anomaly`], never an error.

pub mod anomaly;
pub mod capture;
pub mod datagram;
pub mod digest;
pub mod dns;
pub mod engine;
pub mod http;
pub mod inspect;
pub mod known;
pub mod limits;
pub mod net;
pub mod quic;
pub mod record;
pub mod scan;
pub mod tls;
pub mod unwrap;
