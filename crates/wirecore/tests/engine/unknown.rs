//! Stories of protocols that nobody knows: what is in clear is found, and all of it stays counted as unread.

use wirecore::engine::Rows;

use crate::listen::{datagram, rows_of, talk, IMEI};
use crate::wire::*;

fn ways(rows: &Rows) -> Vec<String> {
    let way = |steps: &[wirecore::record::Step]| {
        steps
            .iter()
            .map(|s| s.codec)
            .collect::<Vec<_>>()
            .join(" > ")
    };
    rows.hits.iter().map(|hit| way(&hit.steps)).collect()
}

/// Bytes that look sealed, the same on every run.
fn sealed(len: usize) -> Vec<u8> {
    let mut state = 7u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn spelt(text: &str, one: fn(u8) -> String) -> String {
    text.bytes().map(one).collect::<Vec<_>>().concat()
}

fn escaped() -> String {
    spelt(IMEI, |b| format!("\\u{b:04x}"))
}

#[test]
fn a_text_behind_an_own_framing_is_read() {
    let text = format!("{{\"device\": \"{}\"}}", escaped());
    for head in [
        &[0, 0, 0, text.len() as u8][..],
        &[text.len() as u8, 0, 1, 9],
        b"\x00\x00Q",
        &sealed(80),
    ] {
        let sent = [head, text.as_bytes(), &[0; 9]].concat();
        let rows = rows_of(&talk(7777, &[(true, &sent)]));
        assert_eq!(ways(&rows), ["run > json"], "{head:?}");
        let flow = &rows.flows[0];
        assert_eq!(
            (flow.protocol.as_str(), flow.readable_bytes),
            ("unknown", [0, 0])
        );
        assert_eq!(flow.opaque_reason, "unknown_protocol");
    }
}

#[test]
fn what_is_sealed_beside_a_text_stays_opaque() {
    let text = format!("{{\"id\": \"{}\"}} and more", escaped());
    let sent = [&sealed(400), text.as_bytes(), &[0], &sealed(300)[..]].concat();
    let rows = rows_of(&talk(7777, &[(true, &sent)]));
    let opaque = rows.messages[0].opaque_bytes;
    assert!(
        (690..=720).contains(&opaque),
        "{opaque} of 700 sealed bytes"
    );
}

#[test]
fn each_datagram_is_looked_at_by_itself() {
    let text = format!("{{\"id\": \"{}\"}}", escaped());
    let frames: Vec<_> = [
        &b"hello, this is a first datagram"[..],
        text.as_bytes(),
        &sealed(90),
    ]
    .iter()
    .map(|payload| datagram(true, 7777, payload))
    .collect();
    let rows = rows_of(&frames);
    assert_eq!(ways(&rows), ["datagram > json"]);
    assert_eq!(rows.messages.len(), 1);
    assert_eq!(rows.flows[0].readable_bytes, [0, 0]);
}

#[test]
fn a_value_cut_over_two_datagrams_is_found_in_both_together() {
    let (first, rest) = IMEI.split_at(7);
    let frames = [
        datagram(true, 7777, first.as_bytes()),
        datagram(true, 7777, rest.as_bytes()),
    ];
    assert_eq!(ways(&rows_of(&frames)), [""]);
}

#[test]
fn thousands_of_datagrams_are_each_read_once() {
    let text = format!("{{\"id\": \"{}\"}}", escaped());
    let mut frames: Vec<_> = (0..9000)
        .map(|n: u32| datagram(true, 7777, &n.to_be_bytes()))
        .collect();
    frames.insert(8500, datagram(true, 7777, text.as_bytes()));
    assert_eq!(ways(&rows_of(&frames)), ["datagram > json"]);
}

fn question(name: &str) -> Vec<u8> {
    let mut sent = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        sent.push(label.len() as u8);
        sent.extend(label.bytes());
    }
    sent.extend([0, 0, 1, 0, 1]);
    sent
}

#[test]
fn data_in_the_labels_of_a_name_is_joined_and_read() {
    let digits = spelt(&format!("n={IMEI}"), |b| format!("{b:02x}"));
    let (first, rest) = digits.split_at(21);
    let base32 = "NY6TIOJQGE2TIMRQGMZDGNZVGE4A";
    let (a, b) = base32.split_at(13);
    for name in [
        format!("{first}.{rest}.d.vendor.example"),
        format!("{a}.{b}.d.vendor.example"),
    ] {
        let rows = rows_of(&[datagram(true, 53, &question(&name))]);
        let found = ways(&rows);
        assert!(
            found.len() == 1 && found[0].starts_with("labels"),
            "{name}: {found:?}"
        );
        assert_eq!(rows.hits[0].place, "name");
    }
    // The world's names are no data.
    for name in [
        "www.vendor.example",
        "connectivitycheck.gstatic.com",
        "e4518.dscapi7.akamaiedge.net",
    ] {
        let rows = rows_of(&[datagram(true, 53, &question(name))]);
        assert!(rows.hits.is_empty());
    }
}

#[test]
fn what_comes_down_is_not_the_phones() {
    let rows = rows_of(&talk(7777, &[(false, IMEI.as_bytes())]));
    assert!(rows.hits.is_empty());
    let _ = PHONE;
}

/// A frame of WebSocket with a short payload; the client's are masked.
fn frame(head: u8, client: bool, payload: &[u8]) -> Vec<u8> {
    let mask = if client { [7, 99, 200, 13] } else { [0; 4] };
    let mut sent = vec![head, payload.len() as u8 | if client { 0x80 } else { 0 }];
    if client {
        sent.extend(mask);
    }
    sent.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
    sent
}

#[test]
fn a_websocket_whose_upgrade_came_before_the_capture_is_read() {
    let text = format!("{{\"imei\":\"{IMEI}\"}}");
    let up = frame(0x81, true, text.as_bytes());
    let two = [frame(0x82, true, b"\0\x01binary"), frame(0x89, true, b"")].concat();
    for turns in [
        vec![(true, &up[..]), (true, &two[..])],
        vec![(false, &b"\x81\x07welcome"[..]), (true, &up[..])],
        vec![
            (true, &two[..]),
            (true, &up[..]),
            (false, &b"\x82\x02ok"[..]),
        ],
    ] {
        let rows = rows_of(&talk(8443, &turns));
        let flow = &rows.flows[0];
        assert_eq!(flow.protocol, "websocket", "{turns:?}");
        assert_eq!(flow.readable_bytes, flow.app_bytes);
        assert_eq!(
            rows.hits.len(),
            1,
            "behind its mask it would be found nowhere"
        );
        assert_eq!(rows.hits[0].steps[0].path, "/imei");
        assert!(rows.messages.iter().all(|one| one.protocol == "websocket"));
    }
}

#[test]
fn what_only_begins_like_frames_stays_unknown() {
    let session_service = b"\x82\x00\x00\x00\x00\x00";
    let unmasked = frame(0x81, false, b"a client masks");
    let one_binary = frame(0x82, true, b"nothing to tell by");
    for (from_phone, bytes) in [
        (false, &session_service[..]),
        (true, &unmasked),
        (true, &one_binary),
    ] {
        let rows = rows_of(&talk(8443, &[(from_phone, bytes)]));
        assert_eq!(rows.flows[0].protocol, "unknown", "{bytes:02x?}");
        assert_eq!(rows.flows[0].readable_bytes, [0, 0]);
    }
}
