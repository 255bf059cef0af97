//! Stories of HTTP/2 and of messages inside bodies, from frames on the wire to rows: what leaves the phone is found on its
//! own stream, and what is many stays bounded.

use std::io::Write as _;

use wirecore::anomaly::Kind;
use wirecore::capture::Frame;

use crate::frames::*;
use crate::listen::{engine, rows_of, talk, IMEI};

fn post(stream: u32, more: &[(&str, &str)]) -> Vec<u8> {
    let host = format!("h{stream}.example");
    let mut list = vec![(":method", "POST"), (":path", "/up"), (":authority", &host)];
    list.extend(more);
    frame(HEADERS, END_HEADERS, stream, &fields(&list))
}

fn hello() -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100])].concat()
}

#[test]
fn each_stream_carries_its_own_finding() {
    let (first, rest) = IMEI.split_at(6);
    let sent = [
        hello(),
        post(1, &[("content-type", "text/plain")]),
        post(3, &[("x-device", IMEI)]),
        // The value is cut over two frames, and another stream lies between them.
        frame(DATA, 0, 1, first.as_bytes()),
        frame(DATA, END_STREAM, 3, b"nothing here"),
        frame(DATA, END_STREAM, 1, rest.as_bytes()),
    ]
    .concat();
    let answer = [
        frame(SETTINGS, 0, 0, b""),
        frame(HEADERS, END_HEADERS, 1, b"\x88"),
        frame(DATA, END_STREAM, 1, IMEI.as_bytes()),
        frame(HEADERS, END_HEADERS | END_STREAM, 3, b"\x88"),
    ]
    .concat();
    let rows = rows_of(&talk(80, &[(true, &sent), (false, &answer)]));
    let found: Vec<_> = rows
        .hits
        .iter()
        .map(|hit| (hit.stream, hit.place.as_str(), hit.up))
        .collect();
    assert_eq!(found, [(3, "header:x-device", true), (1, "body", true)]);
    let host = |up: bool, stream: u64| {
        let mut of = rows
            .messages
            .iter()
            .filter(|m| m.up == up && m.stream == stream);
        of.next().map(|m| m.host.as_str())
    };
    assert_eq!(host(true, 1), Some("h1.example"));
    assert_eq!(
        host(false, 1),
        Some("h1.example"),
        "an answer has the host of its request"
    );
    assert_eq!(host(false, 3), Some("h3.example"));
    let flow = &rows.flows[0];
    assert_eq!(flow.protocol, "h2");
    assert_eq!(flow.app_bytes, flow.readable_bytes);
    assert!(rows.anomalies.is_empty());
}

#[test]
fn the_second_cookie_and_the_trailer_have_places_of_their_own() {
    let sent = [
        hello(),
        post(
            1,
            &[
                ("cookie", "a=nothing"),
                ("x-a", "1234"),
                ("cookie", &format!("id={IMEI}")),
            ],
        ),
        frame(DATA, 0, 1, b"body"),
        frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            1,
            &fields(&[("x-end", IMEI)]),
        ),
    ]
    .concat();
    let rows = rows_of(&talk(80, &[(true, &sent)]));
    let places: Vec<_> = rows.hits.iter().map(|hit| hit.place.as_str()).collect();
    assert_eq!(places, ["header:cookie#2", "trailer:x-end"]);
    assert_eq!(rows.messages.len(), 1, "trailers are no message");
}

#[test]
fn an_upgrade_in_clear_answers_on_stream_one() {
    let ask =
        b"GET /old HTTP/1.1\r\nHost: old.example\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n";
    let agree = [
        &b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"[..],
        &frame(SETTINGS, 0, 0, b""),
        &frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x88"),
    ]
    .concat();
    let next = [
        hello(),
        post(3, &[]),
        frame(DATA, END_STREAM, 3, IMEI.as_bytes()),
    ]
    .concat();
    let rows = rows_of(&talk(80, &[(true, ask), (false, &agree), (true, &next)]));
    let told: Vec<_> = rows
        .messages
        .iter()
        .map(|m| (m.protocol.as_str(), m.stream, m.host.as_str(), m.status))
        .collect();
    assert!(told.contains(&("h2", 1, "old.example", 200)), "{told:?}");
    assert!(told.contains(&("h2", 3, "h3.example", 0)), "{told:?}");
    assert_eq!(rows.hits.len(), 1);
    assert_eq!(rows.flows[0].app_bytes, rows.flows[0].readable_bytes);
}

