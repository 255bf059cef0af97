//! The floor of the core: how fast frames, headers, flows and reassembly are on one core.
//!
//! `cargo run --release -p wirecore --example floor` measures generated captures in memory
//! (100-byte packets over many flows; one TCP stream of full segments, in order and shuffled);
//! with a file's path as argument, that file.

use std::io::Read;
use std::time::Instant;

use wirecore::capture::{Item, Reader};
use wirecore::limits::Limits;
use wirecore::net::tcp::{Budget, Close, StreamSink, TcpFlow};
use wirecore::net::{parse_link, parse_tcp, parse_udp, FlowTable, Parsed, Seen, Tuple};
use wirecore::record::{Dir, Odd};

/// Counts bytes, and looks at one of each piece so that nothing is optimised away.
#[derive(Default)]
struct Count {
    bytes: u64,
    gaps: u64,
    look: u64,
}

impl StreamSink for Count {
    fn data(&mut self, _dir: Dir, _offset: u64, bytes: &[u8], _ts_ns: i64) {
        self.bytes += bytes.len() as u64;
        self.look += u64::from(bytes.first().copied().unwrap_or_default());
    }
    fn gap(&mut self, _dir: Dir, _offset: u64, len: u64, _ts_ns: i64) {
        self.gaps += len;
    }
    fn closed(&mut self, _dir: Dir, _how: Close, _ts_ns: i64) {}
    fn odd(&mut self, _odd: Odd) {}
}

/// How far a packet goes.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Depth {
    Frames,
    Headers,
    Flows,
    Streams,
}

fn run(file: impl Read, depth: Depth) -> (u64, u64, Count) {
    let limits = Limits::default();
    let mut reader = Reader::open(file, &limits).expect("a capture");
    let budget = Budget::new(&limits);
    let mut table: FlowTable<TcpFlow> = FlowTable::new(&limits);
    let (mut packets, mut bytes) = (0, 0);
    let mut count = Count::default();
    while let Some(item) = reader.next_item().expect("readable") {
        let Item::Frame(frame) = item else { continue };
        packets += 1;
        bytes += frame.data.len() as u64 + 16;
        if depth == Depth::Frames {
            continue;
        }
        let Parsed::Ip(packet) = parse_link(frame.link, frame.data) else {
            continue;
        };
        let (sport, dport, tcp) = if packet.proto == 6 {
            let Ok((tcp, payload)) = parse_tcp(&packet) else {
                continue;
            };
            (tcp.sport, tcp.dport, Some((tcp, payload)))
        } else {
            let Ok((udp, _)) = parse_udp(&packet) else {
                continue;
            };
            (udp.sport, udp.dport, None)
        };
        count.look += u64::from(sport) + u64::from(dport);
        if depth == Depth::Headers {
            continue;
        }
        let seen = Seen {
            tuple: Tuple {
                src: packet.src,
                dst: packet.dst,
                sport,
                dport,
                proto: packet.proto,
            },
            number: frame.number,
            ts_ns: frame.ts_ns,
            syn: tcp.and_then(|(tcp, _)| tcp.syn().then(|| tcp.ack_set())),
        };
        let (dir, slot) = table.visit(&seen, |_| TcpFlow::new(&limits, &budget), &mut |_, _| {});
        if depth == Depth::Streams {
            if let Some((tcp, payload)) = tcp {
                slot.value
                    .segment(dir, &tcp, payload, frame.ts_ns, &mut count);
                slot.closed = slot.value.is_closed();
            }
        }
    }
    table.drain(&mut |mut slot, _| {
        slot.value
            .finish(Close::CaptureEnd, slot.last_ns, &mut count);
    });
    (packets, bytes, count)
}

fn measure(name: &str, file: &[u8], depth: Depth) {
    let best = (0..3)
        .map(|_| {
            let start = Instant::now();
            let (packets, bytes, count) = run(file, depth);
            (start.elapsed().as_secs_f64(), packets, bytes, count)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((seconds, packets, bytes, count)) = best {
        println!(
            "{name:36} {:8.1} M packets/s {:8.0} MB/s  streams {} gaps {} ({})",
            packets as f64 / seconds / 1e6,
            bytes as f64 / seconds / 1e6,
            count.bytes,
            count.gaps,
            count.look % 10,
        );
    }
}

fn header() -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.extend(word.to_le_bytes());
    }
    out
}

fn segment(out: &mut Vec<u8>, n: u64, sport: u16, seq: u32, payload: usize) {
    let length = 54 + payload;
    let time_us = 1_405_843_200_000_000 + n * 10;
    for word in [
        (time_us / 1_000_000) as u32,
        (time_us % 1_000_000) as u32,
        length as u32,
        length as u32,
    ] {
        out.extend(word.to_le_bytes());
    }
    out.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x23, 8, 0, 0x45, 0]);
    out.extend((40 + payload as u16).to_be_bytes());
    out.extend([0, 1, 0x40, 0, 64, 6, 0, 0, 192, 168, 1, 23, 198, 51, 100, 7]);
    out.extend(sport.to_be_bytes());
    out.extend(443u16.to_be_bytes());
    out.extend(seq.to_be_bytes());
    out.extend([0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
    out.resize(out.len() + payload, n as u8);
}

fn main() {
    if let Some(path) = std::env::args().nth(1) {
        let file = std::fs::read(&path).expect("a readable file");
        for (name, depth) in STEPS {
            measure(name, &file, depth);
        }
        return;
    }
    for flows in [1u64, 1_000, 50_000] {
        println!("100-byte packets, {flows} flows");
        let mut file = header();
        for n in 0..1_000_000u64 {
            segment(
                &mut file,
                n,
                (n % flows) as u16 + 1024,
                (n / flows) as u32 * 46,
                46,
            );
        }
        for (name, depth) in STEPS {
            measure(name, &file, depth);
        }
    }
    let mut file = header();
    let mut shuffled = header();
    for n in 0..180_000u64 {
        segment(&mut file, n, 1024, n as u32 * 1460, 1460);
        // Each second pair of segments changes places.
        let place = if n % 4 < 2 { n } else { n ^ 1 };
        segment(&mut shuffled, n, 1024, place as u32 * 1460, 1460);
    }
    println!("one stream of full segments, in order");
    for (name, depth) in STEPS {
        measure(name, &file, depth);
    }
    println!("one stream of full segments, each fourth out of order");
    measure("reassembly", &shuffled, Depth::Streams);
}

const STEPS: [(&str, Depth); 4] = [
    ("frames", Depth::Frames),
    ("headers", Depth::Headers),
    ("flows", Depth::Flows),
    ("reassembly", Depth::Streams),
];
