//! Stories of small datagrams and calls: read, looked at, and counted as what they are.

use wirecore::anomaly::Kind;
use wirecore::engine::Rows;
use wirecore::limits::Limits;
use wirecore::record::{Dir, Name};

use crate::listen::{datagram, engine, engine_with, rows_from, rows_of, talk, talk_by, IMEI};

fn stun(attributes: &[u8]) -> Vec<u8> {
    let mut sent = vec![0, 1, 0, attributes.len() as u8, 0x21, 0x12, 0xa4, 0x42];
    sent.extend([7; 12]);
    sent.extend(attributes);
    sent
}

#[test]
fn the_time_is_read() {
    let mut time = vec![0x23];
    time.resize(48, 0);
    let rows = rows_of(&[datagram(true, 123, &time), datagram(false, 123, &time)]);
    let flow = &rows.flows[0];
    assert_eq!(
        (flow.protocol.as_str(), flow.readable_bytes),
        ("ntp", [48, 48])
    );
    assert_eq!(rows.messages.len(), 1, "what comes down is no message");
}

#[test]
fn a_value_in_a_search_of_the_home_is_found() {
    let search = format!("M-SEARCH * HTTP/1.1\r\nST: urn:x\r\nUSER-AGENT: app {IMEI}\r\n\r\n");
    let rows = rows_of(&[datagram(true, 1900, search.as_bytes())]);
    assert_eq!(
        (rows.flows[0].protocol.as_str(), rows.hits.len()),
        ("ssdp", 1)
    );
    assert_eq!(rows.hits[0].stream, 1);
    assert_eq!(rows.flows[0].readable_bytes[0], search.len() as u64);
}

