//! One direction of a connection: where its stream stands, and what waits out of order.

use super::budget::Budget;
use super::recent::Recent;
use super::{Close, StreamSink};
use crate::anomaly::Kind;
use crate::net::pieces::Pieces;
use crate::record::{Dir, Odd};

/// A segment further ahead than this is not believed alone: no receiver's window reaches so far
/// without most of it having been captured. A second one that continues it is.
const LEAP_BYTES: u64 = 16 << 20;

/// What waits for a hole to be filled; gives its share of the budget back when dropped.
#[derive(Debug)]
struct Waiting {
    pieces: Pieces,
    budget: Budget,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.budget.change(self.pieces.cost(), 0);
    }
}

/// A segment with its place already known.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) start: u64,
    pub(super) data: &'a [u8],
    /// On the wire; `data` may be shorter.
    pub(super) len: u64,
    pub(super) ts_ns: i64,
}

#[derive(Debug, Default)]
pub(super) struct Half {
    /// Sequence number of the stream's byte at `offset`; valid once `opened`.
    next: u32,
    pub(super) offset: u64,
    pub(super) opened: bool,
    /// Initial sequence number, when the SYN was seen.
    pub(super) syn: Option<u32>,
    /// It sent something else than a SYN or a reset.
    pub(super) spoke: bool,
    /// Furthest stream offset that the other side acknowledged.
    acked: u64,
    /// A `far` acknowledgement that was not believed yet, as a stream offset.
    far_ack: u64,
    /// The other side's last acknowledgement number.
    expected: Option<u32>,
    /// Where the stream ends, once its FIN was seen.
    fin: Option<u64>,
    /// The end was reached and told.
    pub(super) told: bool,
    /// Data behind the end was told.
    told_behind: bool,
    /// Sequence number behind a leap that was not believed yet.
    leap: Option<u32>,
    waiting: Option<Box<Waiting>>,
    recent: Recent,
    pub(super) packets: u64,
    pub(super) payload_bytes: u64,
    pub(super) retransmitted_bytes: u64,
    pub(super) gap_bytes: u64,
}

impl Half {
    /// The stream begins with the byte of this sequence number.
    pub(super) fn open(&mut self, first: u32) {
        self.next = first;
        self.opened = true;
    }

    /// A SYN tells another begin than was assumed: the stream goes on from there.
    pub(super) fn restart(&mut self, dir: Dir, first: u32, sink: &mut dyn StreamSink) {
        if !self.untouched() {
            sink.odd(Odd {
                kind: Kind::BadHeader,
                offset: self.offset,
                detail: format!("{dir:?} opened the connection after it had sent data"),
            });
        }
        self.waiting = None;
        self.next = first;
        self.acked = self.offset;
        if !self.told {
            self.fin = None;
        }
    }

    /// True while no byte of the stream is accounted for.
    pub(super) fn untouched(&self) -> bool {
        self.offset == 0 && self.waiting.is_none()
    }

    /// Sequence number of the stream's first byte, as far as 32 bits can tell.
    pub(super) fn first_seq(&self) -> u32 {
        self.next.wrapping_sub(self.offset as u32)
    }

    /// Stream offset of a sequence number; negative before the stream's begin.
    #[inline]
    pub(super) fn place(&self, seq: u32) -> i64 {
        let distance = i64::from(seq.wrapping_sub(self.next) as i32);
        // Nothing so old is sent again: rather the capture lacks between two and four gigabytes.
        let lap = if distance < -(LEAP_BYTES as i64) {
            1 << 32
        } else {
            0
        };
        self.offset as i64 + distance + lap
    }

    /// The other side acknowledged all before `ack`.
    #[inline]
    pub(super) fn acknowledge(&mut self, ack: u32) {
        self.expected = Some(ack);
        if !self.opened {
            return;
        }
        let distance = i64::from(ack.wrapping_sub(self.next) as i32);
        let acked = (self.offset as i64 + distance).max(0) as u64;
        // One number far ahead may be damage or forgery; a second one near it is a hole.
        if acked > self.offset + LEAP_BYTES && acked.abs_diff(self.far_ack) > LEAP_BYTES {
            self.far_ack = acked;
        } else {
            self.acked = self.acked.max(acked);
        }
    }

    /// Before any data: whether the stream begins at `seq` rather than behind the SYN that was seen.
    ///
    /// A SYN may be answered by several, forged or real, of which the first was taken; the other
    /// side's acknowledgement then tells which one it believed.
    pub(super) fn begins_elsewhere(&self, seq: u32) -> bool {
        let far = (self.place(seq) - self.offset as i64).unsigned_abs() > LEAP_BYTES;
        let after_syn = self.syn.map(|isn| isn.wrapping_add(1));
        self.untouched() && far && (self.expected == Some(seq) || after_syn == Some(seq))
    }

