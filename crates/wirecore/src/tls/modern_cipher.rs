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

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text
            .chars()
            .filter_map(|c| c.to_digit(16))
            .map(|d| d as u8)
            .collect();
        digits.chunks(2).map(|d| d[0] << 4 | d[1]).collect()
    }

    /// RFC 8448 section 3: the client's application traffic secret and its first record of data.
    #[test]
    fn the_record_of_rfc_8448_is_opened() {
        let suite = Suite::modern(0x1301).unwrap();
        let secret = unhex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
        let key = TrafficKey::new(suite, &secret, true).unwrap();
        assert_eq!(key.iv.to_vec(), unhex("5b78923dee08579033e523d9"));
        let record = unhex(
            "1703030043 a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20
             441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4",
        );
        let (header, body) = record.split_first_chunk::<5>().unwrap();
        let mut opened = body.to_vec();
        let (kind, len) = key.open(0, *header, &mut opened).unwrap();
        assert_eq!(
            (kind, &opened[..len]),
            (23, &(0..50).collect::<Vec<u8>>()[..])
        );

        let mut wrong_number = body.to_vec();
        assert_eq!(key.open(1, *header, &mut wrong_number), None);
        let mut wrong_header = body.to_vec();
        assert_eq!(key.open(0, [23, 3, 1, 0, 0x43], &mut wrong_header), None);
        let mut after_update = body.to_vec();
        assert_eq!(
            key.next().unwrap().open(0, *header, &mut after_update),
            None
        );
    }

    #[test]
    fn a_secret_of_another_hash_is_refused() {
        let suite = Suite::modern(0x1302).unwrap();
        assert!(TrafficKey::new(suite, &[0; 32], true).is_none());
        assert!(TrafficKey::new(suite, &[0; 48], true).is_some());
    }
}
