//! Chunks that optin encrypted: a body and the key of the owner's audit export in, the content out.
//!
//! A chunk is libsodium's `crypto_secretstream_xchacha20poly1305`: a 24-byte header, then messages of
//! one encrypted tag byte, ciphertext and 16 bytes of MAC. Its content is padded after ISO/IEC 7816-4
//! (`sodium_pad`). Every byte given out was authenticated; nothing is guessed with a key that does not fit.

use std::fmt;

use chacha20::cipher::consts::U10;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use chacha20::{hchacha, ChaCha20};
use poly1305::universal_hash::{KeyInit, UniversalHash};
use poly1305::Poly1305;
use rustc_hash::FxHashMap;

/// The codec's name in a [`crate::record::Step`]; the step's path is the chunk's name.
pub const CODEC: &str = "optin_chunk";

/// Bytes of the stream's header.
const HEADER: usize = 24;
/// Bytes that a message is longer than its content: tag byte and MAC.
const OVERHEAD: usize = 17;
const MAC: usize = 16;
const TAG_REKEY: u8 = 2;
const TAG_FINAL: u8 = 3;
/// Messages of one chunk that are opened at most.
const MESSAGES: usize = 4096;

/// Chunk keys of the owner's audit export, by chunk name.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    by_name: FxHashMap<String, [u8; 32]>,
}

impl Keys {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the key of a chunk; a later key of the same name replaces it.
    pub fn add(&mut self, name: &str, key: [u8; 32]) {
        self.by_name.insert(name.to_owned(), key);
    }

    /// The key of a chunk.
    pub fn get(&self, name: &str) -> Option<&[u8; 32]> {
        self.by_name.get(name)
    }

    /// How many chunks have a key.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// True when no chunk has a key.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

/// What a chunk held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The content; its padding is removed when the chunk is whole.
    pub content: Vec<u8>,
    /// True when the stream's final message was seen.
    pub complete: bool,
}

/// Why a chunk stayed closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// Shorter than a header and an empty message.
    TooShort,
    /// The key does not fit, or the first message is damaged or cut.
    DoesNotFit,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OpenError::TooShort => "the chunk is shorter than its header and an empty message",
            OpenError::DoesNotFit => {
                "the chunk's key does not open it, or the chunk is damaged or cut"
            }
        })
    }
}

/// Opens the body of a chunk.
///
/// The stream does not say where a message ends. What optin writes is one message, so the whole rest is
/// tried first; then every length that is a multiple of 16 bytes, in one pass. A stream whose later
/// messages are cut gives what came before, with `complete` false.
pub fn open(key: &[u8; 32], body: &[u8]) -> Result<Opened, OpenError> {
    if body.len() < HEADER + OVERHEAD {
        return Err(OpenError::TooShort);
    }
    let (header, mut rest) = body.split_at(HEADER);
    let mut stream = Stream::new(key, header);
    let mut content = Vec::new();
    if let Some(tag) = stream.pull(rest, &mut content) {
        return Ok(finish(content, tag == TAG_FINAL));
    }
    for number in 0..MESSAGES {
        let Some(tag) = stream.next_message(rest).and_then(|len| {
            let (message, after) = rest.split_at(len);
            rest = after;
            stream.pull(message, &mut content)
        }) else {
            return if number == 0 {
                Err(OpenError::DoesNotFit)
            } else {
                Ok(finish(content, false))
            };
        };
        if tag == TAG_FINAL || rest.is_empty() {
            return Ok(finish(content, tag == TAG_FINAL));
        }
    }
    Ok(finish(content, false))
}

/// Removes the padding of a whole content: zeros back to 0x80. Content without that mark is left as it is.
fn finish(mut content: Vec<u8>, complete: bool) -> Opened {
    if complete {
        if let Some(mark) = content.iter().rposition(|&b| b != 0) {
            if content[mark] == 0x80 {
                content.truncate(mark);
            }
        }
    }
    Opened { content, complete }
}

/// The state of `crypto_secretstream_xchacha20poly1305`: a key, a counter and the inner nonce.
struct Stream {
    key: [u8; 32],
    counter: u32,
    inner: [u8; 8],
}

impl Stream {
    fn new(key: &[u8; 32], header: &[u8]) -> Self {
        let mut inner = [0; 8];
        inner.copy_from_slice(&header[16..HEADER]);
        let key = hchacha::<U10>(key.into(), header[..16].into()).into();
        Stream {
            key,
            counter: 1,
            inner,
        }
    }

