//! AVI (Microsoft, AVI RIFF File Reference; OpenDML 1.02): chunks that tile what they lie in.
//!
//! A chunk of sound or film is believed when its stream is declared, when it begins as its coding does, and when the next
//! chunk stands where it ends; all of them only as long as an index that lists others does not follow.

use super::avi_streams::Stream;
use super::format::{join_hole, with_rest, Fate, Format, Head, Hole, Sample, HOLE_MIN};

/// Bytes of a chunk that are looked at: how a frame begins, what a stream's head says.
const BEGUN: usize = 40;
/// Bytes of one entry of the index.
const ENTRY: usize = 16;
/// Streams that are told apart.
const STREAMS: usize = 32;
/// Bytes of the last chunk that are believed though no other follows.
const LAST: u64 = 1024;

/// The machine of one AVI file.
#[derive(Default)]
pub(super) struct Avi {
    /// A chunk's name, its length and, of a list, its kind.
    small: [u8; 12],
    have: usize,
    /// The lists that are open: their kinds, and where they end (an odd one is padded).
    open: Vec<([u8; 4], u64)>,
    riffs: u32,
    id: [u8; 4],
    /// Where the chunk at hand ends, and bytes to come with what pads it.
    range: Hole,
    inside: bool,
    left: u64,
    begun: Vec<u8>,
    sample: Option<Sample>,
    entry: Vec<u8>,
    size: (u32, u32),
    streams: Vec<Stream>,
    frames: u32,
    /// What the frames that passed are, in one number, and what the index says they are.
    passed: u64,
    listed: u64,
    films: Vec<Hole>,
    holes: Vec<Hole>,
    broken: bool,
    taken: u64,
    /// Where the last chunk began whose header was right.
    believed: u64,
    ended: u64,
}

/// Everything about a row of frames, in one number.
fn with(row: u64, id: [u8; 4], len: u32) -> u64 {
    let frame = u64::from(u32::from_le_bytes(id)) << 32 | u64::from(len);
    (row ^ frame)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
}

fn four(bytes: &[u8]) -> [u8; 4] {
    bytes.first_chunk().copied().unwrap_or_default()
}

