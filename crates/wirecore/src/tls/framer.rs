//! Bytes of one direction in, whole records out. "Need more" is None; the begun record stays in the buffer.
//!
//! After missing bytes it looks for the next place where a record header is followed by another one.

use std::ops::Range;

use super::{HEADER, MAX_BODY};

/// What came out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A record lies whole in [`Framer::record`].
    Record,
    /// A record of which a part is missing: its header, how many bytes of its body are there, and the first of them.
    Damaged {
        header: [u8; 5],
        there: u64,
        begin: Vec<u8>,
    },
    /// Bytes that belong to no record.
    Stray(u64),
    /// These five bytes are no record header; bytes are stray from here until records are found again.
    NoHeader([u8; 5]),
}

enum State {
    /// In step with the records; the buffer holds the begun one.
    InStep,
    /// A part of a record was missing: this much of it is still to come.
    Rest {
        left: u64,
        header: [u8; 5],
        there: u64,
        begin: Vec<u8>,
    },
    /// Out of step; `at` is the first place in the buffer that was not ruled out.
    Searching { at: usize },
}

/// Cuts one direction's stream into records.
pub(super) struct Framer {
    buf: Vec<u8>,
    state: State,
    /// Whether the search began with a gap (else with a header that is none).
    pub after_gap: bool,
}

/// True when these bytes can begin a record (RFC 8446 section 5.1).
fn plausible(bytes: &[u8]) -> bool {
    let [kind, 3, minor, high, low] = *bytes else {
        return false;
    };
    let len = usize::from(u16::from_be_bytes([high, low]));
    (20..=24).contains(&kind) && minor <= 4 && len <= MAX_BODY && (len > 0 || kind == 23)
}

impl Framer {
    pub fn new() -> Framer {
        Framer {
            buf: Vec::new(),
            state: State::InStep,
            after_gap: false,
        }
    }

    /// Takes from `input` what the next piece needs.
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Piece> {
        match &mut self.state {
            State::InStep => self.next_in_step(input),
            State::Rest {
                left,
                header,
                there,
                begin,
            } => {
                let n = (*left).min(input.len() as u64);
                *input = &input[n as usize..];
                *left -= n;
                *there += n;
                if *left > 0 {
                    return None;
                }
                let piece = Piece::Damaged {
                    header: *header,
                    there: *there,
                    begin: std::mem::take(begin),
                };
                self.state = State::InStep;
                Some(piece)
            }
            State::Searching { .. } => self.search(input),
        }
    }

    fn next_in_step(&mut self, input: &mut &[u8]) -> Option<Piece> {
        if !self.fill(input, HEADER) {
            return None;
        }
        if !plausible(&self.buf[..HEADER]) {
            let header = self.header();
            self.state = State::Searching { at: 1 };
            self.after_gap = false;
            return Some(Piece::NoHeader(header));
        }
        let whole = HEADER + self.body_len(0);
        self.fill(input, whole).then_some(Piece::Record)
    }

    fn search(&mut self, input: &mut &[u8]) -> Option<Piece> {
        let State::Searching { at } = &mut self.state else {
            return None;
        };
        // Enough for one record of the largest size and the header after it.
        let room = 2 * (HEADER + MAX_BODY);
        let n = room.saturating_sub(self.buf.len()).min(input.len());
        self.buf.extend_from_slice(&input[..n]);
        *input = &input[n..];
        while let Some(head) = self.buf.get(*at..*at + HEADER) {
            if plausible(head) {
                let len = usize::from(u16::from_be_bytes([head[3], head[4]]));
                let after = *at + HEADER + len;
                match self.buf.get(after..after + HEADER) {
                    Some(head) if plausible(head) => return Some(self.found()),
                    Some(_) => {}
                    // The candidate is still possible: wait for what follows it.
                    None if *at == 0 || after + HEADER <= room => return None,
                    None => break,
                }
            }
            *at += 1;
        }
        (*at > 0).then(|| {
            let n = std::mem::take(at);
            self.buf.drain(..n);
            Piece::Stray(n as u64)
        })
    }

