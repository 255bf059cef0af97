//! The ServerHello of every version, drafts of TLS 1.3 included: a message body in, its choices out.

use super::client_hello::{extension, printable};
use super::cursor::Cursor;

/// The random of a HelloRetryRequest (RFC 8446 section 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// A server's choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerHello {
    /// The version chosen, from the extension where there is one.
    pub version: u16,
    pub random: [u8; 32],
    pub session_id: Vec<u8>,
    pub cipher: u16,
    pub compression: u8,
    pub encrypt_then_mac: bool,
    pub extended_master_secret: bool,
    /// TLS 1.3: a pre-shared key was accepted.
    pub resumes: bool,
    /// The protocol chosen (up to TLS 1.2; later it stands in EncryptedExtensions).
    pub alpn: Option<String>,
    /// Length of the connection id that it wants in what is sent to it (DTLS).
    pub connection_id_len: Option<u8>,
    /// A HelloRetryRequest: the real one is still to come.
    pub retry: bool,
}

/// True for TLS 1.3 and its drafts, also Facebook's (0xfb..) and Chrome's experiments (0x7e..).
pub(super) fn is_modern(version: u16) -> bool {
    version == 0x0304 || matches!(version >> 8, 0x7e | 0x7f | 0xfb)
}

/// Number of a draft of TLS 1.3, or None for others.
pub(super) fn draft(version: u16) -> Option<u8> {
    matches!(version >> 8, 0x7f | 0xfb).then_some(version as u8)
}

/// What stands for drafts of TLS 1.3 before 16: they wrote 1.3 itself where the version always stands.
pub(super) const EARLY_DRAFT: u16 = 0x7f00;

/// Reads the body of a ServerHello. Drafts before 22 have neither session id nor compression.
pub(crate) fn parse_server_hello(body: &[u8]) -> Option<ServerHello> {
    let mut rest = Cursor(body);
    let version = match rest.u16()? {
        0x0304 => EARLY_DRAFT,
        told => told,
    };
    let mut hello = ServerHello {
        version,
        random: rest.take(32)?.try_into().ok()?,
        ..ServerHello::default()
    };
    if version >> 8 == 0x7f {
        hello.cipher = rest.u16()?;
    } else {
        hello.session_id = rest.vec8()?.to_vec();
        hello.cipher = rest.u16()?;
        hello.compression = rest.u8()?;
    }
    hello.retry = hello.random == RETRY;
    let mut extensions = Cursor(rest.vec16_cut());
    while let Some(kind) = extensions.u16() {
        let mut data = Cursor(extensions.vec16()?);
        match kind {
            extension::SUPPORTED_VERSIONS => hello.version = data.u16().unwrap_or(version),
            extension::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
            extension::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
            extension::CONNECTION_ID => hello.connection_id_len = data.u8(),
            extension::PRE_SHARED_KEY => hello.resumes = true,
            extension::ALPN => hello.alpn = chosen_protocol(data.0),
            _ => {}
        }
    }
    Some(hello)
}

/// The one protocol in a server's ALPN extension (RFC 7301 section 3.1).
pub(super) fn chosen_protocol(data: &[u8]) -> Option<String> {
    let mut names = Cursor(Cursor(data).vec16()?);
    names.vec8().map(printable)
}

/// The chosen protocol in an EncryptedExtensions body.
pub(crate) fn encrypted_alpn(body: &[u8]) -> Option<String> {
    chosen_protocol(encrypted_extension(body, extension::ALPN)?)
}

/// One extension of an EncryptedExtensions body.
pub(crate) fn encrypted_extension(body: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut extensions = Cursor(Cursor(body).vec16()?);
    while let Some(kind) = extensions.u16() {
        let data = extensions.vec16()?;
        if kind == wanted {
            return Some(data);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_drafts_have_neither_session_id_nor_compression() {
        let mut body = vec![3, 4];
        body.extend([7; 32]);
        body.extend([0xc0, 0x2b, 0, 4, 0, 0x17, 0, 0]);
        let hello = parse_server_hello(&body).expect("a draft's");
        assert_eq!((hello.version, hello.cipher), (EARLY_DRAFT, 0xc02b));
        assert!(hello.extended_master_secret && is_modern(hello.version));
        assert!(hello.session_id.is_empty());
    }
}
