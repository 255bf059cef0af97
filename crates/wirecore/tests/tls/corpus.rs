//! Captures that others made (marked by the corpus folder; skipped where it is absent).

use wirecore::anomaly::OpaqueReason;

use crate::capture::{connections, corpus, Found};

fn wireshark(capture: &str, keys: &str) -> Option<Vec<Found>> {
    let folder = corpus("wireshark")?;
    let keys: Vec<_> = keys
        .split_terminator(',')
        .map(|k| folder.join("keys").join(k))
        .collect();
    Some(connections(&folder.join("captures").join(capture), &keys))
}

fn text(found: &[Found], side: usize) -> String {
    let all: Vec<u8> = found
        .iter()
        .flat_map(|f| f.seen.plain[side].clone())
        .collect();
    String::from_utf8_lossy(&all).into_owned()
}

/// True when the needles stand in the text in this order.
fn in_order(text: &str, needles: &[&str]) -> bool {
    let mut rest = text;
    needles.iter().all(|needle| match rest.find(needle) {
        Some(at) => {
            rest = &rest[at + needle.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn tls_1_3_with_early_data() {
    let Some(found) = wireshark("tls13-rfc8446.pcap", "tls13-rfc8446.keys") else {
        return;
    };
    let (up, down) = (text(&found, 0), text(&found, 1));
    assert!(
        in_order(&up, &["GET /first", "GET /early", "GET /second"]),
        "{up}"
    );
    let answers = [
        "Request for /first, version TLSv1.3, Early data: no\n",
        "Request for /early, version TLSv1.3, Early data: yes\n",
        "Request for /second, version TLSv1.3, Early data: yes\n",
    ];
    assert!(in_order(&down, &answers), "{down}");
    let early: Vec<u8> = found.iter().flat_map(|f| f.seen.early[0].clone()).collect();
    assert!(String::from_utf8(early).unwrap().starts_with("GET /early"));
}

#[test]
fn early_data_without_its_secret_is_counted() {
    let Some(found) = wireshark("tls13-rfc8446.pcap", "tls13-rfc8446-noearly.keys") else {
        return;
    };
    let (up, down) = (text(&found, 0), text(&found, 1));
    assert!(in_order(&up, &["GET /first", "GET /second"]), "{up}");
    assert!(!up.contains("/early"));
    assert!(down.contains("Request for /early, version TLSv1.3, Early data: yes\n"));
    let opaque = found
        .iter()
        .find_map(|f| f.seen.opaque.get(&(0, OpaqueReason::NoEarlySecret)));
    assert!(opaque.is_some_and(|&n| n > 50));
}

#[test]
fn secrets_inside_the_capture() {
    let Some(found) = wireshark("tls12-dsb.pcapng", "") else {
        return;
    };
    let names: Vec<_> = found
        .iter()
        .filter_map(|f| f.seen.info.sni.clone())
        .collect();
    assert_eq!(names, ["example.com", "example.net"]);
    for one in &found {
        assert!(String::from_utf8_lossy(&one.seen.plain[1]).contains(" 200 "));
    }
}

#[test]
fn each_chacha20_suite_names_itself() {
    let keys = "tls12-chacha20poly1305.keys";
    let Some(found) = wireshark("tls12-chacha20poly1305.pcap", keys) else {
        return;
    };
    let suites = [
        "ECDHE-ECDSA",
        "ECDHE-RSA",
        "DHE-RSA",
        "RSA-PSK",
        "DHE-PSK",
        "ECDHE-PSK",
        "PSK",
    ];
    assert_eq!(found.len(), suites.len());
    for (one, suite) in found.iter().zip(suites) {
        let text = String::from_utf8_lossy(&one.seen.plain[1]).into_owned();
        assert!(
            text.contains(&format!("Cipher is {suite}-CHACHA20-POLY1305")),
            "{suite}: {text}"
        );
    }
}

#[test]
fn a_draft_of_tls_1_3() {
    let keys = "tls13-20-chacha20poly1305.keys";
    let Some(found) = wireshark("tls13-20-chacha20poly1305.pcap", keys) else {
        return;
    };
    assert!(text(&found, 1).contains("TLS13-CHACHA20-POLY1305-SHA256"));
    assert_eq!(found[0].seen.info.version_text(), "TLS 1.3 (draft 20)");
}

#[test]
fn a_master_secret_of_tls_1_0() {
    let Some(found) = wireshark("dhe1.pcapng.gz", "dhe1_keylog.dat") else {
        return;
    };
    assert!(text(&found, 0).contains("GET /test HTTP/1.0"));
}

#[test]
fn a_private_key_opens_what_was_agreed_with_it() {
    for (capture, keys, said) in [
        ("rsa-p-lt-q.pcap", "rsa-p-lt-q.key", "GET / HTTP"),
        ("rsa-p-lt-q.pcap", "rsa-p-lt-q.p8", "GET / HTTP"),
        ("rsasnakeoil2.pcap", "rsasnakeoil2.key", "GET / HTTP"),
        (
            "tls-renegotiation.pcap",
            "rsasnakeoil2.key",
            "GET /generate",
        ),
    ] {
        let Some(found) = wireshark(capture, keys) else {
            return;
        };
        let up = text(&found, 0);
        assert!(up.contains(said), "{capture}: {up}");
        let unlocked = wireshark(capture, "").unwrap();
        assert_eq!(text(&unlocked, 0), "", "{capture} without its key");
    }
}

#[test]
fn handshake_messages_cut_over_records() {
    let Some(found) = wireshark("tls-fragmented-handshakes.pcap.gz", "") else {
        return;
    };
    for one in &found {
        // The hellos of this capture name no server.
        assert_eq!(one.seen.info.ja4, "t12i010000_ba72b8082249_000000000000");
        assert_eq!(one.seen.odd, Vec::<String>::new());
        assert_eq!(one.seen.opaque_bytes(), 0);
    }
    assert!(!found.is_empty());
}

#[test]
fn http2_over_tls_holds_its_image() {
    let keys = "http2-data-reassembly.keys";
    let Some(found) = wireshark("http2-data-reassembly.pcap", keys) else {
        return;
    };
    let down = found
        .iter()
        .flat_map(|f| f.seen.plain[1].clone())
        .collect::<Vec<_>>();
    assert!(down.windows(8).any(|w| w == b"\x89PNG\r\n\x1a\n"));
    assert!(down.windows(4).any(|w| w == b"IEND"));
}

#[test]
fn every_capture_is_survived_and_what_has_keys_is_read() {
    let Some(folder) = corpus("wireshark/captures") else {
        return;
    };
    let mut readable = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        for one in connections(&path, &[]) {
            if one.seen.info.decrypted[0] {
                assert_eq!(one.seen.odd, Vec::<String>::new(), "{name}");
                readable.push(name.clone());
            }
        }
    }
    readable.sort();
    readable.dedup();
    eprintln!("{readable:?}");
    assert!(
        readable.contains(&"http2-brotli.pcapng".to_owned()),
        "{readable:?}"
    );
}
