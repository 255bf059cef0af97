//! FLAC (RFC 9639): blocks of metadata with their lengths, then frames of which only a checksum and the way through their
//! samples tell where they end.
//!
//! A frame is believed when its head's checksum is right, when it is the next one, and when the way through its coded
//! samples ends where its own checksum is right.

use super::flac_frame::{self, Frame, Wrong};
use super::format::{join_hole, Fate, Format, Head, Hole, Sample};

const SIGNATURE: u64 = 4;
/// Type and length of a block of metadata.
const BLOCK: usize = 4;
/// Bytes of what the first block says: sizes, rate, channels, samples, a hash.
const INFO: u64 = 34;
/// Types that a block of metadata may have.
const TYPES: u8 = 6;
/// Bytes of the longest frame that is followed.
const LONGEST: usize = 1 << 20;
/// Places of a frame at which its checksum may be right by chance, or because zeros follow.
const CHANCES: u32 = 16;

#[derive(Default, PartialEq)]
enum State {
    #[default]
    Signature,
    Block,
    Content,
    Frames,
}

/// The machine of one FLAC file.
#[derive(Default)]
pub(super) struct Flac {
    state: State,
    /// A header of metadata, what the first block says, or the frame at hand.
    bytes: Vec<u8>,
    last: bool,
    info: bool,
    left: u64,
    /// Bits of a sample, and samples of the whole file (0 when nobody said), as the first block says.
    depth: u32,
    samples: u64,
    range: Hole,
    sample: Sample,
    frame: Option<Frame>,
    sum: u16,
    chances: u32,
    /// Frames, the samples in them, and of the first one whether its number counts samples.
    frames: u64,
    told: u64,
    by_sample: bool,
    holes: Vec<Hole>,
    tried: u64,
    taken: u64,
    verified: u64,
}

impl Flac {
    /// A block's header is whole: false when no such block can stand here.
    fn begin_block(&mut self, content: u64) -> bool {
        let &[first, a, b, c] = &self.bytes[..] else {
            return false;
        };
        let kind = first & 0x7F;
        self.last = first & 0x80 != 0;
        self.left = u64::from(u32::from_be_bytes([0, a, b, c]));
        self.range = (content, content + self.left);
        self.sample = Sample::of(self.left);
        self.bytes.clear();
        self.state = State::Content;
        let good = if self.info {
            (1..=TYPES).contains(&kind)
        } else {
            kind == 0 && self.left == INFO
        };
        good && (self.left > 0 || self.end_block())
    }

    fn end_block(&mut self) -> bool {
        if !self.info {
            let packed = self.bytes[10..18].iter();
            let packed = packed.fold(0, |bits, &b| bits << 8 | u64::from(b));
            self.depth = (packed >> 36 & 31) as u32 + 1;
            self.samples = packed & 0xF_FFFF_FFFF;
            self.info = true;
            let longest = u16::from_be_bytes([self.bytes[2], self.bytes[3]]);
            let rate = packed >> 44;
            self.bytes.clear();
            if longest < 16 || rate == 0 || self.depth < 4 {
                return false;
            }
        } else if self.sample.is_random() {
            self.hide(self.range.0, self.range.1); // a picture in it is told by itself; what fills room is zeros
        }
        self.verified = self.range.1;
        self.state = if self.last {
            State::Frames
        } else {
            State::Block
        };
        true
    }

    /// One more byte of a frame; none when it is none, true when it ended.
    fn add(&mut self, byte: u8) -> Option<bool> {
        self.bytes.push(byte);
        self.sum = flac_frame::next_sum(self.sum, byte);
        let Some(frame) = &self.frame else {
            return match flac_frame::header(&self.bytes, self.depth) {
                Ok(frame) if self.is_next(&frame) => {
                    self.by_sample = frame.by_sample;
                    self.frame = Some(frame);
                    Some(false)
                }
                Err(Wrong::Short) => Some(false),
                _ => None,
            };
        };
        if self.bytes.len() > frame.most() {
            return None;
        }
        if self.sum != 0 {
            return Some(false);
        }
        self.chances += 1;
        self.tried += self.bytes.len() as u64;
        match frame.samples(&self.bytes) {
            Ok(stored) => {
                self.told += u64::from(frame.size);
                self.frames += 1;
                if stored {
                    self.hide(self.verified, self.verified + self.bytes.len() as u64);
                }
                self.bytes.clear();
                (self.frame, self.sum, self.chances) = (None, 0, 0);
                Some(true)
            }
            Err(Wrong::Short) if self.chances < CHANCES => Some(false),
            Err(_) => None,
        }
    }

    /// Is it the frame that follows those before?
    fn is_next(&self, frame: &Frame) -> bool {
        let alike = self.frames == 0 || self.by_sample == frame.by_sample;
        let due = if frame.by_sample {
            self.told
        } else {
            self.frames
        };
        alike && frame.number == due && frame.most() <= LONGEST
    }

    /// Samples that are stored as they are could be anything.
    fn hide(&mut self, start: u64, end: u64) {
        join_hole(&mut self.holes, (start, end), 1); // only right behind the last
    }

    /// Every sample that the first block speaks of was there.
    fn is_over(&self) -> bool {
        self.samples > 0 && self.told >= self.samples && self.bytes.is_empty()
    }
}

impl Format for Flac {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if self.state == State::Content {
                let step = self.left.min((bytes.len() - at) as u64) as usize;
                let part = &bytes[at..at + step];
                if self.info {
                    self.sample.feed(part);
                } else {
                    self.bytes.extend_from_slice(part);
                }
                self.left -= step as u64;
                at += step;
                if self.left == 0 && !self.end_block() {
                    return Fate::Bad(at);
                }
                continue;
            }
            let byte = bytes[at];
            at += 1;
            if self.state == State::Frames {
                let ended = self.add(byte);
                if ended == Some(true) {
                    self.verified = self.taken + at as u64;
                }
                if ended.is_none() || self.is_over() {
                    return self.stopped(at);
                }
                continue;
            }
            self.bytes.push(byte);
            if self.bytes.len() == SIGNATURE as usize && self.state == State::Signature {
                self.bytes.clear();
                self.state = State::Block;
            } else if self.bytes.len() == BLOCK && !self.begin_block(self.taken + at as u64) {
                return Fate::Bad(at);
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        (self.frames > 0).then_some(("flac", 0, 0))
    }

    fn verified(&self) -> u64 {
        self.verified
    }

    /// Who streams does not say beforehand how many samples there are.
    fn may_end(&self) -> bool {
        self.frames > 0 && self.bytes.is_empty() && (self.samples == 0 || self.is_over())
    }

    fn as_it_passes(&self) -> bool {
        self.head().is_some()
    }

    fn work(&self) -> u64 {
        self.tried
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        let rest = Some((self.verified, end)).filter(|hole| hole.0 < hole.1);
        self.holes.iter().copied().chain(rest).collect()
    }
}
