//! From files to streams: captures and their compression, link and network headers, TCP.

use wirecore::capture::{prescan, Frame, Item, Reader};
use wirecore::limits::Limits;
use wirecore::net::tcp::{Budget, Close, StreamSink, TcpFlow};
use wirecore::net::TcpHeader;
use wirecore::record::{Dir, Odd};

use super::script::{Script, Turn};
use super::walk::walk;
use super::{engines, wire};

fn small() -> Limits {
    Limits {
        reorder_bytes: 4_000,
        reorder_total_bytes: 8_000,
        open_flows: 20,
        fragment_bytes: 4_000,
        ..Limits::default()
    }
}

/// The prescan sees the packets that the reader sees, whatever the file.
fn file(bytes: &[u8]) {
    let walked = walk(bytes, &small()).map(|summary| summary.packets);
    let scanned = prescan(bytes, &small(), &mut |_| {}).map(|scan| scan.packets);
    assert_eq!(walked, scanned);
}

/// A classic file: the first byte chooses its variant and link type.
pub fn pcap(bytes: &[u8]) {
    let Some((&how, rest)) = bytes.split_first() else {
        return;
    };
    let how = wire::Classic {
        big_endian: how & 1 != 0,
        nanoseconds: how & 2 != 0,
        modified: how & 4 != 0,
        link: u32::from(how >> 3),
    };
    file(&[&how.header(), rest].concat());
}

/// Blocks behind a section header of either byte order.
pub fn pcapng(bytes: &[u8]) {
    let Some((&how, rest)) = bytes.split_first() else {
        return;
    };
    let blocks = wire::Blocks {
        big_endian: how & 1 != 0,
    };
    file(&[&blocks.section(), rest].concat());
}

/// Any file at all.
pub fn compressed(bytes: &[u8]) {
    file(bytes);
    if let Ok(mut reader) = Reader::open(bytes, &Limits::default()) {
        let mut frames = 0;
        while let Ok(Some(item)) = reader.next_item() {
            frames += u32::from(matches!(item, Item::Frame(_)));
            if frames > 10_000 {
                break;
            }
        }
    }
}

/// Frames, each behind its length in two bytes; the first byte chooses the link type.
pub fn packets(bytes: &[u8]) {
    let Some((&link, mut rest)) = bytes.split_first() else {
        return;
    };
    let mut engine = engines::engine();
    engine.begin_capture(0);
    let mut number = 0;
    while let [high, low, after @ ..] = rest {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let (data, after) = after.split_at(len.min(after.len()));
        rest = after;
        number += 1;
        engine.frame(&Frame {
            number,
            ts_ns: number as i64 * 1_000_000,
            link: u16::from(link),
            interface: 0,
            wire_len: data.len() as u32,
            data,
            comment: None,
        });
    }
    engine.end_capture();
    engine.finish(&mut |_| {});
}

/// Streams are told without overlap or hole, each end once.
#[derive(Default)]
struct Told {
    at: [u64; 2],
    closed: [bool; 2],
}

impl Told {
    fn on(&mut self, dir: Dir, offset: u64, len: u64) {
        assert_eq!(offset, self.at[dir.index()]);
        assert!(!self.closed[dir.index()]);
        self.at[dir.index()] += len;
    }
}

impl StreamSink for Told {
    fn data(&mut self, dir: Dir, offset: u64, bytes: &[u8], _: i64) {
        self.on(dir, offset, bytes.len() as u64);
    }
    fn gap(&mut self, dir: Dir, offset: u64, len: u64, _: i64) {
        self.on(dir, offset, len);
    }
    fn closed(&mut self, dir: Dir, _: Close, _: i64) {
        assert!(!std::mem::replace(&mut self.closed[dir.index()], true));
    }
    fn odd(&mut self, _: Odd) {}
}

/// Segments: each turn is flags, sequence and acknowledgement numbers (two bytes each), payload.
pub fn tcp(bytes: &[u8]) {
    let limits = small();
    let budget = Budget::new(&limits);
    let mut flow = TcpFlow::new(&limits, &budget);
    let mut told = Told::default();
    for (turn, now) in Script(bytes).zip(0..) {
        let Turn::Bytes(dir, &[flags, a, b, c, d, ref payload @ ..]) = turn else {
            continue;
        };
        let number = |high: u8, low: u8| {
            // Near the wrap as well as near zero.
            u32::from(u16::from_be_bytes([high, low])).wrapping_sub(0x8000)
        };
        let header = TcpHeader {
            sport: 1,
            dport: 2,
            seq: number(a, b),
            ack: number(c, d),
            flags,
            window: 100,
            payload_len: payload.len() as u32,
        };
        flow.segment(dir, &header, payload, now, &mut told);
        assert!(budget.used() <= limits.reorder_total_bytes);
    }
    flow.finish(Close::CaptureEnd, 0, &mut told);
    assert_eq!(budget.used(), 0);
    assert_eq!(told.closed, [true; 2]);
}
