//! What a master secret up to TLS 1.2 is made from: the pre-master secrets that the keys given offer for a handshake.

use super::cursor::Cursor;
use super::keylog::{KeyLog, Label};
use super::round::Round;
use super::schedule::{master_secret, prf, session_hash};
use super::server_hello::ServerHello;
use super::suites::{cipher_name, Hash, Suite};

/// How a suite agrees on its pre-master secret, where keys other than the session's own may tell it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exchange {
    /// Encrypted for the server's RSA key.
    Rsa,
    /// A key that both sides know beforehand (RFC 4279 section 2).
    Psk,
    /// Both (RFC 4279 section 4).
    RsaPsk,
}

impl Exchange {
    fn of(cipher: u16) -> Option<Exchange> {
        let name = cipher_name(cipher)?.strip_prefix("TLS_")?;
        if name.starts_with("RSA_PSK_") {
            Some(Exchange::RsaPsk)
        } else if name.starts_with("RSA_") {
            Some(Exchange::Rsa)
        } else if name.starts_with("PSK_WITH_") {
            Some(Exchange::Psk)
        } else {
            None
        }
    }
}

/// The master secrets of every pre-master secret that the keys offer for this handshake.
pub(super) fn masters(
    keys: &KeyLog,
    round: &Round,
    server: &ServerHello,
    random: &[u8; 32],
) -> Vec<Vec<u8>> {
    let hash = Suite::of(server.cipher).map_or(Hash::Sha256, Suite::prf);
    let extended = server.extended_master_secret;
    let seed = if extended {
        session_hash(server.version, hash, &round.in_order())
    } else {
        [&random[..], &server.random].concat()
    };
    let master = |premaster: Vec<u8>| {
        if server.version == 0x0300 {
            return master_secret(&premaster, random, &server.random);
        }
        let label: &[u8] = if extended {
            b"extended master secret"
        } else {
            b"master secret"
        };
        let mut master = vec![0; 48];
        prf(
            server.version,
            hash,
            &premaster,
            &[label, &seed],
            &mut master,
        );
        master
    };
    let exchange = round.exchange.as_deref().unwrap_or_default();
    keys.secrets(random, Label::PreMaster)
        .map(<[u8]>::to_vec)
        .chain(exchanged(keys, exchange, server))
        .map(master)
        .collect()
}

/// The pre-master secrets that follow from the ClientKeyExchange.
fn exchanged(keys: &KeyLog, exchange: &[u8], server: &ServerHello) -> Vec<Vec<u8>> {
    let mut rest = Cursor(exchange);
    let encrypted = |rest: &mut Cursor<'_>| {
        // A length of two bytes stands before it since TLS 1.0.
        let sealed = if server.version == 0x0300 {
            rest.0
        } else {
            rest.vec16().unwrap_or_default()
        };
        keys.by_encrypted_premaster(sealed)
    };
    match Exchange::of(server.cipher) {
        Some(Exchange::Rsa) => encrypted(&mut rest),
        Some(Exchange::Psk) => {
            let identity = rest.vec16().unwrap_or_default();
            let with = |key: &[u8]| joined(&vec![0; key.len()], key);
            keys.shared_keys(identity).map(with).collect()
        }
        Some(Exchange::RsaPsk) => {
            let identity = rest.vec16().unwrap_or_default();
            let secrets = encrypted(&mut rest);
            keys.shared_keys(identity)
                .flat_map(|key| {
                    secrets
                        .iter()
                        .map(|secret| joined(secret, key))
                        .collect::<Vec<_>>()
                })
                .collect()
        }
        None => Vec::new(),
    }
}

/// Other secret and pre-shared key, each behind its length (RFC 4279 section 2).
fn joined(other: &[u8], key: &[u8]) -> Vec<u8> {
    let len = |bytes: &[u8]| (bytes.len() as u16).to_be_bytes();
    [&len(other)[..], other, &len(key), key].concat()
}
