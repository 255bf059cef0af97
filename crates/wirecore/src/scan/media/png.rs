//! PNG (ISO/IEC 15948): a signature, then chunks of length, type, data and CRC, from IHDR to IEND.

use flate2::Crc;

use super::format::{Fate, Format, Head};

/// The first eight bytes.
pub(super) const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Signature,
    /// Length and type: eight bytes.
    Head,
    Data,
    /// The CRC's four bytes.
    Check,
}

/// The machine of one PNG file.
#[derive(Default)]
pub(super) struct Png {
    state: State,
    small: [u8; 13],
    have: usize,
    /// Bytes of the chunk's data still to come.
    left: usize,
    kind: [u8; 4],
    crc: Crc,
    header: [u8; 13],
    size: Option<(u32, u32)>,
    taken: u64,
    verified: u64,
}

impl Format for Png {
    /// Once the header's checksum was right.
    fn head(&self) -> Option<Head> {
        self.size.map(|(width, height)| ("png", width, height))
    }

    fn verified(&self) -> u64 {
        self.verified
    }

    fn owns_inside(&self) -> bool {
        true
    }

    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if let State::Data = self.state {
                let step = self.left.min(bytes.len() - at);
                self.data(&bytes[at..at + step]);
                at += step;
                continue;
            }
            self.small[self.have] = bytes[at];
            self.have += 1;
            at += 1;
            let good = match (self.state, self.have) {
                (State::Signature, 8) => self.signature(),
                (State::Head, 8) => self.head(),
                (State::Check, 4) if !self.check() => false,
                (State::Check, 4) => {
                    self.verified = self.taken + at as u64;
                    if self.kind == *b"IEND" {
                        return Fate::Done(at);
                    }
                    true
                }
                _ => true,
            };
            if !good {
                return Fate::Bad(at);
            }
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }
}

impl Png {
    fn signature(&mut self) -> bool {
        self.have = 0;
        self.state = State::Head;
        self.small[..8] == SIGNATURE[..]
    }

    fn head(&mut self) -> bool {
        let [l3, l2, l1, l0, t0, t1, t2, t3, ..] = self.small;
        let kind = [t0, t1, t2, t3];
        let length = u32::from_be_bytes([l3, l2, l1, l0]);
        self.kind = kind;
        self.crc.reset();
        self.crc.update(&kind);
        self.left = length as usize;
        self.have = 0;
        self.state = if length == 0 {
            State::Check
        } else {
            State::Data
        };
        let first = self.size.is_none();
        i32::try_from(length).is_ok()
            && kind.iter().all(u8::is_ascii_alphabetic)
            && first == (&kind == b"IHDR")
            && (!first || length == 13)
            && (&kind != b"IEND" || length == 0)
    }

    fn data(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        if self.size.is_none() {
            let from = 13 - self.left;
            self.header[from..from + bytes.len()].copy_from_slice(bytes);
        }
        self.left -= bytes.len();
        if self.left == 0 {
            self.state = State::Check;
        }
    }

    fn check(&mut self) -> bool {
        self.have = 0;
        self.state = State::Head;
        let good = self.small[..4] == self.crc.sum().to_be_bytes();
        if good && self.size.is_none() {
            let [w3, w2, w1, w0, h3, h2, h1, h0, depth, colour, compression, filter, interlace] =
                self.header;
            let (width, height) = (
                u32::from_be_bytes([w3, w2, w1, w0]),
                u32::from_be_bytes([h3, h2, h1, h0]),
            );
            let possible = (1..=i32::MAX as u32).contains(&width)
                && (1..=i32::MAX as u32).contains(&height)
                && matches!(depth, 1 | 2 | 4 | 8 | 16)
                && matches!(colour, 0 | 2 | 3 | 4 | 6)
                && (compression, filter) == (0, 0)
                && interlace <= 1;
            self.size = possible.then_some((width, height));
            return possible;
        }
        good
    }
}
