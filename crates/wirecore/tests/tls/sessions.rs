//! Sessions that OpenSSL made are read whole, however they arrive; without their keys nothing is read and all is counted.

use wirecore::anomaly::OpaqueReason;
use wirecore::limits::Limits;
use wirecore::record::Dir;
use wirecore::tls::{cipher_name, KeyLog, Stage, TlsConn};

use crate::session::{all, follow, one, Seen, Session, Step};

fn expect_whole(session: &Session, seen: &Seen) {
    let name = &session.name;
    for dir in [Dir::Client, Dir::Server] {
        assert!(
            seen.plain[dir.index()] == session.plain[dir.index()],
            "{name}: {dir:?} said something else: {seen:?}"
        );
    }
    assert_eq!(seen.opaque_bytes(), 0, "{name}: {:?}", seen.opaque);
    assert_eq!(seen.odd, Vec::<String>::new(), "{name}");
    for (key, value) in &session.expect {
        let info = &seen.info;
        let found = match key.as_str() {
            "version" => info
                .version_text()
                .replace("TLS ", "TLSv")
                .replace("TLSv1.0", "TLSv1"),
            "openssl_cipher" => continue,
            "cipher" => info.cipher_text(),
            "sni" => info.sni.clone().unwrap_or_default(),
            "alpn" => info.alpn_text(),
            "resumed" => info.resumed.to_string(),
            "alert" => info.alert_text(),
            "stage" => format!("{:?}", info.stage).to_lowercase(),
            "early" => String::from_utf8_lossy(&seen.early[0])
                .trim_end()
                .to_owned(),
            _ => panic!("{name} expects {key}"),
        };
        assert_eq!(&found, value, "{name}: {key}");
    }
}

#[test]
fn every_session_is_read_whole_with_its_keys() {
    let sessions = all();
    assert!(sessions.len() > 30, "the fixtures are there");
    for session in sessions {
        let seen = follow(&session.key_log(), &session.steps());
        expect_whole(&session, &seen);
        if seen.info.stage == Stage::Established {
            assert!(seen.closed[0], "{} said good-bye", session.name);
        }
    }
}

#[test]
fn cuts_make_no_difference() {
    for session in all() {
        let keys = session.key_log();
        let whole = follow(&keys, &session.steps());
        for size in [1, 7, 4096] {
            assert!(
                follow(&keys, &session.steps_of(size)) == whole,
                "{} by {size}",
                session.name
            );
        }
    }
}

#[test]
fn either_side_may_be_heard_first_to_its_end() {
    for session in all() {
        let keys = session.key_log();
        let (client, server) = (session.stream(Dir::Client), session.stream(Dir::Server));
        let (c, s) = (
            Step::Bytes(Dir::Client, &client),
            Step::Bytes(Dir::Server, &server),
        );
        let client_first = follow(&keys, &[c, s]);
        expect_whole(&session, &client_first);
        let (c, s) = (
            Step::Bytes(Dir::Client, &client),
            Step::Bytes(Dir::Server, &server),
        );
        let server_first = follow(&keys, &[s, c]);
        expect_whole(&session, &server_first);
    }
}

/// Sealed bytes are no fewer than what was said, unless the session is compressed.
fn at_least(session: &Session) -> u64 {
    let said = session.plain[0].len() as u64;
    if session.name.contains("deflate") {
        said / 10
    } else {
        said
    }
}

#[test]
fn without_keys_every_byte_of_data_is_counted_and_none_is_given_out() {
    for session in all() {
        if session.name.contains("null") || session.name.contains("refused") {
            continue;
        }
        let seen = follow(&KeyLog::new(), &session.steps());
        assert_eq!(seen.plain, [vec![], vec![]], "{}", session.name);
        let client = seen
            .opaque
            .get(&(0, OpaqueReason::NoKeys))
            .copied()
            .unwrap_or(0);
        assert!(
            client >= at_least(&session),
            "{}: {:?}",
            session.name,
            seen.opaque
        );
        assert_eq!(
            seen.info.reason,
            Some(OpaqueReason::NoKeys),
            "{}",
            session.name
        );
        assert_eq!(seen.info.stage, Stage::Established, "{}", session.name);
        assert_eq!(
            seen.info.sni.as_deref(),
            Some("api.vendor.example"),
            "{}",
            session.name
        );
    }
}

