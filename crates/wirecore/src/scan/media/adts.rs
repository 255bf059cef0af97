//! AAC in ADTS frames (ISO/IEC 13818-7, section 6.2): each begins with a header that repeats what the first one says,
//! and its own length.

use super::frames::Frame;

/// Such frames: what the first one says.
#[derive(Default)]
pub(super) struct Adts(Option<[u8; 4]>);

impl Frame for Adts {
    const FORMAT: &'static str = "aac";
    const HEADER: usize = 7;
    const LEAST: u32 = 4;

    fn body(&mut self, header: &[u8]) -> Option<usize> {
        let &[a, b, c, d, e, f, _] = header else {
            return None;
        };
        // Of the fourth byte only two bits are fixed.
        let fixed = [a, b, c, d & 0xC0];
        let len = usize::from(d & 3) << 11 | usize::from(e) << 3 | usize::from(f >> 5);
        let crc = if b & 1 == 0 { 2 } else { 0 };
        let good = a == 0xFF
            && b & 0xF6 == 0xF0
            && len > Self::HEADER + crc
            && *self.0.get_or_insert(fixed) == fixed;
        good.then(|| len - Self::HEADER)
    }
}