    /// In step again at `at`: the bytes before are stray, those after go back in line.
    fn found(&mut self) -> Piece {
        let State::Searching { at } = self.state else {
            return Piece::Stray(0);
        };
        self.buf.drain(..at);
        self.state = State::InStep;
        Piece::Stray(at as u64)
    }

    /// Fills the buffer up to `want` bytes; false when the input ended before.
    fn fill(&mut self, input: &mut &[u8], want: usize) -> bool {
        let n = want.saturating_sub(self.buf.len()).min(input.len());
        self.buf.extend_from_slice(&input[..n]);
        *input = &input[n..];
        self.buf.len() >= want
    }

    fn header(&self) -> [u8; 5] {
        self.buf.first_chunk().copied().unwrap_or_default()
    }

    fn body_len(&self, at: usize) -> usize {
        usize::from(u16::from_be_bytes([self.buf[at + 3], self.buf[at + 4]]))
    }

    /// Takes the whole record out: buffer and range of the body. Give the buffer back with [`Framer::give_back`].
    pub fn take_record(&mut self) -> (Vec<u8>, Range<usize>) {
        let whole = HEADER + self.body_len(0);
        (std::mem::take(&mut self.buf), HEADER..whole)
    }

    /// Returns the buffer of a record that is done; bytes behind the record stay in line.
    pub fn give_back(&mut self, mut buf: Vec<u8>, record: usize) {
        if buf.len() > record {
            buf.drain(..record);
        } else {
            buf.clear();
        }
        self.buf = buf;
    }

    /// Frees the buffer when it is empty, so that idle flows hold nothing.
    pub fn rest(&mut self) {
        if self.buf.is_empty() {
            self.buf = Vec::new();
        }
    }

    /// `len` bytes are missing. Returns what the bytes held so far have become, if anything.
    pub fn gap(&mut self, len: u64) -> Option<Piece> {
        let (left, header, there, begin) = match &mut self.state {
            State::Rest {
                left,
                header,
                there,
                begin,
            } => (*left, *header, *there, std::mem::take(begin)),
            State::InStep if self.buf.len() >= HEADER => {
                let begin = self.buf.split_off(HEADER);
                let there = begin.len() as u64;
                (self.body_len(0) as u64 - there, self.header(), there, begin)
            }
            State::InStep | State::Searching { .. } => {
                let n = self.buf.len() as u64;
                self.lose();
                return (n > 0).then_some(Piece::Stray(n));
            }
        };
        self.buf.clear();
        if len < left {
            self.state = State::Rest {
                left: left - len,
                header,
                there,
                begin,
            };
            return None;
        }
        self.state = State::InStep;
        if len > left {
            self.lose();
        }
        Some(Piece::Damaged {
            header,
            there,
            begin,
        })
    }

    fn lose(&mut self) {
        self.buf.clear();
        self.state = State::Searching { at: 0 };
        self.after_gap = true;
    }

    /// The stream has ended: what is left, if anything. Call until None.
    pub fn finish(&mut self) -> Option<Piece> {
        match &mut self.state {
            State::Rest {
                header,
                there,
                begin,
                ..
            } => {
                let piece = Piece::Damaged {
                    header: *header,
                    there: *there,
                    begin: std::mem::take(begin),
                };
                self.state = State::InStep;
                Some(piece)
            }
            State::Searching { at } => {
                let at = *at;
                let records = (at..self.buf.len()).find(|&p| self.ends_exactly(p));
                let n = records.unwrap_or(self.buf.len());
                if records.is_some() {
                    self.state = State::InStep;
                }
                self.buf.drain(..n);
                (n > 0 || records.is_some()).then_some(Piece::Stray(n as u64))
            }
            State::InStep if self.buf.len() >= HEADER => {
                if self.buf.len() - HEADER >= self.body_len(0) {
                    return Some(Piece::Record);
                }
                let (header, begin) = (self.header(), self.buf.split_off(HEADER));
                self.buf.clear();
                Some(Piece::Damaged {
                    header,
                    there: begin.len() as u64,
                    begin,
                })
            }
            State::InStep => {
                let n = self.buf.len() as u64;
                self.buf.clear();
                (n > 0).then_some(Piece::Stray(n))
            }
        }
    }

