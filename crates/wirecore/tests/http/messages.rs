//! Whole connections: how messages follow one another and where their bodies end.

use super::told::{told, told_within, C, S};
use wirecore::http::{looks_like_http, Version};
use wirecore::limits::Limits;

#[test]
fn a_post_and_its_answer() {
    let story = told(&[
        C(b"POST /up?x=1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello"),
        S(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ]);
    assert_eq!(
        story,
        [
            "C #0 @0 POST /up?x=1 | Host: a.example | Content-Length: 5",
            "C body hello",
            "C end",
            "S #0 @0 200 OK answers #0 | Content-Length: 2",
            "S body ok",
            "S end",
        ]
    );
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let story = told(&[
        C(b"GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\n\r\nGET /3 HTTP/1.1\r\n\r\n"),
        S(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        S(b"HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\n3"),
    ]);
    assert_eq!(
        story,
        [
            "C #0 @0 GET /1",
            "C end",
            "C #1 @19 HEAD /2",
            "C end",
            "C #2 @41 GET /3",
            "C end",
            "S #0 @0 200 OK answers #0 | Content-Length: 1",
            "S body 1",
            "S end",
            "S #1 @39 200 OK answers #1 | Content-Length: 9",
            "S end",
            "S #2 @77 404 Not Found answers #2 | Content-Length: 1",
            "S body 3",
            "S end",
        ]
    );
}

#[test]
fn statuses_without_body_have_none_whatever_their_headers_say() {
    let story = told(&[
        C(b"PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
        S(b"HTTP/1.1 100 Continue\r\n\r\n"),
        C(b"abcGET /y HTTP/1.1\r\n\r\n"),
        S(b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
    ]);
    assert_eq!(
        story,
        [
            "C #0 @0 PUT /x | Expect: 100-continue | Content-Length: 3",
            "S #0 @0 100 Continue answers #0",
            "S end",
            "C body abc",
            "C end",
            "C #1 @63 GET /y",
            "C end",
            "S #1 @25 204 No Content answers #0 | Content-Length: 7",
            "S end",
            "S #2 @71 304 Not Modified answers #1 | Content-Length: 9",
            "S end",
        ]
    );
}

#[test]
fn chunks_extensions_and_trailers() {
    let story = told(&[
        C(b"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n4;sig=\"x\"\r\nWiki\r\n5 \r\npedia\n0;last\r\nDigest: md5=abc\r\nX-Id: 490154203237518\r\n\r\nGET /next HTTP/1.1\r\n\r\n"),
    ]);
    assert_eq!(
        story,
        [
            "C #0 @0 POST / | Transfer-Encoding: chunked",
            "C body Wikipedia",
            "C trailers Digest: md5=abc | X-Id: 490154203237518",
            "C end",
            "C #1 @121 GET /next",
            "C end",
        ]
    );
}

#[test]
fn a_body_without_length_lasts_until_the_close() {
    let story = told(&[
        C(b"GET / HTTP/1.0\r\n\r\n"),
        S(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"),
        S(b"</html>"),
    ]);
    assert_eq!(
        story[2..],
        [
            "S #0 @0 200 OK answers #0 | Content-Type: text/html",
            "S body <html></html>",
            "S end"
        ]
    );
}

#[test]
fn headers_are_read_as_receivers_read_them() {
    let story = told(&[C(
        b"\r\nGET / HTTP/1.1\r\nHost : a.example\r\nX-Long: one\r\n\ttwo\r\nnonsense\r\nX-Empty:\r\nCookie: a=b; c=d \r\n\r\n",
    )]);
    assert_eq!(
        story,
        [
            "odd http_malformed @2: 1 lines of a head are no headers",
            "C #0 @2 GET / | Host: a.example | X-Long: one\\r\\n\\ttwo | X-Empty:  | Cookie: a=b; c=d",
            "C end",
        ]
    );
}

#[test]
fn contradicting_lengths_are_said_with_what_was_followed() {
    let story = told(&[C(
        b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc\
          POST /b HTTP/1.1\r\nContent-Length: 4, 4\r\n\r\nabcd\
          POST /c HTTP/1.1\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n\
          POST /d HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: nothing\r\n\r\nyz",
    )]);
    let odd: Vec<_> = story
        .iter()
        .filter(|line| line.starts_with("odd"))
        .collect();
    assert_eq!(
        odd,
        [
            "odd http_ambiguous @0: Content-Length 3 and 5; 3 was followed",
            "odd http_ambiguous @107: Content-Length and Transfer-Encoding; chunked was followed",
            "odd http_ambiguous @186: Content-Length and Transfer-Encoding; the length was followed",
            "odd coding_unknown @186: transfer coding: content coding \"nothing\"",
        ]
    );
    let bodies: Vec<_> = story.iter().filter(|line| line.contains("body")).collect();
    assert_eq!(
        bodies,
        ["C body abc", "C body abcd", "C body x", "C body yz"]
    );
}

#[test]
fn a_length_that_is_no_number_leaves_a_request_unframed() {
    let story = told(&[C(
        b"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\nhello\r\nGET /next HTTP/1.1\r\n\r\n",
    )]);
    assert_eq!(
        story,
        [
            "odd http_ambiguous @0: a Content-Length is not a number",
            "C #0 @0 POST / | Content-Length: five",
            "C end, incomplete",
            "C unknown hello\\r\\n",
            "C #1 @48 GET /next",
            "C end",
        ]
    );
}

#[test]
fn a_transfer_coding_below_chunked_is_undone() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(b"squeezed").unwrap();
    let gzip = gzip.finish().unwrap();
    let mut sent = b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n".to_vec();
    for part in gzip.chunks(10) {
        sent.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        sent.extend_from_slice(part);
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(
        told(&[C(&sent)]),
        [
            "C #0 @0 POST / | Transfer-Encoding: gzip, chunked",
            "C body squeezed",
            "C end"
        ]
    );
}

#[test]
fn after_an_upgrade_both_directions_are_the_other_protocol() {
    let story = told(&[
        C(b"GET /chat HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n"),
        S(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n\x81\x02hi"),
        C(b"\x81\x85GET /"),
    ]);
    assert_eq!(
        story[1..],
        [
            "C end",
            "S #0 @0 101 Switching Protocols answers #0 | Upgrade: WebSocket",
            "S end",
            "upgraded to websocket",
            "S unknown \\x81\\x02hi",
            "C unknown \\x81\\x85GET /",
        ]
    );
}

#[test]
fn a_tunnel_opens_with_the_answer_and_not_before() {
    let story = told(&[
        C(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
        S(b"HTTP/1.1 407 Who\r\nContent-Length: 2\r\n\r\nno"),
        C(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
        S(b"HTTP/1.1 200 Connection established\r\n\r\n"),
        C(b"\x16\x03\x01"),
        S(b"\x16\x03\x03"),
    ]);
    assert_eq!(
        story[5..],
        [
            "C #1 @34 CONNECT a.example:443",
            "C end",
            "S #1 @41 200 Connection established answers #1",
            "S end",
            "upgraded to connect",
            "C unknown \\x16\\x03\\x01",
            "S unknown \\x16\\x03\\x03",
        ]
    );
}

#[test]
fn the_preface_of_http2_is_an_upgrade() {
    let story = told(&[
        C(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04"),
        S(b"\x00\x00\x06\x04"),
    ]);
    assert_eq!(
        story,
        [
            "upgraded to h2",
            "C unknown PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n\\x00\\x00\\x00\\x04",
            "S unknown \\x00\\x00\\x06\\x04",
        ]
    );
}

#[test]
fn what_stands_behind_the_preface_comes_behind_what_the_server_still_holds() {
    let story = told(&[
        S(b"HTTP/1.1 200"),
        C(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04"),
    ]);
    assert_eq!(
        story,
        [
            "upgraded to h2",
            "C unknown PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n",
            "S unknown HTTP/1.1 200",
            "C unknown \\x00\\x00\\x00\\x04",
        ]
    );
}

#[test]
fn lengths_beyond_any_memory_are_only_numbers() {
    for length in [
        "2147483648",
        "4294967296",
        "18446744073709551615",
        "99999999999999999999999999",
    ] {
        let text = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\nabc");
        let story = told(&[C(text.as_bytes())]);
        assert_eq!(story[1..], ["C body abc", "C end, incomplete"]);
    }
    let story = told(&[C(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
    )]);
    assert_eq!(story[1..], ["C body abc", "C end, incomplete"]);
    let story = told(&[C(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc\n",
    )]);
    assert!(story[1].contains("chunk size is not a number"), "{story:?}");
}

#[test]
fn a_head_longer_than_allowed_is_given_up() {
    let limits = Limits {
        http_head_bytes: 100,
        ..Limits::default()
    };
    let mut sent = b"GET / HTTP/1.1\r\nX: ".to_vec();
    sent.resize(300, b'a');
    sent.extend_from_slice(b"\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
    let story = told_within(&[C(&sent)], &limits);
    assert_eq!(
        story[0],
        "odd bound_reached @0: http_head_bytes: a head of more than 100 bytes"
    );
    assert_eq!(story[2..], ["C #0 @304 GET /b", "C end"]);
}

#[test]
fn other_protocols_are_told_from_http() {
    let http: &[&[u8]] = &[
        b"GET /",
        b"POST /x HTTP/1.1\r\n",
        b"\r\nGET / HTTP/1.0\r\n",
        b"HTTP/1.1 200 OK",
        b"M-SEARCH * HTTP/1.1\r\n",
        b"CONNECT a:443 HTTP/1.1\n",
    ];
    let second: &[&[u8]] = &[
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64",
        b"\x00\x00\x02\x00\x00\x00\x00\x00\x03hi\x00\x00\x00\x00\x01\x00\x00\x00\x03",
    ];
    let other: &[&[u8]] = &[
        b"\x16\x03\x01\x02\x00",
        b"SSH-2.0-OpenSSH",
        b"USER anonymous\r\n",
        b"OPTIONS rtsp://a RTSP/1.0\r\n",
        b"RTSP/1.0 200 OK",
        b"220 smtp",
        b"ehlo x",
        b"GET\n",
        b"get / HTTP/1.1\r\n",
    ];
    let either: &[&[u8]] = &[
        b"",
        b"G",
        b"GET",
        b"HTTP",
        b"PRI * HTTP/2.0\r\n",
        b"\r\n",
        b"M-SEARCH * HTTP/1.1",
    ];
    for first in http {
        assert_eq!(
            looks_like_http(first),
            Some(Some(Version::One)),
            "{}",
            first.escape_ascii()
        );
    }
    for first in second {
        assert_eq!(looks_like_http(first), Some(Some(Version::Two)));
    }
    for first in other {
        assert_eq!(
            looks_like_http(first),
            Some(None),
            "{}",
            first.escape_ascii()
        );
    }
    for first in either {
        assert_eq!(looks_like_http(first), None, "{}", first.escape_ascii());
    }
}
