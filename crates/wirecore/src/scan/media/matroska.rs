//! Matroska and WebM (RFC 9559, on EBML, RFC 8794): elements, each with its name and length, that tile what they lie in.
//!
//! A block of sound or film is believed when its track is declared, when what its coding fixes holds (units of AVC
//! and HEVC tile it, frames of VP8 and VP9 begin as they must), and when the next element stands where it ends.

use super::format::{join_hole, with_rest, Fate, Format, Head, Hole, Sample, HOLE_MIN};
use super::matroska_tracks::{self, Coding, Track};
use crate::unwrap::look::is_random;

const HEAD: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const TRACKS: u32 = 0x1654_AE6B;
const CLUSTER: u32 = 0x1F43_B675;
const GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const SIMPLE_BLOCK: u32 = 0xA3;
const VOID: u32 = 0xEC;
const CHECKSUM: u32 = 0xBF;

/// What may lie in a segment besides these: where things stand, the title, cues, chapters, tags, attachments.
const IN_SEGMENT: [u32; 8] = [
    0x114D_9B74,
    0x1549_A966,
    0x1C53_BB6B,
    0x1043_A770,
    0x1254_C367,
    0x1941_A469,
    TRACKS,
    CLUSTER,
];
/// Numbers in a cluster: its time, its place, the length of the one before; and what else may lie there.
const IN_CLUSTER: [u32; 6] = [0xE7, 0xA7, 0xAB, 0x5854, SIMPLE_BLOCK, GROUP];
/// Numbers of a block: how long it lasts, which others it needs; and what else may lie there.
const IN_GROUP: [u32; 8] = [0x9B, 0xFB, 0xFA, 0x75A2, 0x75A1, 0xA4, 0x8E, BLOCK];
const NUMBERS: [u32; 7] = [0xE7, 0xA7, 0xAB, 0x9B, 0xFB, 0xFA, 0x75A2];

/// Bytes of the head, and of the tracks' table.
const KEPT: u64 = 1 << 20;
/// Bytes of a block that are looked at: its own head, and how its frame begins.
const BEGUN: usize = 16;
/// Bytes of the last element that are believed though no other follows.
const LAST: u64 = 512;

/// The machine of one such file.
#[derive(Default)]
pub(super) struct Matroska {
    /// An element's name and length, as they come.
    small: [u8; 12],
    have: usize,
    id: u32,
    /// Bytes of the element at hand that are still to come; what it lies in is in `open`.
    inside: bool,
    left: u64,
    open: Vec<(u32, u64)>,
    range: Hole,
    content: Vec<u8>,
    sample: Sample,
    units: Units,
    /// What it is called with a picture, and without.
    format: Option<(&'static str, &'static str)>,
    tracks: Vec<Track>,
    blocks: u32,
    holes: Vec<Hole>,
    /// No element can stand at `believed`.
    broken: bool,
    taken: u64,
    /// Where the last element began whose header was right.
    believed: u64,
    ended: u64,
}

/// The way through units of which each begins with its length.
#[derive(Default)]
struct Units {
    width: u8,
    have: u8,
    left: u64,
}

impl Units {
    fn feed(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            if self.have == self.width {
                let step = self.left.min((bytes.len() - at) as u64);
                self.left -= step;
                at += step as usize;
                if self.left == 0 {
                    self.have = 0;
                }
            } else {
                self.left = self.left << 8 | u64::from(bytes[at]);
                self.have += 1;
                at += 1;
                if self.have == self.width && self.left == 0 {
                    self.have = 0;
                }
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.have == 0
    }
}

/// How long a name or number is, as its first byte says.
fn width(first: u8) -> usize {
    first.leading_zeros() as usize + 1
}

impl Matroska {
    /// Bytes of the header at hand, as far as it can be told; none when no element begins so.
    fn header_len(&self) -> Option<usize> {
        let name = Some(width(self.small[0])).filter(|&len| len <= 4)?;
        if self.have <= name {
            return Some(name + 1);
        }
        let number = Some(width(self.small[name])).filter(|&len| len <= 8)?;
        Some(name + number)
    }