#[test]
fn wrong_keys_never_give_garbage() {
    for session in all() {
        // A private key that was changed is no key.
        let unfit = ["null", "refused", "private-key"];
        if unfit.iter().any(|word| session.name.contains(word)) {
            continue;
        }
        // Every secret loses its last digit's truth; the session is still found by its client random.
        let mut wrong = String::new();
        for line in session.keys.lines() {
            let (rest, last) = line.split_at(line.len() - 1);
            wrong.extend([rest, if last == "0" { "1" } else { "0" }, "\n"]);
        }
        let mut keys = KeyLog::new();
        assert_eq!(keys.add_text(wrong.as_bytes()), []);
        let seen = follow(&keys, &session.steps());
        assert_eq!(seen.plain, [vec![], vec![]], "{}", session.name);
        assert_eq!(seen.info.decrypted, [false, false], "{}", session.name);
        assert_eq!(
            seen.info.reason,
            Some(OpaqueReason::KeysDoNotFit),
            "{}: {:?}",
            session.name,
            seen.opaque
        );
        assert!(
            seen.odd.iter().any(|o| o.starts_with("tls_decrypt_failed")),
            "{}: {:?}",
            session.name,
            seen.odd
        );
        let client: u64 = seen
            .opaque
            .iter()
            .filter(|(k, _)| k.0 == 0)
            .map(|(_, n)| n)
            .sum();
        assert!(client >= at_least(&session), "{}", session.name);
    }
}

#[test]
fn a_private_key_that_is_not_the_servers_opens_nothing_and_nothing_is_odd() {
    let (session, other) = (one("tls12-rsa-aes256gcm"), one("tls12-private-key-pkcs8"));
    let seen = follow(&other.key_log(), &session.steps());
    assert_eq!(seen.plain, [vec![], vec![]]);
    assert_eq!(seen.info.reason, Some(OpaqueReason::NoKeys));
    assert_eq!(seen.odd, Vec::<String>::new());
}

#[test]
fn what_went_on_with_an_earlier_session_is_opened_too() {
    let first = one("tls12-private-key-pkcs1");
    let mut keys = first.key_log();
    let mut conn = TlsConn::new(&Limits::default());
    for (dir, bytes) in &first.wire {
        conn.feed(&keys, *dir, bytes, &mut |_| {});
    }
    let learned = conn.take_learned();
    assert!(!learned.is_empty(), "its ticket or id is remembered");
    assert!(learned
        .iter()
        .all(|(id, master)| !id.is_empty() && master.len() == 48));
    // More sessions than are kept: the oldest go, the newest stay.
    keys.learn(
        (0..20_000_u32)
            .map(|n| (n.to_be_bytes().to_vec(), vec![7; 48]))
            .collect(),
    );
    keys.learn(learned);
    assert!(conn.take_learned().is_empty(), "told once");
}

#[test]
fn what_a_key_file_holds_and_cannot_be_used_is_named_by_its_line() {
    let mut keys = KeyLog::new();
    let text = "PSK * 0102\nPSK zz 0102\nPSK * 0\n-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n\
                -----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n\
                -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\
                -----BEGIN RSA PRIVATE KEY-----\nAAAA\n";
    let odd = keys.add_text(text.as_bytes());
    assert_eq!(keys.len(), 1, "the first line is a key");
    let lines: Vec<u64> = odd.iter().map(|odd| odd.line).collect();
    assert_eq!(lines, [2, 3, 4, 7, 13], "{odd:?}");
    assert!(odd[3].why.contains("password"), "{odd:?}");
}

