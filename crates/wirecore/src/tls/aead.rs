//! Authenticated encryption with associated data, opened in place: AES-GCM, AES-CCM, ChaCha20-Poly1305.

use aes::{Aes128, Aes256};
use ccm::aead::generic_array::typenum::{U12, U16, U8};
use ccm::aead::{AeadInPlace, KeyInit};
use ring::aead::{self, LessSafeKey, Nonce, UnboundKey};

use super::suites::Bulk;

/// A key that opens records.
pub(crate) enum Aead {
    Ring(Box<LessSafeKey>),
    Ccm128(Box<ccm::Ccm<Aes128, U16, U12>>),
    Ccm256(Box<ccm::Ccm<Aes256, U16, U12>>),
    Ccm128Short(Box<ccm::Ccm<Aes128, U8, U12>>),
    Ccm256Short(Box<ccm::Ccm<Aes256, U8, U12>>),
}

impl Aead {
    /// None when `bulk` is no AEAD or the key has the wrong length.
    pub fn new(bulk: Bulk, key: &[u8]) -> Option<Aead> {
        let ring = |algorithm| {
            let key = UnboundKey::new(algorithm, key).ok()?;
            Some(Aead::Ring(Box::new(LessSafeKey::new(key))))
        };
        match bulk {
            Bulk::Aes128Gcm => ring(&aead::AES_128_GCM),
            Bulk::Aes256Gcm => ring(&aead::AES_256_GCM),
            Bulk::ChaCha20 => ring(&aead::CHACHA20_POLY1305),
            Bulk::Aes128Ccm => Some(Aead::Ccm128(Box::new(KeyInit::new_from_slice(key).ok()?))),
            Bulk::Aes256Ccm => Some(Aead::Ccm256(Box::new(KeyInit::new_from_slice(key).ok()?))),
            Bulk::Aes128Ccm8 => Some(Aead::Ccm128Short(Box::new(
                KeyInit::new_from_slice(key).ok()?,
            ))),
            Bulk::Aes256Ccm8 => Some(Aead::Ccm256Short(Box::new(
                KeyInit::new_from_slice(key).ok()?,
            ))),
            _ => None,
        }
    }

    /// Bytes of the tag at a record's end.
    pub fn tag_len(&self) -> usize {
        match self {
            Aead::Ccm128Short(_) | Aead::Ccm256Short(_) => 8,
            _ => 16,
        }
    }

    /// Verifies and decrypts `data` (ciphertext and tag) in place; the plaintext's length, or None and `data` spoilt.
    pub fn open(&self, nonce: [u8; 12], associated: &[u8], data: &mut [u8]) -> Option<usize> {
        fn ccm<A: AeadInPlace>(
            key: &A,
            nonce: &[u8],
            associated: &[u8],
            body: &mut [u8],
            tag: &[u8],
        ) -> bool {
            let (nonce, tag) = (
                ccm::aead::Nonce::<A>::from_slice(nonce),
                ccm::aead::Tag::<A>::from_slice(tag),
            );
            key.decrypt_in_place_detached(nonce, associated, body, tag)
                .is_ok()
        }
        let len = data.len().checked_sub(self.tag_len())?;
        if let Aead::Ring(key) = self {
            let nonce = Nonce::assume_unique_for_key(nonce);
            return key
                .open_in_place(nonce, aead::Aad::from(associated), data)
                .ok()
                .map(|plain| plain.len());
        }
        let (body, tag) = data.split_at_mut(len);
        let opened = match self {
            Aead::Ring(_) => false,
            Aead::Ccm128(key) => ccm(&**key, &nonce, associated, body, tag),
            Aead::Ccm256(key) => ccm(&**key, &nonce, associated, body, tag),
            Aead::Ccm128Short(key) => ccm(&**key, &nonce, associated, body, tag),
            Aead::Ccm256Short(key) => ccm(&**key, &nonce, associated, body, tag),
        };
        opened.then_some(len)
    }
}

/// The nonce of RFC 8446 section 5.3 and RFC 7905 section 2: the sequence number combined with the static IV.
pub(crate) fn mixed_nonce(iv: &[u8; 12], seq: u64) -> [u8; 12] {
    let mut nonce = *iv;
    nonce[4..]
        .iter_mut()
        .zip(seq.to_be_bytes())
        .for_each(|(n, s)| *n ^= s);
    nonce
}
