//! Stories of connections: what a recorder may see of one, and what must come out.

mod forged;
mod laws;

use super::*;
use crate::anomaly::Kind;
use crate::limits::Limits;
use crate::net::TcpHeader;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// Keeps what a sink is told and checks the sink's promise: no overlap, no hole, closed last.
#[derive(Default)]
struct Record {
    streams: [Vec<u8>; 2],
    /// Stream offset reached, gaps counted.
    at: [u64; 2],
    gaps: Vec<(Dir, u64, u64)>,
    closed: [Option<Close>; 2],
    odds: Vec<Kind>,
}

impl StreamSink for Record {
    fn data(&mut self, dir: Dir, offset: u64, bytes: &[u8], _ts_ns: i64) {
        assert_eq!(offset, self.at[dir.index()], "data leaves no hole");
        assert!(!bytes.is_empty() && self.closed[dir.index()].is_none());
        self.at[dir.index()] += bytes.len() as u64;
        self.streams[dir.index()].extend_from_slice(bytes);
    }
    fn gap(&mut self, dir: Dir, offset: u64, len: u64, _ts_ns: i64) {
        assert_eq!(
            offset,
            self.at[dir.index()],
            "a gap begins where data ended"
        );
        assert!(len > 0 && self.closed[dir.index()].is_none());
        self.at[dir.index()] += len;
        self.gaps.push((dir, offset, len));
    }
    fn closed(&mut self, dir: Dir, how: Close, _ts_ns: i64) {
        assert!(
            self.closed[dir.index()].replace(how).is_none(),
            "closed comes once"
        );
    }
    fn odd(&mut self, odd: Odd) {
        self.odds.push(odd.kind);
    }
}

/// A connection under test, with short words for segments.
struct Talk {
    flow: TcpFlow,
    seen: Record,
    now: i64,
}

impl Talk {
    fn new() -> Self {
        Talk::within(&Limits::default())
    }

    fn within(limits: &Limits) -> Self {
        Talk {
            flow: TcpFlow::new(limits, &Budget::new(limits)),
            seen: Record::default(),
            now: 0,
        }
    }

    /// Handshake with initial sequence numbers 1000 and 5000.
    fn open() -> Self {
        let mut talk = Talk::new();
        talk.say(Dir::Client, SYN, 1000, 0, b"");
        talk.say(Dir::Server, SYN | ACK, 5000, 1001, b"");
        talk.say(Dir::Client, ACK, 1001, 5001, b"");
        talk
    }

    fn say(&mut self, dir: Dir, flags: u8, seq: u32, ack: u32, payload: &[u8]) {
        self.say_cut(dir, flags, seq, ack, payload, payload.len() as u32);
    }

    fn say_cut(&mut self, dir: Dir, flags: u8, seq: u32, ack: u32, payload: &[u8], len: u32) {
        self.now += 1;
        let tcp = TcpHeader {
            seq,
            ack,
            flags,
            payload_len: len,
            ..TcpHeader::default()
        };
        self.flow
            .segment(dir, &tcp, payload, self.now, &mut self.seen);
    }

    fn finish(mut self) -> (Record, TcpFlow) {
        self.flow
            .finish(Close::CaptureEnd, self.now, &mut self.seen);
        assert_eq!(self.flow.budget_used(), 0, "what waited was given back");
        (self.seen, self.flow)
    }
}

#[test]
fn a_whole_conversation_comes_out_as_it_was_said() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"question");
    talk.say(Dir::Server, ACK, 5001, 1009, b"answer");
    talk.say(Dir::Client, FIN | ACK, 1009, 5007, b"");
    talk.say(Dir::Server, FIN | ACK, 5007, 1010, b"");
    assert!(talk.flow.is_closed());
    talk.say(Dir::Client, ACK, 1010, 5008, b"");
    let (seen, flow) = talk.finish();
    assert_eq!(seen.streams, [b"question".to_vec(), b"answer".to_vec()]);
    assert_eq!(seen.closed, [Some(Close::Fin); 2]);
    assert!(seen.gaps.is_empty() && seen.odds.is_empty());
    assert_eq!(flow.state(), "established");
    assert_eq!(flow.stats()[0].packets, 5);
}

