//! A connection: both halves, its opening and its end.

use super::budget::Budget;
use super::half::{Half, Segment};
use super::{Close, StreamSink};
use crate::limits::Limits;
use crate::net::TcpHeader;
use crate::record::Dir;

/// Counts of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpStats {
    /// Segments, with and without payload.
    pub packets: u64,
    /// Payload bytes handed on: each once.
    pub payload_bytes: u64,
    /// Payload bytes seen again.
    pub retransmitted_bytes: u64,
    /// Payload bytes missing from the capture.
    pub gap_bytes: u64,
}

/// Reassembles one TCP connection.
#[derive(Debug)]
pub struct TcpFlow {
    halves: [Half; 2],
    bound: usize,
    budget: Budget,
    /// Who reset the connection last, while no data followed.
    reset: Option<Dir>,
    was_refused: bool,
    finished: bool,
}

impl TcpFlow {
    /// Nothing seen yet.
    pub fn new(limits: &Limits, budget: &Budget) -> Self {
        TcpFlow {
            halves: [Half::default(), Half::default()],
            bound: limits.reorder_bytes,
            budget: budget.clone(),
            reset: None,
            was_refused: false,
            finished: false,
        }
    }

    /// Takes a segment that `dir` sent. `payload` is what the capture holds of it.
    pub fn segment(
        &mut self,
        dir: Dir,
        tcp: &TcpHeader,
        payload: &[u8],
        ts_ns: i64,
        sink: &mut dyn StreamSink,
    ) {
        let [client, server] = &mut self.halves;
        let (this, other) = match dir {
            Dir::Client => (client, server),
            Dir::Server => (server, client),
        };
        this.packets += 1;
        if self.finished {
            return;
        }
        if tcp.ack_set() {
            if tcp.syn() && !other.opened {
                // The answer to a SYN that the capture lacks tells where that side begins.
                other.open(tcp.ack);
            }
            other.acknowledge(tcp.ack);
            other.close_if_acknowledged(dir.other(), ts_ns, sink);
        }
        if tcp.rst() {
            self.was_refused |= dir == Dir::Server && this.syn.is_none() && other.syn.is_some();
            self.reset = Some(dir);
            return;
        }
        let mut seq = tcp.seq;
        if tcp.syn() {
            seq = seq.wrapping_add(1);
            if !this.opened {
                this.open(seq);
            } else if this.syn.is_none() && this.first_seq() != seq {
                // What came before the SYN was not this connection's: forged, or left over.
                this.restart(dir, seq, sink);
            }
            this.syn.get_or_insert(tcp.seq);
        }
        let len = u64::from(tcp.payload_len).max(payload.len() as u64);
        this.spoke |= !tcp.syn();
        if len == 0 && !tcp.fin() {
            return;
        }
        // An answer shows that its question was received: the question's holes come first.
        other.give_up_acknowledged(dir.other(), ts_ns, sink);
        if !this.opened {
            this.open(seq);
        } else if this.begins_elsewhere(seq) {
            this.restart(dir, seq, sink);
        }
        let place = this.place(seq);
        // A keep-alive repeats the byte before the stream's next one, with any content (RFC 9293 3.8.4).
        let keep_alive = len <= 1 && place == this.offset as i64 - 1 && !tcp.fin();
        if len > 0 && !keep_alive {
            // Whoever reset says nothing more: if it does, the reset was another's forgery. What the
            // other side still had under way proves nothing.
            self.reset = self.reset.filter(|&by| by != dir);
            let before = (-place).clamp(0, len as i64) as u64;
            this.retransmitted_bytes += before;
            let segment = Segment {
                start: place.max(0) as u64,
                data: payload.get(before as usize..).unwrap_or_default(),
                len: len - before,
                ts_ns,
            };
            if segment.len > 0 {
                let seq = seq.wrapping_add(before as u32);
                this.take(dir, segment, seq, self.bound, &self.budget, sink);
            }
        }
        // Before its SYN was seen, while ours waits for one, a bare FIN is no end (it is dropped in
        // the state SYN-SENT, RFC 9293 3.10.7.3); believing a forged one would hide the answer.
        let answers_nothing = len == 0 && this.syn.is_none() && other.syn.is_some() && !other.spoke;
        if tcp.fin() && !answers_nothing {
            this.end_at(dir, (place.max(0) as u64) + len, sink);
        }
        this.close_if_acknowledged(dir, ts_ns, sink);
    }

    /// The connection is over, for this reason where its own end was not seen. Does nothing twice.
    pub fn finish(&mut self, how: Close, ts_ns: i64, sink: &mut dyn StreamSink) {
        if self.finished {
            return;
        }
        self.finished = true;
        let how = if self.reset.is_some() {
            Close::Rst
        } else {
            how
        };
        for (dir, half) in [Dir::Client, Dir::Server].into_iter().zip(&mut self.halves) {
            half.flush(dir, ts_ns, sink);
        }
        for (dir, half) in [Dir::Client, Dir::Server].into_iter().zip(&mut self.halves) {
            if !half.told {
                sink.closed(dir, how, ts_ns);
            }
        }
    }

    /// True when this segment opens another connection between the same ends.
    ///
    /// A SYN with another initial sequence number does, also while the old connection seems alive
    /// (its end may be missing from the capture). A repeated SYN does not.
    pub fn is_new_connection(&self, dir: Dir, tcp: &TcpHeader) -> bool {
        if !tcp.syn() || tcp.ack_set() || tcp.rst() {
            return false;
        }
        let Some(half) = self.halves.get(dir.index()) else {
            return false;
        };
        match half.syn {
            Some(isn) => isn != tcp.seq,
            None => half.opened && !half.untouched() && half.first_seq() != tcp.seq.wrapping_add(1),
        }
    }

    /// Both sides said their end, or the connection was reset (and no data followed).
    pub fn is_closed(&self) -> bool {
        self.finished || self.reset.is_some() || self.halves.iter().all(Half::ended)
    }

    /// Both sides' ends were seen and acknowledged: nothing of either stream is handed on any more.
    pub fn is_told(&self) -> bool {
        self.halves.iter().all(|half| half.told)
    }

    /// An ICMP error said that the server cannot be reached.
    pub fn refuse(&mut self) {
        self.was_refused |= self.halves.iter().skip(1).all(|server| server.packets == 0);
    }

    /// Bytes held out of order by all flows of the budget.
    #[cfg(test)]
    pub(super) fn budget_used(&self) -> usize {
        self.budget.used()
    }

    /// Counts, `[client, server]`.
    pub fn stats(&self) -> [TcpStats; 2] {
        let [client, server] = &self.halves;
        [client, server].map(|half| TcpStats {
            packets: half.packets,
            payload_bytes: half.payload_bytes,
            retransmitted_bytes: half.retransmitted_bytes,
            gap_bytes: half.gap_bytes,
        })
    }

    /// "refused", "unanswered", "midstream", "reset" or "established".
    pub fn state(&self) -> &'static str {
        let [client, server] = &self.halves;
        let fins = client.ended() && server.ended();
        if self.was_refused && server.syn.is_none() {
            "refused"
        } else if client.syn.is_some() && server.packets == 0 {
            "unanswered"
        } else if client.syn.is_none() && server.syn.is_none() {
            "midstream"
        } else if self.reset.is_some() && !fins {
            "reset"
        } else {
            "established"
        }
    }
}
