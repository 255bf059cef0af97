//! The ClientHello (RFC 8446 section 4.1.2): a message body in, its fields out. Also used for QUIC.

use super::cursor::{numbers, Cursor};

/// Extension numbers that mean something here (IANA registry "TLS ExtensionType Values").
pub(super) mod extension {
    pub const SERVER_NAME: u16 = 0;
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    pub const ALPN: u16 = 16;
    pub const ENCRYPT_THEN_MAC: u16 = 22;
    pub const EXTENDED_MASTER_SECRET: u16 = 23;
    pub const SESSION_TICKET: u16 = 35;
    pub const PRE_SHARED_KEY: u16 = 41;
    pub const EARLY_DATA: u16 = 42;
    pub const SUPPORTED_VERSIONS: u16 = 43;
    pub const CONNECTION_ID: u16 = 54;
    pub const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
    pub const ENCRYPTED_SERVER_NAME: u16 = 0xffce;
}

/// Longest server name or protocol name kept, bytes (names are at most 253 and 255).
const NAME_BYTES: usize = 255;

/// A client's offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The version field; TLS 1.3 says 0x0303 here and the truth in `supported_versions`.
    pub version: u16,
    /// Joins the session to its line in a key log.
    pub random: [u8; 32],
    /// Empty, or the id of a session to resume (TLS 1.3 fills it without meaning).
    pub session_id: Vec<u8>,
    /// Cipher suites in the order offered, GREASE included.
    pub ciphers: Vec<u16>,
    /// Extension numbers in the order offered, GREASE included.
    pub extensions: Vec<u16>,
    /// Server name in lower case; bytes that are no printable ASCII are escaped.
    pub sni: Option<String>,
    /// Protocol names offered, as sent.
    pub alpn: Vec<Vec<u8>>,
    /// Versions offered by the extension, GREASE included.
    pub supported_versions: Vec<u16>,
    /// Signature schemes in the order offered, GREASE included.
    pub signature_algorithms: Vec<u16>,
    /// Early data (0-RTT) follows.
    pub early_data: bool,
    /// An encrypted ClientHello or server name is offered (it may be a decoy that browsers send always).
    pub encrypted_name: bool,
    /// The session ticket offered (up to TLS 1.2), or empty.
    pub ticket: Vec<u8>,
    /// Length of the connection id that it wants in what is sent to it (DTLS, RFC 9146).
    pub connection_id_len: Option<u8>,
    /// False when the body ended before the extensions did.
    pub complete: bool,
}

/// Text of a name in lower case; what is not printable ASCII is escaped, so that it can stand in any output.
pub(crate) fn printable(name: &[u8]) -> String {
    let name = &name[..name.len().min(NAME_BYTES)];
    name.escape_ascii().to_string()
}

/// True for the values that clients send to keep servers tolerant (RFC 8701).
pub(super) fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// Reads the body of a ClientHello (what follows the four bytes of type and length).
///
/// A body that is cut within the extensions yields what came before, with `complete` false; one that is cut earlier
/// yields None. Unknown extensions keep their number.
pub fn parse_client_hello(body: &[u8]) -> Option<ClientHello> {
    let mut rest = Cursor(body);
    let mut hello = ClientHello {
        version: rest.u16()?,
        random: rest.take(32)?.try_into().ok()?,
        session_id: rest.vec8()?.to_vec(),
        ciphers: numbers(rest.vec16()?).collect(),
        complete: true,
        ..ClientHello::default()
    };
    let _compressions = rest.vec8()?;
    if rest.0.is_empty() {
        return Some(hello);
    }
    let declared = usize::from(Cursor(rest.0).u16().unwrap_or(u16::MAX));
    hello.complete = declared + 2 <= rest.0.len();
    let mut extensions = Cursor(rest.vec16_cut());
    while let Some(kind) = extensions.u16() {
        hello.extensions.push(kind);
        let cut = Cursor(extensions.0).vec16().is_none();
        let data = extensions.vec16_cut();
        hello.extension(kind, data);
        if cut {
            hello.complete = false;
            break;
        }
    }
    Some(hello)
}

/// The same of DTLS, where a cookie stands between session id and suites (RFC 6347 section 4.2.1).
pub(super) fn parse_dtls_client_hello(body: &[u8]) -> Option<ClientHello> {
    let mut rest = Cursor(body);
    rest.take(34)?;
    rest.vec8()?;
    let before = body.len() - rest.0.len();
    rest.vec8()?;
    parse_client_hello(&[&body[..before], rest.0].concat())
}

impl ClientHello {
    /// Takes in one extension; a malformed one is left without effect.
    fn extension(&mut self, kind: u16, data: &[u8]) {
        let mut data = Cursor(data);
        match kind {
            extension::SERVER_NAME => {
                let mut names = Cursor(data.vec16_cut());
                if names.u8() == Some(0) {
                    // The begin of a name that is cut would name somebody else.
                    let name = names.vec16().filter(|name| !name.is_empty());
                    self.sni = name.map(|name| printable(name).to_ascii_lowercase());
                }
            }
            extension::ALPN => {
                let mut names = Cursor(data.vec16_cut());
                while let Some(name) = names.vec8() {
                    self.alpn.push(name.to_vec());
                }
            }
            extension::SIGNATURE_ALGORITHMS => {
                self.signature_algorithms = numbers(data.vec16_cut()).collect();
            }
            extension::SUPPORTED_VERSIONS => {
                self.supported_versions = numbers(data.vec8().unwrap_or_default()).collect();
            }
            extension::EARLY_DATA => self.early_data = true,
            extension::CONNECTION_ID => self.connection_id_len = data.u8(),
            extension::SESSION_TICKET => self.ticket = data.0.to_vec(),
            extension::ENCRYPTED_CLIENT_HELLO | extension::ENCRYPTED_SERVER_NAME => {
                self.encrypted_name = true;
            }
            _ => {}
        }
    }

    /// The highest version offered, GREASE apart.
    pub fn best_version(&self) -> u16 {
        let offered = self.supported_versions.iter().copied();
        offered
            .filter(|&v| !is_grease(v))
            .max()
            .unwrap_or(self.version)
    }
}

/// Reads an SSL 2 style hello that offers SSL 3 or TLS (RFC 5246 appendix E.2); `body` follows the two length bytes.
pub(super) fn parse_old_client_hello(body: &[u8]) -> Option<ClientHello> {
    let mut rest = Cursor(body);
    if rest.u8()? != 1 {
        return None;
    }
    let version = rest.u16()?;
    let (ciphers, id, challenge) = (rest.u16()?, rest.u16()?, rest.u16()?);
    let ciphers = rest.take(ciphers.into())?;
    let session_id = rest.take(id.into())?.to_vec();
    let challenge = rest.take(challenge.into())?;
    let mut random = [0; 32];
    let n = challenge.len().min(32);
    random[32 - n..].copy_from_slice(&challenge[challenge.len() - n..]);
    let ciphers = ciphers
        .chunks_exact(3)
        .filter(|c| c[0] == 0)
        .map(|c| u16::from_be_bytes([c[1], c[2]]))
        .collect();
    Some(ClientHello {
        version,
        random,
        session_id,
        ciphers,
        complete: true,
        ..ClientHello::default()
    })
}