#[test]
fn the_right_key_is_found_among_wrong_ones_of_the_same_session() {
    let session = one("tls12-aes128gcm-no-ems");
    let line = session
        .keys
        .lines()
        .find(|l| l.starts_with("CLIENT_RANDOM"))
        .unwrap();
    let (head, _) = line.rsplit_once(' ').unwrap();
    let mut keys = KeyLog::new();
    keys.add_text(format!("{head} {}\n{}", "00".repeat(48), session.keys).as_bytes());
    expect_whole(&session, &follow(&keys, &session.steps()));
}

#[test]
fn zeeks_key_logs_of_28_bytes_are_joined() {
    let session = one("tls12-chacha20");
    let mut short = String::new();
    for line in session.keys.lines() {
        let words: Vec<_> = line.split(' ').collect();
        short.extend([words[0], " ", &words[1][8..], " ", words[2], "\n"]);
    }
    let mut keys = KeyLog::new();
    assert_eq!(keys.add_text(short.as_bytes()), []);
    expect_whole(&session, &follow(&keys, &session.steps()));
}

#[test]
fn the_certificate_is_read_where_the_handshake_is() {
    for (name, readable) in [("tls12-aes128gcm", true), ("tls13-aes256gcm", true)] {
        let session = one(name);
        let cert = follow(&session.key_log(), &session.steps())
            .info
            .certificate
            .unwrap();
        assert_eq!(cert.subject, "CN=api.vendor.example");
        assert_eq!(cert.dns_names, ["api.vendor.example", "*.vendor.example"]);
        assert_eq!(cert.not_before, 1_404_172_800);
        assert_eq!(cert.sha256.len(), 64);
        assert!(readable);
    }
    let unread = follow(&KeyLog::new(), &one("tls13-aes256gcm").steps());
    assert_eq!(unread.info.certificate, None, "TLS 1.3 encrypts it");
}

#[test]
fn cipher_names_are_those_of_the_registry() {
    assert_eq!(cipher_name(0x1301), Some("TLS_AES_128_GCM_SHA256"));
    assert_eq!(
        cipher_name(0xc02f),
        Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    );
    assert_eq!(cipher_name(0xeeee), None);
}

#[test]
fn one_direction_alone_is_read_in_tls_1_3_and_counted_before() {
    for session in all() {
        if session.name.contains("null") || session.name.contains("refused") {
            continue;
        }
        let client = session.stream(Dir::Client);
        let seen = follow(&session.key_log(), &[Step::Bytes(Dir::Client, &client)]);
        if session.name.starts_with("tls13") {
            // The secrets are for one direction each, and the suite is found by trying.
            assert_eq!(seen.plain[0], session.plain[0], "{}", session.name);
        } else {
            assert_eq!(
                seen.plain[0], b"",
                "{}: the server's random is missing",
                session.name
            );
            assert!(
                seen.opaque_bytes() >= at_least(&session),
                "{}",
                session.name
            );
        }
    }
}

#[test]
fn a_pinning_app_that_refuses_is_an_aborted_attempt_also_without_keys() {
    for name in ["tls12-refused", "tls13-refused"] {
        let seen = follow(&KeyLog::new(), &one(name).steps());
        assert_eq!(seen.info.stage, Stage::Aborted, "{name}");
        assert_eq!(seen.info.alert_text(), "client unknown_ca", "{name}");
        assert_eq!(
            seen.opaque_bytes(),
            0,
            "{name}: nothing but the handshake went"
        );
    }
}

#[test]
fn an_encrypted_alert_in_place_of_a_finished_is_known_by_its_size() {
    let mut session = one("tls13-refused");
    let encrypted = [&[23, 3, 3, 0, 19][..], &[0xa5; 19]].concat();
    session.wire.last_mut().unwrap().1 = encrypted;
    let seen = follow(&KeyLog::new(), &session.steps());
    assert_eq!(seen.info.stage, Stage::Aborted);
    assert_eq!(seen.info.alert_text(), "", "its reason cannot be read");
    assert_eq!(seen.opaque_bytes(), 0);
}