    /// True when one record begins at `p` and the buffer ends with it.
    fn ends_exactly(&self, p: usize) -> bool {
        let head = self.buf.get(p..p + HEADER);
        head.is_some_and(plausible) && p + HEADER + self.body_len(p) == self.buf.len()
    }

    /// Bytes taken in that belong to pieces not yet given out.
    pub fn waiting(&self) -> usize {
        self.buf.len()
    }

    /// True when the next bytes belong to no known record.
    pub fn is_lost(&self) -> bool {
        matches!(self.state, State::Searching { .. })
    }

    /// Memory held.
    pub fn held(&self) -> usize {
        self.buf.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &[u8] = b"\x17\x03\x03\x00\x04data";

    fn pieces(framer: &mut Framer, mut input: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        while let Some(piece) = framer.next(&mut input) {
            if piece == Piece::Record {
                let (buf, body) = framer.take_record();
                out.push(String::from_utf8_lossy(&buf[body.clone()]).into_owned());
                framer.give_back(buf, body.end);
            } else {
                out.push(format!("{piece:?}"));
            }
        }
        out
    }

    #[test]
    fn records_come_out_whole_however_they_arrive() {
        let two = [RECORD, b"\x16\x03\x01\x00\x02hi"].concat();
        assert_eq!(pieces(&mut Framer::new(), &two), ["data", "hi"]);
        let mut framer = Framer::new();
        let singly: Vec<_> = two.chunks(1).flat_map(|b| pieces(&mut framer, b)).collect();
        assert_eq!(singly, ["data", "hi"]);
        assert_eq!(framer.finish(), None);
    }

    #[test]
    fn a_hole_inside_a_record_costs_that_record_alone() {
        let mut framer = Framer::new();
        assert_eq!(pieces(&mut framer, &RECORD[..6]), [""; 0]);
        assert_eq!(framer.gap(2), None);
        let rest = [&RECORD[8..], RECORD].concat();
        let seen = pieces(&mut framer, &rest);
        assert!(
            seen[0].starts_with("Damaged") && seen[0].contains("there: 2"),
            "{seen:?}"
        );
        assert_eq!(seen[1], "data");
    }

    #[test]
    fn a_hole_across_records_is_searched_for_the_next_two_headers() {
        let mut framer = Framer::new();
        pieces(&mut framer, &RECORD[..6]);
        assert!(matches!(
            framer.gap(100),
            Some(Piece::Damaged { there: 1, .. })
        ));
        assert!(framer.is_lost());
        let rest = [b"tail \x17\x03\x09 of a record", RECORD, RECORD].concat();
        assert_eq!(pieces(&mut framer, &rest), ["Stray(20)", "data", "data"]);
    }

    #[test]
    fn what_is_no_record_is_stray_until_records_come_again() {
        let mut framer = Framer::new();
        let mixed = [RECORD, b"GET / HTTP/1.1\r\n\r\n", RECORD, RECORD].concat();
        let seen = pieces(&mut framer, &mixed);
        assert_eq!(seen[0], "data");
        assert!(seen[1].starts_with("NoHeader"));
        assert_eq!(seen[2..], ["Stray(18)", "data", "data"]);
    }

    #[test]
    fn the_end_cuts_a_record_or_finds_a_last_whole_one() {
        let mut framer = Framer::new();
        pieces(&mut framer, &RECORD[..7]);
        assert!(matches!(
            framer.finish(),
            Some(Piece::Damaged { there: 2, .. })
        ));
        assert_eq!(framer.finish(), None);
        framer.gap(1);
        pieces(&mut framer, &[b"xx", RECORD].concat());
        assert_eq!(framer.finish(), Some(Piece::Stray(2)));
        assert_eq!(framer.finish(), Some(Piece::Record));
    }

    #[test]
    fn the_search_holds_at_most_two_records() {
        let mut framer = Framer::new();
        framer.gap(1);
        // Every place looks like a header of the longest record, and none is one.
        let teasing = b"\x17\x03\x03\x48\x00".repeat(40_000);
        for chunk in teasing.chunks(7919) {
            pieces(&mut framer, chunk);
            assert!(framer.waiting() <= 2 * (HEADER + MAX_BODY));
        }
    }
}
