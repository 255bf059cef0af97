//! MP3 behind an ID3v2 tag (ID3v2.4.0 structure; ISO/IEC 11172-3, section 2.4.2.3): a tag with its length, then frames
//! of which the header gives rate and length.

use super::format::{Fate, Format, Head, Hole, Sample};

/// Frames without which it is no such file.
const FRAMES: u32 = 8;
/// Kilobits a second of layer III, of MPEG-1 and of the lower rates.
const RATES: [[u16; 15]; 2] = [
    [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const SAMPLES: [u32; 3] = [44_100, 48_000, 32_000];

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    /// The tag's ten bytes.
    #[default]
    Head,
    Tag,
    /// A frame's four bytes.
    Frame,
    Data,
}

/// The machine of one such file.
#[derive(Default)]
pub(super) struct Mp3 {
    state: State,
    small: [u8; 10],
    have: usize,
    left: usize,
    tag: Sample,
    tag_end: u64,
    first: Option<[u8; 2]>,
    frames: u32,
    taken: u64,
    verified: u64,
}

impl Mp3 {
    /// Reads the tag's header (its length has seven bits a byte).
    fn head_of_tag(&mut self) -> bool {
        let [.., flags, a, b, c, d] = self.small;
        let size = [a, b, c, d]
            .iter()
            .fold(0, |sum, &b| sum << 7 | usize::from(b));
        self.have = 0;
        self.left = size;
        self.tag = Sample::of(size as u64);
        self.tag_end = 10 + size as u64;
        self.state = State::Tag;
        flags.trailing_zeros() >= 4 && (a | b | c | d) < 0x80 && size > 0
    }

    /// Reads a frame's header; false when it is none, or of another kind than the first.
    fn frame(&mut self) -> bool {
        let [a, b, c, ..] = self.small;
        self.have = 0;
        let version = b >> 3 & 3;
        let lower = usize::from(version != 3);
        let rate = RATES[lower].get(usize::from(c >> 4)).copied().unwrap_or(0);
        let Some(&samples) = SAMPLES.get(usize::from(c >> 2 & 3)) else {
            return false;
        };
        let samples = match version {
            3 => samples,
            2 => samples / 2,
            _ => samples / 4,
        };
        let fixed = [b & 0xFE, c & 0x0C];
        let units = if version == 3 { 144_000 } else { 72_000 };
        let len = units * u32::from(rate) / samples + u32::from(c >> 1 & 1);
        self.left = (len as usize).saturating_sub(4);
        self.state = State::Data;
        a == 0xFF
            && b & 0xE6 == 0xE2
            && version != 1
            && rate > 0
            && *self.first.get_or_insert(fixed) == fixed
    }
}

impl Format for Mp3 {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if matches!(self.state, State::Tag | State::Data) {
                let step = self.left.min(bytes.len() - at);
                if self.state == State::Tag {
                    self.tag.feed(&bytes[at..at + step]);
                } else if step == self.left {
                    self.frames += 1;
                    self.verified = self.taken + (at + step) as u64;
                }
                self.left -= step;
                at += step;
                if self.left == 0 {
                    self.state = State::Frame;
                }
                continue;
            }
            let byte = bytes[at];
            // Tags are padded with zeros beyond the length that some writers give.
            if self.state == State::Frame && self.frames == 0 && byte == 0 {
                at += 1;
                continue;
            }
            self.small[self.have] = byte;
            self.have += 1;
            at += 1;
            let good = match (self.state, self.have) {
                (State::Head, 10) => self.head_of_tag(),
                (State::Frame, 4) => self.frame(),
                _ => true,
            };
            if !good {
                return self.stopped(at);
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        (self.frames >= FRAMES).then_some(("mp3", 0, 0))
    }

    fn verified(&self) -> u64 {
        self.verified
    }

    fn may_end(&self) -> bool {
        self.state == State::Frame
    }

    fn as_it_passes(&self) -> bool {
        self.frames >= FRAMES
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        let tag = Some((10, self.tag_end)).filter(|_| self.tag.is_random());
        let rest = Some((self.verified, end)).filter(|hole| hole.0 < hole.1);
        tag.into_iter().chain(rest).collect()
    }
}
