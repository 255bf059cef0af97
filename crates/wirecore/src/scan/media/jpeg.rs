//! JPEG (ISO/IEC 10918-1, annex B): start of image, segments with lengths, a frame header with dimensions,
//! scans whose entropy-coded data holds no marker but restarts, end of image.

use memchr::memchr;

use super::format::{Fate, Format, Head};

/// Segments before the first scan; real files have fewer than a hundred.
const SEGMENTS: u32 = 1024;

#[derive(Clone, Copy, Default)]
enum State {
    /// The two bytes FF D8.
    #[default]
    Start,
    /// FF of a marker is due.
    Marker,
    /// FF was seen (fill bytes may follow), the code is due.
    Code,
    /// Two bytes of length are due.
    Length,
    /// The frame header: its parts up to the number of components.
    Frame,
    /// The number of components of a scan.
    Scan,
    /// The rest of a segment.
    Skip,
    /// Entropy-coded data.
    Data,
    /// FF within entropy-coded data.
    DataMarker,
}

/// The machine of one JPEG file.
#[derive(Default)]
pub(super) struct Jpeg {
    state: State,
    code: u8,
    /// Bytes of the segment still to come.
    left: usize,
    small: [u8; 6],
    have: usize,
    size: Option<(u32, u32)>,
    in_scan: bool,
    segments: u32,
    taken: u64,
}

impl Format for Jpeg {
    /// Once a frame header stood where it must.
    fn head(&self) -> Option<Head> {
        self.size.map(|(width, height)| ("jpeg", width, height))
    }

    fn verified(&self) -> u64 {
        self.taken
    }

    /// Between a JPEG's scans no other file can begin.
    fn hides_nothing(&self) -> bool {
        self.size.is_some()
    }

    fn owns_inside(&self) -> bool {
        true
    }

    fn as_it_passes(&self) -> bool {
        true
    }

    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            let good = match self.state {
                State::Skip => {
                    let step = self.left.min(bytes.len() - at);
                    self.left -= step;
                    at += step;
                    if self.left == 0 {
                        self.after_segment();
                    }
                    continue;
                }
                State::Data => {
                    let Some(marker) = memchr(0xFF, &bytes[at..]) else {
                        break;
                    };
                    at += marker + 1;
                    self.state = State::DataMarker;
                    continue;
                }
                State::DataMarker => match byte {
                    0x00 | 0xD0..=0xD7 => {
                        self.state = State::Data;
                        true
                    }
                    0xFF => true,
                    0xD9 => {
                        self.taken += at as u64 + 1;
                        return Fate::Done(at + 1);
                    }
                    code => self.begin_segment(code),
                },
                State::Start => {
                    let good = byte == [0xFF, 0xD8][self.have];
                    self.have += 1;
                    if self.have == 2 {
                        self.state = State::Marker;
                    }
                    good
                }
                State::Marker => {
                    self.state = State::Code;
                    byte == 0xFF
                }
                State::Code => byte == 0xFF || self.begin_segment(byte),
                State::Length => self.collect(byte, 2) || self.read_length(),
                State::Frame => self.collect(byte, 6) || self.read_frame(),
                State::Scan => self.collect(byte, 1) || self.read_scan(),
            };
            if !good {
                self.taken += at as u64;
                return Fate::Bad(at);
            }
            at += 1;
        }
        self.taken += bytes.len() as u64;
        Fate::More
    }
}

impl Jpeg {
    /// Keeps a byte; true while more of `wanted` are due.
    fn collect(&mut self, byte: u8, wanted: usize) -> bool {
        self.small[self.have] = byte;
        self.have += 1;
        self.have < wanted
    }

    fn begin_segment(&mut self, code: u8) -> bool {
        self.code = code;
        self.have = 0;
        self.segments += 1;
        self.state = State::Length;
        let possible = match code {
            0xC4 | 0xCC | 0xDB | 0xDD | 0xE0..=0xEF | 0xFE => true,
            0xC0..=0xCF => self.size.is_none() && code != 0xC8,
            0xDA => self.size.is_some(),
            0xDC => self.in_scan, // the number of lines follows the first scan
            _ => false,
        };
        possible && (self.in_scan || self.segments <= SEGMENTS)
    }

    fn read_length(&mut self) -> bool {
        let length = usize::from(u16::from_be_bytes([self.small[0], self.small[1]]));
        self.have = 0;
        self.left = length.wrapping_sub(2);
        self.state = match self.code {
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => State::Frame,
            0xDA => State::Scan,
            _ => State::Skip,
        };
        if self.left == 0 {
            self.after_segment();
        }
        // A segment of two bytes is empty: possible for application data and comments only.
        length > 2 || (length == 2 && matches!(self.code, 0xE0..=0xEF | 0xFE))
    }

    fn read_frame(&mut self) -> bool {
        let [precision, h1, h0, w1, w0, components] = self.small;
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        let good = (2..=16).contains(&precision)
            && width > 0
            && (1..=4).contains(&components)
            && self.left == 6 + 3 * usize::from(components);
        if good {
            self.size = Some((width.into(), height.into()));
            self.left -= 6;
            self.state = State::Skip;
        }
        good
    }

    fn read_scan(&mut self) -> bool {
        let components = self.small[0];
        let good = (1..=4).contains(&components) && self.left == 4 + 2 * usize::from(components);
        self.left = self.left.saturating_sub(1);
        self.state = State::Skip;
        good
    }

    fn after_segment(&mut self) {
        self.have = 0;
        self.in_scan |= self.code == 0xDA;
        self.state = match self.code {
            0xDA => State::Data,
            _ => State::Marker,
        };
    }
}
