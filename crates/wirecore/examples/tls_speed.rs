//! How fast TLS 1.3 records are read: `cargo run --release -p wirecore --example tls_speed [MiB]`.
//!
//! Seals records of 16 KiB, cuts them into segments of 1,460 bytes and prints MB of ciphertext a second, by suite.

use std::time::Instant;

use ring::{aead, hkdf};
use wirecore::limits::Limits;
use wirecore::record::Dir;
use wirecore::tls::{KeyLog, TlsConn, TlsEvent};

const SECRET: [u8; 32] = [7; 32];

struct Len(usize);

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(label: &[u8], out: &mut [u8]) {
    let name = [&[6 + label.len() as u8], &b"tls13 "[..], label].concat();
    let info = [&[0, out.len() as u8], &name[..], &[0]];
    let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &SECRET);
    let okm = prk.expand(&info, Len(out.len())).expect("short output");
    okm.fill(out).expect("the length asked for");
}

fn hellos(suite: u16) -> (Vec<u8>, Vec<u8>) {
    let [high, low] = suite.to_be_bytes();
    let message = |kind: u8, body: &[u8]| {
        let len = body.len() as u8;
        [&[22, 3, 3, 0, len + 4, kind, 0, 0, len], body].concat()
    };
    let client = [&[3, 3][..], &[9; 32], &[0, 0, 2, high, low, 1, 0, 0, 0]].concat();
    let chosen = [0, high, low, 0, 0, 6, 0, 43, 0, 2, 3, 4];
    let server = [&[3, 3][..], &[8; 32], &chosen].concat();
    (message(1, &client), message(2, &server))
}

fn sealed(algorithm: &'static aead::Algorithm, bytes: usize) -> Vec<u8> {
    let mut key = vec![0; algorithm.key_len()];
    let mut iv = [0; 12];
    expand(b"key", &mut key);
    expand(b"iv", &mut iv);
    let key =
        aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, &key).expect("its own length"));
    let mut out = Vec::with_capacity(bytes + 32768);
    let mut number = 0_u64;
    while out.len() < bytes {
        let mut record: Vec<u8> = (0..16384_u32).map(|i| (i * 31) as u8).collect();
        record.push(23);
        let header = [&[23, 3, 3][..], &(record.len() as u16 + 16).to_be_bytes()].concat();
        let mut nonce = iv;
        for (n, s) in nonce[4..].iter_mut().zip(number.to_be_bytes()) {
            *n ^= s;
        }
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, aead::Aad::from(&header), &mut record)
            .expect("a record of the right length");
        out.extend(header);
        out.extend(record);
        number += 1;
    }
    out
}

fn main() {
    let size = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(256_usize)
        << 20;
    let suites = [
        ("AES-128-GCM", 0x1301, &aead::AES_128_GCM, true),
        ("ChaCha20-Poly1305", 0x1303, &aead::CHACHA20_POLY1305, true),
        (
            "AES-128-GCM without keys",
            0x1301,
            &aead::AES_128_GCM,
            false,
        ),
    ];
    for (name, suite, algorithm, with_keys) in suites {
        let mut keys = KeyLog::new();
        let secret = "07".repeat(32);
        if with_keys {
            let random = "09".repeat(32);
            keys.add_text(format!("CLIENT_TRAFFIC_SECRET_0 {random} {secret}").as_bytes());
        }
        let data = sealed(algorithm, size);
        let (client, server) = hellos(suite);
        let mut conn = TlsConn::new(&Limits::default());
        let (mut plain, mut other) = (0_u64, 0_u64);
        let mut out = |event: TlsEvent<'_>| match event {
            TlsEvent::Plain { bytes, .. } => plain += bytes.len() as u64,
            TlsEvent::Opaque { len, .. } => other += len,
            _ => {}
        };
        conn.feed(&keys, Dir::Client, &client, &mut out);
        conn.feed(&keys, Dir::Server, &server, &mut out);
        let begin = Instant::now();
        for segment in data.chunks(1460) {
            conn.feed(&keys, Dir::Client, segment, &mut out);
        }
        let seconds = begin.elapsed().as_secs_f64();
        let rate = data.len() as f64 / 1e6 / seconds;
        println!("{name}: {rate:.0} MB/s ({plain} bytes read, {other} unread)");
    }
}
