//! Stories of DNS messages, whole and broken.

use super::*;
use proptest::prelude::*;

/// A message builder for tests: header counts, then the given body.
fn message(flags: u16, counts: [u16; 4], body: &[u8]) -> Vec<u8> {
    let mut out = vec![0x12, 0x34];
    out.extend(flags.to_be_bytes());
    for count in counts {
        out.extend(count.to_be_bytes());
    }
    out.extend(body);
    out
}

fn name(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in text.split('.') {
        out.push(label.len() as u8);
        out.extend(label.as_bytes());
    }
    out.push(0);
    out
}

fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let mut out = owner.to_vec();
    out.extend(kind.to_be_bytes());
    out.extend(1u16.to_be_bytes());
    out.extend(300u32.to_be_bytes());
    out.extend((data.len() as u16).to_be_bytes());
    out.extend(data);
    out
}

fn question(text: &str, kind: u16) -> Vec<u8> {
    let mut out = name(text);
    out.extend(kind.to_be_bytes());
    out.extend(1u16.to_be_bytes());
    out
}

fn rows(data: &[u8]) -> (Vec<Name>, Option<Odd>) {
    let mut rows = Vec::new();
    let odd = parse_message(data, &mut |row| rows.push(row));
    (rows, odd)
}

/// An answer with a CNAME and an address, its names compressed.
fn answer() -> Vec<u8> {
    let mut body = question("WWW.Vendor.example", 1);
    body.extend(record(&[0xc0, 12], 5, &[3, b'c', b'd', b'n', 0xc0, 16]));
    body.extend(record(&[3, b'c', b'd', b'n', 0xc0, 16], 1, &[192, 0, 2, 7]));
    message(0x8180, [1, 2, 0, 0], &body)
}

#[test]
fn a_question_is_one_row_without_an_answer() {
    let (rows, odd) = rows(&message(
        0x0100,
        [1, 0, 0, 0],
        &question("Api.Vendor.example", 65),
    ));
    assert_eq!(odd, None);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].question.as_str(), rows[0].qtype.as_str()),
        ("api.vendor.example", "HTTPS")
    );
    assert!(!rows[0].answered && rows[0].name.is_empty() && rows[0].rtype.is_empty());
}

#[test]
fn an_answer_names_the_way_from_the_question_to_the_address() {
    let (rows, odd) = rows(&answer());
    assert_eq!(odd, None);
    let told: Vec<_> = rows
        .iter()
        .map(|r| (r.name.as_str(), r.rtype.as_str(), r.value.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("www.vendor.example", "CNAME", "cdn.vendor.example"),
            ("cdn.vendor.example", "A", "192.0.2.7"),
        ]
    );
    assert!(rows
        .iter()
        .all(|r| r.question == "www.vendor.example" && r.ttl == 300 && r.answered));
}

#[test]
fn a_refusal_is_a_row_with_its_code() {
    let (rows, odd) = rows(&message(0x8183, [1, 0, 0, 0], &question("no.example", 1)));
    assert_eq!(odd, None);
    assert_eq!((rows.len(), rows[0].rcode, rows[0].answered), (1, 3, true));
}

#[test]
fn each_record_kind_gives_its_target() {
    let mut body = Vec::new();
    let target = name("t.example");
    let cases: Vec<(u16, Vec<u8>, &str)> = vec![
        (
            28,
            [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1].to_vec(),
            "2001:db8::1",
        ),
        (12, target.clone(), "t.example"),
        (15, [vec![0, 10], target.clone()].concat(), "t.example"),
        (
            33,
            [vec![0, 1, 0, 2, 1, 187], target.clone()].concat(),
            "t.example",
        ),
        (65, [vec![0, 1], target.clone()].concat(), "t.example"),
        (65, vec![0, 1, 0], "own.example"),
        (16, b"\x03k=v\x02ok".to_vec(), "k=v ok"),
        (999, vec![1, 2, 3], ""),
    ];
    for (kind, data, _) in &cases {
        body.extend(record(&name("own.example"), *kind, data));
    }
    let (rows, odd) = rows(&message(0x8400, [0, cases.len() as u16, 0, 0], &body));
    assert_eq!(odd, None);
    assert_eq!(
        rows.iter().map(|r| r.value.as_str()).collect::<Vec<_>>(),
        cases.iter().map(|c| c.2).collect::<Vec<_>>()
    );
    assert_eq!(rows[7].rtype, "TYPE999");
}

#[test]
fn a_pointer_to_itself_is_malformed_and_ends() {
    let (rows, odd) = rows(&message(0x0100, [1, 0, 0, 0], &[0xc0, 12, 0, 1, 0, 1]));
    assert!(rows.is_empty());
    assert_eq!(
        odd.map(|o| (o.kind, o.offset)),
        Some((Kind::DnsMalformed, 12))
    );
}

#[test]
fn a_cut_answer_gives_the_rows_before_the_cut() {
    let whole = answer();
    let (rows, odd) = rows(&whole[..whole.len() - 2]);
    assert_eq!(rows.len(), 1);
    assert!(odd.is_some());
}

#[test]
fn labels_that_would_confuse_are_escaped() {
    let mut body = vec![4, b'a', b'.', 0, 0xff, 0];
    body.extend([0, 1, 0, 1]);
    let (rows, _) = rows(&message(0x0100, [1, 0, 0, 0], &body));
    assert_eq!(rows[0].question, "a\\.\\000\\255");
}

#[test]
fn a_stream_of_messages_is_the_same_in_any_pieces() {
    let mut stream = Vec::new();
    for part in [answer(), vec![1, 2, 3], answer()] {
        stream.extend((part.len() as u16).to_be_bytes());
        stream.extend(part);
    }
    let feed = |size: usize| {
        let mut dns = DnsStream::new();
        let (mut names, mut odds) = (Vec::new(), Vec::new());
        for piece in stream.chunks(size) {
            dns.feed(piece, &mut |n| names.push(format!("{n:?}")), &mut |o| {
                odds.push(o);
            });
        }
        (names, odds)
    };
    let whole = feed(stream.len());
    assert_eq!((whole.0.len(), whole.1.len()), (4, 1));
    assert_eq!(feed(1), whole);
    assert_eq!(feed(7), whole);
}

#[test]
fn after_a_gap_nothing_is_guessed() {
    let mut dns = DnsStream::new();
    dns.feed(
        &[0, 100, 1, 2],
        &mut |_| unreachable!(),
        &mut |_| unreachable!(),
    );
    dns.gap();
    dns.feed(&answer(), &mut |_| unreachable!(), &mut |_| unreachable!());
}

#[test]
fn a_datagram_of_another_protocol_does_not_look_like_dns() {
    assert!(looks_like_dns(&message(
        0x0100,
        [1, 0, 0, 0],
        &question("a.example", 1)
    )));
    assert!(!looks_like_dns(
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    ));
    assert!(!looks_like_dns(&[]));
}

proptest! {
    #[test]
    fn any_bytes_end(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = rows(&data);
        let _ = looks_like_dns(&data);
    }

    #[test]
    fn a_damaged_answer_ends(at in 0usize..80, value: u8, cut in 0usize..90) {
        let mut data = answer();
        if let Some(byte) = data.get_mut(at) {
            *byte = value;
        }
        data.truncate(cut.max(1));
        let _ = rows(&data);
    }
}