    /// The header is whole, and its content begins at `content`; none when no such element can stand here.
    fn begin(&mut self, content: u64) -> Option<()> {
        let start = content - self.have as u64;
        let name = width(self.small[0]);
        let number = &self.small[name..self.have];
        self.id = self.small[..name]
            .iter()
            .fold(0, |id, &b| id << 8 | u32::from(b));
        let mask = u64::MAX >> (64 - 7 * number.len());
        let len = number.iter().fold(0, |len, &b| len << 8 | u64::from(b)) & mask;
        self.have = 0;
        let endless = len == mask;
        if self.open.last() == Some(&(CLUSTER, u64::MAX))
            && (IN_SEGMENT.contains(&self.id) || self.id == VOID)
        {
            self.open.pop(); // a cluster without a length ends where the next begins
        }
        let possible = match self.open.last() {
            None if self.format.is_none() => self.id == HEAD,
            None => self.id == SEGMENT && self.ended == start,
            Some((SEGMENT, _)) => IN_SEGMENT.contains(&self.id),
            Some((CLUSTER, _)) => IN_CLUSTER.contains(&self.id),
            _ => IN_GROUP.contains(&self.id),
        } || !self.open.is_empty() && matches!(self.id, VOID | CHECKSUM);
        let end = if endless { u64::MAX } else { content + len };
        let room = self.open.last().map_or(u64::MAX, |open| open.1);
        let may_be_endless = matches!(self.id, SEGMENT | CLUSTER) && room == u64::MAX;
        if !possible || end > room || endless && !may_be_endless {
            return None;
        }
        let small = NUMBERS.contains(&self.id) && len > 8;
        let large = matches!(self.id, HEAD | TRACKS) && len > KEPT;
        if small || large {
            return None;
        }
        self.believed = start;
        self.ended = content;
        if matches!(self.id, SEGMENT | CLUSTER | GROUP) {
            self.open.push((self.id, end));
            return Some(());
        }
        self.inside = true;
        self.left = len;
        self.range = (content, end);
        self.content.clear();
        self.units = Units::default();
        self.sample = Sample::of(len);
        Some(())
    }

    fn is_block(&self) -> bool {
        matches!(self.id, BLOCK | SIMPLE_BLOCK)
    }

    /// The coding of the block at hand, once its head is there; none of a track that was not declared.
    fn coding(&self) -> Option<Coding> {
        let (number, len) = matroska_tracks::number(&self.content)?;
        let laced = self.content.get(len + 2)? & 6 != 0;
        let track = self.tracks.iter().find(|track| track.number == number)?;
        Some(if laced {
            track.coding.laced()
        } else {
            track.coding
        })
    }

    fn take(&mut self, part: &[u8]) {
        if !self.is_block() {
            self.sample.feed(part);
            if matches!(self.id, HEAD | TRACKS) {
                self.content.extend_from_slice(part);
            }
            return;
        }
        // The frame begins behind the track's number, a time and the flags.
        let first = self.content.first().map_or_else(|| part.first(), Some);
        let head = first.map_or(4, |&b| width(b) + 3);
        let before = self.range.1 - self.range.0 - self.left;
        let room = BEGUN.saturating_sub(self.content.len()).min(part.len());
        self.content.extend_from_slice(&part[..room]);
        if let Some(Coding::Units(width)) = self.coding() {
            let skip = (head as u64).saturating_sub(before).min(part.len() as u64);
            self.units.width = width;
            self.units.feed(&part[skip as usize..]);
        }
    }

    /// An element has ended; none when it cannot be what it says.
    fn end(&mut self) -> Option<()> {
        self.inside = false;
        let hidden = if self.is_block() {
            self.blocks += 1;
            let coding = self.coding()?;
            let frame = width(self.content[0]) + 3;
            !coding.begins(self.content.get(frame..)?) || !self.units.is_whole()
        } else {
            match self.id {
                HEAD => self.format = Some(matroska_tracks::kind(&self.content)?),
                TRACKS => self.tracks = matroska_tracks::tracks(&self.content),
                _ => {}
            }
            self.sample.is_random() || is_random(&self.content)
        };
        if hidden {
            join_hole(&mut self.holes, self.range, HOLE_MIN);
        }
        self.ended = self.range.1;
        Some(())
    }

    /// Leaves what ends here; true when that was the file.
    fn leave(&mut self) -> bool {
        while let Some(&(id, end)) = self.open.last() {
            if end != self.ended {
                return false;
            }
            self.open.pop();
            if id == SEGMENT {
                self.believed = self.ended;
                return true;
            }
        }
        false
    }

    fn is_endless(&self) -> bool {
        self.open.iter().all(|open| open.1 == u64::MAX)
    }

    fn at_rest(&self) -> bool {
        !self.inside && self.have == 0 && !self.broken
    }
}

impl Format for Matroska {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if self.inside && self.left > 0 {
                let step = self.left.min((bytes.len() - at) as u64) as usize;
                self.take(&bytes[at..at + step]);
                self.left -= step as u64;
                at += step;
            } else {
                self.small[self.have] = bytes[at];
                self.have += 1;
                at += 1;
                let due = self.header_len();
                if due.is_some_and(|due| self.have < due) {
                    continue;
                }
                if due.is_none() || self.begin(self.taken + at as u64).is_none() {
                    self.broken = true;
                    return self.stopped(at);
                }
            }
            if self.inside && self.left == 0 && self.end().is_none() {
                self.broken = true;
                return self.stopped(at);
            }
            if !self.inside && self.leave() {
                return Fate::Done(at);
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        let size = self.tracks.iter().map(|track| track.size).max()?;
        let (film, sound) = self.format.filter(|_| self.blocks > 0)?;
        let format = if size == (0, 0) { sound } else { film };
        Some((format, size.0, size.1))
    }

    fn verified(&self) -> u64 {
        // Nothing says that the last element of a file without lengths is whole, but one of sound is soon over.
        let short = self.ended - self.believed <= LAST;
        if self.at_rest() || self.broken && self.is_endless() && short {
            self.ended
        } else {
            self.believed
        }
    }

    /// Who sends while recording gives no length: any element may be the last.
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
