//! Ogg (RFC 3533, section 6): pages, each with its segments' lengths and a checksum. Opus and Vorbis come in it.

use std::sync::LazyLock;

use super::format::{Fate, Format, Head};

const HEADER: usize = 27;
/// How the first page of Opus begins (RFC 7845, section 5.1).
const OPUS: &[u8] = b"OpusHead";

/// The checksum's table: polynomial 04C11DB7, nothing reflected.
static TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
    let mut table = [0; 256];
    for (entry, byte) in table.iter_mut().zip(0_u32..) {
        *entry = (0..8).fold(byte << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
        });
    }
    table
});

/// The machine of one Ogg file.
#[derive(Default)]
pub(super) struct Ogg {
    /// Header and segment table of the page at hand.
    head: Vec<u8>,
    left: usize,
    sum: u32,
    pages: u32,
    /// The first bytes of the first page's content: they name the codec.
    name: Vec<u8>,
    taken: u64,
    verified: u64,
}

impl Ogg {
    fn add(&mut self, bytes: &[u8]) {
        let table = &*TABLE;
        self.sum = bytes.iter().fold(self.sum, |sum, &b| {
            sum << 8 ^ table[(sum >> 24) as usize ^ usize::from(b)]
        });
    }

    /// The header is whole: is it one?
    fn begin(&mut self) -> bool {
        let head = std::mem::take(&mut self.head);
        self.sum = 0;
        self.add(&head[..22]);
        self.add(&[0; 4]); // its own place
        self.add(&head[26..]);
        self.left = head[HEADER..].iter().map(|&len| usize::from(len)).sum();
        let good =
            head.starts_with(b"OggS\0") && head[5] <= 7 && (self.pages > 0 || head[5] & 2 != 0);
        self.head = head;
        good
    }

    /// The page is whole: is its checksum right?
    fn end(&mut self) -> bool {
        let good = self.head[22..26] == self.sum.to_le_bytes();
        self.pages += u32::from(good);
        self.head.clear();
        good
    }

    fn header_len(&self) -> usize {
        self.head
            .get(26)
            .map_or(HEADER, |&n| HEADER + usize::from(n))
    }
}

impl Format for Ogg {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if self.left > 0 {
                let step = self.left.min(bytes.len() - at);
                let part = &bytes[at..at + step];
                if self.pages == 0 && self.name.len() < OPUS.len() {
                    self.name
                        .extend_from_slice(&part[..part.len().min(OPUS.len())]);
                }
                self.add(part);
                self.left -= step;
                at += step;
            } else {
                self.head.push(bytes[at]);
                at += 1;
                let due = self.header_len();
                let begun = b"OggS\0";
                let odd = !self
                    .head
                    .starts_with(&begun[..self.head.len().min(begun.len())]);
                if self.head.len() < due && !odd {
                    continue;
                }
                if odd || !self.begin() {
                    return self.stopped(at);
                }
            }
            if self.left == 0 && !self.head.is_empty() {
                if !self.end() {
                    return Fate::Bad(at);
                }
                self.verified = self.taken + at as u64;
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        let format = if self.name.starts_with(OPUS) {
            "opus"
        } else {
            "ogg"
        };
        (self.pages >= 1).then_some((format, 0, 0))
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
}
