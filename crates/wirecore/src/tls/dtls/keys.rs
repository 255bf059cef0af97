//! Record protection of DTLS 1.3 (RFC 9147 section 4): a traffic secret in, records opened out.

use ring::aead::quic::{HeaderProtectionKey, AES_128, AES_256, CHACHA20};

use super::record::Record;
use crate::net::Numbers;
use crate::tls::aead::{mixed_nonce, Aead};
use crate::tls::schedule::expand;
use crate::tls::suites::{Bulk, Suite};

/// Bytes of ciphertext that hide the number, and so the fewest that a record has.
const SAMPLE: usize = 16;
const PREFIX: [u8; 6] = *b"dtls13";

/// A traffic secret with its keys.
pub(super) struct RecordKey {
    suite: Suite,
    secret: Vec<u8>,
    key: Aead,
    iv: [u8; 12],
    mask: HeaderProtectionKey,
}

/// An opened record.
pub(super) struct Opened {
    pub number: u64,
    /// Inner content type.
    pub kind: u8,
    pub content: Vec<u8>,
}

impl RecordKey {
    /// None when the secret does not have the length of the suite's hash.
    pub fn new(suite: Suite, secret: &[u8]) -> Option<RecordKey> {
        if secret.len() != suite.hash.len() {
            return None;
        }
        let mut key = vec![0; suite.bulk.key_len()];
        let mut hide = key.clone();
        let mut iv = [0; 12];
        expand(suite.hash, secret, PREFIX, "key", &mut key);
        expand(suite.hash, secret, PREFIX, "iv", &mut iv);
        expand(suite.hash, secret, PREFIX, "sn", &mut hide);
        let algorithm = match suite.bulk {
            Bulk::ChaCha20 => &CHACHA20,
            _ if hide.len() == 32 => &AES_256,
            _ => &AES_128,
        };
        Some(RecordKey {
            suite,
            secret: secret.to_vec(),
            key: Aead::new(suite.bulk, &key)?,
            iv,
            mask: HeaderProtectionKey::new(algorithm, &hide).ok()?,
        })
    }

    /// The next generation.
    pub fn next(&self) -> Option<RecordKey> {
        let mut secret = vec![0; self.secret.len()];
        expand(
            self.suite.hash,
            &self.secret,
            PREFIX,
            "traffic upd",
            &mut secret,
        );
        RecordKey::new(self.suite, &secret)
    }

    /// Verifies and decrypts a record of `datagram`.
    pub fn open(&self, datagram: &[u8], record: &Record, numbers: &Numbers) -> Option<Opened> {
        let body = datagram.get(record.body.clone())?;
        let mask = self.mask.new_mask(body.get(..SAMPLE)?).ok()?;
        let mut header = datagram.get(record.start..record.body.start)?.to_vec();
        let at = record.number_at.start - record.start..record.number_at.end - record.start;
        let mut truncated = 0;
        for (byte, mask) in header.get_mut(at.clone())?.iter_mut().zip(mask) {
            *byte ^= mask;
            truncated = truncated << 8 | u64::from(*byte);
        }
        let number = numbers.decode(truncated, at.len());
        let mut content = body.to_vec();
        let nonce = mixed_nonce(&self.iv, number);
        let len = self.key.open(nonce, &header, &mut content)?;
        let last = content[..len].iter().rposition(|&byte| byte != 0)?;
        let kind = content[last];
        content.truncate(last);
        Some(Opened {
            number,
            kind,
            content,
        })
    }
}
