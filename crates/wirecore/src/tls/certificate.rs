//! The leaf certificate of a Certificate message: who the server says it is. Nothing is verified.

use std::io::Read;

use ring::digest::{digest, SHA256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::cursor::Cursor;
use super::hex::hex;

/// DNS names kept of one certificate.
const NAMES: usize = 200;

/// What a certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertInfo {
    /// SHA-256 of the DER bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Distinguished name, or empty when the certificate cannot be read.
    pub subject: String,
    /// Distinguished name of the signer, or empty.
    pub issuer: String,
    /// DNS names of the subject alternative name extension, at most 200.
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
        info.subject = cert.subject().to_string();
        info.issuer = cert.issuer().to_string();
        info.not_before = cert.validity().not_before.timestamp();
        info.not_after = cert.validity().not_after.timestamp();
        if let Ok(Some(names)) = cert.subject_alternative_name() {
            let dns = names
                .value
                .general_names
                .iter()
                .filter_map(|name| match name {
                    GeneralName::DNSName(name) => Some((*name).to_owned()),
                    _ => None,
                });
            info.dns_names = dns.take(NAMES).collect();
        }
        info
    }
}

/// The first certificate of a Certificate body; `modern` is the form of TLS 1.3 (RFC 8446 section 4.4.2).
pub(super) fn leaf(body: &[u8], modern: bool) -> Option<CertInfo> {
    let mut rest = Cursor(body);
    if modern {
        rest.vec8()?;
    }
    let mut list = Cursor(rest.vec24()?);
    let der = list.vec24()?;
    (!der.is_empty()).then(|| CertInfo::of(der))
}

/// The same of a CompressedCertificate body (RFC 8879); None when it is damaged or larger than `bound`.
pub(super) fn compressed_leaf(body: &[u8], bound: usize) -> Option<CertInfo> {
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
