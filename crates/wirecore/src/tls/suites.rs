//! Cipher suites: a number in, its name and algorithms out. The algorithms are read from the registry name.

use super::names::NAMES;

/// How records are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bulk {
    Null,
    Rc4,
    TripleDes,
    Aes128Cbc,
    Aes256Cbc,
    Aes128Gcm,
    Aes256Gcm,
    Aes128Ccm,
    Aes256Ccm,
    Aes128Ccm8,
    Aes256Ccm8,
    ChaCha20,
}

impl Bulk {
    /// Bytes of the key.
    pub fn key_len(self) -> usize {
        match self {
            Bulk::Null => 0,
            Bulk::Rc4 | Bulk::Aes128Cbc | Bulk::Aes128Gcm | Bulk::Aes128Ccm | Bulk::Aes128Ccm8 => {
                16
            }
            Bulk::TripleDes => 24,
            Bulk::Aes256Cbc
            | Bulk::Aes256Gcm
            | Bulk::Aes256Ccm
            | Bulk::Aes256Ccm8
            | Bulk::ChaCha20 => 32,
        }
    }

    /// Bytes of the part of the nonce (or of the IV before TLS 1.1) that comes from the key block.
    pub fn fixed_iv_len(self) -> usize {
        match self {
            Bulk::Null | Bulk::Rc4 => 0,
            Bulk::TripleDes => 8,
            Bulk::Aes128Cbc | Bulk::Aes256Cbc => 16,
            Bulk::ChaCha20 => 12,
            _ => 4,
        }
    }

    pub fn is_aead(self) -> bool {
        !matches!(
            self,
            Bulk::Null | Bulk::Rc4 | Bulk::TripleDes | Bulk::Aes128Cbc | Bulk::Aes256Cbc
        )
    }
}

/// A hash, for record authentication or key derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
}

impl Hash {
    /// Bytes of its output.
    pub fn len(self) -> usize {
        match self {
            Hash::Md5 => 16,
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
        }
    }
}

/// What a suite does to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    pub bulk: Bulk,
    /// The hash in the name: of the record MAC for CBC and stream ciphers, else of key derivation.
    pub hash: Hash,
}

impl Suite {
    /// None for a suite that is unknown or whose algorithms are not built (Camellia, ARIA, SEED, IDEA, DES40 ...).
    pub fn of(id: u16) -> Option<Suite> {
        // The first ChaCha20 suites (2013) were numbered outside the registry and built their nonces differently.
        if matches!(id, 0xcc13..=0xcc15) {
            return None;
        }
        let name = cipher_name(id)?.strip_prefix("TLS_")?;
        let tail = name.split_once("_WITH_").map_or(name, |(_, tail)| tail);
        let (bulk, hash) = match tail {
            "AES_128_CCM" => ("AES_128_CCM", "SHA256"),
            "AES_256_CCM" => ("AES_256_CCM", "SHA256"),
            "AES_128_CCM_8" => ("AES_128_CCM_8", "SHA256"),
            "AES_256_CCM_8" => ("AES_256_CCM_8", "SHA256"),
            _ => tail.rsplit_once('_')?,
        };
        let bulk = match bulk {
            "NULL" => Bulk::Null,
            "RC4_128" => Bulk::Rc4,
            "3DES_EDE_CBC" => Bulk::TripleDes,
            "AES_128_CBC" => Bulk::Aes128Cbc,
            "AES_256_CBC" => Bulk::Aes256Cbc,
            "AES_128_GCM" => Bulk::Aes128Gcm,
            "AES_256_GCM" => Bulk::Aes256Gcm,
            "AES_128_CCM" => Bulk::Aes128Ccm,
            "AES_256_CCM" => Bulk::Aes256Ccm,
            "AES_128_CCM_8" => Bulk::Aes128Ccm8,
            "AES_256_CCM_8" => Bulk::Aes256Ccm8,
            "CHACHA20_POLY1305" => Bulk::ChaCha20,
            _ => return None,
        };
        let hash = match hash {
            "MD5" => Hash::Md5,
            "SHA" => Hash::Sha1,
            "SHA256" => Hash::Sha256,
            "SHA384" => Hash::Sha384,
            _ => return None,
        };
        Some(Suite { bulk, hash })
    }

    /// The suites of TLS 1.3 (RFC 8446 appendix B.4): those whose number begins with 0x13.
    pub fn modern(id: u16) -> Option<Suite> {
        (id >> 8 == 0x13).then(|| Suite::of(id)).flatten()
    }

    /// The hash of the pseudo-random function of TLS 1.2 (RFC 5246 section 5: SHA-256 unless the suite says more).
    pub fn prf(self) -> Hash {
        if self.hash == Hash::Sha384 {
            Hash::Sha384
        } else {
            Hash::Sha256
        }
    }
}

/// IANA name of a cipher suite.
pub fn cipher_name(id: u16) -> Option<&'static str> {
    let at = NAMES.binary_search_by_key(&id, |row| row.0).ok()?;
    Some(NAMES[at].1)
}
