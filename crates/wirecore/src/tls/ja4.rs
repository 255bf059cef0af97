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

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FoxIO's technical details.
    fn browser() -> ClientHello {
        ClientHello {
            version: 0x0303,
            ciphers: vec![
                0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
                0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
            ],
            extensions: vec![
                0x2a2a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005,
                0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0x3a3a,
            ],
            supported_versions: vec![0x9a9a, 0x0304, 0x0303],
            signature_algorithms: vec![
                0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601,
            ],
            alpn: vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            complete: true,
            ..ClientHello::default()
        }
    }

    #[test]
    fn the_published_example() {
        assert_eq!(browser().ja4('t'), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_eq!(browser().ja4('q'), "q13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn the_order_of_ciphers_and_extensions_makes_no_difference_but_that_of_signatures_does() {
        let mut hello = browser();
        hello.ciphers.reverse();
        hello.extensions.reverse();
        assert_eq!(hello.ja4('t'), browser().ja4('t'));
        hello.signature_algorithms.reverse();
        assert_ne!(hello.ja4('t'), browser().ja4('t'));
    }

    #[test]
    fn an_empty_offer_has_zeros() {
        let hello = ClientHello {
            version: 0x0301,
            ..ClientHello::default()
        };
        assert_eq!(hello.ja4('t'), "t10i000000_000000000000_000000000000");
    }

    #[test]
    fn protocol_names_give_first_and_last_character_or_their_digits() {
        let names: [(&[u8], &str); 6] = [
            (b"http/1.1", "h1"),
            (b"h2", "h2"),
            (b"x", "xx"),
            (b"\xab", "ab"),
            (b"0\xab", "3b"),
            (b"", "00"),
        ];
        for (name, text) in names {
            assert_eq!(protocol(name), text, "{name:?}");
        }
    }
}