    /// The stream ends before `end`, by a FIN.
    ///
    /// It is believed when the other side acknowledges it: until then data behind it, or another
    /// FIN, shows that it was forged, and one that contradicts what was seen is not taken.
    pub(super) fn end_at(&mut self, dir: Dir, end: u64, sink: &mut dyn StreamSink) {
        let seen = self
            .waiting
            .as_ref()
            .map_or(self.offset, |w| w.pieces.end().max(self.offset));
        let reach = self.acked.max(self.offset + LEAP_BYTES);
        if self.told || end < self.offset {
            return;
        }
        if end < seen || end > reach {
            sink.odd(false_end(dir, end));
        } else {
            self.fin = Some(end);
        }
    }

    /// The stream has come to its end, acknowledged or not.
    pub(super) fn ended(&self) -> bool {
        self.fin == Some(self.offset)
    }

    /// Takes a segment of `len > 0` that begins at or after the stream's begin.
    #[inline]
    pub(super) fn take(
        &mut self,
        dir: Dir,
        segment: Segment<'_>,
        seq: u32,
        bound: usize,
        budget: &Budget,
        sink: &mut dyn StreamSink,
    ) {
        let mut segment = segment;
        if segment.start != self.offset || self.fin.is_some() {
            match self.admit(dir, segment, seq, sink) {
                Some(admitted) => segment = admitted,
                None => return,
            }
        }
        let end = segment.start + segment.len;
        let first_waiting = self.waiting.as_ref().and_then(|w| w.pieces.first());
        if segment.start == self.offset && first_waiting.is_none_or(|first| end <= first) {
            self.recent.remember(segment.start, segment.data);
            self.deliver(dir, segment.data, segment.ts_ns, sink);
            let cut = segment.len - segment.data.len() as u64;
            if cut > 0 {
                self.miss(dir, cut, segment.ts_ns, sink);
            }
        } else {
            self.keep(dir, segment, bound, budget, sink);
        }
        if self.waiting.is_some() {
            self.drain(dir, sink);
            self.give_up_acknowledged(dir, segment.ts_ns, sink);
        }
    }

