//! An engine that looks for one IMEI, and what it says of frames.

use std::sync::Arc;

use wirecore::capture::Frame;
use wirecore::engine::{Config, Engine, Rows};
use wirecore::inspect::Watch;
use wirecore::limits::Limits;
use wirecore::scan::needles::{Needles, Plain};
use wirecore::tls::KeyLog;
use wirecore::unwrap::Keys;

use super::wire;

pub const IMEI: &str = "490154203237518";

/// Looks for the IMEI (needle 0) and for each of `more`.
pub fn engine(more: &[&[u8]]) -> Engine {
    engine_with(more, KeyLog::new(), Limits::default())
}

/// The same with keys and bounds.
pub fn engine_with(more: &[&[u8]], keys: KeyLog, limits: Limits) -> Engine {
    let forms = std::iter::once(IMEI.as_bytes()).chain(more.iter().copied());
    let plain: Vec<Plain> = forms
        .zip(0..)
        .map(|(bytes, needle)| Plain {
            needle,
            bytes: bytes.to_vec(),
            whole_token: false,
        })
        .collect();
    let facts = (0..plain.len() as u32).collect();
    let needles = Needles::compile(plain, Vec::new(), Vec::new()).expect("needles");
    Engine::new(Config {
        limits,
        phone_addresses: vec![wire::PHONE, wire::PHONE6],
        phone_macs: Vec::new(),
        keys,
        watch: Arc::new(Watch::new(needles, facts, Vec::new()).expect("facts")),
        chunk_keys: Arc::new(Keys::new()),
        wants_answers: false,
        keep: None,
    })
}

/// The rows of Ethernet frames, one a millisecond.
pub fn rows_of(frames: &[Vec<u8>]) -> Rows {
    rows_from(engine(&[]), frames)
}

pub fn rows_from(mut engine: Engine, frames: &[Vec<u8>]) -> Rows {
    engine.begin_capture(0);
    for (data, number) in frames.iter().zip(1..) {
        engine.frame(&frame(number, data));
    }
    engine.end_capture();
    let mut all = Rows::default();
    engine.finish(&mut |rows| add(&mut all, rows));
    all
}

/// The frame of this number: one a millisecond.
pub fn frame(number: u64, data: &[u8]) -> Frame<'_> {
    Frame {
        number,
        ts_ns: 1_700_000_000_000_000_000 + number as i64 * 1_000_000,
        link: 1,
        wire_len: data.len() as u32,
        data,
        interface: 0,
        comment: None,
    }
}

/// Adds the rows that these tests look at.
pub fn add(all: &mut Rows, mut rows: Rows) {
    all.flows.append(&mut rows.flows);
    all.messages.append(&mut rows.messages);
    all.hits.append(&mut rows.hits);
    all.media.append(&mut rows.media);
    all.anomalies.append(&mut rows.anomalies);
    all.names.append(&mut rows.names);
}

/// A TCP conversation on a port of the cloud: each turn is (from the phone, bytes), in segments of at most 1400.
pub fn talk(port: u16, turns: &[(bool, &[u8])]) -> Vec<Vec<u8>> {
    talk_by(1400, port, turns)
}

/// The same in segments of at most `size` bytes.
pub fn talk_by(size: usize, port: u16, turns: &[(bool, &[u8])]) -> Vec<Vec<u8>> {
    let mut line = Line::new(port);
    let mut frames = line.open();
    for (from_phone, bytes) in turns {
        for part in bytes.chunks(size) {
            frames.push(line.say(*from_phone, part));
        }
    }
    frames.extend(line.close());
    frames
}

/// A TCP connection to a port of the cloud, segment by segment.
pub struct Line {
    port: u16,
    up: u32,
    down: u32,
}

impl Line {
    pub fn new(port: u16) -> Self {
        Line {
            port,
            up: 100,
            down: 900,
        }
    }

    fn frame(&self, from_phone: bool, flags: u8, payload: &[u8]) -> Vec<u8> {
        let (port, up, down) = (self.port, self.up, self.down);
        let ack = |seq| if flags & wire::ACK == 0 { 0 } else { seq };
        if from_phone {
            let segment = wire::tcp(40_000, port, flags, up, ack(down), payload);
            wire::ethernet(&wire::ip(wire::PHONE, wire::CLOUD, 6, &segment))
        } else {
            let segment = wire::tcp(port, 40_000, flags, down, ack(up), payload);
            wire::ethernet_from(
                wire::ROUTER_MAC,
                &wire::ip(wire::CLOUD, wire::PHONE, 6, &segment),
            )
        }
    }

    fn flag(&mut self, from_phone: bool, flags: u8) -> Vec<u8> {
        let frame = self.frame(from_phone, flags, b"");
        *(if from_phone {
            &mut self.up
        } else {
            &mut self.down
        }) += 1;
        frame
    }

    /// Both sides' SYN.
    pub fn open(&mut self) -> Vec<Vec<u8>> {
        vec![
            self.flag(true, wire::SYN),
            self.flag(false, wire::SYN | wire::ACK),
        ]
    }

    /// One segment.
    pub fn say(&mut self, from_phone: bool, bytes: &[u8]) -> Vec<u8> {
        let frame = self.frame(from_phone, wire::ACK, bytes);
        let next = if from_phone {
            &mut self.up
        } else {
            &mut self.down
        };
        *next = next.wrapping_add(bytes.len() as u32);
        frame
    }

    /// So many bytes of the phone's are not in the capture.
    pub fn lose(&mut self, bytes: u32) {
        self.up = self.up.wrapping_add(bytes);
    }

    /// Both sides' FIN.
    pub fn close(&mut self) -> Vec<Vec<u8>> {
        vec![
            self.flag(true, wire::FIN | wire::ACK),
            self.flag(false, wire::FIN | wire::ACK),
        ]
    }
}

/// A datagram between the phone and the cloud.
pub fn datagram(from_phone: bool, port: u16, payload: &[u8]) -> Vec<u8> {
    if from_phone {
        let udp = wire::udp(40_000, port, payload);
        wire::ethernet(&wire::ip(wire::PHONE, wire::CLOUD, 17, &udp))
    } else {
        let udp = wire::udp(port, 40_000, payload);
        wire::ethernet_from(
            wire::ROUTER_MAC,
            &wire::ip(wire::CLOUD, wire::PHONE, 17, &udp),
        )
    }
}
