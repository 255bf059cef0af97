//! MP3 (ISO/IEC 11172-3, section 2.4.2.3): frames of which the header gives rate and length, by themselves or behind
//! an ID3v2 tag with its length (ID3v2.4.0 structure).

use super::format::{Fate, Format, Head, Hole, Sample};
use super::frames::{Frame, Frames};

/// Kilobits a second of layer III, of MPEG-1 and of the lower rates.
const RATES: [[u16; 15]; 2] = [
    [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
    ],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
const SAMPLES: [u32; 3] = [44_100, 48_000, 32_000];

/// Frames of layer III: what the first one says.
#[derive(Default)]
pub(super) struct Layer3(Option<[u8; 2]>);

impl Frame for Layer3 {
    const FORMAT: &'static str = "mp3";
    const HEADER: usize = 4;
    const LEAST: u32 = 8;

    fn body(&mut self, header: &[u8]) -> Option<usize> {
        let &[a, b, c, _] = header else {
            return None;
        };
        let version = b >> 3 & 3;
        let lower = usize::from(version != 3);
        let rate = RATES[lower].get(usize::from(c >> 4)).copied().unwrap_or(0);
        let samples = *SAMPLES.get(usize::from(c >> 2 & 3))?;
        let samples = match version {
            3 => samples,
            2 => samples / 2,
            _ => samples / 4,
        };
        let fixed = [b & 0xFE, c & 0x0C];
        let units = if version == 3 { 144_000 } else { 72_000 };
        let len = units * u32::from(rate) / samples + u32::from(c >> 1 & 1);
        let good = a == 0xFF
            && b & 0xE6 == 0xE2
            && version != 1
            && rate > 0
            && *self.0.get_or_insert(fixed) == fixed;
        good.then(|| (len as usize).saturating_sub(Self::HEADER))
    }
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    /// The tag's ten bytes.
    #[default]
    Head,
    Tag,
    /// Zeros behind the tag.
    Padding,
    Frames,
}

/// The machine of frames behind a tag.
pub(super) struct Mp3 {
    state: State,
    small: [u8; 10],
    have: usize,
    left: usize,
    tag: Sample,
    tag_end: u64,
    frames: Frames<Layer3>,
    /// Where the first frame begins.
    before: u64,
}

impl Default for Mp3 {
    fn default() -> Self {
        Mp3 {
            state: State::Head,
            small: [0; 10],
            have: 0,
            left: 0,
            tag: Sample::default(),
            tag_end: 0,
            frames: Frames::new(Layer3::default(), 0),
            before: 0,
        }
    }
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
}

impl Format for Mp3 {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            match self.state {
                State::Head => {
                    self.small[self.have] = bytes[at];
                    self.have += 1;
                    at += 1;
                    if self.have == 10 && !self.head_of_tag() {
                        return Fate::Bad(at);
                    }
                }
                State::Tag => {
                    let step = self.left.min(bytes.len() - at);
                    self.tag.feed(&bytes[at..at + step]);
                    self.left -= step;
                    at += step;
                    if self.left == 0 {
                        self.state = State::Padding;
                    }
                }
                // Tags are padded with zeros beyond the length that some writers give.
                State::Padding if bytes[at] == 0 => at += 1,
                State::Padding => self.state = State::Frames,
                State::Frames => {
                    let fate = self.frames.feed(&bytes[at..]);
                    self.before += at as u64;
                    return match fate {
                        Fate::More => Fate::More,
                        Fate::Done(taken) => Fate::Done(at + taken),
                        Fate::Bad(taken) => Fate::Bad(at + taken),
                    };
                }
            }
        }
        self.before += at as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        self.frames.head()
    }

    fn verified(&self) -> u64 {
        match self.frames.verified() {
            0 => 0,
            verified => self.before + verified,
        }
    }

    fn may_end(&self) -> bool {
        self.state == State::Frames && self.frames.may_end()
    }

    fn as_it_passes(&self) -> bool {
        self.head().is_some()
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        let tag = Some((10, self.tag_end)).filter(|_| self.tag.is_random());
        let rest = Some((self.verified(), end)).filter(|hole| hole.0 < hole.1);
        tag.into_iter().chain(rest).collect()
    }
}
