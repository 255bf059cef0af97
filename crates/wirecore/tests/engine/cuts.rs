//! A law: cutting a capture anywhere, or reading it in pieces, changes nothing before the cut.

use std::io::Read;

use wirecore::capture::{Item, Reader};
use wirecore::engine::Rows;
use wirecore::limits::Limits;
use wirecore::record::{Dir, Hit};
use wirecore::tls::KeyLog;

use crate::listen::{add, datagram, engine_with, talk_by, IMEI};
use crate::session::{one, sessions_in};
use crate::wire;

/// Conversations of several kinds, their packets one between the others; and the keys of the encrypted ones.
fn capture() -> (Vec<Vec<u8>>, String) {
    let body = format!("{{\"imei\":\"{IMEI}\"}}");
    let post = format!(
        "POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let twice = post.repeat(2);
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".repeat(2);
    let mut chunked =
        b"POST /b HTTP/1.1\r\nHost: b.example\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for part in body.as_bytes().chunks(4) {
        chunked.extend(format!("{:x}\r\n", part.len()).bytes());
        chunked.extend(part);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let publish = [b"\x30\x14\x00\x03a/b".as_slice(), IMEI.as_bytes()].concat();
    let connect = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05phone".as_slice();
    let tls = one("tls13-key-update");
    let said: Vec<(bool, &[u8])> = tls
        .wire
        .iter()
        .map(|(dir, bytes)| (*dir == Dir::Client, &bytes[..]))
        .collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dtls");
    let dtls = sessions_in(&folder).remove(0);
    let datagrams = dtls.wire.iter();
    let conversations = [
        talk_by(60, 80, &[(true, twice.as_bytes()), (false, &answer)]),
        talk_by(
            33,
            8080,
            &[
                (true, &chunked),
                (false, b"HTTP/1.1 204 No Content\r\n\r\n"),
            ],
        ),
        talk_by(
            9,
            1883,
            &[
                (true, connect),
                (false, b"\x20\x02\x00\x00"),
                (true, &publish),
            ],
        ),
        talk_by(700, 443, &said),
        datagrams
            .map(|(dir, bytes)| datagram(*dir == Dir::Client, 5684, bytes))
            .collect(),
    ];
    let longest = conversations.iter().map(Vec::len).max().unwrap_or(0);
    let woven = (0..longest).flat_map(|at| conversations.iter().filter_map(move |one| one.get(at)));
    (woven.cloned().collect(), tls.keys + &dtls.keys)
}

/// Gives its bytes in pieces of sizes that change.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 * 7 % 31 + 1;
        let len = self.1.min(buffer.len()).min(self.0.len());
        buffer[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

fn rows(file: impl Read, keys: &str) -> Rows {
    let limits = Limits::default();
    let mut log = KeyLog::new();
    log.add_text(keys.as_bytes());
    let mut engine = engine_with(&[], log, limits.clone());
    let mut all = Rows::default();
    engine.begin_capture(0);
    if let Ok(mut reader) = Reader::open(file, &limits) {
        while let Ok(Some(item)) = reader.next_item() {
            match item {
                Item::Frame(frame) => engine.frame(&frame),
                Item::Odd(odd) => engine.odd(0, odd),
                _ => {}
            }
        }
    }
    engine.end_capture();
    engine.finish(&mut |rows| add(&mut all, rows));
    all
}

fn all_of(rows: &Rows) -> Vec<String> {
    let Rows {
        flows,
        messages,
        hits,
        media,
        anomalies,
        names,
        ..
    } = rows;
    vec![
        format!("{flows:?}"),
        format!("{messages:?}"),
        format!("{hits:?}"),
        format!("{media:?}"),
        format!("{anomalies:?}"),
        format!("{names:?}"),
    ]
}

#[test]
fn a_file_read_in_any_pieces_says_the_same() {
    let (frames, keys) = capture();
    for file in [wire::pcap(&frames), wire::pcapng(wire::LITTLE, &frames)] {
        let whole = rows(&file[..], &keys);
        assert!(whole.hits.len() >= 5, "each conversation shows the value");
        for start in [1, 5, 30] {
            let pieces = rows(Dribble(&file, start), &keys);
            assert_eq!(all_of(&pieces), all_of(&whole));
        }
    }
}

#[test]
fn a_cut_anywhere_changes_nothing_before_it() {
    let (frames, keys) = capture();
    for file in [wire::pcap(&frames), wire::pcapng(wire::LITTLE, &frames)] {
        let whole = rows(&file[..], &keys);
        let mut compared = 0;
        for cut in (0..file.len()).step_by(97) {
            let part = rows(&file[..cut], &keys);
            // Until when the cut file goes.
            let until = part.flows.iter().map(|flow| flow.last_ns).max();
            let Some(until) = until else { continue };
            let of = |rows: &Rows| -> Vec<String> {
                let done = rows.messages.iter();
                let mut done: Vec<_> = done
                    .filter(|one| one.complete && one.end_ns < until)
                    .filter(|one| one.protocol != "unknown")
                    .map(|one| format!("{one:?}"))
                    .collect();
                done.sort();
                done
            };
            let (cut_rows, whole_rows) = (of(&part), of(&whole));
            assert_eq!(cut_rows, whole_rows, "cut at {cut}");
            compared += cut_rows.len();
            // A message that goes on may show its value elsewhere once all of it is there; one that ended does not.
            let ended = |hit: &Hit| {
                let mut ended = whole
                    .messages
                    .iter()
                    .filter(|one| one.complete && one.end_ns < until && one.protocol != "unknown");
                ended.any(|one| {
                    (&one.flow, one.stream, one.number) == (&hit.flow, hit.stream, hit.number)
                })
            };
            let found = |rows: &Rows| -> Vec<String> {
                let mut hits: Vec<_> = rows
                    .hits
                    .iter()
                    .filter(|hit| ended(hit))
                    .map(|hit| format!("{hit:?}"))
                    .collect();
                hits.sort();
                hits
            };
            assert_eq!(found(&part), found(&whole), "cut at {cut}");
            for hit in &part.hits {
                let same = |one: &Hit| (&one.flow, one.needle) == (&hit.flow, hit.needle);
                assert!(whole.hits.iter().any(same), "cut at {cut}: {hit:?}");
            }
        }
        assert!(compared > 100, "there was something to compare");
    }
}
