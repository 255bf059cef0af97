//! GIF (CompuServe, GIF89a): a screen, then extensions and images whose data come in blocks of up to 255 bytes, and a
//! trailer.
//!
//! Encoders fill every block of an image but the last. Random bytes do not chain so; and until the trailer is seen
//! nothing is verified.

use super::format::{Fate, Format, Head, Hole, Sample};

#[derive(Clone, Copy, Default)]
enum State {
    /// Signature and screen: 13 bytes.
    #[default]
    Screen,
    /// What follows: extension, image or trailer.
    Kind,
    /// The label of an extension.
    Label,
    /// Nine bytes of an image.
    Image,
    /// The size of codes.
    Codes,
    /// The length of a block.
    Length,
    /// Bytes that are passed over: colours, or a block.
    Skip,
}

/// What comes behind a stretch that is passed over.
#[derive(Clone, Copy, Default, PartialEq)]
enum Behind {
    #[default]
    Kind,
    Codes,
    Length,
}

/// The machine of one GIF file.
#[derive(Default)]
pub(super) struct Gif {
    state: State,
    small: [u8; 13],
    have: usize,
    left: usize,
    behind: Behind,
    size: Option<(u32, u32)>,
    images: u32,
    /// In an image's data: the length of its blocks, once the first was seen, and whether a shorter one came.
    block: Option<u8>,
    in_image: bool,
    last_block: bool,
    /// Blocks of the extension at hand, and where they begin.
    comment: Option<(u64, Sample)>,
    holes: Vec<Hole>,
    taken: u64,
}

/// Bytes of an extension that are looked at as one stretch.
const COMMENT: u64 = 4096;

impl Gif {
    fn step(&mut self, byte: u8, at: u64) -> Option<bool> {
        match self.state {
            State::Screen => {
                if self.collect(byte, 13) {
                    return Some(false);
                }
                let [_, _, _, _, _, _, w0, w1, h0, h1, flags, ..] = self.small;
                let (width, height) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
                self.size = Some((width.into(), height.into()));
                self.pass(colours(flags), Behind::Kind);
                (self.small.starts_with(b"GIF8") && width > 0 && height > 0).then_some(false)
            }
            State::Kind => match byte {
                0x21 => {
                    self.state = State::Label;
                    Some(false)
                }
                0x2C => {
                    self.state = State::Image;
                    self.have = 0;
                    Some(false)
                }
                0x3B => (self.images > 0).then_some(true),
                _ => None,
            },
            State::Label => {
                self.state = State::Length;
                self.in_image = false;
                self.comment = Some((at + 1, Sample::of(COMMENT)));
                matches!(byte, 0x01 | 0xF9 | 0xFE | 0xFF).then_some(false)
            }
            State::Image => {
                if self.collect(byte, 9) {
                    return Some(false);
                }
                self.pass(colours(self.small[8]), Behind::Codes);
                Some(false)
            }
            State::Codes => {
                self.state = State::Length;
                self.in_image = true;
                (self.block, self.last_block) = (None, false);
                (1..=11).contains(&byte).then_some(false)
            }
            State::Length => self.length(byte, at),
            State::Skip => Some(false),
        }
    }

    fn length(&mut self, byte: u8, at: u64) -> Option<bool> {
        if byte == 0 {
            self.images += u32::from(self.in_image);
            if let Some((start, sample)) = self.comment.take() {
                if sample.is_random() {
                    self.holes.push((start, at));
                }
            }
            self.state = State::Kind;
            return Some(false);
        }
        if self.in_image {
            if self.last_block {
                return None;
            }
            let full = *self.block.get_or_insert(byte);
            self.last_block = byte < full;
            if byte > full {
                return None;
            }
        }
        self.pass(byte.into(), Behind::Length);
        Some(false)
    }

    /// Keeps a byte; true while more of `wanted` are due.
    fn collect(&mut self, byte: u8, wanted: usize) -> bool {
        self.small[self.have] = byte;
        self.have += 1;
        self.have < wanted
    }

    fn pass(&mut self, bytes: usize, behind: Behind) {
        self.left = bytes;
        self.behind = behind;
        self.state = State::Skip;
        if bytes == 0 {
            self.passed();
        }
    }

    fn passed(&mut self) {
        self.have = 0;
        self.state = match self.behind {
            Behind::Kind => State::Kind,
            Behind::Codes => State::Codes,
            Behind::Length => State::Length,
        };
    }
}

/// Bytes of the colours that the flags announce.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

impl Format for Gif {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if let State::Skip = self.state {
                let step = self.left.min(bytes.len() - at);
                if let Some((_, sample)) = &mut self.comment {
                    sample.feed(&bytes[at..at + step]);
                }
                self.left -= step;
                at += step;
                if self.left == 0 {
                    self.passed();
                }
                continue;
            }
            match self.step(bytes[at], self.taken + at as u64) {
                None => return Fate::Bad(at),
                Some(true) => {
                    self.taken += at as u64 + 1;
                    return Fate::Done(at + 1);
                }
                Some(false) => at += 1,
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        let (width, height) = self.size.filter(|_| self.images > 0)?;
        Some(("gif", width, height))
    }

    fn verified(&self) -> u64 {
        self.taken
    }

    fn owns_inside(&self) -> bool {
        true
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        if end == self.taken && self.images > 0 {
            return self.holes.clone();
        }
        vec![(0, end)]
    }
}
