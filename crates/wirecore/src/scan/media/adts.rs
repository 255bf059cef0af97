//! AAC in ADTS frames (ISO/IEC 13818-7, section 6.2): each begins with a header that repeats what the first one says,
//! and its own length.

use super::format::{Fate, Format, Head};

const HEADER: usize = 7;
/// Frames without which it is no such file.
const FRAMES: u32 = 4;

/// The machine of frames in a row.
#[derive(Default)]
pub(super) struct Adts {
    small: [u8; HEADER],
    have: usize,
    first: Option<[u8; 4]>,
    left: usize,
    frames: u32,
    taken: u64,
    verified: u64,
}

impl Adts {
    /// Reads a header; false when it is none, or not like the first.
    fn header(&mut self) -> bool {
        let [a, b, c, d, e, f, _] = self.small;
        // Of the fourth byte only two bits are fixed.
        let fixed = [a, b, c, d & 0xC0];
        let len = usize::from(d & 3) << 11 | usize::from(e) << 3 | usize::from(f >> 5);
        let crc = if b & 1 == 0 { 2 } else { 0 };
        self.left = len.saturating_sub(HEADER);
        self.have = 0;
        a == 0xFF
            && b & 0xF6 == 0xF0
            && len > HEADER + crc
            && *self.first.get_or_insert(fixed) == fixed
    }
}

impl Format for Adts {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if self.left > 0 {
                let step = self.left.min(bytes.len() - at);
                self.left -= step;
                at += step;
                if self.left == 0 {
                    self.frames += 1;
                    self.verified = self.taken + at as u64;
                }
                continue;
            }
            self.small[self.have] = bytes[at];
            self.have += 1;
            at += 1;
            if self.have == HEADER && !self.header() {
                return self.stopped(at);
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        (self.frames >= FRAMES).then_some(("aac", 0, 0))
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
