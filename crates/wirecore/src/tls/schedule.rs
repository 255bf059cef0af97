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

/// The expansion of SSL 3 (RFC 6101 sections 6.1 and 6.2.2): MD5 over the secret and SHA-1 of a growing label with both.
fn ssl3_expand(secret: &[u8], seed: [&[u8]; 2], out: &mut [u8]) {
    use sha1::Digest;
    for (chunk, number) in out.chunks_mut(16).zip(1..=26_u8) {
        let label = vec![b'A' + number - 1; number.into()];
        let mut inner = sha1::Sha1::new();
        for part in [&label, secret, seed[0], seed[1]] {
            inner.update(part);
        }
        let block = md5::Md5::new()
            .chain_update(secret)
            .chain_update(inner.finalize())
            .finalize();
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
}

/// The master secret of SSL 3.
pub(super) fn master_secret(premaster: &[u8], client: &[u8; 32], server: &[u8; 32]) -> Vec<u8> {
    let mut master = vec![0; 48];
    ssl3_expand(premaster, [client, server], &mut master);
    master
}

/// The bytes that the keys of a session are cut from; its first argument decides how (SSL 3, or RFC 5246 section 6.3).
pub(super) fn key_block(
    version: u16,
    hash: Hash,
    master: &[u8],
    client: &[u8; 32],
    server: &[u8; 32],
    out: &mut [u8],
) {
    if version == 0x0300 {
        ssl3_expand(master, [server, client], out);
    } else {
        prf(
            version,
            hash,
            master,
            &[b"key expansion", server, client],
            out,
        );
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
pub(crate) fn expand_label(hash: Hash, secret: &[u8], label: &str, out: &mut [u8]) {
    expand(hash, secret, *b"tls13 ", label, out);
}

/// The same with another protocol's prefix (RFC 9147 section 5.9).
pub(super) fn expand(hash: Hash, secret: &[u8], prefix: [u8; 6], label: &str, out: &mut [u8]) {
    let algorithm = match hash {
        Hash::Sha384 => hkdf::HKDF_SHA384,
        _ => hkdf::HKDF_SHA256,
    };
    let wanted = out.len() as u16;
    let label_len = [6 + label.len() as u8];
    let info = [
        &wanted.to_be_bytes()[..],
        &label_len,
        &prefix,
        label.as_bytes(),
        &[0],
    ];
    let prk = hkdf::Prk::new_less_safe(algorithm, secret);
    // Fails only beyond 255 blocks of output; keys are at most 48 bytes.
    if let Ok(okm) = prk.expand(&info, Len(out.len())) {
        let _: Result<(), _> = okm.fill(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::hex::hex;

    /// The vector that the TLS working group published for the function of TLS 1.2 with SHA-256.
    #[test]
    fn the_function_of_tls_1_2() {
        let secret = 0x9bbe_436b_a940_f017_b176_5284_9a71_db35_u128.to_be_bytes();
        let seed = 0xa0ba_9f93_6cda_3118_27a6_f796_ffd5_198c_u128.to_be_bytes();
        let mut out = [0; 100];
        prf(
            0x0303,
            Hash::Sha256,
            &secret,
            &[b"test label", &seed],
            &mut out,
        );
        assert_eq!(hex(&out[..16]), "e3f229ba727be17b8d122620557cd453");
        assert_eq!(hex(&out[96..]), "87347b66");
    }

    /// RFC 8448 section 3: keys of the server's handshake traffic secret.
    #[test]
    fn labels_of_tls_1_3() {
        let mut secret = [0; 32];
        let digits = "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38";
        for (byte, at) in secret.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        }
        let (mut key, mut iv) = ([0; 16], [0; 12]);
        expand_label(Hash::Sha256, &secret, "key", &mut key);
        expand_label(Hash::Sha256, &secret, "iv", &mut iv);
        assert_eq!(hex(&key), "3fce516009c21727d0f2e4e86ee403bc");
        assert_eq!(hex(&iv), "5d313eb2671276ee13000b30");
    }
}
