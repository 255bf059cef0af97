//! Stories of HTTP/2: what its frames turn into, however they are cut, and when bytes are missing.

use wirecore::limits::Limits;

use super::frames::*;
use super::told::{LostC, LostS, C, S};
use super::told_h2::{told, told_within};

fn get(path: &str) -> Vec<u8> {
    fields(&[(":method", "GET"), (":path", path)])
}

#[test]
fn streams_lie_between_each_other() {
    let mut client = PREFACE.to_vec();
    client.extend(frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]));
    client.extend(frame(
        HEADERS,
        END_HEADERS,
        1,
        &fields(&[(":method", "POST"), (":path", "/a")]),
    ));
    client.extend(frame(DATA, 0, 1, b"one "));
    client.extend(frame(HEADERS, END_HEADERS | END_STREAM, 3, &get("/b")));
    client.extend(frame(DATA, END_STREAM, 1, b"two"));
    let server = [
        frame(SETTINGS, 0, 0, b""),
        frame(SETTINGS, 1, 0, b""),
        frame(HEADERS, END_HEADERS, 3, &fields(&[(":status", "200")])),
        frame(DATA, 0, 3, b"abc"),
        frame(DATA, END_STREAM, 3, b""),
    ]
    .concat();
    assert_eq!(
        told(&[C(&client), S(&server)]),
        [
            "C1 @39+33 | :method: POST | :path: /a",
            "C1 body one ",
            "C3 @85+32 | :method: GET | :path: /b",
            "C3 end",
            "C1 body two",
            "C1 end",
            "S3 @18+22 | :status: 200",
            "S3 body abc",
            "S3 end",
        ]
    );
}

#[test]
fn padding_priority_and_continuation_are_taken_off_and_trailers_come_last() {
    let long = fields(&[(":method", "GET"), (":path", "/long")]);
    let (first, rest) = long.split_at(5);
    let mut padded = vec![3, 0, 0, 0, 0, 16];
    padded.extend(first);
    padded.extend([0; 3]);
    let client = [
        frame(HEADERS, PADDED | PRIORITY, 5, &padded),
        frame(CONTINUATION, 0, 5, &rest[..2]),
        frame(CONTINUATION, END_HEADERS, 5, &rest[2..]),
        frame(DATA, PADDED, 5, b"\x02body\0\0"),
        frame(DATA, PADDED, 5, b"\x03\0\0\0"),
        frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            5,
            &fields(&[("grpc-status", "0")]),
        ),
    ]
    .concat();
    let story = told(&[C(PREFACE), C(&client)]);
    assert_eq!(story[0], "C5 @24+62 | :method: GET | :path: /long");
    assert_eq!(
        story[1..],
        ["C5 body body", "C5 @115+24 | grpc-status: 0", "C5 end"]
    );
}

#[test]
fn padding_that_says_something_is_told() {
    let client = frame(DATA, PADDED, 1, b"\x04hi490!");
    assert_eq!(
        told(&[C(PREFACE), C(&client)]),
        ["C1 body hi", "C unknown 490!"]
    );
}

#[test]
fn a_promise_is_a_request_that_the_server_makes() {
    let mut promise = vec![0, 0, 0, 2];
    promise.extend(get("/pushed"));
    let server = [
        frame(SETTINGS, 0, 0, b""),
        frame(PROMISE, END_HEADERS, 1, &promise),
        frame(RESET, 0, 2, &[0, 0, 0, 8]),
        frame(GO_AWAY, 0, 0, b"\0\0\0\x01\0\0\0\0bye now"),
        frame(0xb, 0x7, 7, b"grease"),
    ]
    .concat();
    let story = told(&[S(&server)]);
    assert!(
        story[0].starts_with("S2 ") && story[0].ends_with("| :path: /pushed"),
        "{story:?}"
    );
    assert_eq!(
        story[1..],
        ["S2 reset", "S0 body bye now", "S unknown grease"]
    );
}

#[test]
fn a_capture_that_begins_late_reads_what_came_since() {
    // An index into a table that was filled before, then a new entry and its use.
    let client = [
        frame(DATA, END_STREAM, 7, b"rest of an upload"),
        frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            9,
            b"\x82\xc5\x40\x03x-a\x01b\xbe",
        ),
    ]
    .concat();
    assert_eq!(
        told(&[C(&client)]),
        [
            "C7 body rest of an upload",
            "C7 end",
            "odd headers_unknown @45: 1 fields of one block",
            "C9 @26+19 | :method: GET | ?1:  | x-a: b | x-a: b (1 unread)",
            "C9 end",
        ]
    );
}

#[test]
fn bytes_missing_inside_a_body_lose_nothing_else() {
    let data = frame(DATA, END_STREAM, 1, b"0123456789");
    let next = frame(HEADERS, END_HEADERS, 3, b"\x82\x84");
    let (before, rest) = data.split_at(12);
    assert_eq!(
        told(&[C(PREFACE), C(before), LostC(4), C(&rest[4..]), C(&next)]),
        [
            "C1 body 012",
            "C1 missing",
            "C1 body 789",
            "C1 end",
            "C3 @43+11 | :method: GET | :path: /"
        ]
    );
}

