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
    /// Where the begun record lies in the buffer; more than 0 only after a search that found several records.
    from: usize,
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
            from: 0,
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
        if !plausible(&self.buf[self.from..self.from + HEADER]) {
            self.state = State::Searching { at: self.from + 1 };
            self.after_gap = false;
            return Some(Piece::NoHeader(self.header()));
        }
        let whole = HEADER + self.body_len(self.from);
        self.fill(input, whole).then_some(Piece::Record)
    }

    fn search(&mut self, input: &mut &[u8]) -> Option<Piece> {
        let State::Searching { mut at } = self.state else {
            return None;
        };
        loop {
            let Some(head) = self.buf.get(at..at + HEADER) else {
                // All places but the last four are ruled out.
                if at > self.from {
                    return Some(self.stray(at, State::Searching { at }));
                }
                if self.refill(input, HEADER) {
                    at = self.from;
                    continue;
                }
                self.state = State::Searching { at: self.from };
                return None;
            };
            if plausible(head) {
                let after = at + HEADER + self.body_len(at);
                match self.buf.get(after..after + HEADER) {
                    Some(head) if plausible(head) => return Some(self.stray(at, State::InStep)),
                    Some(_) => {}
                    // Still possible: what is ruled out before it goes, then what follows it decides.
                    None if at > self.from => return Some(self.stray(at, State::Searching { at })),
                    None => {
                        if self.refill(input, after + HEADER - at) {
                            at = self.from;
                            continue;
                        }
                        self.state = State::Searching { at: self.from };
                        return None;
                    }
                }
            }
            at += 1;
        }
    }

    /// The bytes before `at` belong to no record.
    fn stray(&mut self, at: usize, state: State) -> Piece {
        let n = at - self.from;
        self.from = at;
        self.state = state;
        Piece::Stray(n as u64)
    }

    /// Fills the buffer up to `want` bytes; false when the input ended before.
    fn fill(&mut self, input: &mut &[u8], want: usize) -> bool {
        let have = self.buf.len() - self.from;
        if have >= want {
            return true;
        }
        self.buf.drain(..self.from);
        self.from = 0;
        let n = (want - have).min(input.len());
        self.buf.extend_from_slice(&input[..n]);
        *input = &input[n..];
        self.buf.len() >= want
    }

    /// Like [`Framer::fill`], but with as much as there is room for, so that a search does not refill for each place.
    fn refill(&mut self, input: &mut &[u8], want: usize) -> bool {
        let room = 2 * (HEADER + MAX_BODY);
        let most = room.min(self.buf.len() - self.from + input.len());
        self.fill(input, most.max(want))
    }

    fn header(&self) -> [u8; 5] {
        self.buf[self.from..]
            .first_chunk()
            .copied()
            .unwrap_or_default()
    }

    fn body_len(&self, at: usize) -> usize {
        usize::from(u16::from_be_bytes([self.buf[at + 3], self.buf[at + 4]]))
    }

    /// Takes the whole record out: buffer and range of the body (its header stands before). Give the buffer back with [`Framer::give_back`].
    pub fn take_record(&mut self) -> (Vec<u8>, Range<usize>) {
        let body = self.from + HEADER;
        let end = body + self.body_len(self.from);
        self.from = 0;
        (std::mem::take(&mut self.buf), body..end)
    }

    /// Returns the buffer of a record that ended at `end`; bytes behind it stay in line.
    pub fn give_back(&mut self, buf: Vec<u8>, end: usize) {
        self.buf = buf;
        self.from = end;
        if end >= self.buf.len() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.buf.clear();
        self.from = 0;
    }

    /// Frees the buffer when it is empty, so that idle flows hold nothing.
    pub fn rest(&mut self) {
        if self.waiting() == 0 {
            self.buf = Vec::new();
            self.from = 0;
        }
    }

    /// `len` bytes are missing. Returns what the bytes held so far have become, if anything.
    pub fn gap(&mut self, len: u64) -> Option<Piece> {
        let waiting = self.waiting();
        let (left, header, there, begin) = match &mut self.state {
            State::Rest {
                left,
                header,
                there,
                begin,
            } => (*left, *header, *there, std::mem::take(begin)),
            State::InStep if waiting >= HEADER => {
                let begin = self.buf[self.from + HEADER..].to_vec();
                let there = begin.len() as u64;
                (
                    self.body_len(self.from) as u64 - there,
                    self.header(),
                    there,
                    begin,
                )
            }
            State::InStep | State::Searching { .. } => {
                let n = waiting as u64;
                self.lose();
                return (n > 0).then_some(Piece::Stray(n));
            }
        };
        self.clear();
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
        self.clear();
        self.state = State::Searching { at: 0 };
        self.after_gap = true;
    }

    /// The stream has ended: what is left, if anything. Call until None.
    pub fn finish(&mut self) -> Option<Piece> {
        let waiting = self.waiting();
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
                let last = (at..self.buf.len()).find(|&p| self.ends_exactly(p));
                (self.waiting() > 0)
                    .then(|| self.stray(last.unwrap_or(self.buf.len()), State::InStep))
            }
            State::InStep if waiting >= HEADER => {
                if waiting >= HEADER + self.body_len(self.from) {
                    return Some(Piece::Record);
                }
                let (header, begin) = (self.header(), self.buf[self.from + HEADER..].to_vec());
                self.clear();
                Some(Piece::Damaged {
                    header,
                    there: begin.len() as u64,
                    begin,
                })
            }
            State::InStep => {
                let n = waiting as u64;
                self.clear();
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
        self.buf.len() - self.from
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
        assert_eq!(seen[2..], ["Stray(1)", "Stray(17)", "data", "data"]);
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
        assert_eq!(pieces(&mut framer, &[b"xx", RECORD].concat()), ["Stray(2)"]);
        assert_eq!(framer.finish(), Some(Piece::Stray(0)));
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
