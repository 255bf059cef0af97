//! RIFF (Microsoft and IBM, 1991): WebP and WAV (of AVI: `avi.rs`). Chunks with lengths that tile the file to the length
//! that its head gives.
//!
//! Sound that is not compressed must not look sealed; what is compressed in a WAV is not verified; a WebP's picture is,
//! when all of it is at hand (`webp.rs`).

use super::format::{Fate, Format, Head, Hole, Sample};
use super::webp;

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    /// Twelve bytes.
    #[default]
    Head,
    /// A chunk's eight bytes.
    Chunk,
    Skip,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Webp,
    Wave,
}

/// The machine of one RIFF file.
#[derive(Default)]
pub(super) struct Riff {
    state: State,
    small: [u8; 12],
    have: usize,
    kind: Option<Kind>,
    /// Length of the file; 0 when a writer that streams has not said.
    len: u64,
    chunk: [u8; 4],
    left: u64,
    chunks: u32,
    /// The first bytes of a chunk whose head tells something.
    begun: Vec<u8>,
    size: (u32, u32),
    /// Bytes of one moment of sound that is not compressed; 0 of any other.
    stride: usize,
    sample: Option<(Hole, Sample)>,
    holes: Vec<Hole>,
    /// A WebP whose pictures were decoded; without it they are not verified.
    proved: bool,
    pictures: Vec<Hole>,
    taken: u64,
    boundary: u64,
}

/// Bytes of a chunk that are looked at for sizes.
const BEGUN: usize = 24;
/// Pictures of one animation that are told apart.
const PICTURES: usize = 4096;

impl Riff {
    fn read_head(&mut self) -> bool {
        let [_, _, _, _, a, b, c, d, name @ ..] = self.small;
        let size = u32::from_le_bytes([a, b, c, d]);
        self.kind = match &name {
            b"WEBP" => Some(Kind::Webp),
            b"WAVE" => Some(Kind::Wave),
            _ => None,
        };
        self.len = match size {
            0 | u32::MAX => 0,
            size => u64::from(size) + 8,
        };
        self.have = 0;
        self.state = State::Chunk;
        self.small.starts_with(b"RIFF") && self.kind.is_some()
    }

    /// Reads a chunk's header, whose content begins at `content`; false when it is none of the kind's.
    fn read_chunk(&mut self, content: u64) -> bool {
        let [k0, k1, k2, k3, a, b, c, d, ..] = self.small;
        self.chunk = [k0, k1, k2, k3];
        let len = u64::from(u32::from_le_bytes([a, b, c, d]));
        let known = match self.kind {
            Some(Kind::Webp) => matches!(
                &self.chunk,
                b"VP8 "
                    | b"VP8L"
                    | b"VP8X"
                    | b"ANIM"
                    | b"ANMF"
                    | b"ALPH"
                    | b"ICCP"
                    | b"EXIF"
                    | b"XMP "
            ),
            _ => self.chunk.iter().all(|b| (b' '..=b'~').contains(b)),
        };
        let end = content + len;
        self.have = 0;
        self.begun.clear();
        self.chunks += 1;
        self.left = len + len % 2;
        self.state = if self.left == 0 {
            State::Chunk
        } else {
            State::Skip
        };
        let picture = matches!(&self.chunk, b"VP8 " | b"VP8L" | b"ANMF" | b"ALPH");
        if picture {
            if self.pictures.len() < PICTURES {
                self.pictures.push((content, end));
            }
        } else {
            self.sample = Some(((content, end), Sample::of(len)));
        }
        let first_is_its_own = match (self.kind, self.chunks) {
            (Some(Kind::Webp), 1) => matches!(&self.chunk, b"VP8 " | b"VP8L" | b"VP8X"),
            (Some(Kind::Wave), 1) => matches!(&self.chunk, b"fmt " | b"JUNK" | b"bext" | b"LIST"),
            _ => true,
        };
        let streamed = &self.chunk == b"data" && self.len == 0;
        known && first_is_its_own && (streamed || self.len == 0 || end <= self.len)
    }

    fn take(&mut self, part: &[u8]) {
        let room = BEGUN.saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&part[..part.len().min(room)]);
        if let Some((_, sample)) = &mut self.sample {
            sample.feed(part);
        }
    }

    /// A chunk has ended; false when it cannot be what it says.
    fn end_chunk(&mut self) -> bool {
        self.state = State::Chunk;
        if let Some((range, sample)) = self.sample.take() {
            let sealed = if &self.chunk == b"data" && self.stride > 0 {
                sample.is_sealed(self.stride)
            } else {
                sample.is_random()
            };
            if sealed {
                self.holes.push(range);
            }
        }
        if let (b"fmt ", &[1 | 3 | 0xFE, 0 | 0xFF, _, _, _, _, _, _, _, _, _, _, moment, 0, ..]) =
            (&self.chunk, &self.begun[..])
        {
            self.stride = moment.into(); // whole numbers, fractions, or the one that says it elsewhere
        }
        let size = match &self.chunk {
            b"VP8X" => webp::canvas(&self.begun),
            b"VP8 " => webp::lossy(&self.begun),
            b"VP8L" => webp::lossless(&self.begun),
            _ => return true,
        };
        if self.size == (0, 0) {
            self.size = size.unwrap_or_default();
        }
        size.is_some()
    }

    /// Nothing is open.
    fn is_whole(&self) -> bool {
        self.chunks > 0 && self.left == 0 && self.have == 0 && self.state == State::Chunk
    }
}

impl Format for Riff {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        loop {
            if self.is_whole() {
                self.boundary = self.taken + at as u64;
                if self.len > 0 && self.boundary >= self.len {
                    self.taken = self.boundary;
                    return Fate::Done(at);
                }
            }
            if at == bytes.len() {
                break;
            }
            if self.state == State::Skip {
                let step = self.left.min((bytes.len() - at) as u64) as usize;
                self.take(&bytes[at..at + step]);
                self.left -= step as u64;
                at += step;
                if self.left == 0 && !self.end_chunk() {
                    return Fate::Bad(at);
                }
                continue;
            }
            self.small[self.have] = bytes[at];
            self.have += 1;
            at += 1;
            let good = match (self.state, self.have) {
                (State::Head, 12) => self.read_head(),
                (State::Chunk, 8) => self.read_chunk(self.taken + at as u64),
                _ => true,
            };
            if !good {
                return Fate::Bad(at);
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        let (width, height) = self.size;
        match self.kind? {
            Kind::Webp => (width > 0).then_some(("webp", width, height)),
            Kind::Wave => (self.chunks > 0).then_some(("wav", 0, 0)),
        }
    }

    fn verified(&self) -> u64 {
        self.boundary
    }

    fn may_end(&self) -> bool {
        // A writer that streams never says how long its sound is.
        self.is_whole() && self.len == 0 || self.chunk == *b"data" && self.left > 0 && self.len == 0
    }

    fn owns_inside(&self) -> bool {
        self.kind == Some(Kind::Webp)
    }

    fn look(&mut self, whole: &[u8]) {
        self.proved = self.kind == Some(Kind::Webp) && webp::is_proved(whole);
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        let mut holes = self.holes.clone();
        match self.kind {
            Some(Kind::Webp) if !self.proved => holes.extend(self.pictures.iter().copied()),
            _ => {}
        }
        if self.boundary < end {
            holes.push((self.boundary, end));
        }
        holes
    }
}
