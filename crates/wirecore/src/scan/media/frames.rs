//! Frames in a row, each of which says how long it is: AAC, AMR and MP3 without a tag.

use super::format::{Fate, Format, Head};

/// A kind of frames.
pub(super) trait Frame: Send + Sync {
    /// What a file of them is called.
    const FORMAT: &'static str;
    /// Bytes of a header, eight at most.
    const HEADER: usize;
    /// Frames without which it is no such file.
    const LEAST: u32;
    /// Bytes of the frame behind its header; none when that is no header, or not like those before.
    fn body(&mut self, header: &[u8]) -> Option<usize>;
}

/// The machine of frames in a row.
pub(super) struct Frames<F> {
    kind: F,
    /// Bytes of the file's name that stand before the first frame.
    name: usize,
    small: [u8; 8],
    have: usize,
    left: usize,
    count: u32,
    taken: u64,
    verified: u64,
}

impl<F: Frame> Frames<F> {
    /// Of this kind, behind a name of so many bytes that its signature told.
    pub(super) fn new(kind: F, name: usize) -> Self {
        Frames {
            kind,
            name,
            small: [0; 8],
            have: 0,
            left: 0,
            count: 0,
            taken: 0,
            verified: 0,
        }
    }

    fn end(&mut self, at: usize) {
        self.count += 1;
        self.verified = self.taken + at as u64;
    }
}

impl<F: Frame> Format for Frames<F> {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = self.name.min(bytes.len());
        self.name -= at;
        while at < bytes.len() {
            if self.left > 0 {
                let step = self.left.min(bytes.len() - at);
                self.left -= step;
                at += step;
                if self.left == 0 {
                    self.end(at);
                }
                continue;
            }
            self.small[self.have] = bytes[at];
            self.have += 1;
            at += 1;
            if self.have < F::HEADER {
                continue;
            }
            self.have = 0;
            match self.kind.body(&self.small[..F::HEADER]) {
                Some(0) => self.end(at),
                Some(len) => self.left = len,
                None => return self.stopped(at),
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        (self.count >= F::LEAST).then_some((F::FORMAT, 0, 0))
    }

    fn verified(&self) -> u64 {
        self.verified
    }

    fn may_end(&self) -> bool {
        self.left == 0
    }

    /// Frames follow one another without a gap.
    fn hides_nothing(&self) -> bool {
        self.head().is_some()
    }

    fn owns_inside(&self) -> bool {
        true
    }

    fn as_it_passes(&self) -> bool {
        true
    }
}
