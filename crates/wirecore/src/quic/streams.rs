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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: &QuicEvent<'_>) -> String {
        match event {
            QuicEvent::Stream { stream, bytes, .. } => format!("{stream}:{}", bytes.len()),
            QuicEvent::Gap { stream, len, .. } => format!("{stream}:gap {len}"),
            QuicEvent::End { stream, .. } => format!("{stream}:end"),
            QuicEvent::Reset { stream, .. } => format!("{stream}:reset"),
            QuicEvent::Odd(odd) => odd.detail.clone(),
            QuicEvent::Opaque { len, .. } => format!("unread {len}"),
            other => format!("{other:?}"),
        }
    }

    fn streams(limits: &Limits) -> (Streams, Budget) {
        let budget = Budget::new(limits);
        (Streams::new(limits, &budget), budget)
    }

    #[test]
    fn a_million_streams_that_never_end_stay_within_the_bound_and_late_bytes_are_unread() {
        let limits = Limits {
            open_streams: 8,
            ..Limits::default()
        };
        let (mut streams, _) = streams(&limits);
        let (mut odd, mut given_up) = (0, 0);
        for stream in 0..1_000_000 {
            streams.push(
                Dir::Client,
                stream * 4,
                (0, b"x", false),
                &mut |event| match event {
                    QuicEvent::Odd(_) => odd += 1,
                    QuicEvent::Reset { .. } => given_up += 1,
                    _ => {}
                },
            );
            assert!(streams.open.len() <= 16);
        }
        assert_eq!((odd, given_up), (1, 1_000_000 - 16));
        let mut late = Vec::new();
        streams.push(Dir::Client, 0, (1, b"late", true), &mut |event| {
            late.push(told(&event));
        });
        assert_eq!(late, ["unread 4"]);
    }

    #[test]
    fn bytes_out_of_order_beyond_the_bound_give_up_a_hole_and_all_is_given_back() {
        let limits = Limits {
            reorder_bytes: 10_000,
            ..Limits::default()
        };
        let (mut streams, budget) = streams(&limits);
        let mut out = Vec::new();
        for n in 1..40u64 {
            streams.push(Dir::Client, 0, (n * 1000, &[0; 900], false), &mut |event| {
                out.push(told(&event));
            });
            assert!(streams.held <= 12_000 && budget.used() == streams.held);
        }
        assert!(out.contains(&"0:gap 1000".to_owned()));
        assert!(out.contains(&"0:900".to_owned()));
        streams.finish(&mut |_| {});
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_stream_given_up_by_its_sender_gives_out_what_waits_around_its_hole() {
        let (mut streams, _) = streams(&Limits::default());
        let mut out = Vec::new();
        streams.push(Dir::Client, 4, (10, b"behind", false), &mut |event| {
            out.push(told(&event));
        });
        streams.give_up(4, Dir::Client, &mut |event| out.push(told(&event)));
        streams.push(Dir::Client, 4, (0, b"copy", false), &mut |event| {
            out.push(told(&event));
        });
        assert_eq!(out, ["4:gap 10", "4:6", "4:reset"]);
    }
}
