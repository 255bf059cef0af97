//! Lines of a key log: what is a key, what is named and left out.

use super::*;

const RANDOM: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn random() -> [u8; 32] {
    std::array::from_fn(|i| i as u8)
}

#[test]
fn lines_that_are_no_keys_are_named_and_the_rest_is_kept() {
    let master = "ab".repeat(48);
    let text = format!(
        "\u{feff}# comment\r\nCLIENT_RANDOM {RANDOM} {master}\r\n\nnonsense\nCLIENT_RANDOM {RANDOM} zz\n\
         CLIENT_RANDOM {RANDOM} {}\nCLIENT_TRAFFIC_SECRET_0 {RANDOM} {}\nCLIENT_RANDOM 00 {master}\n\
         SOMETHING_NEW {RANDOM} 00\nEXPORTER_SECRET {RANDOM} {}\nCLIENT_RANDOM {RANDOM} {master}",
        "ab".repeat(47),
        "cd".repeat(32),
        "ef".repeat(32),
    );
    let mut bytes = text.into_bytes();
    bytes.extend(b"\n\xff\xfe\x00");
    let mut keys = KeyLog::new();
    let odd = keys.add_text(&bytes);
    assert_eq!(
        odd.iter().map(|o| o.line).collect::<Vec<_>>(),
        [4, 5, 6, 8, 9, 12]
    );
    assert_eq!(keys.len(), 2, "the same line twice is one secret");
    assert!(keys.knows(&random()));
    assert_eq!(keys.secrets(&random(), Label::Master).count(), 1);
    assert_eq!(keys.secrets(&random(), Label::ClientTraffic).count(), 1);
    assert_eq!(keys.secrets(&random(), Label::ServerTraffic).count(), 0);
}

#[test]
fn a_random_of_28_bytes_joins_and_one_of_32_must_be_equal_whole() {
    let mut keys = KeyLog::new();
    keys.add_text(format!("CLIENT_RANDOM {} {}", &RANDOM[8..], "ab".repeat(48)).as_bytes());
    assert!(keys.knows(&random()));
    let mut keys = KeyLog::new();
    keys.add_text(format!("CLIENT_RANDOM ff{} {}", &RANDOM[2..], "ab".repeat(48)).as_bytes());
    assert!(!keys.knows(&random()));
}

#[test]
fn rsa_lines_are_found_by_their_own_names() {
    let mut keys = KeyLog::new();
    let text = format!(
        "RSA 0011223344556677 {}\nRSA Session-ID:{RANDOM} Master-Key:{}\nRSA 00 {}",
        "0a".repeat(48),
        "0b".repeat(48),
        "0c".repeat(48)
    );
    assert_eq!(keys.add_text(text.as_bytes()).len(), 1);
    assert_eq!(
        keys.by_encrypted_premaster(&[0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]),
        [vec![10; 48]]
    );
    assert_eq!(keys.session(&random()).next(), Some(&[11; 48][..]));
}

#[test]
fn a_flood_of_secrets_for_one_session_and_of_odd_lines_is_bounded() {
    let mut keys = KeyLog::new();
    let text: Vec<u8> = (0..1000)
        .flat_map(|i| format!("CLIENT_RANDOM {RANDOM} {i:096x}\n").into_bytes())
        .collect();
    assert_eq!(keys.add_text(&text).len(), ODD_LINES);
    assert_eq!(keys.len(), ALTERNATIVES);
}

#[test]
fn only_tls_secrets_of_a_capture_are_ours() {
    let mut keys = KeyLog::new();
    assert_eq!(keys.add_pcapng_secrets(0x5747_4b4c, b"a WireGuard key"), []);
    assert_eq!(
        keys.add_pcapng_secrets(PCAPNG_TLS_KEYS, b"nonsense").len(),
        1
    );
    assert!(keys.is_empty());
}
