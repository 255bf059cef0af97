//! The table of open flows: finds a packet's flow, ends idle ones, stays within its bound.
//!
//! Driven by packet time alone. A flow ends when it was idle for long, when another connection
//! takes its place, when too many are open or they hold too much (the longest idle go first), or
//! with the capture.
//! Idleness is judged when a packet asks for its flow, so that when memory is swept makes no
//! difference to the result.

use std::collections::HashMap;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::tuple::{Key, Seeded};
use super::{Tuple, PROTO_TCP, PROTO_UDP};
use crate::limits::Limits;
use crate::record::Dir;

const SECOND_NS: i64 = 1_000_000_000;
/// A push connection may be silent for half an hour between heartbeats, and cannot be decrypted
/// if it is split; the bound on open flows keeps memory in check, so patience is cheap
/// (RFC 5382 asks middleboxes for 2 hours 4 minutes).
const TCP_IDLE_NS: i64 = 7_440 * SECOND_NS;
/// A closed connection lingers so that late copies of its segments do not open a new flow.
const TCP_CLOSED_NS: i64 = 60 * SECOND_NS;
/// RFC 4787 asks for 2 minutes or more.
const UDP_IDLE_NS: i64 = 180 * SECOND_NS;
/// Tuples whose next ordinal is remembered after their flow ended.
const ORDINALS: usize = 500_000;

/// A flow that holds no more is not ended to save memory, bytes.
const LIGHT: usize = 1 << 10;

/// Ports that mark their side as the one that answers, though they are 1024 or above.
const SERVER_PORTS: &[u16] = &[
    1194, 1433, 1883, 1900, 2049, 3306, 3389, 3478, 3479, 4433, 4500, 5060, 5061, 5222, 5223, 5228,
    5229, 5230, 5349, 5350, 5353, 5355, 5432, 5671, 5672, 6379, 8000, 8008, 8009, 8080, 8081, 8443,
    8853, 8883, 8888, 9200, 19302, 19305, 27017, 51820,
];

/// What a packet tells the table.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// As the packet carries it.
    pub tuple: Tuple,
    /// Number of the packet in the capture.
    pub number: u64,
    /// Its time.
    pub ts_ns: i64,
    /// For a TCP SYN: whether it also acknowledges (then its receiver is the client).
    pub syn: Option<bool>,
}

/// One flow and what its owner keeps with it.
#[derive(Clone, Debug)]
pub struct Slot<T> {
    /// From client to server.
    pub tuple: Tuple,
    /// How many flows of this tuple came before in the capture.
    pub ordinal: u32,
    /// Number of its first packet.
    pub first_packet: u64,
    /// Time of its first packet.
    pub first_ns: i64,
    /// Time of its last packet.
    pub last_ns: i64,
    /// Time of the last packet that belongs to it by other addresses (a QUIC connection that moved); it keeps it open.
    pub busy_ns: i64,
    /// Set by the owner when the connection is over; it then ends after a short linger.
    pub closed: bool,
    /// The owner's.
    pub value: T,
}

impl<T> Slot<T> {
    /// Community ID, `#`, ordinal.
    pub fn id(&self) -> String {
        format!("{}#{}", self.tuple.community_id(), self.ordinal)
    }

    fn idle_bound(&self) -> i64 {
        match (self.tuple.proto, self.closed) {
            (PROTO_TCP, true) => TCP_CLOSED_NS,
            (PROTO_TCP, false) => TCP_IDLE_NS,
            _ => UDP_IDLE_NS,
        }
    }

    fn is_idle(&self, now_ns: i64) -> bool {
        now_ns.saturating_sub(self.last_ns.max(self.busy_ns)) > self.idle_bound()
    }
}

/// Why a flow left the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// Nothing came for long.
    Idle,
    /// Another connection between the same ends began.
    Replaced,
    /// Too many flows were open.
    Pressure,
    /// The open flows held too much.
    Weight,
    /// The capture ended.
    CaptureEnd,
}

/// Open flows by tuple.
pub struct FlowTable<T> {
    /// Places in `slots` by hash: four bytes an entry, so that the index stays in the cache.
    index: HashTable<u32>,
    seed: Seeded,
    slots: Vec<Option<(Key, Slot<T>)>>,
    free: Vec<u32>,
    ordinals: Ordinals,
    bound: usize,
    swept_ns: i64,
    begun_since_sweep: usize,
    /// The flow of the packet before: packets come in runs.
    last: Option<(Key, u32)>,
}

impl<T> FlowTable<T> {
    /// Empty; holds at most `Limits::open_flows` (at least 16).
    pub fn new(limits: &Limits) -> Self {
        FlowTable {
            index: HashTable::new(),
            seed: Seeded::new(),
            slots: Vec::new(),
            free: Vec::new(),
            ordinals: Ordinals::default(),
            bound: limits.open_flows.clamp(16, u32::MAX as usize),
            swept_ns: i64::MIN,
            begun_since_sweep: 0,
            last: None,
        }
    }