    fn cipher(&self) -> ChaCha20 {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&self.counter.to_le_bytes());
        nonce[4..].copy_from_slice(&self.inner);
        ChaCha20::new(&self.key.into(), &nonce.into())
    }

    /// The message's authenticator after its encrypted tag block; ciphertext blocks follow.
    fn authenticator(&self, encrypted_tag: u8) -> Poly1305 {
        let mut cipher = self.cipher();
        let mut poly_key = [0; 64];
        cipher.apply_keystream(&mut poly_key);
        let mut block = [0; 64];
        block[0] = encrypted_tag;
        cipher.apply_keystream(&mut block);
        block[0] = encrypted_tag;
        let mut poly = Poly1305::new(poly1305::Key::from_slice(&poly_key[..32]));
        poly.update_padded(&block);
        poly
    }

    /// Opens exactly one message, appends its content and gives its tag; `None` leaves everything as it was.
    fn pull(&mut self, message: &[u8], content: &mut Vec<u8>) -> Option<u8> {
        let (&encrypted_tag, rest) = message.split_first()?;
        let (cipher_text, mac) = rest.split_at(rest.len().checked_sub(MAC)?);
        let poly = self.authenticator(encrypted_tag);
        if authenticate(poly, cipher_text) != mac {
            return None;
        }
        let mut cipher = self.cipher();
        cipher.seek(64u32);
        let mut tag = [encrypted_tag];
        cipher.apply_keystream(&mut tag);
        cipher.seek(128u32);
        let from = content.len();
        content.extend_from_slice(cipher_text);
        cipher.apply_keystream(&mut content[from..]);
        for (inner, mac) in self.inner.iter_mut().zip(mac) {
            *inner ^= mac;
        }
        self.counter = self.counter.wrapping_add(1);
        if tag[0] & TAG_REKEY != 0 || self.counter == 0 {
            self.rekey();
        }
        Some(tag[0])
    }

    fn rekey(&mut self) {
        let mut cipher = self.cipher();
        cipher.apply_keystream(&mut self.key);
        cipher.apply_keystream(&mut self.inner);
        self.counter = 1;
    }

    /// Length of the message at the start of `rest`: the first multiple of 16 at which the MAC holds, or all.
    fn next_message(&self, rest: &[u8]) -> Option<usize> {
        let (&encrypted_tag, body) = rest.split_first()?;
        let mut poly = self.authenticator(encrypted_tag);
        let mut len = 0;
        while len + MAC <= body.len() {
            let mac = &body[len..len + MAC];
            if finalize(poly.clone(), len) == mac {
                return Some(len + OVERHEAD);
            }
            poly.update_padded(mac);
            len += MAC;
        }
        let all = body.len().checked_sub(MAC)?;
        (authenticate(self.authenticator(encrypted_tag), &body[..all]) == body[all..])
            .then_some(rest.len())
    }
}

fn authenticate(mut poly: Poly1305, cipher_text: &[u8]) -> [u8; 16] {
    let (blocks, tail) = cipher_text.split_at(cipher_text.len() & !15);
    poly.update_padded(blocks);
    if tail.is_empty() {
        return finalize(poly, cipher_text.len());
    }
    // libsodium pads with `len % 16` zeros, not up to the next block (its format froze that slip):
    // tail, zeros and the two lengths run on without alignment.
    let mut end = [0; 15 + 15 + 16];
    end[..tail.len()].copy_from_slice(tail);
    let at = tail.len() * 2;
    end[at..at + 16].copy_from_slice(&lengths(cipher_text.len()));
    poly.compute_unpadded(&end[..at + 16]).into()
}

fn finalize(mut poly: Poly1305, cipher_text_len: usize) -> [u8; 16] {
    poly.update(&[lengths(cipher_text_len).into()]);
    poly.finalize().into()
}

/// Length of the additional data (none) and of tag block and ciphertext.
fn lengths(cipher_text_len: usize) -> [u8; 16] {
    let mut block = [0; 16];
    block[8..].copy_from_slice(&(64 + cipher_text_len as u64).to_le_bytes());
    block
}

#[cfg(test)]
#[path = "optin_chunk_tests.rs"]
mod tests;
