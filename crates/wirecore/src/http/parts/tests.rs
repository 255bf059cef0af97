use std::io::Write as _;

use super::*;

/// The messages of a body; how it is cut into pieces makes no difference.
fn read(make: impl Fn() -> Parts, body: &[u8]) -> Vec<String> {
    let whole = read_in(make(), body, usize::MAX);
    for size in [1, 2, 3, 7] {
        assert_eq!(whole, read_in(make(), body, size), "in pieces of {size}");
    }
    whole
}

fn read_in(mut parts: Parts, body: &[u8], size: usize) -> Vec<String> {
    let mut story: Vec<String> = Vec::new();
    let mut message: Option<Vec<u8>> = None;
    for piece in body.chunks(size.min(body.len().max(1))) {
        parts.feed(piece, true, &mut |part| match part {
            Part::Begin { coded } => {
                assert!(message.is_none(), "one message at a time");
                message = Some(if coded { b"coded ".to_vec() } else { vec![] });
            }
            Part::Bytes(bytes) => message.as_mut().expect("begun").extend_from_slice(bytes),
            Part::End => {
                let message = message.take().expect("begun");
                story.push(message.escape_ascii().to_string());
            }
            Part::Aside(bytes) => story.push(format!("aside {}", bytes.escape_ascii())),
            Part::Unread(len) => match story.last_mut().and_then(|last| {
                let len_before = last.strip_prefix("unread ")?.parse::<u64>().ok()?;
                Some((last, len_before))
            }) {
                Some((last, before)) => *last = format!("unread {}", before + len),
                None if len > 0 => story.push(format!("unread {len}")),
                None => {}
            },
            Part::Odd(odd) => story.push(format!("odd {}: {}", odd.kind.text(), odd.detail)),
        });
    }
    if let Some(message) = message {
        story.push(format!("open {}", message.escape_ascii()));
    }
    story
}

fn grpc() -> Parts {
    Parts::of_type("application/grpc+proto", false).expect("gRPC")
}

fn socket(extensions: &str) -> Parts {
    Parts::websocket(Deflate::agreed(extensions, true), &Limits::default())
}

fn frame(first: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let masked = if mask.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..=125 => bytes.push(masked | len as u8),
        len => {
            bytes.push(masked | 0x7e);
            bytes.extend((len as u16).to_be_bytes());
        }
    }
    bytes.extend(
        mask.unwrap_or_default()
            .iter()
            .take(if mask.is_some() { 4 } else { 0 }),
    );
    let mask = mask.unwrap_or_default();
    bytes.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}

#[test]
fn grpc_messages_come_one_by_one() {
    let body = b"\0\0\0\0\x03one\0\0\0\0\0\x01\0\0\0\x02zz\0\0\0\0\x09cut";
    assert_eq!(read(grpc, body), ["one", "", "coded zz", "open cut"]);
}

#[test]
fn what_is_not_grpc_is_still_one_message() {
    assert_eq!(
        read(grpc, b"\0\0\0\0\x01a{\"plain\": 1}"),
        ["a", "open {\"plain\": 1}".replace('"', "\\\"").as_str()]
    );
}

#[test]
fn grpc_in_base64_is_padded_frame_by_frame_and_ends_with_trailers() {
    let text = || {
        Parts::of_type("application/grpc-web-text+proto; charset=utf-8", true).expect("gRPC-web")
    };
    assert_eq!(text().protocol(), "grpc-web");
    // "\0\0\0\0\x02hi" and "\x80\0\0\0\x0dgrpc-status:0".
    let body = b"AAAAAAJoaQ==gAAAAA1ncnBjLXN0YXR1czow";
    assert_eq!(read(text, body), ["hi", "grpc-status:0"]);
}

#[test]
fn events_are_their_data() {
    let events = || Parts::of_type("text/event-stream;charset=utf-8", true).expect("events");
    let body = b": comment\r\ndata: {\"a\":1}\r\n\r\nevent: x\ndata:one\ndata: two\ndata\n\nid: 7\n\ndata: open";
    assert_eq!(
        read(events, body),
        ["{\\\"a\\\":1}", "one\\ntwo\\n", "open open"]
    );
    assert!(
        Parts::of_type("text/event-stream", false).is_none(),
        "what is sent is looked at whole"
    );
}

