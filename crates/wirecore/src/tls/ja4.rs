//! JA4, the fingerprint of a ClientHello (FoxIO, BSD 3-Clause: <https://github.com/FoxIO-LLC/ja4>, technical details).

use ring::digest::{digest, SHA256};
use std::fmt::Write as _;

use super::client_hello::{extension, is_grease, ClientHello};
use super::hex::hex;

impl ClientHello {
    /// The JA4 text, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`.
    ///
    /// `transport` is `t` for TCP, `q` for QUIC, `d` for DTLS.
    pub fn ja4(&self, transport: char) -> String {
        let real = |list: &[u16]| {
            list.iter()
                .copied()
                .filter(|&v| !is_grease(v))
                .collect::<Vec<_>>()
        };
        let (ciphers, extensions) = (real(&self.ciphers), real(&self.extensions));
        let version = match self.best_version() {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            0x0300 => "s3",
            0x0002 => "s2",
            0xfeff => "d1",
            0xfefd => "d2",
            0xfefc => "d3",
            _ => "00",
        };
        let name = if extensions.contains(&extension::SERVER_NAME) {
            'd'
        } else {
            'i'
        };
        let mut hashed: Vec<u16> = extensions
            .iter()
            .copied()
            .filter(|&e| e != extension::SERVER_NAME && e != extension::ALPN)
            .collect();
        hashed.sort_unstable();
        let mut sorted_ciphers = ciphers.clone();
        sorted_ciphers.sort_unstable();
        let mut third = list(&hashed);
        let signatures = real(&self.signature_algorithms);
        if !signatures.is_empty() {
            third.push('_');
            third.push_str(&list(&signatures));
        }
        format!(
            "{transport}{version}{name}{:02}{:02}{}_{}_{}",
            ciphers.len().min(99),
            extensions.len().min(99),
            protocol(self.alpn.first().map_or(&[], Vec::as_slice)),
            short_hash(&list(&sorted_ciphers), ciphers.is_empty()),
            short_hash(&third, extensions.is_empty()),
        )
    }
}

/// First and last character of the first protocol offered; of its hexadecimal form where one is not alphanumeric.
fn protocol(name: &[u8]) -> String {
    match (name.first(), name.last()) {
        (Some(first), Some(last))
            if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() =>
        {
            format!("{}{}", *first as char, *last as char)
        }
        (Some(first), Some(last)) => format!("{:x}{:x}", first >> 4, last & 15),
        _ => "00".to_owned(),
    }
}

fn list(numbers: &[u16]) -> String {
    let mut text = String::with_capacity(numbers.len() * 5);
    for (i, n) in numbers.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}{n:04x}");
    }
    text
}

fn short_hash(text: &str, empty: bool) -> String {
    if empty {
        return "000000000000".to_owned();
    }
    hex(&digest(&SHA256, text.as_bytes()).as_ref()[..6])
}
