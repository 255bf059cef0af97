//! Protocols whose rooms belong to the engine: whole conversations in, rows out.

use std::sync::Arc;

use wirecore::engine::{keep_told, Engine, Rows, Teller, ToldMessage};
use wirecore::inspect::Watch;
use wirecore::record::{Dir, Flow};
use wirecore::scan::needles::Needles;
use wirecore::unwrap::Keys;

use super::listen::{self, datagram, rows_of, talk};
use super::script::{Script, Turn};

/// An engine that looks for an IMEI.
pub fn engine() -> Engine {
    listen::engine(&[])
}

/// What must hold of any rows.
fn check(rows: &Rows) {
    for flow in &rows.flows {
        for side in 0..2 {
            assert!(
                flow.readable_bytes[side] <= flow.app_bytes[side],
                "{flow:?}"
            );
        }
    }
    let mut places: Vec<_> = rows
        .messages
        .iter()
        .map(|m| (&m.flow, m.stream, m.number, m.from_client))
        .collect();
    places.sort_unstable();
    let all = places.len();
    places.dedup();
    assert_eq!(places.len(), all, "two messages at one place");
}

fn conversation(port: u16, bytes: &[u8]) {
    let turns: Vec<(bool, &[u8])> = Script(bytes)
        .filter_map(|turn| match turn {
            Turn::Bytes(dir, bytes) => Some((dir == Dir::Client, bytes)),
            Turn::Gap(..) => None,
        })
        .collect();
    let mut frames = talk(port, &turns);
    // What a gap says is left out: it is a packet that is missing.
    let gaps: Vec<usize> = Script(bytes)
        .enumerate()
        .filter_map(|(at, turn)| matches!(turn, Turn::Gap(..)).then_some(at + 2))
        .collect();
    for at in gaps {
        if at < frames.len() {
            frames.remove(at);
        }
    }
    check(&rows_of(&frames));
}

pub fn mqtt(bytes: &[u8]) {
    conversation(1883, bytes);
}

pub fn xmpp(bytes: &[u8]) {
    conversation(5222, bytes);
}

/// The first byte chooses among submission, mail store and post office.
pub fn mail(bytes: &[u8]) {
    if let Some((which, rest)) = bytes.split_first() {
        conversation([587, 143, 110][usize::from(which % 3)], rest);
    }
}

pub fn socks(bytes: &[u8]) {
    conversation(1080, bytes);
}

/// Whatever protocol it turns out to be.
pub fn any_stream(bytes: &[u8]) {
    conversation(8443, bytes);
}

fn datagrams(port: u16, bytes: &[u8]) {
    let frames: Vec<_> = Script(bytes)
        .filter_map(|turn| match turn {
            Turn::Bytes(dir, bytes) => Some(datagram(dir == Dir::Client, port, bytes)),
            Turn::Gap(..) => None,
        })
        .collect();
    check(&rows_of(&frames));
}

pub fn stun(bytes: &[u8]) {
    datagrams(3478, bytes);
}

/// The first byte chooses among time, addresses, and what is advertised at home.
pub fn small(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else {
        return;
    };
    let port = [123, 67, 1900, 5353][usize::from(which % 4)];
    datagrams(port, rest);
    wirecore::datagram::dhcp::parse(rest);
    for (sport, dport) in [(68, 67), (67, 68)] {
        wirecore::datagram::recognise(sport, dport, rest);
    }
}

pub fn any_datagram(bytes: &[u8]) {
    datagrams(443, bytes);
}

/// A message as an importer tells it: target, content type, coding and body, each but the last ending with a line.
pub fn told(bytes: &[u8]) {
    let mut parts = bytes.splitn(4, |&byte| byte == b'\n');
    let mut part = || parts.next().unwrap_or_default().to_vec();
    let (target, content_type, coding, body) = (part(), part(), part(), part());
    let message = ToldMessage {
        from_client: true,
        protocol: "http/1.1".to_owned(),
        method: "POST".to_owned(),
        host: "api.example".to_owned(),
        target,
        headers: vec![
            ("Content-Type".to_owned(), content_type),
            ("Content-Encoding".to_owned(), coding),
        ],
        body,
        complete: true,
        ..ToldMessage::default()
    };
    keep_told(&message).expect("a kept message");
    let needles = Needles::compile(Vec::new(), Vec::new(), Vec::new()).expect("no needle");
    let watch = Watch::new(needles, Vec::new(), Vec::new()).expect("no fact");
    let mut teller = Teller::new(Arc::new(watch), Arc::new(Keys::new()), false, Vec::new());
    teller.begin_capture(0);
    teller.flow(1, Flow::default());
    teller.message(1, &message);
    teller.end_flow(1);
    teller.end_capture();
    check(&teller.take_rows());
}
