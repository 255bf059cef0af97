//! One direction's record protection in SSL-descended versions up to TLS 1.2: opened in place and verified.

use std::ops::Range;

use aes::{Aes128, Aes256};
use cbc::cipher::{block_padding::NoPadding, BlockCipher, BlockDecryptMut, InnerIvInit, KeyInit};
use des::TdesEde3;
use hmac::Hmac;

use super::aead::{mixed_nonce, Aead};
use super::cursor::Cursor;
use super::rc4::Rc4;
use super::schedule::key_block;
use super::suites::{Bulk, Hash, Suite};
use crate::record::Dir;

/// What decides the keys of a session: all of it comes from the hellos but the master secret.
pub(super) struct Session<'a> {
    pub version: u16,
    pub suite: Suite,
    pub client_random: &'a [u8; 32],
    pub server_random: &'a [u8; 32],
    pub encrypt_then_mac: bool,
}

#[derive(Clone)]
enum MacKey {
    Md5(Hmac<md5::Md5>),
    Sha1(Hmac<sha1::Sha1>),
    Sha256(Hmac<sha2::Sha256>),
    Sha384(Hmac<sha2::Sha384>),
    /// What SSL 3 had before HMAC (RFC 6101 section 5.2.3.1).
    OldMd5(Vec<u8>),
    OldSha1(Vec<u8>),
}

impl MacKey {
    fn new(version: u16, hash: Hash, key: &[u8]) -> Option<MacKey> {
        if version == 0x0300 {
            return match hash {
                Hash::Md5 => Some(MacKey::OldMd5(key.to_vec())),
                Hash::Sha1 => Some(MacKey::OldSha1(key.to_vec())),
                _ => None,
            };
        }
        Some(match hash {
            Hash::Md5 => MacKey::Md5(hmac::Mac::new_from_slice(key).ok()?),
            Hash::Sha1 => MacKey::Sha1(hmac::Mac::new_from_slice(key).ok()?),
            Hash::Sha256 => MacKey::Sha256(hmac::Mac::new_from_slice(key).ok()?),
            Hash::Sha384 => MacKey::Sha384(hmac::Mac::new_from_slice(key).ok()?),
        })
    }

    fn len(&self) -> usize {
        match self {
            MacKey::Md5(_) | MacKey::OldMd5(_) => 16,
            MacKey::Sha1(_) | MacKey::OldSha1(_) => 20,
            MacKey::Sha256(_) => 32,
            MacKey::Sha384(_) => 48,
        }
    }

    fn is_old(&self) -> bool {
        matches!(self, MacKey::OldMd5(_) | MacKey::OldSha1(_))
    }

    fn verify(&self, head: &[u8], data: &[u8], tag: &[u8]) -> bool {
        fn check<M: hmac::Mac + Clone>(mac: &M, head: &[u8], data: &[u8], tag: &[u8]) -> bool {
            let mut mac = mac.clone();
            mac.update(head);
            mac.update(data);
            mac.verify_slice(tag).is_ok()
        }
        match self {
            MacKey::Md5(m) => check(m, head, data, tag),
            MacKey::Sha1(m) => check(m, head, data, tag),
            MacKey::Sha256(m) => check(m, head, data, tag),
            MacKey::Sha384(m) => check(m, head, data, tag),
            MacKey::OldMd5(key) => old_mac::<md5::Md5>(key, 48, head, data)[..] == *tag,
            MacKey::OldSha1(key) => old_mac::<sha1::Sha1>(key, 40, head, data)[..] == *tag,
        }
    }
}

/// The authentication of SSL 3: two hashes with a padding of their own, and no version in the header.
fn old_mac<D: sha2::Digest>(key: &[u8], padding: usize, head: &[u8], data: &[u8]) -> Vec<u8> {
    let (number_and_kind, len) = (&head[..9], &head[11..]);
    let mut inner = D::new();
    inner.update(key);
    inner.update(vec![0x36; padding]);
    for part in [number_and_kind, len, data] {
        inner.update(part);
    }
    let mut outer = D::new();
    outer.update(key);
    outer.update(vec![0x5c; padding]);
    outer.update(inner.finalize());
    outer.finalize().to_vec()
}

enum Block {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
    TripleDes(Box<TdesEde3>),
}

impl Block {
    fn len(&self) -> usize {
        if matches!(self, Block::TripleDes(_)) {
            8
        } else {
            16
        }
    }