    /// Open flows.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// No flow is open.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The flow of a packet and who sent the packet; begins one where there is none (or only an
    /// idle one, which then goes to `ended`). `make` gets the tuple from client to server.
    #[inline]
    pub fn visit(
        &mut self,
        seen: &Seen,
        make: impl FnOnce(&Tuple) -> T,
        ended: &mut dyn FnMut(Slot<T>, Ended),
    ) -> (Dir, &mut Slot<T>) {
        let (key, _) = Key::of(&seen.tuple);
        let at = match self.last {
            Some((last, at)) if last == key => Some(at),
            _ => self.lookup(&key),
        };
        let at = match at {
            Some(at)
                if !self
                    .slot_at(at)
                    .is_some_and(|slot| slot.is_idle(seen.ts_ns)) =>
            {
                at
            }
            Some(at) => {
                self.end(at, Ended::Idle, ended);
                self.begin(key, seen, make, ended)
            }
            None => self.begin(key, seen, make, ended),
        };
        self.last = Some((key, at));
        self.touch(at, seen)
    }

    /// Ends the packet's flow and begins another of the same tuple (a port was used again).
    pub fn restart(
        &mut self,
        seen: &Seen,
        make: impl FnOnce(&Tuple) -> T,
        ended: &mut dyn FnMut(Slot<T>, Ended),
    ) -> (Dir, &mut Slot<T>) {
        let (key, _) = Key::of(&seen.tuple);
        if let Some(at) = self.lookup(&key) {
            self.end(at, Ended::Replaced, ended);
        }
        let at = self.begin(key, seen, make, ended);
        self.touch(at, seen)
    }

    /// The open flow of a tuple, without counting a packet (for errors that quote one).
    pub fn find(&mut self, tuple: &Tuple) -> Option<(Dir, &mut Slot<T>)> {
        let at = self.lookup(&Key::of(tuple).0)?;
        let (_, slot) = self.slots.get_mut(at as usize)?.as_mut()?;
        Some((direction(&slot.tuple, tuple), slot))
    }

    /// Ends every flow, in the order in which they began.
    pub fn drain(&mut self, ended: &mut dyn FnMut(Slot<T>, Ended)) {
        let all = (0..self.slots.len() as u32).collect();
        self.end_all(all, Ended::CaptureEnd, ended);
    }

    #[inline]
    fn lookup(&self, key: &Key) -> Option<u32> {
        let hash = self.seed.hash(key);
        let same =
            |&at: &u32| matches!(self.slots.get(at as usize), Some(Some((k, _))) if k == key);
        self.index.find(hash, same).copied()
    }

    fn slot_at(&self, at: u32) -> Option<&Slot<T>> {
        self.slots.get(at as usize)?.as_ref().map(|(_, slot)| slot)
    }

    #[inline]
    fn touch(&mut self, at: u32, seen: &Seen) -> (Dir, &mut Slot<T>) {
        match self.slots.get_mut(at as usize) {
            Some(Some((_, slot))) => {
                slot.last_ns = slot.last_ns.max(seen.ts_ns);
                (direction(&slot.tuple, &seen.tuple), slot)
            }
            // `at` was just looked up or filled.
            _ => unreachable!("the index names a slot that is empty"),
        }
    }

    fn begin(
        &mut self,
        key: Key,
        seen: &Seen,
        make: impl FnOnce(&Tuple) -> T,
        ended: &mut dyn FnMut(Slot<T>, Ended),
    ) -> u32 {
        self.sweep(seen.ts_ns, ended);
        if self.index.len() >= self.bound {
            self.relieve(ended);
        }
        let tuple = if sender_is_client(seen) {
            seen.tuple
        } else {
            seen.tuple.reversed()
        };
        let hash = self.seed.hash(&key);
        let slot = Slot {
            ordinal: self.ordinals.next(hash),
            first_packet: seen.number,
            first_ns: seen.ts_ns,
            last_ns: seen.ts_ns,
            busy_ns: i64::MIN,
            closed: false,
            value: make(&tuple),
            tuple,
        };
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        if let Some(place) = self.slots.get_mut(at as usize) {
            *place = Some((key, slot));
        }
        let (slots, seed) = (&self.slots, &self.seed);
        self.index
            .insert_unique(hash, at, |&at| match slots.get(at as usize) {
                Some(Some((key, _))) => seed.hash(key),
                _ => 0,
            });
        self.last = Some((key, at));
        at
    }

    fn end(&mut self, at: u32, why: Ended, ended: &mut dyn FnMut(Slot<T>, Ended)) {
        self.last = None;
        if let Some((key, slot)) = self.slots.get_mut(at as usize).and_then(Option::take) {
            if let Ok(entry) = self
                .index
                .find_entry(self.seed.hash(&key), |&other| other == at)
            {
                entry.remove();
            }
            self.free.push(at);
            ended(slot, why);
        }
    }