#[test]
fn segments_out_of_order_wait_for_their_turn() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1004, 5001, b"def");
    talk.say(Dir::Client, ACK | FIN, 1007, 5001, b"ghi");
    assert!(talk.seen.streams[0].is_empty(), "nothing before its turn");
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    assert_eq!(talk.seen.streams[0], b"abcdefghi");
    let (seen, _) = talk.finish();
    assert_eq!(seen.closed[0], Some(Close::Fin));
    assert!(seen.gaps.is_empty());
}

#[test]
fn a_retransmission_is_counted_once_and_not_repeated() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    talk.say(Dir::Client, ACK, 1002, 5001, b"bcdef");
    let (seen, flow) = talk.finish();
    assert_eq!(seen.streams[0], b"abcdef");
    assert_eq!(flow.stats()[0].retransmitted_bytes, 5);
    assert_eq!(flow.stats()[0].payload_bytes, 6);
    assert!(seen.odds.is_empty());
}

#[test]
fn of_two_contents_the_first_seen_stays_and_the_difference_is_told() {
    // While waiting out of order.
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1003, 5001, b"GOOD");
    talk.say(Dir::Client, ACK, 1003, 5001, b"EVIL");
    talk.say(Dir::Client, ACK, 1001, 5001, b"a ");
    assert_eq!(talk.seen.streams[0], b"a GOOD");
    assert_eq!(talk.seen.odds, [Kind::TcpOverlapDiffers]);
    // After it was handed on.
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"GOOD");
    talk.say(Dir::Client, ACK, 1001, 5001, b"EVIL");
    assert_eq!(talk.seen.streams[0], b"GOOD");
    assert_eq!(talk.seen.odds, [Kind::TcpOverlapDiffers]);
}

#[test]
fn an_overlap_never_replaces_what_waits() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1004, 5001, b"DE");
    talk.say(Dir::Client, ACK, 1001, 5001, b"abcdefgh");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"abcDEfgh");
}

#[test]
fn sequence_numbers_wrap() {
    let mut talk = Talk::new();
    talk.say(Dir::Client, SYN, u32::MAX - 3, 0, b"");
    talk.say(Dir::Client, ACK, u32::MAX - 2, 1, b"abc");
    talk.say(Dir::Client, ACK, 3, 1, b"ghi");
    talk.say(Dir::Client, ACK, 0, 1, b"def");
    talk.say(Dir::Client, ACK | FIN, 6, 1, b"");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"abcdefghi");
    assert_eq!(seen.closed[0], Some(Close::Fin));
    assert!(seen.gaps.is_empty() && seen.odds.is_empty());
}

#[test]
fn a_capture_that_begins_midway_begins_with_the_first_data() {
    let mut talk = Talk::new();
    talk.say(Dir::Server, ACK, 777, 42, b"tail of an answer");
    talk.say(Dir::Client, ACK, 42, 794, b"next question");
    let (seen, flow) = talk.finish();
    assert_eq!(
        seen.streams,
        [b"next question".to_vec(), b"tail of an answer".to_vec()]
    );
    assert!(seen.gaps.is_empty());
    assert_eq!(flow.state(), "midstream");
    assert_eq!(seen.closed, [Some(Close::CaptureEnd); 2]);
}

