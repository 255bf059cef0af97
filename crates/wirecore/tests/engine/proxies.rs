//! Stories of streams inside streams: proxies, and TLS that is started after a conversation in clear.

use wirecore::engine::Rows;

use crate::listen::{engine, rows_from, rows_of, talk, IMEI};

/// The first record of TLS to `inner.example`, as short as it can be.
fn client_hello() -> Vec<u8> {
    let name = b"inner.example";
    let mut sni = vec![
        0,
        0,
        0,
        name.len() as u8 + 5,
        0,
        name.len() as u8 + 3,
        0,
        0,
        name.len() as u8,
    ];
    sni.extend(name);
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0xc0, 0x2f, 1, 0, 0, sni.len() as u8]);
    body.extend(sni);
    let mut message = vec![1, 0, 0, body.len() as u8];
    message.extend(body);
    let mut record = vec![22, 3, 1, 0, message.len() as u8];
    record.extend(message);
    record
}

fn request() -> Vec<u8> {
    format!("GET /?imei={IMEI} HTTP/1.1\r\nHost: inner.example\r\n\r\n").into_bytes()
}

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
const CONNECT: &[u8] = b"CONNECT inner.example:443 HTTP/1.1\r\nHost: inner.example:443\r\n\r\n";
const AGREED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// Each message has a place of its own by which it can be asked for again.
fn places(rows: &Rows) -> usize {
    let mut all: Vec<_> = rows
        .messages
        .iter()
        .map(|m| (m.stream, m.number, m.from_client))
        .collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), rows.messages.len(), "two messages at one place");
    all.len()
}

#[test]
fn what_a_proxy_passes_on_is_read_and_counted_once() {
    let request = request();
    let turns = [
        (true, CONNECT),
        (false, AGREED),
        (true, &request[..]),
        (false, ANSWER),
    ];
    let rows = rows_of(&talk(8080, &turns));
    let flow = &rows.flows[0];
    assert_eq!((rows.hits.len(), places(&rows)), (1, 4));
    assert_eq!(rows.hits[0].place, "target");
    assert_eq!(flow.app_bytes[0], (CONNECT.len() + request.len()) as u64);
    assert_eq!(flow.readable_bytes, flow.app_bytes);
    assert_eq!(flow.host, "inner.example");
}

#[test]
fn tls_inside_a_proxy_names_its_server() {
    let hello = client_hello();
    let rows = rows_of(&talk(
        8080,
        &[(true, CONNECT), (false, AGREED), (true, &hello)],
    ));
    let flow = &rows.flows[0];
    assert_eq!(
        (flow.sni.as_str(), flow.protocol.as_str()),
        ("inner.example", "tls")
    );
    assert_eq!(
        flow.state, "aborted_handshake",
        "the inner handshake went no further"
    );
}

#[test]
fn a_proxy_inside_a_proxy_is_followed_and_one_without_end_ends() {
    let request = request();
    let mut turns = Vec::new();
    for _ in 0..3 {
        turns.extend([(true, CONNECT), (false, AGREED)]);
    }
    turns.push((true, &request[..]));
    let rows = rows_of(&talk(8080, &turns));
    assert_eq!((rows.hits.len(), places(&rows)), (1, 7));
    for _ in 0..40 {
        turns.splice(0..0, [(true, CONNECT), (false, AGREED)]);
    }
    let rows = rows_of(&talk(8080, &turns));
    assert_eq!(
        rows.hits.len(),
        1,
        "deeper than the bound it is unknown, but looked at"
    );
    assert_ne!(rows.flows[0].readable_bytes, rows.flows[0].app_bytes);
}