    fn decrypt(&self, iv: &[u8], data: &mut [u8]) -> Option<()> {
        fn cbc<C: BlockCipher + BlockDecryptMut + Clone>(
            key: &C,
            iv: &[u8],
            data: &mut [u8],
        ) -> Option<()> {
            let chain = ::cbc::Decryptor::<C>::inner_iv_slice_init(key.clone(), iv).ok()?;
            chain.decrypt_padded_mut::<NoPadding>(data).ok()?;
            Some(())
        }
        match self {
            Block::Aes128(key) => cbc(&**key, iv, data),
            Block::Aes256(key) => cbc(&**key, iv, data),
            Block::TripleDes(key) => cbc(&**key, iv, data),
        }
    }
}

enum Kind {
    /// Integrity alone.
    Null(MacKey),
    /// RFC 5288 and RFC 6655: four fixed bytes of the nonce, eight that come with the record.
    ExplicitNonce {
        key: Aead,
        fixed: [u8; 4],
    },
    /// RFC 7905.
    MixedNonce {
        key: Aead,
        iv: [u8; 12],
    },
    /// `chained` is the last ciphertext block of the record before, in TLS 1.0 only; empty when that is missing.
    Cbc {
        key: Block,
        mac: MacKey,
        chained: Option<Vec<u8>>,
        encrypt_then_mac: bool,
    },
    Stream {
        key: Box<Rc4>,
        mac: MacKey,
    },
}

/// One direction's key.
pub(super) struct LegacyCipher(Kind);

impl LegacyCipher {
    /// Derives the key block (RFC 5246 section 6.3) and takes the part of `dir`. None when the suite is not built.
    pub fn new(session: &Session<'_>, master: &[u8], dir: Dir) -> Option<LegacyCipher> {
        let Suite { bulk, hash } = session.suite;
        let mac_len = if bulk.is_aead() { 0 } else { hash.len() };
        let (key_len, iv_len) = (bulk.key_len(), bulk.fixed_iv_len());
        let mut block = vec![0; 2 * (mac_len + key_len + iv_len)];
        key_block(
            session.version,
            session.suite.prf(),
            master,
            session.client_random,
            session.server_random,
            &mut block,
        );
        let mut rest = Cursor(&block);
        let mut pair = |n| {
            let both = [rest.take(n)?, rest.take(n)?];
            Some(both[dir.index()])
        };
        let (mac, key, iv) = (pair(mac_len)?, pair(key_len)?, pair(iv_len)?);
        let cbc = |key| {
            Some(Kind::Cbc {
                key,
                mac: MacKey::new(session.version, hash, mac)?,
                chained: (session.version <= 0x0301).then(|| iv.to_vec()),
                encrypt_then_mac: session.encrypt_then_mac,
            })
        };
        let kind = match bulk {
            Bulk::Null => Kind::Null(MacKey::new(session.version, hash, mac)?),
            Bulk::Rc4 => Kind::Stream {
                key: Box::new(Rc4::new(key)),
                mac: MacKey::new(session.version, hash, mac)?,
            },
            Bulk::TripleDes => cbc(Block::TripleDes(Box::new(
                TdesEde3::new_from_slice(key).ok()?,
            )))?,
            Bulk::Aes128Cbc => cbc(Block::Aes128(Box::new(Aes128::new_from_slice(key).ok()?)))?,
            Bulk::Aes256Cbc => cbc(Block::Aes256(Box::new(Aes256::new_from_slice(key).ok()?)))?,
            Bulk::ChaCha20 => Kind::MixedNonce {
                key: Aead::new(bulk, key)?,
                iv: iv.try_into().ok()?,
            },
            _ => Kind::ExplicitNonce {
                key: Aead::new(bulk, key)?,
                fixed: iv.try_into().ok()?,
            },
        };
        Some(LegacyCipher(kind))
    }

    /// Verifies and decrypts one record's body in place; where the plaintext lies in it.
    ///
    /// On None the body is spoilt, but the cipher is as before: the same record may be tried with another number.
    pub fn open(&mut self, head: Head<'_>, body: &mut [u8]) -> Option<Range<usize>> {
        match &mut self.0 {
            Kind::ExplicitNonce { key, fixed } => {
                let (explicit, data) = body.split_at_mut_checked(8)?;
                let mut nonce = [0; 12];
                nonce[..4].copy_from_slice(fixed);
                nonce[4..].copy_from_slice(explicit);
                let head = head.bytes(data.len().checked_sub(key.tag_len())?);
                let len = key.open(nonce, &head, data)?;
                Some(8..8 + len)
            }
            Kind::MixedNonce { key, iv } => {
                let bytes = head.bytes(body.len().checked_sub(key.tag_len())?);
                let len = key.open(mixed_nonce(iv, head.seq), &bytes, body)?;
                Some(0..len)
            }
            Kind::Null(mac) => {
                let (data, tag) = body.split_at(body.len().checked_sub(mac.len())?);
                let right = mac.verify(&head.bytes(data.len()), data, tag);
                right.then_some(0..data.len())
            }
            Kind::Stream { key, mac } => {
                let mut ahead = key.clone();
                ahead.apply(body);
                let (data, tag) = body.split_at(body.len().checked_sub(mac.len())?);
                if !mac.verify(&head.bytes(data.len()), data, tag) {
                    return None;
                }
                *key = ahead;
                Some(0..data.len())
            }
            Kind::Cbc {
                key,
                mac,
                chained,
                encrypt_then_mac,
            } => open_cbc((key, mac), chained, *encrypt_then_mac, head, body),
        }
    }

