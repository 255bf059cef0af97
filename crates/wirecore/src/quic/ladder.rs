//! The keys of one direction by level (RFC 9001 section 2.1), and the opening of a packet with those that may fit.
//!
//! Which secret, which suite, which number and which generation is not always certain: several may be tried, since an
//! AEAD admits no wrong answer. The trying is paid for by the bytes that came, so that the whole cost stays linear.

use std::ops::Range;

use super::keys::{Header, Keys, PacketKey};
use crate::net::Numbers;
use crate::tls::Trial;

/// The key phase (RFC 9001 section 6).
const PHASE: u8 = 0x04;
/// When packets are missing from the capture, how many windows of packet numbers further on are tried.
const WINDOWS: u64 = 64;
/// Generations that are tried after missing key updates.
const GENERATIONS: usize = 3;

/// A packet as it came, and where its number begins.
#[derive(Clone, Copy)]
pub(super) struct Sealed<'a> {
    pub bytes: &'a [u8],
    pub number_at: usize,
}

/// Keys of one level.
#[derive(Default)]
pub(super) struct Level {
    /// Those that may be right; one, once a packet was opened.
    pub candidates: Vec<Keys>,
    /// A packet was opened.
    pub proven: bool,
    /// Secrets in the key log when it was last asked, and one; 0 before.
    pub asked: usize,
}

/// An opened packet.
pub(super) struct Opened {
    /// Where the payload lies in the buffer.
    pub payload: Range<usize>,
    pub number: u64,
}

/// The generations of the last level's keys.
#[derive(Default)]
pub(super) struct Generations {
    phase: bool,
    /// Lowest number opened in this phase.
    began: u64,
    previous: Option<PacketKey>,
    /// Made when first asked for.
    next: Vec<PacketKey>,
}

fn open_with(
    key: &PacketKey,
    packet: Sealed<'_>,
    header: &Header,
    numbers: &Numbers,
    trial: &mut Trial,
    buffer: &mut Vec<u8>,
) -> Option<Opened> {
    let near = numbers.decode(header.truncated, header.number_len);
    let window = 1u64 << (8 * header.number_len);
    // A long loss can only hide numbers whose upper part was not sent.
    let windows = if header.number_len < 4 && numbers.expected() > 0 {
        WINDOWS
    } else {
        0
    };
    for further in 0..=windows {
        if !trial.spend(packet.bytes.len()) {
            return None;
        }
        let number = near + further * window;
        if let Some(payload) = key.open(packet.bytes, packet.number_at, header, number, buffer) {
            return Some(Opened { payload, number });
        }
    }
    None
}

impl Level {
    /// Opens a packet into `buffer` with any of the candidates.
    pub fn open(
        &mut self,
        packet: Sealed<'_>,
        numbers: &Numbers,
        trial: &mut Trial,
        buffer: &mut Vec<u8>,
    ) -> Option<Opened> {
        for at in 0..self.candidates.len() {
            let keys = &self.candidates[at];
            let Some(header) = keys.unmask(packet.bytes, packet.number_at) else {
                continue;
            };
            if let Some(opened) = open_with(&keys.packet, packet, &header, numbers, trial, buffer) {
                self.settle(at);
                return Some(opened);
            }
        }
        None
    }

    /// As `open`, for the level whose keys are updated.
    pub fn open_last(
        &mut self,
        generations: &mut Generations,
        packet: Sealed<'_>,
        numbers: &Numbers,
        trial: &mut Trial,
        buffer: &mut Vec<u8>,
    ) -> Option<Opened> {
        for at in 0..self.candidates.len() {
            let keys = &mut self.candidates[at];
            let Some(header) = keys.unmask(packet.bytes, packet.number_at) else {
                continue;
            };
            let opened =
                generations.open(&mut keys.packet, packet, &header, numbers, trial, buffer);
            if opened.is_some() {
                self.settle(at);
                return opened;
            }
        }
        None
    }

    fn settle(&mut self, at: usize) {
        if !self.proven {
            self.proven = true;
            self.candidates.swap(0, at);
            self.candidates.truncate(1);
        }
    }
}

impl Generations {
    fn open(
        &mut self,
        current: &mut PacketKey,
        packet: Sealed<'_>,
        header: &Header,
        numbers: &Numbers,
        trial: &mut Trial,
        buffer: &mut Vec<u8>,
    ) -> Option<Opened> {
        let same = (header.first & PHASE != 0) == self.phase;
        let near = numbers.decode(header.truncated, header.number_len);
        if same {
            let opened = open_with(current, packet, header, numbers, trial, buffer);
            if opened.is_some() {
                return opened;
            }
        } else if let Some(previous) = self.previous.as_ref().filter(|_| near < self.began) {
            let opened = open_with(previous, packet, header, numbers, trial, buffer);
            if opened.is_some() {
                return opened;
            }
        }
        // The next generation; where updates were missed, every second one after it has this phase too.
        let first = usize::from(same);
        for ahead in (first..GENERATIONS).step_by(2) {
            while self.next.len() <= ahead {
                self.next.push(self.next.last().unwrap_or(current).next()?);
            }
            if let Some(opened) =
                open_with(&self.next[ahead], packet, header, numbers, trial, buffer)
            {
                let mut used = self.next.drain(..=ahead);
                if let Some(newest) = used.next_back() {
                    let before = std::mem::replace(current, newest);
                    self.previous = Some(used.next_back().unwrap_or(before));
                }
                self.phase = header.first & PHASE != 0;
                self.began = opened.number;
                return Some(opened);
            }
        }
        None
    }
}