#[test]
fn socks_of_each_version_leads_to_the_server_behind() {
    let request = request();
    let five = [&[5, 1, 0, 3, 13][..], b"inner.example", &[0, 80]].concat();
    let password = [&[1, 3][..], b"ada", &[2], b"pw"].concat();
    let told: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let four = [&[4, 1, 0, 80, 0, 0, 0, 1][..], b"ada\0inner.example\0"].concat();
    let talks: [&[(bool, &[u8])]; 3] = [
        &[
            (true, &[5, 1, 0]),
            (false, &[5, 0]),
            (true, &five),
            (false, told),
            (true, &request),
            (false, ANSWER),
        ],
        &[
            (true, &[5, 2, 0, 2]),
            (false, &[5, 2]),
            (true, &password),
            (false, &[1, 0]),
            (true, &five),
            (false, told),
            (true, &request),
            (false, ANSWER),
        ],
        &[
            (true, &four),
            (false, &[0, 90, 0, 0, 0, 0, 0, 0]),
            (true, &request),
            (false, ANSWER),
        ],
    ];
    for turns in talks {
        let rows = rows_of(&talk(1080, turns));
        let flow = &rows.flows[0];
        assert_eq!((rows.hits.len(), places(&rows)), (1, 3), "{turns:?}");
        assert_eq!(
            (flow.host.as_str(), flow.protocol.as_str()),
            ("inner.example", "http/1.1")
        );
        assert!(flow.proxied, "its address is not where it went");
        assert_eq!(flow.readable_bytes, flow.app_bytes);
        let sent: usize = turns
            .iter()
            .filter(|(up, _)| *up)
            .map(|(_, b)| b.len())
            .sum();
        assert_eq!(flow.app_bytes[0], sent as u64);
    }
}

#[test]
fn what_a_proxy_refuses_is_unknown_and_looked_at() {
    let five = [&[5, 1, 0, 3, 13][..], b"inner.example", &[0, 80]].concat();
    let turns: [(bool, &[u8]); 5] = [
        (true, &[5, 1, 0]),
        (false, &[5, 0]),
        (true, &five),
        (false, &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]),
        (true, IMEI.as_bytes()),
    ];
    let rows = rows_of(&talk(1080, &turns));
    assert_eq!(rows.hits.len(), 1);
    assert_eq!(rows.flows[0].readable_bytes, [0, 0]);
}

#[test]
fn mail_is_read_turn_by_turn() {
    let mail = format!("Subject: x\r\n\r\nmy number is {IMEI}\r\n.\r\n");
    let turns: [(bool, &[u8]); 6] = [
        (false, b"220 mail.example ESMTP\r\n"),
        (true, b"EHLO phone\r\n"),
        (false, b"250 OK\r\n"),
        (true, b"DATA\r\n"),
        (false, b"354 go\r\n"),
        (true, mail.as_bytes()),
    ];
    let rows = rows_of(&talk(587, &turns));
    let flow = &rows.flows[0];
    assert_eq!(
        (flow.protocol.as_str(), rows.hits.len(), places(&rows)),
        ("smtp", 1, 3)
    );
    assert_eq!(rows.hits[0].number, 2);
    assert_eq!(flow.readable_bytes, flow.app_bytes);
}

