//! One frame of FLAC (RFC 9639, section 9): its head, and the way through its coded samples.
//!
//! In: bytes from the frame's first. Out: what they are, or that they are [`Wrong`]: none such, or too few to tell.

use std::cmp::Ordering;
use std::sync::LazyLock;

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// They end too early.
    Short,
    /// Nothing that follows can mend them.
    Bad,
}

/// What a frame's head says.
#[derive(Debug)]
pub(super) struct Frame {
    /// Which frame it is, or which sample is its first.
    pub number: u64,
    pub by_sample: bool,
    /// Samples of each channel.
    pub size: u32,
    channels: u8,
    /// The channel that holds a difference, and so has one bit more.
    side: Option<u8>,
    /// Bits of a sample.
    depth: u32,
    /// Bytes of the head.
    len: usize,
}

/// Checksums (polynomials 07 and 8005, nothing reflected) of each byte.
static SUMS: LazyLock<([u8; 256], [u16; 256])> = LazyLock::new(|| {
    let eight = |byte: usize| {
        (0..8).fold(byte as u8, |sum, _| {
            sum << 1 ^ if sum >> 7 == 1 { 0x07 } else { 0 }
        })
    };
    let sixteen = |byte: usize| {
        (0..8).fold((byte as u16) << 8, |sum, _| {
            sum << 1 ^ if sum >> 15 == 1 { 0x8005 } else { 0 }
        })
    };
    (std::array::from_fn(eight), std::array::from_fn(sixteen))
});

/// The checksum of a frame with one more byte; 0 behind the frame's own.
pub(super) fn next_sum(sum: u16, byte: u8) -> u16 {
    sum << 8 ^ SUMS.1[usize::from(sum >> 8) ^ usize::from(byte)]
}

/// Reads a frame's head (section 9.1), of samples of so many bits where it does not say.
pub(super) fn header(bytes: &[u8], depth: u32) -> Result<Frame, Wrong> {
    let sync = |at: usize, mask: u8, is: u8| bytes.get(at).is_none_or(|b| b & mask == is);
    if !sync(0, 0xFF, 0xFF) || !sync(1, 0xFE, 0xF8) {
        return Err(Wrong::Bad);
    }
    let &[_, sync, sizes, kind, first, ..] = bytes else {
        return Err(Wrong::Short);
    };
    let (channels, side) = match kind >> 4 {
        alone @ 0..=7 => (alone + 1, None),
        8 | 10 => (2, Some(1)),
        9 => (2, Some(0)),
        _ => return Err(Wrong::Bad),
    };
    let depth = match kind >> 1 & 7 {
        0 => depth,
        1 => 8,
        2 => 12,
        4 => 16,
        5 => 20,
        6 => 24,
        7 => 32,
        _ => return Err(Wrong::Bad),
    };
    // The number is written as UTF-8 writes a character, up to 36 bits.
    let (first, more) = match first.leading_ones() {
        0 => (first, 0),
        ones @ 2..=7 => (
            first & 0x7F_u8.checked_shr(ones).unwrap_or(0),
            ones as usize - 1,
        ),
        _ => return Err(Wrong::Bad),
    };
    let size_at = 5 + more;
    let rate_at = size_at
        + match sizes >> 4 {
            0 => return Err(Wrong::Bad),
            6 => 1,
            7 => 2,
            _ => 0,
        };
    let len = rate_at
        + match sizes & 15 {
            12 => 2,
            13 | 14 => 3,
            15 => return Err(Wrong::Bad),
            _ => 1,
        };
    let head = bytes.get(..len).ok_or(Wrong::Short)?;
    let sum = head
        .iter()
        .fold(0, |sum: u8, &b| SUMS.0[usize::from(sum ^ b)]);
    if kind & 1 != 0 || sum != 0 {
        return Err(Wrong::Bad);
    }
    let number = head[5..size_at]
        .iter()
        .fold(u64::from(first), |number, &b| {
            number << 6 | u64::from(b & 0x3F)
        });
    let written = head[size_at..rate_at].iter();
    let written = written.fold(0, |size, &b| size << 8 | u32::from(b)) + 1;
    Ok(Frame {
        number,
        by_sample: sync & 1 != 0,
        size: match sizes >> 4 {
            1 => 192,
            small @ 2..=5 => 144 << small,
            6 | 7 => written,
            large => 1 << large,
        },
        channels,
        side,
        depth,
        len,
    })
}