#[test]
fn what_is_announced_unasked_is_read() {
    let mut sent = vec![0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    sent.extend(b"\x06my-one\x05local\x00");
    sent.extend([0, 16, 0x80, 1, 0, 0, 0, 120, 0, 20, 19]);
    sent.extend(format!("sn= {IMEI}").bytes());
    let rows = rows_of(&[datagram(true, 5353, &sent)]);
    assert_eq!(rows.names.len(), 1);
    assert_eq!(
        (rows.flows[0].protocol.as_str(), rows.hits.len()),
        ("dns", 1)
    );
    sent.pop();
    let rows = rows_of(&[datagram(true, 5353, &sent)]);
    assert_eq!(rows.flows[0].readable_bytes, [0, 0], "cut, it is not read");
}

#[test]
fn a_call_is_counted_as_media_and_never_as_read() {
    let mut frames = vec![
        datagram(true, 3478, &stun(&[])),
        datagram(false, 3478, &stun(&[])),
    ];
    for number in 0u8..50 {
        let mut sent = vec![0x80, 111, 0, number, 0, 0, 0, 1, 9, 9, 9, 9];
        sent.extend([number; 100]);
        frames.push(datagram(true, 3478, &sent));
    }
    let rows = rows_of(&frames);
    let flow = &rows.flows[0];
    assert_eq!(flow.opaque_reason, "call_media");
    assert_eq!(flow.app_bytes[0] - flow.readable_bytes[0], 50 * 112);
    assert_eq!(rows.messages.len(), 1, "packets of a call are no messages");
}

#[test]
fn what_a_relay_carries_is_sealed_but_looked_at() {
    let mut data = vec![0, 0x13, 0, 15];
    data.extend(IMEI.bytes());
    data.push(0);
    let rows = rows_of(&[datagram(true, 3478, &stun(&data))]);
    assert_eq!(rows.hits.len(), 1);
    assert_eq!(
        rows.flows[0].app_bytes[0] - rows.flows[0].readable_bytes[0],
        15
    );
}

/// A question, or its answer with one address, for `doh.example`.
fn dns_message(answer: Option<[u8; 4]>) -> Vec<u8> {
    let flags = if answer.is_some() {
        [0x81, 0x80]
    } else {
        [1, 0]
    };
    let mut sent = [
        &[0, 0][..],
        &flags,
        &[0, 1, 0, u8::from(answer.is_some()), 0, 0, 0, 0],
    ]
    .concat();
    sent.extend(b"\x03doh\x07example\x00\x00\x01\x00\x01");
    if let Some(address) = answer {
        sent.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        sent.extend(address);
    }
    sent
}

#[test]
fn names_asked_over_https_are_names_and_what_is_cut_is_counted() {
    let question = dns_message(None);
    let whole = dns_message(Some([192, 0, 2, 7]));
    for (answer, values) in [
        (&whole[..], vec!["", "192.0.2.7"]),
        (&whole[..30], vec!["", ""]),
    ] {
        let head = |start: &str, body: &[u8]| {
            let head = format!(
                "{start}\r\nContent-Type: application/dns-message\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            [head.as_bytes(), body].concat()
        };
        let rows = rows_of(&talk(
            80,
            &[
                (
                    true,
                    &head("POST /dns-query HTTP/1.1\r\nHost: dns.example", &question),
                ),
                (false, &head("HTTP/1.1 200 OK", answer)),
            ],
        ));
        let found: Vec<_> = rows
            .names
            .iter()
            .map(|n| (n.question.as_str(), n.value.as_str()))
            .collect();
        let wanted: Vec<_> = values
            .into_iter()
            .map(|value| ("doh.example", value))
            .collect();
        assert_eq!(found, wanted);
        assert!(rows.names[1].answered && !rows.names[0].answered);
        assert_eq!(
            rows.anomalies.len(),
            usize::from(answer.len() < whole.len())
        );
        assert_eq!(rows.names[1].flow, rows.flows[0].id);
    }
}

#[test]
fn secrets_of_other_protocols_are_told_once_for_each_kind() {
    let mut engine = engine(&[]);
    engine.begin_capture(0);
    for kind in [*b"WGKL", *b"WGKL", *b"UAKL", *b"????", *b"TLSK"] {
        engine.secrets(u32::from_be_bytes(kind), b"# nothing");
    }
    let told: Vec<_> = engine.take_rows().anomalies;
    let details: Vec<&str> = told.iter().map(|one| one.odd.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            "secrets of WireGuard are not used",
            "secrets of OPC UA are not used",
            "secrets of an unknown kind (0x3f3f3f3f) are not used",
        ]
    );
    assert!(told.iter().all(|one| one.odd.kind == Kind::SecretsUnread));
    // A file of nothing but secrets of its own kinds fills no table.
    for kind in 0..1_000 {
        engine.secrets(kind, b"");
    }
    assert!(engine.take_rows().anomalies.len() < 20);
}

/// A DNS message behind its length, as a stream carries it.
fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

fn asked_and_answered(rows: &Rows) -> Vec<(String, String)> {
    let pair = |one: &Name| (one.question.clone(), one.value.clone());
    rows.names.iter().map(pair).collect()
}

#[test]
fn names_asked_over_tcp_are_names_however_they_are_cut() {
    let (question, answer) = (dns_message(None), dns_message(Some([192, 0, 2, 7])));
    let (asked, answered) = (framed(&question).repeat(2), framed(&answer).repeat(2));
    for size in [1400, 5, 1] {
        let rows = rows_of(&talk_by(size, 53, &[(true, &asked), (false, &answered)]));
        let one = ("doh.example".to_owned(), String::new());
        let two = ("doh.example".to_owned(), "192.0.2.7".to_owned());
        let wanted = [one.clone(), one, two.clone(), two];
        assert_eq!(asked_and_answered(&rows), wanted, "in segments of {size}");
        let flow = &rows.flows[0];
        assert_eq!(flow.protocol, "dns");
        assert_eq!(flow.readable_bytes, flow.app_bytes);
    }
}

#[test]
fn names_asked_over_tls_are_names_once_it_is_opened() {
    let session = crate::session::one("tls13-dns");
    let said: Vec<(bool, &[u8])> = session
        .wire
        .iter()
        .map(|(dir, bytes)| (*dir == Dir::Client, &bytes[..]))
        .collect();
    let frames = talk(853, &said);
    let engine = engine_with(&[], session.key_log(), Limits::default());
    let rows = rows_from(engine, &frames);
    assert_eq!(
        asked_and_answered(&rows),
        [
            ("dot.example".to_owned(), String::new()),
            ("dot.example".to_owned(), "192.0.2.7".to_owned()),
        ]
    );
    assert_eq!(rows.flows[0].protocol, "dns");
    let shut = rows_of(&frames);
    assert!(shut.names.is_empty());
    assert_eq!(shut.flows[0].opaque_reason, "no_keys");
}

#[test]
fn an_encrypted_hello_is_told_as_such_and_its_outer_name_stays_one() {
    let session = crate::session::one("tls13-dns");
    let (_, hello) = &session.wire[0];
    let mut sent = hello.clone();
    // One more extension at the end: 0xfe0d with two bytes.
    sent.extend([0xfe, 0x0d, 0, 2, 0, 0]);
    let longer = |bytes: &mut [u8]| {
        let len = u16::from_be_bytes([bytes[0], bytes[1]]) + 6;
        bytes[..2].copy_from_slice(&len.to_be_bytes());
    };
    longer(&mut sent[3..5]);
    longer(&mut sent[7..9]);
    let at = 43 + 1 + usize::from(sent[43]);
    let at = at + 2 + usize::from(u16::from_be_bytes([sent[at], sent[at + 1]]));
    let at = at + 1 + usize::from(sent[at]);
    longer(&mut sent[at..at + 2]);
    for (bytes, wanted) in [(hello, false), (&sent, true)] {
        let rows = rows_of(&talk(443, &[(true, bytes)]));
        assert_eq!(rows.flows[0].ech, wanted);
        assert_eq!(rows.flows[0].sni, "api.vendor.example");
    }
}
