//! Private keys of servers: PEM blocks in, pre-master secrets of RSA key exchanges out (RFC 5246 section 7.4.7.1).
//!
//! Only suites whose name begins with `TLS_RSA_` encrypt the secret to the server's key; with Diffie-Hellman a private
//! key opens nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Encrypt, RsaPrivateKey};

/// Bytes of a pre-master secret that a client encrypts for a server's key.
const PREMASTER: usize = 48;
/// Private keys kept; each costs a decryption for each handshake.
const KEYS: usize = 16;

/// The private keys of one case, and how much may be tried with them.
#[derive(Clone, Debug, Default)]
pub(super) struct PrivateKeys {
    keys: Vec<RsaPrivateKey>,
    trials: Arc<Trials>,
}

/// A trial costs a millisecond or more: a hostile capture could ask for any number of them.
#[derive(Debug)]
struct Trials {
    left: AtomicU64,
    refused: AtomicU64,
}

impl Default for Trials {
    fn default() -> Self {
        Trials {
            left: AtomicU64::new(u64::MAX),
            refused: AtomicU64::new(0),
        }
    }
}

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
        if self.keys.contains(&key) {
            return Ok(false);
        }
        if self.keys.len() >= KEYS {
            return Err("begins one private key too many");
        }
        self.keys.push(key);
        Ok(true)
    }

    /// So many trials are allowed from now on.
    pub fn allow(&self, trials: u64) {
        self.trials.left.store(trials, Ordering::Relaxed);
        self.trials.refused.store(0, Ordering::Relaxed);
    }

    /// Trials that were not made since then.
    pub fn refused(&self) -> u64 {
        self.trials.refused.load(Ordering::Relaxed)
    }

    fn may_try(&self) -> bool {
        let Trials { left, refused } = &*self.trials;
        let less = |left: u64| left.checked_sub(1);
        let allowed = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        if allowed.is_err() {
            refused.fetch_add(1, Ordering::Relaxed);
        }
        allowed.is_ok()
    }

    /// What the keys make of an encrypted pre-master secret; none where its padding does not fit.
    pub fn decrypt<'a>(&'a self, encrypted: &'a [u8]) -> impl Iterator<Item = Vec<u8>> + 'a {
        let fitting = self.keys.iter().filter(|key| key.size() == encrypted.len());
        fitting
            .filter(|_| self.may_try())
            .filter_map(|key| key.decrypt(Pkcs1v15Encrypt, encrypted).ok())
            .filter(|secret| secret.len() == PREMASTER)
    }
}