#[test]
fn masked_fragments_with_a_ping_between_are_one_message() {
    let mask = Some([1, 2, 3, 4]);
    let body = [
        frame(0x01, b"hel", mask),
        frame(0x89, b"are you there", mask),
        frame(0x00, b"lo ", mask),
        frame(0x80, b"world", mask),
        frame(0x82, &[7; 300], mask),
        frame(0x88, b"\x03\xe8bye", mask),
    ]
    .concat();
    let story = read(|| socket(""), &body);
    assert_eq!(story[..2], ["aside are you there", "hello world"]);
    assert_eq!(story[2], "\\x07".repeat(300));
    assert_eq!(story[3..], ["aside bye"]);
}

/// Messages compressed by one compressor, its window kept.
fn deflated(messages: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut encoder =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    let mut done = 0;
    messages
        .iter()
        .map(|message| {
            encoder.write_all(message).expect("memory");
            encoder.flush().expect("memory");
            let all = encoder.get_ref();
            let part = all[done..]
                .strip_suffix(b"\x00\x00\xff\xff")
                .expect("a sync flush")
                .to_vec();
            done = all.len();
            part
        })
        .collect()
}

#[test]
fn compressed_messages_are_told_by_those_before_them() {
    let texts: [&[u8]; 3] = [
        b"position 48.8583701 2.2944813",
        b"position 48.8583701 2.2944999",
        b"x",
    ];
    let coded = deflated(&texts);
    assert!(coded[1].len() < 12, "the second leans on the first");
    let mut body: Vec<u8> = coded
        .iter()
        .flat_map(|c| frame(0xc1, c, Some([9, 8, 7, 6])))
        .collect();
    body.extend(frame(0x81, b"plain", None));
    let kept = read(|| socket("permessage-deflate"), &body);
    assert_eq!(
        kept[..2],
        [
            "position 48.8583701 2.2944813",
            "position 48.8583701 2.2944999"
        ]
    );
    assert_eq!(kept[2..], ["x", "plain"]);
    // Compressed where nothing was agreed: no frames.
    let story = read(|| socket(""), &body);
    assert!(story[0].starts_with("odd http_malformed"), "{story:?}");
    assert_eq!(story[1], format!("unread {}", body.len()));
}

#[test]
fn messages_for_themselves_and_a_damaged_one() {
    let one = deflated(&[b"the first message"]).remove(0);
    let two = deflated(&[b"another message"]).remove(0);
    let agreed = "permessage-deflate; client_no_context_takeover; server_max_window_bits=10";
    let body = [frame(0xc1, &one, None), frame(0xc1, &two, None)].concat();
    assert_eq!(
        read(|| socket(agreed), &body),
        ["the first message", "another message"]
    );
    let body = [
        frame(0xc1, b"\xff\xff\xff", None),
        frame(0x81, b"plain", None),
    ]
    .concat();
    let story = read(|| socket(agreed), &body);
    assert!(
        story.contains(&"plain".to_owned()) && story[0].starts_with("odd coding_damaged"),
        "{story:?}"
    );
}

#[test]
fn a_bomb_is_stopped_and_counted() {
    let bomb = deflated(&[&vec![0; 64 << 20]]).remove(0);
    let mut parts = socket("permessage-deflate");
    let (mut decoded, mut bound) = (0, false);
    for piece in bomb.chunks(30_000) {
        parts.feed(
            &frame(if bound { 0x00 } else { 0x41 }, piece, None),
            true,
            &mut |part| match part {
                Part::Bytes(bytes) => decoded += bytes.len(),
                Part::Odd(odd) => bound |= odd.kind == crate::anomaly::Kind::BoundReached,
                _ => {}
            },
        );
    }
    assert!(bound && decoded < 16 << 20, "{decoded}");
}

#[test]
fn a_hole_inside_a_frame_keeps_the_next_one() {
    let mut parts = socket("");
    let mask = Some([1, 2, 3, 4]);
    let sent = frame(0x81, b"0123456789", mask);
    let mut seen = Vec::new();
    let mut out = |part: Part<'_>| {
        if let Part::Bytes(bytes) = part {
            seen.extend_from_slice(bytes);
        }
    };
    parts.feed(&sent[..8], true, &mut out);
    parts.gap(Some(3));
    parts.feed(&sent[11..], true, &mut out);
    parts.feed(&frame(0x81, b"next", mask), true, &mut out);
    assert_eq!(seen, b"0156789next");
}
