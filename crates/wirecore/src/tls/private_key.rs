//! Private keys of servers: PEM blocks in, pre-master secrets of RSA key exchanges out (RFC 5246 section 7.4.7.1).
//!
//! Only suites whose name begins with `TLS_RSA_` encrypt the secret to the server's key; with Diffie-Hellman a private
//! key opens nothing.

use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Encrypt, RsaPrivateKey};

/// Bytes of a pre-master secret that a client encrypts for a server's key.
const PREMASTER: usize = 48;
/// Private keys kept; each costs a decryption for each handshake.
const KEYS: usize = 16;

/// The private keys of one case.
#[derive(Clone, Debug, Default)]
pub(super) struct PrivateKeys(Vec<RsaPrivateKey>);

impl PrivateKeys {
    /// Adds the key of one PEM block, its first and last line included. True when it is new; certificates and
    /// parameters, which often stand in the same file, are passed over.
    pub fn add_pem(&mut self, block: &str) -> Result<bool, &'static str> {
        const WRONG: &str = "begins an RSA private key that cannot be read";
        let first = block.lines().next().unwrap_or_default();
        let kind = first
            .trim_start_matches("-----BEGIN ")
            .trim_end_matches('-');
        if kind == "ENCRYPTED PRIVATE KEY" || block.contains("Proc-Type: 4,ENCRYPTED") {
            return Err("begins a private key under a password: write it without one (openssl pkey -in KEY -out OPEN)");
        }
        let key = match kind {
            "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_pem(block).map_err(|_| WRONG)?,
            "PRIVATE KEY" => RsaPrivateKey::from_pkcs8_pem(block).map_err(|_| {
                "begins a private key that is no RSA key, or cannot be read: it opens no session"
            })?,
            "EC PRIVATE KEY" | "DSA PRIVATE KEY" => {
                return Err("begins a private key that is no RSA key: it opens no session");
            }
            _ => return Ok(false),
        };
        if self.0.contains(&key) {
            return Ok(false);
        }
        if self.0.len() >= KEYS {
            return Err("begins one private key too many");
        }
        self.0.push(key);
        Ok(true)
    }

    /// What the keys make of an encrypted pre-master secret; none where its padding does not fit.
    pub fn decrypt<'a>(&'a self, encrypted: &'a [u8]) -> impl Iterator<Item = Vec<u8>> + 'a {
        let fitting = self.0.iter().filter(|key| key.size() == encrypted.len());
        fitting
            .filter_map(|key| key.decrypt(Pkcs1v15Encrypt, encrypted).ok())
            .filter(|secret| secret.len() == PREMASTER)
    }
}
