//! TLS: the bytes of both directions of a stream in, verified plaintext and what is known of the session out.
//!
//! [`TlsConn`] owns no socket or clock. "Need more" is silence: a record or message that is not whole yet waits. Plaintext
//! is given out only when its authentication holds (but for suites without encryption, which need no keys); everything
//! else is counted as opaque, with the reason.
//!
//! ```
//! use wirecore::{limits::Limits, record::Dir, tls::{KeyLog, TlsConn, TlsEvent}};
//!
//! let keys = KeyLog::new();
//! let mut conn = TlsConn::new(&Limits::default());
//! let mut opaque = 0;
//! conn.feed(&keys, Dir::Client, b"\x17\x03\x03\x00\x02??", &mut |event| {
//!     if let TlsEvent::Opaque { len, .. } = event {
//!         opaque += len;
//!     }
//! });
//! assert_eq!(opaque, 2); // application data without a handshake: the capture began later
//! ```

mod aead;
mod certificate;
mod client_hello;
mod conn;
mod cursor;
mod dtls;
mod framer;
mod handshake;
mod hex;
mod info;
mod ja4;
mod keylog;
mod legacy;
mod legacy_cipher;
mod messages;
mod modern;
mod modern_cipher;
mod names;
mod premaster;
mod private_key;
mod rc4;
mod records;
mod round;
mod schedule;
mod server_hello;
mod side;
mod suites;
mod telling;
mod trial;
mod unlock;

pub use certificate::CertInfo;
pub use client_hello::{parse_client_hello, ClientHello};
pub use conn::{TlsConn, TlsEvent};
pub use dtls::{looks_like_dtls, DtlsConn};
pub use info::{alert_name, version_text, Stage, TlsInfo};
pub use keylog::{KeyLog, KeyLogOdd};
pub use suites::cipher_name;

// What QUIC takes from TLS 1.3 (RFC 9001).
pub(crate) use aead::{mixed_nonce, Aead};
pub(crate) use certificate::{compressed_leaf, leaf};
pub(crate) use client_hello::printable;
pub(crate) use handshake::message;
pub(crate) use keylog::{Label, PCAPNG_TLS_KEYS};
pub(crate) use messages::{Message, Messages};
pub(crate) use schedule::expand_label;
pub(crate) use server_hello::{encrypted_alpn, encrypted_extension, parse_server_hello};
pub(crate) use suites::{Bulk, Hash, Suite};
pub(crate) use trial::Trial;

/// Bytes of a record header.
const HEADER: usize = 5;
/// Largest body of a record: 2^14 of content and 2048 of protection (RFC 5246 section 6.2.3).
const MAX_BODY: usize = 16384 + 2048;

/// Whether these bytes begin with a ClientHello of TLS: for streams that change to TLS after a conversation in clear
/// (STARTTLS, RDP, a proxy's CONNECT). Eleven bytes are needed; fewer give false.
///
/// ```
/// assert!(wirecore::tls::begins_client_hello(b"\x16\x03\x01\x00\x50\x01\x00\x00\x4c\x03\x03 and so on"));
/// assert!(!wirecore::tls::begins_client_hello(b"220 ready when you are"));
/// ```
pub fn begins_client_hello(bytes: &[u8]) -> bool {
    let [22, 3, 0..=4, high, low, 1, 0, a, b, 3, 0..=4, ..] = *bytes else {
        return false;
    };
    let (record, message) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([a, b]));
    usize::from(record) <= MAX_BODY && record >= 4 && message >= 38
}

/// Whether a stream that begins with these bytes speaks TLS. None: more bytes are needed (six are enough).
pub fn looks_like_tls(first: &[u8]) -> Option<bool> {
    match *first {
        [] => None,
        [20..=24, ref rest @ ..] => match *rest {
            [] | [3] => None,
            [3, 0..=4] | [3, 0..=4, _] => None,
            [3, 0..=4, high, low, ref body @ ..] => {
                let len = usize::from(u16::from_be_bytes([high, low]));
                if len == 0 || len > MAX_BODY {
                    return Some(false);
                }
                match (first[0], body) {
                    (22, []) => None,
                    // Hello request, both hellos; anything else may be encrypted or the middle of a handshake.
                    (22, [kind, ..]) => Some(*kind <= 26 || len >= 24),
                    (20, _) => Some(len == 1),
                    _ => Some(true),
                }
            }
            _ => Some(false),
        },
        // An SSL 2 style hello that offers SSL 3 or TLS.
        [0x80..=0xff, ref rest @ ..] => match *rest {
            [] | [_] => None,
            [_, 1] | [_, 1, 3] => None,
            [_, 1, 3, minor, ..] => Some(minor <= 4),
            _ => Some(false),
        },
        _ => Some(false),
    }
}