fn socket_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x11, 0x22, 0x33, 0x44];
    let mut bytes = vec![first, 0x80 | payload.len() as u8];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
    bytes
}

#[test]
fn a_masked_message_in_fragments_is_found_and_nothing_of_it_before() {
    let ask = b"GET /chat HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let agree =
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let (first, rest) = IMEI.split_at(9);
    let sent = [
        socket_frame(0x81, b"hello"),
        socket_frame(0x01, first.as_bytes()),
        socket_frame(0x89, b"ping"),
        socket_frame(0x80, rest.as_bytes()),
    ]
    .concat();
    let rows = rows_of(&talk(80, &[(true, ask), (false, agree), (true, &sent)]));
    let [hit] = &rows.hits[..] else {
        panic!("one finding, not {:?}", rows.hits)
    };
    let message = rows
        .messages
        .iter()
        .find(|m| m.protocol == "websocket" && m.number == hit.number)
        .expect("its row");
    assert_eq!(
        (message.host.as_str(), message.target.as_str()),
        ("chat.example", "/chat")
    );
    assert_eq!(message.body_bytes, 15);
    let numbers: Vec<_> = rows
        .messages
        .iter()
        .filter(|m| m.up)
        .map(|m| m.number)
        .collect();
    assert_eq!(numbers.len(), 4);
    assert!(
        (0..4).all(|n| numbers.contains(&n)),
        "no two messages share a number: {numbers:?}"
    );
    let flow = &rows.flows[0];
    assert_eq!(
        (flow.protocol.as_str(), flow.opaque_reason.as_str()),
        ("websocket", "")
    );
}

#[test]
fn a_websocket_on_a_stream_of_http2() {
    let ask = [
        hello(),
        frame(
            HEADERS,
            END_HEADERS,
            1,
            &fields(&[
                (":method", "CONNECT"),
                (":protocol", "websocket"),
                (":path", "/chat"),
                (":authority", "chat.example"),
            ]),
        ),
    ]
    .concat();
    let agree = [
        frame(SETTINGS, 0, 0, b""),
        frame(HEADERS, END_HEADERS, 1, b"\x88"),
    ]
    .concat();
    let sent = frame(DATA, 0, 1, &socket_frame(0x81, IMEI.as_bytes()));
    let rows = rows_of(&talk(80, &[(true, &ask), (false, &agree), (true, &sent)]));
    assert_eq!(rows.hits.len(), 1);
    assert_eq!((rows.hits[0].stream, rows.hits[0].number), (1, 1));
    assert!(rows
        .messages
        .iter()
        .any(|m| m.protocol == "websocket" && m.host == "chat.example"));
}

#[test]
fn a_compressed_grpc_message_is_opened() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(format!("\x0a\x0f{IMEI}").as_bytes())
        .expect("memory");
    let coded = gzip.finish().expect("memory");
    let mut body = vec![1];
    body.extend((coded.len() as u32).to_be_bytes());
    body.extend(&coded);
    let head = [
        ("content-type", "application/grpc+proto"),
        ("grpc-encoding", "gzip"),
    ];
    let sent = [
        hello(),
        post(1, &head),
        frame(DATA, 0, 1, b"\0\0\0\0\x02hi"),
        frame(DATA, END_STREAM, 1, &body),
    ]
    .concat();
    let rows = rows_of(&talk(443, &[(true, &sent)]));
    assert_eq!(rows.hits.len(), 1);
    assert_eq!(
        (rows.hits[0].stream, rows.hits[0].number),
        (1, 2),
        "the second message"
    );
    let total: u64 = rows.messages.iter().map(|m| m.body_bytes).sum();
    assert_eq!(
        total,
        (7 + body.len()) as u64,
        "no byte of the body counts twice"
    );
}

