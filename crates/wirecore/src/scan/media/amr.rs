//! AMR and AMR-WB in a file (RFC 4867, section 5): a name, then frames whose first byte says how long each is.

use super::format::{Fate, Format, Head};

/// Bytes of a frame by its type, without the first; none for types that do not occur in files.
const NARROW: [Option<u8>; 16] = lengths([12, 13, 15, 17, 19, 20, 26, 31, 5], 9);
const WIDE: [Option<u8>; 16] = lengths([17, 23, 32, 36, 40, 46, 50, 58, 60], 10);

/// Type 15 holds nothing; in AMR-WB, 9 is comfort noise and 14 a lost frame.
const fn lengths(of: [u8; 9], count: usize) -> [Option<u8>; 16] {
    let mut table = [None; 16];
    let mut at = 0;
    while at < 9 {
        table[at] = Some(of[at]);
        at += 1;
    }
    if count == 10 {
        table[9] = Some(5);
        table[14] = Some(0);
    }
    table[15] = Some(0);
    table
}

/// Frames without which it is no such file: a fifth of a second.
const FRAMES: u32 = 10;

/// The machine of one AMR file.
#[derive(Default)]
pub(super) struct Amr {
    name: Vec<u8>,
    wide: Option<bool>,
    left: usize,
    frames: u32,
    taken: u64,
    verified: u64,
}

impl Format for Amr {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            let Some(wide) = self.wide else {
                self.name.push(bytes[at]);
                at += 1;
                self.wide = match &self.name[..] {
                    b"#!AMR\n" => Some(false),
                    b"#!AMR-WB\n" => Some(true),
                    begun if b"#!AMR-WB\n".starts_with(begun) => None,
                    _ => return Fate::Bad(at),
                };
                continue;
            };
            if self.left > 0 {
                let step = self.left.min(bytes.len() - at);
                self.left -= step;
                at += step;
            } else {
                let first = bytes[at];
                let table = if wide { &WIDE } else { &NARROW };
                let len = table[usize::from(first >> 3 & 15)].filter(|_| first & 0x83 == 0);
                let Some(len) = len else {
                    return self.stopped(at);
                };
                self.left = len.into();
                self.frames += 1;
                at += 1;
            }
            if self.left == 0 {
                self.verified = self.taken + at as u64;
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        (self.frames >= FRAMES).then_some(("amr", 0, 0))
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