impl Frame {
    /// Bytes of the longest such frame: every sample as it is.
    pub(super) fn most(&self) -> usize {
        let channel = (self.size as usize * (self.depth as usize + 1)).div_ceil(8);
        self.len + usize::from(self.channels) * (channel + 8) + 2
    }

    /// The way through the coded samples of a frame that ends where the bytes end: are any of them stored as they
    /// are, so that they could be anything?
    pub(super) fn samples(&self, bytes: &[u8]) -> Result<bool, Wrong> {
        let mut bits = Bits {
            bytes,
            at: self.len * 8,
        };
        let mut stored = false;
        for channel in 0..self.channels {
            let depth = self.depth + u32::from(self.side == Some(channel));
            stored |= self.channel(&mut bits, depth)?;
        }
        match (bits.at.div_ceil(8) + 2).cmp(&bytes.len()) {
            Ordering::Greater => Err(Wrong::Short),
            Ordering::Equal => Ok(stored),
            Ordering::Less => Err(Wrong::Bad),
        }
    }

    /// The samples of one channel (section 9.2).
    fn channel(&self, bits: &mut Bits, depth: u32) -> Result<bool, Wrong> {
        let head = bits.number(8)?;
        let wasted = if head & 1 == 1 { bits.zeros()? + 1 } else { 0 };
        let depth = depth.checked_sub(wasted).filter(|&depth| depth > 0);
        let depth = u64::from(depth.ok_or(Wrong::Bad)?);
        if head & 0x80 != 0 {
            return Err(Wrong::Bad);
        }
        let order = match head >> 1 {
            0 => return bits.skip(depth).map(|()| false),
            1 => return bits.skip(depth * u64::from(self.size)).map(|()| true),
            fixed @ 8..=12 => {
                let order = fixed - 8;
                bits.skip(u64::from(order) * depth)?;
                order
            }
            predicted @ 32.. => {
                let order = predicted - 31;
                bits.skip(u64::from(order) * depth)?;
                let precision = bits.number(4)? + 1;
                bits.skip(5 + u64::from(order * precision))?;
                if precision == 16 {
                    return Err(Wrong::Bad);
                }
                order
            }
            _ => return Err(Wrong::Bad),
        };
        self.residual(bits, order)
    }

    /// What the prediction leaves over (section 9.2.7).
    fn residual(&self, bits: &mut Bits, order: u32) -> Result<bool, Wrong> {
        let width = match bits.number(2)? {
            0 => 4,
            1 => 5,
            _ => return Err(Wrong::Bad),
        };
        let parts = bits.number(4)?;
        let each = self.size >> parts;
        if each << parts != self.size || each < order {
            return Err(Wrong::Bad);
        }
        let mut stored = false;
        for part in 0..1 << parts {
            let count = if part == 0 { each - order } else { each };
            let low = bits.number(width)?;
            if low == (1 << width) - 1 {
                let depth = bits.number(5)?;
                bits.skip(u64::from(depth) * u64::from(count))?;
                stored |= depth > 0;
                continue;
            }
            for _ in 0..count {
                bits.zeros()?;
                bits.skip(u64::from(low))?;
            }
        }
        Ok(stored)
    }
}

/// Bits, the highest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn skip(&mut self, count: u64) -> Result<(), Wrong> {
        self.at += usize::try_from(count).map_err(|_| Wrong::Bad)?;
        if self.at > self.bytes.len() * 8 {
            return Err(Wrong::Short);
        }
        Ok(())
    }

    /// A number of up to eight bits.
    fn number(&mut self, width: usize) -> Result<u32, Wrong> {
        let (first, over) = (self.at / 8, self.at % 8);
        self.skip(width as u64)?;
        let next = self.bytes.get(first + 1).copied().unwrap_or(0);
        let two = u32::from(self.bytes[first]) << 8 | u32::from(next);
        Ok(two >> (16 - over - width) & ((1 << width) - 1))
    }

    /// Zeros before the next one, which is passed as well.
    fn zeros(&mut self) -> Result<u32, Wrong> {
        let start = self.at;
        loop {
            let byte = *self.bytes.get(self.at / 8).ok_or(Wrong::Short)?;
            let rest = byte << (self.at % 8);
            if rest != 0 {
                self.at += rest.leading_zeros() as usize + 1;
                return Ok((self.at - 1 - start) as u32);
            }
            self.at = (self.at / 8 + 1) * 8;
        }
    }
}