    /// What of a segment that is not simply the next one is new; `None` when nothing is.
    fn admit<'a>(
        &mut self,
        dir: Dir,
        mut segment: Segment<'a>,
        seq: u32,
        sink: &mut dyn StreamSink,
    ) -> Option<Segment<'a>> {
        if segment.start < self.offset {
            let old = (self.offset - segment.start).min(segment.len);
            self.retransmitted_bytes += old;
            if self.recent.differs(segment.start, segment.data) {
                sink.odd(Odd {
                    kind: Kind::TcpOverlapDiffers,
                    offset: segment.start,
                    detail: "a segment came again with another content; the first was kept".into(),
                });
            }
            if old == segment.len {
                return None;
            }
            segment.start += old;
            segment.len -= old;
            segment.data = segment.data.get(old as usize..).unwrap_or_default();
        }
        if let Some(fin) = self.fin.filter(|&fin| segment.start + segment.len > fin) {
            if self.told {
                if !self.told_behind {
                    self.told_behind = true;
                    let detail =
                        format!("{dir:?} sent data behind its acknowledged end; it was not read");
                    sink.odd(Odd {
                        kind: Kind::BadHeader,
                        offset: fin,
                        detail,
                    });
                }
                return None;
            }
            self.fin = None;
            sink.odd(false_end(dir, fin));
        }
        if segment.start > self.offset + LEAP_BYTES && segment.start > self.acked {
            let behind = Some(seq.wrapping_add(segment.len as u32));
            if self.leap != Some(seq) {
                if self.leap != behind {
                    sink.odd(Odd {
                        kind: Kind::BadHeader,
                        offset: self.offset,
                        detail: "a segment lies far outside the window; it was not read".into(),
                    });
                }
                self.leap = behind;
                return None;
            }
            self.leap = behind;
        }
        Some(segment)
    }

    #[inline]
    fn deliver(&mut self, dir: Dir, bytes: &[u8], ts_ns: i64, sink: &mut dyn StreamSink) {
        if bytes.is_empty() {
            return;
        }
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.next = self.next.wrapping_add(bytes.len() as u32);
        self.payload_bytes += bytes.len() as u64;
        sink.data(dir, offset, bytes, ts_ns);
    }

    fn miss(&mut self, dir: Dir, len: u64, ts_ns: i64, sink: &mut dyn StreamSink) {
        let offset = self.offset;
        self.offset += len;
        self.next = self.next.wrapping_add(len as u32);
        self.gap_bytes += len;
        sink.gap(dir, offset, len, ts_ns);
    }

    #[cold]
    fn keep(
        &mut self,
        dir: Dir,
        segment: Segment<'_>,
        bound: usize,
        budget: &Budget,
        sink: &mut dyn StreamSink,
    ) {
        let waiting = self.waiting.get_or_insert_with(|| {
            Box::new(Waiting {
                pieces: Pieces::default(),
                budget: budget.clone(),
            })
        });
        let before = waiting.pieces.cost();
        let inserted = waiting
            .pieces
            .insert(segment.start, segment.data, segment.ts_ns);
        let after = waiting.pieces.cost();
        budget.change(before, after);
        self.retransmitted_bytes += inserted.repeated;
        if inserted.differs {
            sink.odd(Odd {
                kind: Kind::TcpOverlapDiffers,
                offset: segment.start,
                detail: "overlapping segments differ; the first seen was kept".into(),
            });
        }
        if segment.start > self.offset && (after > bound || budget.exceeded()) {
            sink.odd(Odd {
                kind: Kind::TcpBufferFull,
                offset: self.offset,
                detail: format!("{after} bytes wait behind a hole"),
            });
            self.give_up_hole(dir, segment.ts_ns, sink);
        }
    }

    /// Hands on what is in order now.
    fn drain(&mut self, dir: Dir, sink: &mut dyn StreamSink) {
        let Some(mut waiting) = self.waiting.take() else {
            return;
        };
        while waiting
            .pieces
            .first()
            .is_some_and(|first| first <= self.offset)
        {
            let before = waiting.pieces.cost();
            let Some((offset, piece)) = waiting.pieces.pop() else {
                break;
            };
            waiting.budget.change(before, waiting.pieces.cost());
            // A piece can only reach back where a cut segment made the stream jump over it.
            let old = ((self.offset - offset) as usize).min(piece.bytes.len());
            self.recent.remember(offset, &piece.bytes);
            self.deliver(
                dir,
                piece.bytes.get(old..).unwrap_or_default(),
                piece.ts_ns,
                sink,
            );
        }
        if !waiting.pieces.is_empty() {
            self.waiting = Some(waiting);
        }
    }

    /// The hole before the first waiting piece will not be filled.
    fn give_up_hole(&mut self, dir: Dir, ts_ns: i64, sink: &mut dyn StreamSink) {
        let first = self.waiting.as_ref().and_then(|w| w.pieces.first());
        if let Some(len) = first.and_then(|first| first.checked_sub(self.offset)) {
            if len > 0 {
                self.miss(dir, len, ts_ns, sink);
            }
            self.drain(dir, sink);
        }
    }

    /// Gives up holes whose bytes the other side has acknowledged: the capture missed them.
    pub(super) fn give_up_acknowledged(&mut self, dir: Dir, ts_ns: i64, sink: &mut dyn StreamSink) {
        while let Some(first) = self.waiting.as_ref().and_then(|w| w.pieces.first()) {
            if first > self.acked {
                return;
            }
            self.give_up_hole(dir, ts_ns, sink);
        }
    }

    /// Tells the end when the stream has reached it and the other side acknowledged it.
    #[inline]
    pub(super) fn close_if_acknowledged(
        &mut self,
        dir: Dir,
        ts_ns: i64,
        sink: &mut dyn StreamSink,
    ) {
        if !self.told && self.ended() && self.acked > self.offset {
            self.told = true;
            sink.closed(dir, Close::Fin, ts_ns);
        }
    }

    /// Nothing more will come: what waits is handed on with its gaps, then the missing tail.
    pub(super) fn flush(&mut self, dir: Dir, ts_ns: i64, sink: &mut dyn StreamSink) {
        while self.waiting.is_some() {
            self.give_up_hole(dir, ts_ns, sink);
        }
        // An acknowledged FIN that was not captured counts for one byte: not a gap.
        let tail = match self.fin {
            Some(fin) => fin.saturating_sub(self.offset),
            None => self.acked.saturating_sub(self.offset).saturating_sub(1),
        };
        if tail > 0 && !self.told {
            self.miss(dir, tail, ts_ns, sink);
        }
        if !self.told && self.ended() {
            self.told = true;
            sink.closed(dir, Close::Fin, ts_ns);
        }
    }
}

fn false_end(dir: Dir, offset: u64) -> Odd {
    let detail = format!("{dir:?} seemed to end its stream where it did not");
    Odd {
        kind: Kind::BadHeader,
        offset,
        detail,
    }
}
