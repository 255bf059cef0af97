//! The streams of a connection: their frames in, bytes in order by stream out, within a bound on what waits.

use std::collections::BTreeMap;

use super::assembler::{Assembler, Part};
use super::event::{QuicEvent, Sink};
use crate::anomaly::{Kind, OpaqueReason};
use crate::limits::Limits;
use crate::net::tcp::Budget;
use crate::net::Finished;
use crate::record::{Dir, Odd};

/// All streams of a connection, each direction for itself.
pub(super) struct Streams {
    open: BTreeMap<(u64, usize), Assembler>,
    finished: [Finished; 2],
    held: usize,
    budget: Budget,
    bound: usize,
    most: usize,
    /// A stream was given up: what still comes of one that has ended may never have been read.
    crowded: bool,
}

const DIRS: [Dir; 2] = [Dir::Client, Dir::Server];

impl Streams {
    pub fn new(limits: &Limits, budget: &Budget) -> Self {
        Streams {
            open: BTreeMap::new(),
            finished: Default::default(),
            held: 0,
            budget: budget.clone(),
            bound: limits.reorder_bytes,
            // Each direction counts; most streams have one only once the other has ended.
            most: limits.open_streams.saturating_mul(2),
            crowded: false,
        }
    }

    pub fn push(&mut self, dir: Dir, stream: u64, piece: (u64, &[u8], bool), out: Sink<'_>) {
        let (offset, data, fin) = piece;
        let key = (stream, dir.index());
        if !self.open.contains_key(&key) {
            if self.finished[dir.index()].has(stream) {
                if self.crowded {
                    let (len, reason) = (data.len() as u64, OpaqueReason::AfterGap);
                    out(QuicEvent::Opaque { dir, len, reason });
                }
                return;
            }
            self.make_room(out);
        }
        let assembler = self.open.entry(key).or_default();
        let before = assembler.held();
        assembler.push(offset, data, fin, &mut |part| give(dir, stream, part, out));
        let (after, done) = (assembler.held(), assembler.is_done());
        if before != after {
            self.hold(before, after);
        }
        if done {
            self.end(stream, dir, out);
        } else if after > before && (self.held > self.bound || self.budget.exceeded()) {
            self.relieve(key, out);
        }
    }

    fn hold(&mut self, before: usize, after: usize) {
        self.held = self.held + after - before;
        self.budget.change(before, after);
    }

    /// Too much waits for what may never come: the first hole of this stream is given up.
    fn relieve(&mut self, key: (u64, usize), out: Sink<'_>) {
        let Some(assembler) = self.open.get_mut(&key) else {
            return;
        };
        let before = assembler.held();
        assembler.skip_hole(&mut |part| give(DIRS[key.1], key.0, part, out));
        let after = assembler.held();
        self.hold(before, after);
        let detail = format!("stream {}: a hole was given up", key.0);
        out(QuicEvent::Odd(Odd {
            kind: Kind::BoundReached,
            offset: 0,
            detail,
        }));
    }

    fn make_room(&mut self, out: Sink<'_>) {
        if self.open.len() < self.most {
            return;
        }
        if !std::mem::replace(&mut self.crowded, true) {
            let detail = format!(
                "open_streams: {} at once; the oldest were given up",
                self.most
            );
            out(QuicEvent::Odd(Odd {
                kind: Kind::BoundReached,
                offset: 0,
                detail,
            }));
        }
        if let Some(&(stream, dir)) = self.open.keys().next() {
            self.give_up(stream, DIRS[dir], out);
        }
    }

    /// The sender gave its side up, or the bound did: what waits is given out around its holes.
    pub fn give_up(&mut self, stream: u64, dir: Dir, out: Sink<'_>) {
        if let Some(assembler) = self.open.get_mut(&(stream, dir.index())) {
            let before = assembler.held();
            assembler.finish(&mut |part| give(dir, stream, part, out));
            self.hold(before, 0);
        } else if self.finished[dir.index()].has(stream) {
            return;
        }
        self.open.remove(&(stream, dir.index()));
        self.finished[dir.index()].add(stream);
        out(QuicEvent::Reset { dir, stream });
    }

    fn end(&mut self, stream: u64, dir: Dir, out: Sink<'_>) {
        if let Some(assembler) = self.open.remove(&(stream, dir.index())) {
            self.hold(assembler.held(), 0);
        }
        self.finished[dir.index()].add(stream);
        out(QuicEvent::End { dir, stream });
    }

    /// The connection is over. Streams of one direction come first: in HTTP/3 they say what the others need.
    pub fn finish(&mut self, out: Sink<'_>) {
        for one_way in [true, false] {
            let keys: Vec<_> = self.open.keys().copied().collect();
            for (stream, dir) in keys.into_iter().filter(|key| (key.0 & 2 != 0) == one_way) {
                let Some(mut assembler) = self.open.remove(&(stream, dir)) else {
                    continue;
                };
                self.hold(assembler.held(), 0);
                assembler.finish(&mut |part| give(DIRS[dir], stream, part, out));
                if assembler.is_done() {
                    out(QuicEvent::End {
                        dir: DIRS[dir],
                        stream,
                    });
                }
            }
        }
    }
}

impl Drop for Streams {
    /// What waits is given back also where a connection is dropped without its end.
    fn drop(&mut self) {
        self.budget.change(self.held, 0);
    }
}

fn give(dir: Dir, stream: u64, part: Part<'_>, out: Sink<'_>) {
    match part {
        Part::Bytes(bytes) => out(QuicEvent::Stream { dir, stream, bytes }),
        Part::Gap(len) => out(QuicEvent::Gap { dir, stream, len }),
    }
}
