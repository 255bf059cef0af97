//! Stories of names that apps ask for by plain HTTP: which answer names which address, and when nobody can know.

use std::io::Write as _;

use wirecore::engine::Rows;

use crate::frames::*;
use crate::listen::{rows_of, talk, Line, IMEI};

fn ask(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: 203.107.1.1\r\n\r\n").into_bytes()
}

fn reply(body: &[u8], more: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{more}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Which way, name and address of each row.
fn names(rows: &Rows) -> Vec<(&'static str, &str, &str)> {
    let names = rows.names.iter();
    names
        .map(|n| (n.via, n.question.as_str(), n.value.as_str()))
        .collect()
}

const ALIBABA: &str = r#"{"ips":["198.51.100.7"],"host":"a.example","ttl":60}"#;

#[test]
fn an_answer_names_the_address_that_it_gives_to_the_name_asked_for() {
    let rows = rows_of(&talk(
        80,
        &[
            (true, &ask("/1/d?host=a.example")),
            (false, &reply(ALIBABA.as_bytes(), "")),
        ],
    ));
    assert_eq!(names(&rows), [("alibaba", "a.example", "198.51.100.7")]);
    assert_eq!(rows.names[0].flow, rows.flows[0].id);
    assert!(rows.names[0].answered);
    let answer = rows.messages.iter().find(|m| !m.up).expect("an answer");
    assert_eq!(
        (answer.decoded_bytes, answer.opaque_bytes),
        (ALIBABA.len() as u64, 0)
    );
    assert_eq!(rows.flows[0].app_bytes, rows.flows[0].readable_bytes);
    assert!(rows.anomalies.is_empty());
}

#[test]
fn a_compressed_answer_is_read_too() {
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    coder.write_all(ALIBABA.as_bytes()).expect("memory");
    let body = coder.finish().expect("memory");
    let rows = rows_of(&talk(
        80,
        &[
            (true, &ask("/1/d?host=a.example")),
            (false, &reply(&body, "Content-Encoding: gzip\r\n")),
        ],
    ));
    assert_eq!(names(&rows), [("alibaba", "a.example", "198.51.100.7")]);
}

#[test]
fn of_questions_in_a_row_each_has_its_own_answer_or_none() {
    let turn_by_turn = rows_of(&talk(
        80,
        &[
            (true, &ask("/d?dn=a.example")),
            (false, &reply(b"198.51.100.7", "")),
            (true, &ask("/d?dn=b.example")),
            (false, b"HTTP/1.1 103 Early Hints\r\n\r\n"),
            (false, &reply(b"198.51.100.8", "")),
            (true, &ask("/d?dn=c.example")),
            (false, &reply(b"", "X-Error: 1\r\n")),
        ],
    ));
    assert_eq!(
        names(&turn_by_turn),
        [
            ("tencent", "a.example", "198.51.100.7"),
            ("tencent", "b.example", "198.51.100.8")
        ]
    );
    // Asked at once: the answer to the last is known by its number, the others name nothing.
    let asked = [ask("/d?dn=a.example"), ask("/d?dn=b.example")].concat();
    let answered = [reply(b"198.51.100.7", ""), reply(b"198.51.100.8", "")].concat();
    let at_once = rows_of(&talk(80, &[(true, &asked), (false, &answered)]));
    assert_eq!(names(&at_once), [("tencent", "b.example", "198.51.100.8")]);
}

#[test]
fn after_missing_bytes_nobody_knows_which_question_is_answered() {
    let mut line = Line::new(80);
    let mut frames = line.open();
    frames.push(line.say(true, &ask("/d?dn=a.example")));
    line.lose(300);
    frames.push(line.say(true, &ask("/d?dn=b.example")));
    frames.push(line.say(false, &reply(b"198.51.100.7", "")));
    frames.push(line.say(false, &reply(b"198.51.100.8", "")));
    frames.extend(line.close());
    let rows = rows_of(&frames);
    // The first answer may have come before the hole was known; the second one's question is anybody's guess.
    let sure = ("tencent", "a.example", "198.51.100.7");
    assert!(names(&rows).iter().all(|one| *one == sure));
}

#[test]
fn what_is_asked_of_the_phone_or_answered_with_an_error_names_nothing() {
    let error = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\n198.51.100.7";
    let rows = rows_of(&talk(
        80,
        &[(true, &ask("/d?dn=a.example")), (false, error)],
    ));
    assert_eq!(names(&rows), []);
    let cut = reply(ALIBABA.as_bytes(), "");
    let cut = &cut[..cut.len() - 4];
    let rows = rows_of(&talk(
        80,
        &[(true, &ask("/1/d?host=a.example")), (false, cut)],
    ));
    assert_eq!(names(&rows), [], "an answer that is not whole");
}

#[test]
fn on_streams_each_answer_has_the_question_of_its_stream() {
    let get = |stream: u32, path: &str| {
        let list = [
            (":method", "GET"),
            (":path", path),
            (":authority", "dns.example"),
        ];
        frame(HEADERS, END_HEADERS | END_STREAM, stream, &fields(&list))
    };
    let answer = |stream: u32, body: &[u8]| {
        let head = frame(HEADERS, END_HEADERS, stream, b"\x88");
        [head, frame(DATA, END_STREAM, stream, body)].concat()
    };
    let asked = [
        PREFACE.to_vec(),
        frame(SETTINGS, 0, 0, b""),
        get(1, "/d?dn=a.example"),
        get(3, "/resolve?name=b.example"),
    ]
    .concat();
    let json = br#"{"Status":0,"Question":[{"name":"b.example.","type":1}],"Answer":[{"name":"b.example.","type":1,"TTL":9,"data":"198.51.100.8"}]}"#;
    let answered = [
        frame(SETTINGS, 0, 0, b""),
        answer(3, json),
        answer(1, b"198.51.100.7"),
    ]
    .concat();
    let rows = rows_of(&talk(80, &[(true, &asked), (false, &answered)]));
    assert_eq!(
        names(&rows),
        [
            ("json", "b.example", "198.51.100.8"),
            ("tencent", "a.example", "198.51.100.7")
        ]
    );
}

#[test]
fn a_name_that_holds_a_fact_stays_out_of_the_table_of_names() {
    let target = format!("/d?dn={IMEI}.a.example&v=1");
    let rows = rows_of(&talk(
        80,
        &[(true, &ask(&target)), (false, &reply(b"198.51.100.7", ""))],
    ));
    assert_eq!(rows.hits.len(), 1, "it is found where it was sent");
    assert_eq!(names(&rows), []);
    // Beside the name it does no harm.
    let target = format!("/d?dn=a.example&imei={IMEI}");
    let rows = rows_of(&talk(
        80,
        &[(true, &ask(&target)), (false, &reply(b"198.51.100.7", ""))],
    ));
    assert_eq!(names(&rows).len(), 1);
}

#[test]
fn a_question_of_dns_over_https_by_get_is_told_also_without_its_answer() {
    // RFC 8484, section 4.1.1: www.example.com, in base64url without padding.
    let target = "/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB";
    let get = |accept: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: dns.example\r\nAccept: {accept}\r\n\r\n")
    };
    let rows = rows_of(&talk(
        80,
        &[(true, get("application/dns-message").as_bytes())],
    ));
    assert_eq!(names(&rows), [("", "www.example.com", "")]);
    assert!(!rows.names[0].answered);
    let rows = rows_of(&talk(80, &[(true, get("*/*").as_bytes())]));
    assert_eq!(names(&rows), [], "nothing says that it is a question");
}
