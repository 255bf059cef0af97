//! BMP (Microsoft, BITMAPFILEHEADER): sizes that must agree, then lines of pixels. What is not compressed must not
//! look sealed.

use super::format::{Fate, Format, Head, Hole, Sample};

/// File header and the part of the information header that all of them share.
const HEADER: usize = 54;

/// The machine of one BMP file.
#[derive(Default)]
pub(super) struct Bmp {
    head: Vec<u8>,
    size: Option<(u32, u32)>,
    pixels: u64,
    len: u64,
    /// Bytes of a pixel.
    stride: usize,
    sample: Sample,
    taken: u64,
}

impl Bmp {
    fn read(&mut self) -> bool {
        let number = |at: usize| {
            let raw = self.head.get(at..at + 4).and_then(|raw| raw.first_chunk());
            raw.map_or(0, |raw| u32::from_le_bytes(*raw))
        };
        let (len, pixels, header) = (number(2), u64::from(number(10)), u64::from(number(14)));
        let (width, height) = (number(18), (number(22) as i32).unsigned_abs());
        let planes = number(26) & 0xFFFF;
        let bits = number(26) >> 16;
        let plain = matches!(number(30), 0 | 3);
        let is_one = self.head.starts_with(b"BM")
            && number(6) == 0
            && planes == 1
            && matches!(bits, 1 | 4 | 8 | 16 | 24 | 32)
            && plain
            && (1..=1 << 16).contains(&width)
            && (1..=1 << 16).contains(&height)
            && (14 + header..14 + header + 4096).contains(&pixels);
        if !is_one {
            return false;
        }
        let line = (u64::from(width) * u64::from(bits)).div_ceil(32) * 4;
        let fits = pixels + line * u64::from(height);
        self.size = Some((width, height));
        self.stride = (bits / 8) as usize;
        self.pixels = pixels;
        self.len = fits;
        self.sample = Sample::of(fits - pixels);
        // Some writers count two bytes more, or none.
        len == 0 || (fits..=fits + 4).contains(&len.into())
    }
}

impl Format for Bmp {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while self.head.len() < HEADER && at < bytes.len() {
            self.head.push(bytes[at]);
            at += 1;
            if self.head.len() == HEADER && !self.read() {
                self.size = None;
                return Fate::Bad(at);
            }
        }
        if self.size.is_some() {
            let skip = self.pixels.saturating_sub(self.taken + at as u64);
            let from = at + (skip.min((bytes.len() - at) as u64)) as usize;
            let room = self.len.saturating_sub(self.taken + from as u64);
            let till = from + room.min((bytes.len() - from) as u64) as usize;
            self.sample.feed(&bytes[from..till]);
            if self.taken + bytes.len() as u64 >= self.len {
                let done = self.len.saturating_sub(self.taken) as usize;
                self.taken = self.len;
                return Fate::Done(done);
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        self.size.map(|(width, height)| ("bmp", width, height))
    }

    fn verified(&self) -> u64 {
        self.taken
    }

    fn owns_inside(&self) -> bool {
        true
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        if end < self.len || self.sample.is_sealed(self.stride) {
            return vec![(HEADER as u64, end)];
        }
        Vec::new()
    }
}
