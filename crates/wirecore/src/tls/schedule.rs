//! From secrets to keys: the pseudo-random functions of TLS 1.0 to 1.2 and HKDF of TLS 1.3.

use hmac::{Hmac, Mac};
use ring::hkdf;

use super::suites::Hash;

/// P_hash of RFC 5246 section 5, combined with what is in `out` by exclusive or.
fn p_hash<M: Mac + hmac::digest::KeyInit + Clone>(secret: &[u8], seed: &[&[u8]], out: &mut [u8]) {
    // HMAC takes keys of any length; a type whose `new` refuses one is not used here.
    let Ok(keyed) = <M as Mac>::new_from_slice(secret) else {
        return;
    };
    let start = |first: Option<&[u8]>| {
        let mut mac = keyed.clone();
        if let Some(a) = first {
            mac.update(a);
        }
        for part in seed {
            mac.update(part);
        }
        mac.finalize().into_bytes()
    };
    let mut a = start(None);
    for chunk in out.chunks_mut(a.len()) {
        let block = start(Some(&a));
        chunk
            .iter_mut()
            .zip(block.iter())
            .for_each(|(o, b)| *o ^= b);
        let mut mac = keyed.clone();
        mac.update(&a);
        a = mac.finalize().into_bytes();
    }
}

/// The pseudo-random function: RFC 5246 section 5, or RFC 2246 section 5 when `version` is TLS 1.0 or 1.1.
pub(super) fn prf(version: u16, hash: Hash, secret: &[u8], seed: &[&[u8]], out: &mut [u8]) {
    out.fill(0);
    if version >= 0x0303 {
        match hash {
            Hash::Sha384 => p_hash::<Hmac<sha2::Sha384>>(secret, seed, out),
            _ => p_hash::<Hmac<sha2::Sha256>>(secret, seed, out),
        }
    } else {
        let half = secret.len().div_ceil(2);
        p_hash::<Hmac<md5::Md5>>(&secret[..half], seed, out);
        p_hash::<Hmac<sha1::Sha1>>(&secret[secret.len() - half..], seed, out);
    }
}

/// The digest that seeds the extended master secret (RFC 7627 section 3) over the handshake so far.
pub(super) fn session_hash(version: u16, hash: Hash, transcript: &[&[u8]]) -> Vec<u8> {
    fn digest<D: sha2::Digest>(parts: &[&[u8]]) -> Vec<u8> {
        let mut d = D::new();
        for part in parts {
            d.update(part);
        }
        d.finalize().to_vec()
    }
    if version >= 0x0303 {
        match hash {
            Hash::Sha384 => digest::<sha2::Sha384>(transcript),
            _ => digest::<sha2::Sha256>(transcript),
        }
    } else {
        let mut both = digest::<md5::Md5>(transcript);
        both.extend(digest::<sha1::Sha1>(transcript));
        both
    }
}

struct Len(usize);

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1). Labels are short constants.
pub(super) fn expand_label(hash: Hash, secret: &[u8], label: &str, out: &mut [u8]) {
    let algorithm = match hash {
        Hash::Sha384 => hkdf::HKDF_SHA384,
        _ => hkdf::HKDF_SHA256,
    };
    let wanted = out.len() as u16;
    let label_len = [6 + label.len() as u8];
    let info = [
        &wanted.to_be_bytes()[..],
        &label_len,
        b"tls13 ",
        label.as_bytes(),
        &[0],
    ];
    let prk = hkdf::Prk::new_less_safe(algorithm, secret);
    // Fails only beyond 255 blocks of output; keys are at most 48 bytes.
    if let Ok(okm) = prk.expand(&info, Len(out.len())) {
        let _: Result<(), _> = okm.fill(out);
    }
}
