//! Captures that begin midway, miss bytes, or hold what is not HTTP.

use super::told::{told, LostC, LostS, C, S};

#[test]
fn bytes_lost_inside_a_body_of_known_length_leave_the_rest_in_step() {
    let story = told(&[
        C(b"POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"),
        LostC(4),
        C(b"hij"),
        C(b"GET /b HTTP/1.1\r\n\r\n"),
    ]);
    assert_eq!(
        story[1..],
        [
            "C body abc",
            "C missing 4",
            "C body hij",
            "C end, incomplete",
            "C #1 @50 GET /b",
            "C end"
        ]
    );
}

#[test]
fn bytes_lost_inside_a_chunk_leave_the_rest_in_step() {
    let story = told(&[
        C(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nab"),
        LostC(6),
        C(b"\r\n2\r\nyz\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n"),
    ]);
    assert_eq!(
        story[1..],
        [
            "C body ab",
            "C missing 6",
            "C body yz",
            "C end, incomplete",
            "C #1 @73 GET /b",
            "C end"
        ]
    );
}

#[test]
fn a_loss_beyond_the_body_ends_it_and_the_next_start_line_is_found() {
    let story = told(&[
        C(b"POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"),
        LostC(30),
        C(b": x\r\nX-Rest: y\r\n\r\nGET /c HTTP/1.1\r\n\r\n"),
    ]);
    assert_eq!(
        story[1..],
        [
            "C body abc",
            "C missing 30",
            "C end, incomplete",
            "C unknown : x\\r\\nX-Rest: y\\r\\n\\r\\n",
            "C #1 @91 GET /c",
            "C end",
        ]
    );
}

#[test]
fn a_loss_inside_a_head_leaves_its_beginning_unknown() {
    let story = told(&[
        S(b"HTTP/1.1 200 OK\r\nX: "),
        LostS(5),
        S(b"\r\n\r\n<p>HTTP/1.1 204 No Content\r\n\r\n"),
    ]);
    assert_eq!(
        story,
        [
            "S unknown HTTP/1.1 200 OK\\r\\nX: ",
            "S missing 5",
            "S unknown \\r\\n\\r\\n<p>",
            "S #0 @32 204 No Content",
            "S end",
        ]
    );
}

#[test]
fn a_capture_that_begins_inside_a_body_finds_the_next_message() {
    let story = told(&[
        C(b"\xff\xd8\x00the end of an upload POST /next HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"),
        S(b"tail}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny"),
    ]);
    assert_eq!(
        story,
        [
            "odd http_malformed @0: not a start line",
            "C unknown \\xff\\xd8\\x00the end of an upload ",
            "C #0 @24 POST /next | Content-Length: 1",
            "C body x",
            "C end",
            "odd http_malformed @0: not a start line",
            "S unknown tail}",
            "S #0 @5 200 OK | Content-Length: 1",
            "S body y",
            "S end",
        ]
    );
}

#[test]
fn an_answer_from_before_the_capture_answers_nothing_seen() {
    let story = told(&[
        S(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
        C(b"GET /b HTTP/1.1\r\n\r\n"),
        S(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"),
    ]);
    assert_eq!(story[0], "S #0 @0 200 OK | Content-Length: 1");
    assert_eq!(story[5], "S #1 @39 200 OK answers #0 | Content-Length: 1");
}

#[test]
fn an_answer_to_an_unseen_head_request_has_no_body() {
    let story = told(&[
        S(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/"),
        S(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nHTTP/1.0"),
    ]);
    // The last one reads as such an answer too, followed by a cut head: said, not guessed at.
    assert_eq!(
        story,
        [
            "S #0 @0 200 OK | Content-Length: 50",
            "S end",
            "S #1 @39 200 OK | Content-Length: 5",
            "S body HTTP/",
            "S end",
            "S #2 @82 200 OK | Content-Length: 8",
            "S end",
            "odd http_malformed @120: the stream ends inside a head",
            "S unknown HTTP/1.0",
        ]
    );
}

#[test]
fn damaged_chunks_end_the_body_and_the_search_goes_on() {
    let story = told(&[C(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX\r\nGET /b HTTP/1.1\r\n\r\n",
    )]);
    assert_eq!(
        story[1..],
        [
            "C body ab",
            "odd http_malformed @52: chunked body: no line end after a chunk",
            "C end, incomplete",
            "C unknown XX\\r\\n",
            "C #1 @56 GET /b",
            "C end",
        ]
    );
}

#[test]
fn what_is_not_http_stays_unknown_and_nothing_of_it_is_lost() {
    let noise: Vec<u8> = (0..40_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let mut one_line = noise.clone();
    one_line.retain(|&b| b != b'\n');
    for bytes in [noise, one_line] {
        let story = told(&[C(&bytes)]);
        assert_eq!(story.len(), 2);
        assert_eq!(story[1], format!("C unknown {}", bytes.escape_ascii()));
    }
}

#[test]
fn a_start_line_behind_a_very_long_line_is_found() {
    let mut sent = vec![b'z'; 50_000];
    sent.extend_from_slice(b" PUT /x HTTP/1.1\r\n\r\n");
    let story = told(&[C(&sent)]);
    assert_eq!(story[2..], ["C #0 @50001 PUT /x", "C end"]);
}

#[test]
fn a_long_lasting_loss_in_an_open_ended_body() {
    let story = told(&[
        C(b"GET / HTTP/1.1\r\n\r\n"),
        S(b"HTTP/1.1 200 OK\r\n\r\nabc"),
        LostS(1 << 40),
        S(b"def"),
    ]);
    assert_eq!(
        story[3..],
        [
            "S body abc",
            "S missing 1099511627776",
            "S body def",
            "S end, incomplete"
        ]
    );
}