#[test]
fn a_hole_that_the_receiver_acknowledged_is_a_gap() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    talk.say(Dir::Client, ACK, 1010, 5001, b"later");
    talk.say(Dir::Server, ACK, 5001, 1015, b"");
    assert!(
        talk.seen.gaps.is_empty(),
        "an acknowledgement alone may have overtaken the segment"
    );
    talk.say(Dir::Server, ACK, 5001, 1015, b"answer");
    assert_eq!(talk.seen.gaps, [(Dir::Client, 3, 6)]);
    assert_eq!(talk.seen.streams[0], b"abclater");
    let (_, flow) = talk.finish();
    assert_eq!(flow.stats()[0].gap_bytes, 6);
}

#[test]
fn a_hole_that_nobody_acknowledged_waits_until_the_end() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1004, 5001, b"def");
    talk.say(Dir::Client, ACK, 1007, 5001, b"ghi");
    assert!(talk.seen.gaps.is_empty() && talk.seen.streams[0].is_empty());
    let (seen, _) = talk.finish();
    assert_eq!(seen.gaps, [(Dir::Client, 0, 3)]);
    assert_eq!(seen.streams[0], b"defghi");
}

#[test]
fn bytes_acknowledged_but_never_captured_are_a_gap_at_the_end() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    talk.say(Dir::Server, ACK, 5001, 1501, b"");
    let (seen, _) = talk.finish();
    // One of the 497 may be the number of a FIN.
    assert_eq!(seen.gaps, [(Dir::Client, 3, 496)]);
}

#[test]
fn an_answer_to_an_uncaptured_syn_shows_where_the_client_begins() {
    let mut talk = Talk::new();
    talk.say(Dir::Server, SYN | ACK, 5000, 1001, b"");
    talk.say(Dir::Client, ACK, 1004, 5001, b"def");
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"abcdef");
}

#[test]
fn the_snap_length_leaves_gaps_of_the_right_size() {
    let mut talk = Talk::open();
    talk.say_cut(Dir::Client, ACK, 1001, 5001, b"abc", 100);
    talk.say_cut(Dir::Client, ACK, 1101, 5001, b"def", 50);
    talk.say_cut(Dir::Client, ACK | FIN, 1151, 5001, b"", 0);
    let (seen, flow) = talk.finish();
    assert_eq!(seen.streams[0], b"abcdef");
    assert_eq!(seen.gaps, [(Dir::Client, 3, 97), (Dir::Client, 103, 47)]);
    assert_eq!(seen.closed[0], Some(Close::Fin));
    assert_eq!(flow.stats()[0].gap_bytes, 144);
}

#[test]
fn data_may_come_with_the_syn() {
    let mut talk = Talk::new();
    talk.say(Dir::Client, SYN, 1000, 0, b"early");
    talk.say(Dir::Server, SYN | ACK, 5000, 1006, b"");
    talk.say(Dir::Client, ACK, 1006, 5001, b" late");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"early late");
}

#[test]
fn both_sides_may_open_at_once() {
    let mut talk = Talk::new();
    talk.say(Dir::Client, SYN, 1000, 0, b"");
    talk.say(Dir::Server, SYN, 5000, 0, b"");
    talk.say(Dir::Client, SYN | ACK, 1000, 5001, b"");
    talk.say(Dir::Server, SYN | ACK, 5000, 1001, b"");
    talk.say(Dir::Client, ACK, 1001, 5001, b"a");
    talk.say(Dir::Server, ACK, 5001, 1002, b"b");
    let (seen, flow) = talk.finish();
    assert_eq!(seen.streams, [b"a".to_vec(), b"b".to_vec()]);
    assert_eq!(flow.state(), "established");
}

#[test]
fn keep_alive_probes_are_no_data() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    talk.say(Dir::Client, ACK, 1003, 5001, b"\0");
    talk.say(Dir::Client, ACK, 1003, 5001, b"");
    talk.say(Dir::Client, ACK, 1004, 5001, b"def");
    let (seen, flow) = talk.finish();
    assert_eq!(seen.streams[0], b"abcdef");
    assert!(seen.odds.is_empty());
    assert_eq!(flow.stats()[0].retransmitted_bytes, 0);
}