#[test]
fn streams_that_never_end_are_given_up_one_by_one_and_counted() {
    let mut engine = engine(&[]);
    engine.begin_capture(0);
    let mut sent = hello();
    for number in 0..20_000u32 {
        sent.extend(frame(HEADERS, END_HEADERS, 2 * number + 1, b"\x83\x84"));
    }
    // The first one goes on after it was given up.
    sent.extend(frame(DATA, 0, 1, format!("late {IMEI}").as_bytes()));
    let frames = talk(80, &[(true, &sent)]);
    let (last, most) = frames.split_last().expect("a close");
    let mut number = 0;
    let mut give = |engine: &mut wirecore::engine::Engine, data: &Vec<u8>| {
        number += 1;
        engine.frame(&Frame {
            number,
            ts_ns: number as i64,
            link: 1,
            wire_len: data.len() as u32,
            data,
            interface: 0,
            comment: None,
        });
    };
    for data in &most[..most.len() - 1] {
        give(&mut engine, data);
    }
    let rows = engine.take_rows();
    assert!(
        rows.messages.len() >= 20_000 - 1024,
        "what was given up is not held"
    );
    assert!(rows.messages.iter().all(|m| !m.complete));
    let bounds = rows
        .anomalies
        .iter()
        .filter(|a| a.odd.kind == Kind::BoundReached);
    assert_eq!(bounds.count(), 1, "told once");
    for data in [&most[most.len() - 1], last] {
        give(&mut engine, data);
    }
    engine.end_capture();
    let mut end = Vec::new();
    engine.finish(&mut |rows| end.push(rows));
    let flow = end
        .iter()
        .flat_map(|rows| &rows.flows)
        .next()
        .expect("the flow");
    assert_eq!(
        flow.app_bytes[0] - flow.readable_bytes[0],
        20,
        "what came late is unread"
    );
    let hits: usize = end.iter().map(|rows| rows.hits.len()).sum();
    assert_eq!(hits, 1, "and still looked at");
}

#[test]
fn a_hundred_thousand_tiny_streams_are_a_hundred_thousand_rows() {
    let mut sent = hello();
    for number in 0..100_000u32 {
        sent.extend(frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            2 * number + 1,
            b"\x82\x84",
        ));
    }
    let rows = rows_of(&talk(80, &[(true, &sent)]));
    assert_eq!(rows.messages.len(), 100_000);
    assert!(rows.messages.iter().all(|m| m.method == "GET"));
}

#[test]
fn damaged_connections_never_bring_the_engine_down() {
    let ask =
        b"GET /c HTTP/1.1\r\nHost: c.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    let agree = b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let socket = [
        socket_frame(0x81, b"hello"),
        socket_frame(0xc1, b"\xca\x48\xcd\xc9\xc9\x07\x00"),
        socket_frame(0x02, b"first"),
        socket_frame(0x89, b"ping"),
        socket_frame(0x80, b"rest"),
        socket_frame(0x88, b"\x03\xe8bye"),
    ]
    .concat();
    let grpc = [
        hello(),
        post(
            1,
            &[
                ("content-type", "application/grpc-web-text"),
                ("grpc-encoding", "gzip"),
            ],
        ),
        frame(DATA, 0, 1, b"AAAAAAJoaQ==gAAAAA1ncnBjLXN0YXR1czow"),
        post(
            3,
            &[
                ("content-type", "application/grpc"),
                ("content-encoding", "br"),
            ],
        ),
        frame(DATA, END_STREAM, 3, b"\0\0\0\0\x02hi\x01\0\0\0\x02\x1f\x8b"),
    ]
    .concat();
    let mut dice = 0x5eed_u64;
    let mut roll = |sides: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice >> 11) as usize % sides.max(1)
    };
    for _ in 0..600 {
        let mut sent = [socket.clone(), grpc.clone()];
        for bytes in &mut sent {
            for _ in 0..=roll(4) {
                let at = roll(bytes.len() - 1);
                match roll(3) {
                    0 => bytes[at] = roll(256) as u8,
                    1 => drop(bytes.drain(at..(at + 1 + roll(12)).min(bytes.len() - 1))),
                    _ => bytes.insert(at, roll(4) as u8),
                }
            }
        }
        let mut frames = talk(
            80,
            &[
                (true, ask),
                (false, agree),
                (true, &sent[0]),
                (false, &sent[0]),
            ],
        );
        let lost = roll(frames.len());
        frames.remove(lost);
        for rows in [
            rows_of(&frames),
            rows_of(&talk(80, &[(true, &sent[1]), (false, &sent[1])])),
        ] {
            let flow = &rows.flows[0];
            assert!((0..2).all(|side| flow.readable_bytes[side] <= flow.app_bytes[side]));
        }
    }
}