#[test]
fn behind_a_hole_reading_goes_on_at_the_next_frame() {
    let entry = frame(HEADERS, END_HEADERS, 1, b"\x82\x84\x40\x03x-a\x01b");
    // The hole takes the end of one frame and the head of the next; a lone number in a body is no frame.
    let after = [
        b"rest of a body \0\0\x02\0\0 ".to_vec(),
        frame(DATA, 0, 1, b"more"),
        frame(HEADERS, END_HEADERS | END_STREAM, 3, b"\x82\x84\xbe"),
    ]
    .concat();
    assert_eq!(
        told(&[
            C(PREFACE),
            C(&entry),
            C(&frame(DATA, 0, 1, b"0123")[..10]),
            LostC(500),
            C(&after)
        ]),
        [
            "C1 @24+18 | :method: GET | :path: / | x-a: b",
            "C1 body 0",
            "C1 missing",
            "C missing",
            "C after gap rest of a body \\x00\\x00\\x02\\x00\\x00 ",
            "C1 body more",
            "odd headers_unknown @598: 1 fields of one block",
            // The table may have changed in the hole: what was known of it is not believed.
            "C3 @586+12 | :method: GET | :path: / | ?2:  (1 unread)",
            "C3 end",
        ]
    );
}

#[test]
fn a_hole_in_a_field_block_costs_that_block() {
    let fields = frame(HEADERS, END_HEADERS | END_STREAM, 1, &get("/lost"));
    let next = frame(HEADERS, END_HEADERS, 3, b"\x82\x84");
    let (before, rest) = fields.split_at(15);
    assert_eq!(
        told(&[C(PREFACE), C(before), LostC(6), C(&rest[6..]), C(&next)]),
        [
            "C unread 29",
            "C1 end",
            "C3 @59+11 | :method: GET | :path: /"
        ]
    );
}

#[test]
fn what_is_no_frame_is_unread_and_told() {
    let client = [
        frame(DATA, 0, 0, b"on no stream"),
        frame(HEADERS, END_HEADERS, 1, b"\x82\x84"),
        frame(DATA, 0, 1, b"hi"),
    ]
    .concat();
    let story = told(&[C(PREFACE), C(&client)]);
    assert_eq!(
        story[0],
        "odd http_malformed @24: no frame of HTTP/2 begins here"
    );
    assert!(story[1].starts_with("C unknown") && story[1].ends_with("on no stream"));
    assert_eq!(
        story[2..],
        ["C1 @45+11 | :method: GET | :path: /", "C1 body hi"]
    );
}

#[test]
fn a_block_without_end_is_bounded_and_the_next_is_read() {
    let limits = Limits {
        http_head_bytes: 300,
        ..Limits::default()
    };
    let mut client = PREFACE.to_vec();
    client.extend(frame(HEADERS, 0, 1, &get("/")));
    for _ in 0..50 {
        client.extend(frame(CONTINUATION, 0, 1, &[0x82; 100]));
    }
    client.extend(frame(CONTINUATION, END_HEADERS, 1, b"\x82"));
    client.extend(frame(HEADERS, END_HEADERS, 3, b"\x82\x84"));
    let story = told_within(&[C(&client)], &limits);
    assert!(story[0].starts_with("odd bound_reached"), "{story:?}");
    assert_eq!(story[1], "C unread 5491");
    assert!(story[2].ends_with("| :method: GET | :path: /"));
    assert_eq!(story.len(), 3);
}

#[test]
fn damaged_connections_are_told_the_same_in_any_pieces() {
    let sent = [
        PREFACE.to_vec(),
        frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]),
        frame(HEADERS, END_HEADERS, 1, b"\x82\x84\x40\x03x-a\x01b"),
        frame(DATA, PADDED, 1, b"\x02body\0\0"),
        frame(HEADERS, 0, 3, b"\x82\xbe"),
        frame(CONTINUATION, END_HEADERS, 3, b"\x84"),
        frame(DATA, END_STREAM, 3, b"end"),
        frame(GO_AWAY, 0, 0, b"\0\0\0\x01\0\0\0\0bye"),
        frame(0x10, 0, 0, b"\0\0\0\x01u=1"),
    ]
    .concat();
    let mut dice = 2015u64;
    let mut roll = |sides: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice >> 11) as usize % sides.max(1)
    };
    for _ in 0..400 {
        let mut bytes = sent.clone();
        for _ in 0..=roll(4) {
            let at = roll(bytes.len() - 1);
            match roll(3) {
                0 => bytes[at] = roll(256) as u8,
                1 => drop(bytes.drain(at..(at + 1 + roll(12)).min(bytes.len() - 1))),
                _ => bytes.insert(at, roll(4) as u8),
            }
        }
        let (first, second) = bytes.split_at(roll(bytes.len()));
        let lost = roll(30) as u64;
        told(&[C(first), LostC(lost), C(second)]);
        told(&[S(first), LostS(lost), S(second)]);
    }
}
