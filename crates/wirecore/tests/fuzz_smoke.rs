//! The whole way of a byte, from a capture's file to rows: once as a story, then with damaged captures.
//!
//! The damage is made from a fixed seed, so that a failure can be had again. `make fuzz-smoke` runs the long form.

#[path = "net/wire.rs"]
#[allow(dead_code)] // reason: the other tests use the rest of it
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use wirecore::capture::{Item, Reader};
use wirecore::engine::{Config, Engine, Rows};
use wirecore::inspect::Watch;
use wirecore::limits::Limits;
use wirecore::scan::needles::{Needles, Plain};
use wirecore::tls::KeyLog;
use wirecore::unwrap::optin_chunk::Keys;

const IMEI: &[u8] = b"490154203237518";
const BODY: &str = "{\"device\":{\"imei\":\"490154203237518\",\"id\":\"NDkwMTU0MjAzMjM3NTE4\"}}";

fn engine() -> Engine {
    let plain = vec![Plain {
        needle: 0,
        bytes: IMEI.to_vec(),
        whole_token: false,
    }];
    let needles = Needles::compile(plain, Vec::new(), Vec::new()).expect("one needle");
    Engine::new(Config {
        limits: Limits::default(),
        phone_addresses: vec![wire::PHONE],
        phone_macs: Vec::new(),
        keys: KeyLog::new(),
        watch: Arc::new(Watch::new(needles, vec![0], Vec::new()).expect("one fact")),
        chunk_keys: Arc::new(Keys::new()),
        wants_answers: false,
        keep: None,
    })
}

/// Everything that the engine says of a capture file.
fn rows_of(file: &[u8]) -> Rows {
    let mut engine = engine();
    let mut all = Rows::default();
    let Ok(mut reader) = Reader::open(file, &Limits::default()) else {
        return all;
    };
    engine.begin_capture(0);
    while let Ok(Some(item)) = reader.next_item() {
        match item {
            Item::Frame(frame) => engine.frame(&frame),
            Item::Secrets { kind, data } => engine.secrets(kind, data),
            Item::AppName { uid, name } => engine.app_name(uid, name),
            Item::Dropped { .. } => {}
            Item::Odd(odd) => engine.odd(0, odd),
        }
    }
    engine.end_capture();
    engine.finish(&mut |mut rows| {
        all.flows.append(&mut rows.flows);
        all.messages.append(&mut rows.messages);
        all.hits.append(&mut rows.hits);
        all.anomalies.append(&mut rows.anomalies);
        all.names.append(&mut rows.names);
    });
    all
}

/// One upload over plain HTTP in a classic pcap (Ethernet, microseconds), in segments of `size` bytes.
fn upload(size: usize) -> Vec<u8> {
    let request = format!(
        "POST /v1/report HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let answer = "HTTP/1.1 204 No Content\r\n\r\n";
    let mut packets = vec![
        wire::ip(
            wire::PHONE,
            wire::CLOUD,
            6,
            &wire::tcp(40_000, 80, wire::SYN, 99, 0, b""),
        ),
        wire::ip(
            wire::CLOUD,
            wire::PHONE,
            6,
            &wire::tcp(80, 40_000, wire::SYN | wire::ACK, 499, 100, b""),
        ),
    ];
    let mut seq = 100;
    for piece in request.as_bytes().chunks(size) {
        packets.push(wire::ip(
            wire::PHONE,
            wire::CLOUD,
            6,
            &wire::tcp(40_000, 80, wire::ACK, seq, 500, piece),
        ));
        seq += piece.len() as u32;
    }
    let answer = wire::tcp(80, 40_000, wire::ACK, 500, seq, answer.as_bytes());
    packets.push(wire::ip(wire::CLOUD, wire::PHONE, 6, &answer));
    let mut file = Vec::new();
    for field in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101] {
        file.extend(field.to_le_bytes());
    }
    for (index, packet) in packets.iter().enumerate() {
        for field in [
            1_400_000_000,
            index as u32 * 1_000,
            packet.len() as u32,
            packet.len() as u32,
        ] {
            file.extend(field.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

/// xorshift64*, enough to place damage.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

fn damage(file: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..=chance.below(6) {
        let at = chance.below(file.len());
        match chance.below(5) {
            0 => file[at] = chance.below(256) as u8,
            1 => file[at] ^= 1 << chance.below(8),
            2 => file.truncate(at.max(30)),
            3 => {
                let end = (at + chance.below(40)).min(file.len());
                file.drain(at..end);
            }
            _ => {
                let end = (at + chance.below(60)).min(file.len());
                let copy = file[at..end].to_vec();
                let to = chance.below(file.len());
                file.splice(to..to, copy);
            }
        }
        if file.len() < 40 {
            break;
        }
    }
    file
}

#[test]
fn an_identifier_that_leaves_is_found_in_clear_and_in_base64_however_it_was_cut() {
    for size in [1, 7, 100, 1_460] {
        let rows = rows_of(&upload(size));
        assert_eq!(rows.flows.len(), 1);
        assert_eq!(rows.flows[0].host, "api.example");
        assert_eq!(rows.flows[0].app_bytes, rows.flows[0].readable_bytes);
        let up: Vec<_> = rows.messages.iter().filter(|message| message.up).collect();
        assert_eq!(
            (up.len(), up[0].method.as_str(), up[0].body_bytes),
            (1, "POST", BODY.len() as u64)
        );
        let paths: Vec<&str> = rows
            .hits
            .iter()
            .map(|hit| hit.steps[0].path.as_str())
            .collect();
        assert_eq!(
            paths,
            ["/device/imei", "/device/id"],
            "segments of {size} bytes"
        );
        assert!(rows.anomalies.is_empty());
    }
}

#[test]
fn what_comes_down_is_no_exposure() {
    let mut engine_rows = rows_of(&upload(1_460));
    assert!(engine_rows.hits.iter().all(|hit| hit.up));
    engine_rows.messages.retain(|message| !message.up);
    assert_eq!(engine_rows.messages.len(), 1, "the answer");
}

#[test]
fn damaged_captures_never_bring_the_engine_down() {
    let mut chance = Chance(0x5eed);
    let seed = upload(100);
    for _ in 0..2_000 {
        rows_of(&damage(&seed, &mut chance));
    }
}

#[test]
#[ignore = "a minute of damage: make fuzz-smoke"]
fn a_minute_of_damage() {
    let start = Instant::now();
    let mut chance = Chance(start.elapsed().as_nanos() as u64 | 0x0dd5_eed1);
    let seeds = [upload(9), upload(100), upload(1_460)];
    let mut rounds = 0_u64;
    while start.elapsed() < Duration::from_secs(60) {
        for seed in &seeds {
            let file = damage(seed, &mut chance);
            let result = std::panic::catch_unwind(|| rows_of(&file));
            assert!(
                result.is_ok(),
                "this capture brings the engine down: {file:02x?}"
            );
            rounds += 1;
        }
    }
    println!("{rounds} damaged captures read");
}