impl Avi {
    /// The header is whole, and its content begins at `content`; none when no such chunk can stand here.
    fn begin(&mut self, content: u64) -> Option<()> {
        let start = content - self.have as u64;
        let (id, kind) = (four(&self.small), four(&self.small[8..]));
        let len = u32::from_le_bytes(four(&self.small[4..]));
        let list = self.have == 12;
        self.have = 0;
        let inside = self.open.last().map(|open| open.0);
        // Who streams does not say how long the file and its film are.
        let room = self.open.last().map_or(u64::MAX, |open| open.1);
        let endless =
            matches!(len, 0 | u32::MAX) && room == u64::MAX && matches!(&kind, b"AVI " | b"movi");
        let end = if list && endless {
            u64::MAX
        } else {
            start + 8 + u64::from(len)
        };
        let opened = list
            && match (inside, &id) {
                (None, b"RIFF") if self.riffs == 0 => &kind == b"AVI ",
                (None, b"RIFF") => &kind == b"AVIX",
                (Some([b'R', ..]), _) => matches!(&kind, b"hdrl" | b"movi"),
                (Some([b'h', ..]), _) => &kind == b"strl",
                (Some([b'm', ..]), _) => &kind == b"rec ",
                _ => false,
            };
        let stands = match inside {
            None => opened,
            Some([b'm' | b'r', ..]) => {
                opened
                    || !list
                        && (&id == b"JUNK" || id.starts_with(b"ix") || self.stream(id).is_some())
            }
            Some(_) => id
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b" _".contains(b)),
        };
        if !stands || end > room || end < content {
            return None;
        }
        self.believed = start;
        self.ended = content;
        if opened {
            self.riffs += u32::from(&id == b"RIFF");
            if &kind == b"movi" {
                self.passed = 0;
                self.films.push((content, end));
            }
            let kind = if &id == b"RIFF" { id } else { kind };
            self.open.push((kind, end));
            return Some(());
        }
        self.id = id;
        self.inside = true;
        self.range = (content, end);
        // What pads the last chunk of a list may be outside of what the list says it holds.
        self.left = end + end % 2 - content;
        self.begun.clear();
        self.entry.clear();
        self.listed = 0;
        let looked_at = self
            .stream(id)
            .is_none_or(|stream| stream.coding.looks().is_some());
        self.sample = looked_at.then(|| Sample::of(end - content));
        Some(())
    }

    /// The stream of a frame, by its chunk's name: two figures and what it is.
    fn stream(&self, id: [u8; 4]) -> Option<&Stream> {
        let [tens, ones, kind @ ..] = id;
        let in_film = matches!(self.open.last(), Some(([b'm' | b'r', ..], _)));
        let number =
            usize::from(tens.wrapping_sub(b'0')) * 10 + usize::from(ones.wrapping_sub(b'0'));
        let named = tens.is_ascii_digit() && ones.is_ascii_digit();
        let known = matches!(&kind, b"dc" | b"db" | b"wb" | b"tx" | b"sb" | b"pc");
        self.streams
            .get(number)
            .filter(|_| in_film && named && known)
    }

    fn take(&mut self, part: &[u8]) {
        let room = BEGUN.saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&part[..part.len().min(room)]);
        if let Some(sample) = &mut self.sample {
            sample.feed(part);
        }
        if &self.id == b"idx1" {
            for &byte in part {
                self.entry.push(byte);
                if self.entry.len() == ENTRY {
                    // Of a list, the index tells where it stands; it is no frame.
                    if !self.entry.starts_with(b"rec ") {
                        let len = u32::from_le_bytes(four(&self.entry[12..]));
                        self.listed = with(self.listed, four(&self.entry), len);
                    }
                    self.entry.clear();
                }
            }
        }
    }

    /// A chunk has ended.
    fn end(&mut self) {
        self.inside = false;
        self.ended = self.range.1;
        let sample = self.sample.take();
        let mut hidden = sample.as_ref().is_some_and(Sample::is_random);
        if let Some(stream) = self.stream(self.id) {
            let looks = stream.coding.looks().zip(sample);
            hidden = !stream.coding.begins(&self.begun)
                || looks.is_some_and(|(stride, sample)| sample.is_sealed(stride));
            self.frames += 1;
            self.passed = with(self.passed, self.id, (self.range.1 - self.range.0) as u32);
        }
        let word = |at: usize| u32::from_le_bytes(four(self.begun.get(at..).unwrap_or_default()));
        match &self.id {
            b"avih" => self.size = (word(32), word(36)),
            b"strh" if self.streams.len() < STREAMS => self.streams.push(Stream::of(&self.begun)),
            b"strf" => {
                if let Some(stream) = self.streams.last_mut() {
                    stream.add_form(&self.begun);
                }
            }
            b"idx1" => {
                if self.listed == self.passed {
                    hidden = false; // entries are dense, and each of them is right
                } else {
                    self.holes.append(&mut self.films);
                }
                self.films.clear();
            }
            _ => {}
        }
        if hidden {
            join_hole(&mut self.holes, self.range, HOLE_MIN);
        }
    }

    /// Leaves the lists that end here.
    fn leave(&mut self) {
        while let Some(&(_, end)) = self.open.last() {
            if end > self.ended {
                return;
            }
            self.open.pop();
            if self.open.is_empty() {
                self.believed = self.ended;
            }
        }
    }

    /// A part is whole; a second one may follow.
    fn is_between(&self) -> bool {
        self.open.is_empty() && self.riffs > 0
    }

    fn is_endless(&self) -> bool {
        self.open.iter().all(|open| open.1 == u64::MAX)
    }

    fn at_rest(&self) -> bool {
        !self.inside && (self.have == 0 || self.is_between())
    }
}

impl Format for Avi {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if self.inside && self.left > 0 {
                let step = self.left.min((bytes.len() - at) as u64) as usize;
                // Not what pads it.
                let own = (self.range.1.saturating_sub(self.taken + at as u64)).min(step as u64);
                self.take(&bytes[at..at + own as usize]);
                self.left -= step as u64;
                at += step;
            } else {
                self.small[self.have] = bytes[at];
                self.have += 1;
                at += 1;
                let list = matches!(&four(&self.small), b"LIST" | b"RIFF");
                if self.have < if list { 12 } else { 8 } {
                    continue;
                }
                if self.begin(self.taken + at as u64).is_none() {
                    self.broken = true;
                    return if self.is_endless() {
                        self.stopped(at)
                    } else {
                        Fate::Bad(at)
                    };
                }
            }
            if self.inside && self.left == 0 {
                self.end();
                self.ended = self.taken + at as u64;
            }
            if !self.inside && self.have == 0 {
                self.leave();
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        (self.frames > 0).then_some(("avi", self.size.0, self.size.1))
    }

    fn verified(&self) -> u64 {
        // Nothing says that the last chunk of a file without lengths is whole, but a short one is soon over.
        let short = self.ended - self.believed <= LAST;
        let over = self.is_endless() && short;
        if self.at_rest() && (!self.broken || over) {
            self.ended
        } else {
            self.believed
        }
    }

    /// A long one goes on in a second part, and who streams may stop behind any chunk.
    fn may_end(&self) -> bool {
        self.at_rest() && self.is_endless()
    }

    fn as_it_passes(&self) -> bool {
        self.head().is_some()
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        with_rest(&self.holes, self.verified(), end)
    }
}