    /// Goes past a record that was not opened, or (with 0 bytes) past an unknown number of them. `body` is its ciphertext,
    /// when known.
    pub fn skip(&mut self, body_len: usize, body: Option<&[u8]>) {
        match &mut self.0 {
            Kind::Stream { key, .. } => key.skip(body_len),
            Kind::Cbc {
                key,
                mac,
                chained: Some(chained),
                encrypt_then_mac,
            } => {
                chained.clear();
                let outer = if *encrypt_then_mac { mac.len() } else { 0 };
                let end = body_len.saturating_sub(outer);
                let last = body.and_then(|b| b.get(end.checked_sub(key.len())?..end));
                chained.extend_from_slice(last.unwrap_or_default());
            }
            _ => {}
        }
    }
}

/// What is authenticated beside a record's content.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    /// Number of the record; in DTLS its epoch in the upper 16 bits.
    pub seq: u64,
    /// Its header as TLS has it: type, version, and a length that is not used.
    pub header: [u8; 5],
    /// The connection id that DTLS writes into the header, when there is one.
    pub id: Option<&'a [u8]>,
}

impl Head<'_> {
    /// Without a connection id.
    pub fn of(seq: u64, header: [u8; 5]) -> Self {
        Head {
            seq,
            header,
            id: None,
        }
    }

    /// Sequence number, type, version and length, as they go into MACs and AEADs (RFC 5246 section 6.2.3); with a
    /// connection id, which also stands there, a placeholder comes first (RFC 9146 section 5).
    fn bytes(&self, len: usize) -> HeadBytes {
        let len = (len as u16).to_be_bytes();
        let [kind, version @ .., _, _] = self.header;
        let Some(id) = self.id else {
            let mut head = [0; 13];
            head[..8].copy_from_slice(&self.seq.to_be_bytes());
            head[8..11].copy_from_slice(&self.header[..3]);
            head[11..].copy_from_slice(&len);
            return HeadBytes::Plain(head);
        };
        let mut head = vec![0xFF; 8];
        head.extend([kind, id.len() as u8, kind]);
        head.extend(version);
        head.extend(self.seq.to_be_bytes());
        head.extend(id);
        head.extend(len);
        HeadBytes::WithId(head)
    }
}

/// The same as bytes: without an allocation where there is no connection id.
enum HeadBytes {
    Plain([u8; 13]),
    WithId(Vec<u8>),
}

impl std::ops::Deref for HeadBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            HeadBytes::Plain(head) => head,
            HeadBytes::WithId(head) => head,
        }
    }
}

fn open_cbc(
    (key, mac): (&Block, &MacKey),
    chained: &mut Option<Vec<u8>>,
    encrypt_then_mac: bool,
    head: Head<'_>,
    body: &mut [u8],
) -> Option<Range<usize>> {
    let size = key.len();
    let outer = if encrypt_then_mac { mac.len() } else { 0 };
    let (sealed, tag) = body.split_at_mut_checked(body.len().checked_sub(outer)?)?;
    if encrypt_then_mac && !mac.verify(&head.bytes(sealed.len()), sealed, tag) {
        return None;
    }
    let (iv, data) = if let Some(iv) = chained {
        (iv.clone(), sealed)
    } else {
        let (iv, data) = sealed.split_at_mut_checked(size)?;
        (iv.to_vec(), data)
    };
    let begin = if chained.is_some() { 0 } else { size };
    let last = data.get(data.len().checked_sub(size)?..)?.to_vec();
    key.decrypt(&iv, data)?;
    let padding = usize::from(*data.last()?);
    let kept = data.len().checked_sub(padding + 1)?;
    // SSL 3 leaves open what the padding is.
    if !mac.is_old() && data[kept..].iter().any(|&b| usize::from(b) != padding) {
        return None;
    }
    let len = if encrypt_then_mac {
        kept
    } else {
        let len = kept.checked_sub(mac.len())?;
        let (content, tag) = data[..kept].split_at(len);
        if !mac.verify(&head.bytes(len), content, tag) {
            return None;
        }
        len
    };
    if let Some(iv) = chained {
        *iv = last;
    }
    Some(begin..begin + len)
}
