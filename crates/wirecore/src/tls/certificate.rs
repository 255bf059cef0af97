//! The leaf certificate of a Certificate message: who the server says it is. Nothing is verified.

use std::io::Read;
use std::net::IpAddr;

use ring::digest::{digest, SHA256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::client_hello::printable;
use super::cursor::Cursor;
use super::hex::hex;

/// DNS names kept of one certificate.
const NAMES: usize = 200;
/// Characters kept of a distinguished name.
const NAME_CHARS: usize = 1024;

/// What a certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertInfo {
    /// SHA-256 of the DER bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Distinguished name, or empty when the certificate cannot be read.
    pub subject: String,
    /// Distinguished name of the signer, or empty.
    pub issuer: String,
    /// DNS names (in lower case) and addresses of the subject alternative name extension, at most 200.
    pub dns_names: Vec<String>,
    /// Seconds since 1970-01-01 UTC, 0 when it cannot be read.
    pub not_before: i64,
    /// Seconds since 1970-01-01 UTC, 0 when it cannot be read.
    pub not_after: i64,
}

impl CertInfo {
    /// From DER bytes. What cannot be parsed still has its hash.
    pub fn of(der: &[u8]) -> CertInfo {
        let hash = digest(&SHA256, der);
        let mut info = CertInfo {
            sha256: hex(hash.as_ref()),
            ..CertInfo::default()
        };
        let Ok((_, cert)) = X509Certificate::from_der(der) else {
            return info;
        };
        info.subject = shown(&cert.subject().to_string());
        info.issuer = shown(&cert.issuer().to_string());
        info.not_before = cert.validity().not_before.timestamp();
        info.not_after = cert.validity().not_after.timestamp();
        if let Ok(Some(names)) = cert.subject_alternative_name() {
            let names = names
                .value
                .general_names
                .iter()
                .filter_map(|name| match name {
                    GeneralName::DNSName(name) => {
                        Some(printable(name.as_bytes()).to_ascii_lowercase())
                    }
                    GeneralName::IPAddress(bytes) => address(bytes),
                    _ => None,
                });
            info.dns_names = names.take(NAMES).collect();
        }
        info
    }
}

/// A name without control characters and of bounded length; letters of every script stay.
fn shown(name: &str) -> String {
    let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    name.chars().take(NAME_CHARS).map(shown).collect()
}

/// Text of an address: four or sixteen bytes.
fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let v6 = <[u8; 16]>::try_from(bytes).map(IpAddr::from);
    v4.or(v6).ok().map(|ip| ip.to_string())
}

/// The first certificate of a Certificate body; `modern` is the form of TLS 1.3 (RFC 8446 section 4.4.2).
pub(crate) fn leaf(body: &[u8], modern: bool) -> Option<CertInfo> {
    let mut rest = Cursor(body);
    if modern {
        rest.vec8()?;
    }
    let mut list = Cursor(rest.vec24()?);
    let der = list.vec24()?;
    (!der.is_empty()).then(|| CertInfo::of(der))
}

/// The same of a CompressedCertificate body (RFC 8879); None when it is damaged or larger than `bound`.
pub(crate) fn compressed_leaf(body: &[u8], bound: usize) -> Option<CertInfo> {
    let mut rest = Cursor(body);
    let algorithm = rest.u16()?;
    let len = rest.u24()?;
    let data = rest.vec24()?;
    if len > bound {
        return None;
    }
    let mut plain = Vec::new();
    let done = match algorithm {
        1 => flate2::read::ZlibDecoder::new(data)
            .take(len as u64)
            .read_to_end(&mut plain),
        2 => brotli_decompressor::Decompressor::new(data, 4096)
            .take(len as u64)
            .read_to_end(&mut plain),
        3 => zstd::stream::read::Decoder::new(data)
            .ok()?
            .take(len as u64)
            .read_to_end(&mut plain),
        _ => return None,
    };
    (done.ok()? == len).then(|| leaf(&plain, true)).flatten()
}
