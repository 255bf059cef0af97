//! One traffic secret of TLS 1.3: records opened in place, and the secret that follows after a key update.

use super::aead::{mixed_nonce, Aead};
use super::schedule::expand_label;
use super::suites::Suite;

/// A traffic secret with its keys.
pub(super) struct TrafficKey {
    suite: Suite,
    secret: Vec<u8>,
    key: Aead,
    iv: [u8; 12],
    /// Drafts before 25 authenticate no record header.
    header_authenticated: bool,
}

impl TrafficKey {
    /// Derives key and IV (RFC 8446 section 7.3). None when the secret does not have the length of the suite's hash.
    pub fn new(suite: Suite, secret: &[u8], header_authenticated: bool) -> Option<TrafficKey> {
        if secret.len() != suite.hash.len() {
            return None;
        }
        let mut key = vec![0; suite.bulk.key_len()];
        let mut iv = [0; 12];
        expand_label(suite.hash, secret, "key", &mut key);
        expand_label(suite.hash, secret, "iv", &mut iv);
        let key = Aead::new(suite.bulk, &key)?;
        let secret = secret.to_vec();
        Some(TrafficKey {
            suite,
            secret,
            key,
            iv,
            header_authenticated,
        })
    }

    /// The next generation (RFC 8446 section 7.2).
    pub fn next(&self) -> Option<TrafficKey> {
        let mut secret = vec![0; self.secret.len()];
        expand_label(self.suite.hash, &self.secret, "traffic upd", &mut secret);
        TrafficKey::new(self.suite, &secret, self.header_authenticated)
    }

    /// Verifies and decrypts a record's body in place: inner content type and length of the content (padding removed).
    ///
    /// On None the body is spoilt.
    pub fn open(&self, seq: u64, header: [u8; 5], body: &mut [u8]) -> Option<(u8, usize)> {
        let associated = if self.header_authenticated {
            &header[..]
        } else {
            &[]
        };
        let len = self
            .key
            .open(mixed_nonce(&self.iv, seq), associated, body)?;
        let last = body[..len].iter().rposition(|&b| b != 0)?;
        Some((body[last], last))
    }
}