    fn end_all(&mut self, mut which: Vec<u32>, why: Ended, ended: &mut dyn FnMut(Slot<T>, Ended)) {
        which.sort_by_key(|&at| self.slot_at(at).map(|slot| slot.first_packet));
        for at in which {
            self.end(at, why, ended);
        }
    }

    /// Frees idle flows now and then; the work is spread over the flows begun since the last time.
    fn sweep(&mut self, now_ns: i64, ended: &mut dyn FnMut(Slot<T>, Ended)) {
        self.begun_since_sweep += 1;
        let due = now_ns.saturating_sub(self.swept_ns) > 10 * SECOND_NS;
        if !due || self.begun_since_sweep < self.slots.len() / 8 {
            return;
        }
        self.swept_ns = now_ns;
        self.begun_since_sweep = 0;
        let idle = self.matching(|slot| slot.is_idle(now_ns));
        self.end_all(idle, Ended::Idle, ended);
    }

    /// Ends the eighth of the flows that was idle longest.
    fn relieve(&mut self, ended: &mut dyn FnMut(Slot<T>, Ended)) {
        // Copied out, so that choosing does not wander through the slots.
        let mut all: Vec<(i64, u64, u32)> = (0u32..)
            .zip(&self.slots)
            .filter_map(|(at, place)| {
                place
                    .as_ref()
                    .map(|(_, slot)| (slot.last_ns, slot.first_packet, at))
            })
            .collect();
        let count = all.len() / 8 + 1;
        if count < all.len() {
            all.select_nth_unstable(count);
            all.truncate(count);
        }
        let longest = all.into_iter().map(|(_, _, at)| at).collect();
        self.end_all(longest, Ended::Pressure, ended);
    }

    /// Weighs the open flows; `weight` gives what the owner's holds beside the slot, bytes. Where all of them are heavier
    /// than `bound`, those that were idle longest are ended until three quarters of it are left; light ones stay, since
    /// little is gained by their end. Gives what is left.
    pub fn lighten(
        &mut self,
        bound: usize,
        weight: impl Fn(&T) -> usize,
        ended: &mut dyn FnMut(Slot<T>, Ended),
    ) -> usize {
        let weights = |(at, place): (u32, &Option<(Key, Slot<T>)>)| {
            let (_, slot) = place.as_ref()?;
            Some((slot.last_ns, slot.first_packet, at, weight(&slot.value)))
        };
        let all = || (0u32..).zip(&self.slots).filter_map(weights);
        let slots = self.slots.capacity() * size_of::<Option<(Key, Slot<T>)>>();
        let mut held = slots + all().map(|(.., weight)| weight).sum::<usize>();
        if held <= bound {
            return held;
        }
        let mut heavy: Vec<_> = all().filter(|(.., weight)| *weight > LIGHT).collect();
        heavy.sort_unstable();
        let mut which = Vec::new();
        for (_, _, at, weight) in heavy {
            if held <= bound / 4 * 3 {
                break;
            }
            held -= weight;
            which.push(at);
        }
        self.end_all(which, Ended::Weight, ended);
        held
    }

    fn matching(&self, wanted: impl Fn(&Slot<T>) -> bool) -> Vec<u32> {
        (0..self.slots.len() as u32)
            .filter(|&at| self.slot_at(at).is_some_and(&wanted))
            .collect()
    }
}

fn direction(flow: &Tuple, packet: &Tuple) -> Dir {
    if (flow.src, flow.sport) == (packet.src, packet.sport) {
        Dir::Client
    } else {
        Dir::Server
    }
}

/// Whether the first packet seen of a flow was sent by the side that opened it.
fn sender_is_client(seen: &Seen) -> bool {
    if let Some(acknowledges) = seen.syn {
        return !acknowledges;
    }
    if !matches!(seen.tuple.proto, PROTO_TCP | PROTO_UDP) {
        return true;
    }
    let (sport, dport) = (seen.tuple.sport, seen.tuple.dport);
    !(serves(sport) && sport < dport && !serves(dport))
}

fn serves(port: u16) -> bool {
    port < 1024 || SERVER_PORTS.binary_search(&port).is_ok()
}

/// How many flows each tuple had, in bounded memory.
#[derive(Default)]
struct Ordinals {
    next: HashMap<u64, u32, FxBuildHasher>,
    /// Where counting starts: raised when the counts are dropped, so that ids stay unique.
    base: u32,
    top: u32,
}

impl Ordinals {
    fn next(&mut self, tuple: u64) -> u32 {
        if self.next.len() >= ORDINALS {
            self.next.clear();
            self.base = self.top;
        }
        let next = self.next.entry(tuple).or_insert(self.base);
        let ordinal = *next;
        *next = next.saturating_add(1);
        self.top = self.top.max(*next);
        ordinal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_ports_are_sorted_for_the_search() {
        assert!(SERVER_PORTS.is_sorted());
    }
}
