//! AMR and AMR-WB in a file (RFC 4867, section 5): behind a name, frames whose first byte says how long each is.

use super::frames::Frame;

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

/// Such frames; `true` of AMR-WB.
pub(super) struct Amr(pub bool);

impl Frame for Amr {
    const FORMAT: &'static str = "amr";
    const HEADER: usize = 1;
    /// A fifth of a second.
    const LEAST: u32 = 10;

    fn body(&mut self, header: &[u8]) -> Option<usize> {
        let first = *header.first()?;
        let table = if self.0 { &WIDE } else { &NARROW };
        let len = table[usize::from(first >> 3 & 15)].filter(|_| first & 0x83 == 0);
        len.map(usize::from)
    }
}
