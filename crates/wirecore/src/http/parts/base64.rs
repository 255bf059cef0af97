//! Base64 as it comes, for gRPC-web-text: each frame may be padded for itself, so that padding may stand anywhere.

/// Decodes a text that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Base64 {
    bits: u32,
    signs: u8,
}

impl Base64 {
    /// Decodes onto the end of `out`; where a sign is none of base64, what is left of `text` from there on.
    pub fn feed(&mut self, text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        for (at, sign) in text.iter().enumerate() {
            let value = match sign {
                b'A'..=b'Z' => sign - b'A',
                b'a'..=b'z' => sign - b'a' + 26,
                b'0'..=b'9' => sign - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                b'=' => {
                    self.pad(out);
                    continue;
                }
                b'\r' | b'\n' => continue,
                _ => return Some(text.len() - at),
            };
            self.bits = self.bits << 6 | u32::from(value);
            self.signs += 1;
            if self.signs == 4 {
                out.extend_from_slice(&self.bits.to_be_bytes()[1..]);
                *self = Base64::default();
            }
        }
        None
    }

    /// The end of a padded group.
    fn pad(&mut self, out: &mut Vec<u8>) {
        if self.signs == 0 {
            return;
        }
        let whole = usize::from(self.signs) * 6 / 8;
        let bits = self.bits << (8 + (4 - u32::from(self.signs)) * 6);
        out.extend_from_slice(&bits.to_be_bytes()[..whole]);
        *self = Base64::default();
    }
}