#[test]
fn tls_that_is_started_later_is_seen() {
    let hello = client_hello();
    let smtp: [(bool, &[u8]); 5] = [
        (false, b"220 mail.example ESMTP\r\n"),
        (true, b"EHLO phone\r\n"),
        (false, b"250 STARTTLS\r\n"),
        (true, b"STARTTLS\r\n"),
        (false, b"220 go\r\n"),
    ];
    let imap: [(bool, &[u8]); 3] = [
        (false, b"* OK ready\r\n"),
        (true, b"a1 STARTTLS\r\n"),
        (false, b"a1 OK\r\n"),
    ];
    let xmpp: [(bool, &[u8]); 4] = [
        (
            true,
            b"<?xml version='1.0'?><stream:stream to='push.example' xmlns='jabber:client'>",
        ),
        (false, b"<stream:stream><stream:features/>"),
        (true, b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        (false, b"<proceed/>"),
    ];
    for turns in [&smtp[..], &imap, &xmpp] {
        let turns = [turns, &[(true, &hello[..])]].concat();
        let flow = &rows_of(&talk(5222, &turns)).flows[0];
        assert_eq!(flow.sni, "inner.example");
        assert!(flow.handshake_bytes[0] > 0);
    }
}

#[test]
fn a_stanza_is_a_message_to_the_host_that_the_stream_names() {
    let stanza = format!("<message><body>{IMEI}</body></message>");
    let rows = rows_of(&talk(
        5222,
        &[
            (true, b"<stream:stream to=\"push.example\" version='1.0'>"),
            (false, b"<stream:stream>"),
            (true, stanza.as_bytes()),
        ],
    ));
    assert_eq!(
        (rows.flows[0].protocol.as_str(), rows.flows[0].host.as_str()),
        ("xmpp", "push.example")
    );
    assert_eq!(
        (rows.hits.len(), rows.messages[1].host.as_str()),
        (1, "push.example")
    );
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut sent = vec![kind];
    let mut len = body.len();
    while len > 0x7f {
        sent.push((len & 0x7f) as u8 | 0x80);
        len >>= 7;
    }
    sent.push(len as u8);
    sent.extend(body);
    sent
}

fn session(five: bool, payload: &[u8]) -> Vec<u8> {
    let (level, none): (u8, &[u8]) = if five { (5, &[0]) } else { (4, &[]) };
    let hello = [
        &[0, 4][..],
        b"MQTT",
        &[level, 2, 0, 60],
        none,
        &[0, 2],
        b"me",
    ]
    .concat();
    let publish = [&[0, 8][..], b"up/state", &[0, 9], none, payload].concat();
    [
        packet(0x10, &hello),
        packet(0x32, &publish),
        packet(0xc0, &[]),
    ]
    .concat()
}

#[test]
fn what_is_published_is_a_message_with_its_topic() {
    for five in [false, true] {
        let payload = format!("{{\"imei\": \"{IMEI}\", \"pad\": \"{}\"}}", "x".repeat(300));
        let sent = session(five, payload.as_bytes());
        // Whole, in two pieces cut anywhere, and byte by byte: the same messages.
        let mut told = Vec::new();
        for cut in 1..40 {
            let (a, b) = sent.split_at(cut);
            told.push(rows_of(&talk(1883, &[(true, a), (true, b)])));
        }
        let bytes: Vec<(bool, &[u8])> = sent.chunks(1).map(|b| (true, b)).collect();
        told.push(rows_of(&talk(1883, &bytes)));
        for rows in told {
            assert_eq!(
                (rows.flows[0].protocol.as_str(), places(&rows)),
                ("mqtt", 2)
            );
            let publish = &rows.messages[1];
            assert_eq!(
                (publish.method.as_str(), publish.target.as_str()),
                ("PUBLISH", "up/state")
            );
            assert_eq!(publish.body_bytes, payload.len() as u64);
            assert_eq!((rows.hits.len(), rows.hits[0].steps[0].codec), (1, "json"));
            assert_eq!(rows.flows[0].readable_bytes, rows.flows[0].app_bytes);
        }
    }
}

#[test]
fn packets_that_lie_about_their_length_are_unknown_and_looked_at() {
    let hello = session(false, b"x");
    let long = [&hello[..], &[0x82, 0xff, 0xff, 0xff, 0x7f], IMEI.as_bytes()].concat();
    let broken = [&hello[..], &[0x00, 1, 2], IMEI.as_bytes()].concat();
    let short = [
        &hello[..],
        &[0x30, 4, 0, 9, b'a', b'b'],
        IMEI.as_bytes(),
        &[0; 9],
    ]
    .concat();
    for sent in [long, broken, short] {
        let rows = rows_from(engine(&[]), &talk(1883, &[(true, &sent)]));
        assert_eq!(rows.hits.len(), 1);
        assert_ne!(rows.flows[0].readable_bytes[0], rows.flows[0].app_bytes[0]);
    }
}

#[test]
fn a_request_in_the_absolute_form_goes_to_a_proxy_and_another_to_the_server_itself() {
    let absolute = b"GET http://inner.example/a HTTP/1.1\r\nHost: inner.example\r\n\r\n";
    let usual = b"GET /go?to=http://other.example/ HTTP/1.1\r\nHost: inner.example\r\n\r\n";
    for (request, proxied) in [(&absolute[..], true), (&usual[..], false)] {
        let rows = rows_of(&talk(8080, &[(true, request), (false, ANSWER)]));
        assert_eq!(rows.flows[0].proxied, proxied);
    }
}
