//! What the head of an AVI tells of its streams, and how their chunks begin.

/// How the chunks of a stream are made, as far as it can be checked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Coding {
    /// Pictures that are each a JPEG.
    Jpeg,
    /// MPEG-4 part 2: a start code.
    Mpeg4,
    /// AVC: a start code.
    Avc,
    /// Samples or pixels that are not compressed, of so many bytes.
    Plain(u8),
    Other,
}

impl Coding {
    /// May a chunk begin so?
    pub(super) fn begins(self, chunk: &[u8]) -> bool {
        match self {
            _ if chunk.is_empty() => true, // the picture before stays
            Coding::Jpeg => chunk.starts_with(b"\xFF\xD8\xFF"),
            // One byte is a picture that was sent before.
            Coding::Mpeg4 => {
                chunk.len() == 1 || matches!(chunk, [0, 0, 1, 0..=0x2F | 0xB0..=0xB6, ..])
            }
            Coding::Avc => matches!(chunk, [0, 0, 1, ..] | [0, 0, 0, 1, ..]),
            Coding::Plain(_) | Coding::Other => true,
        }
    }

    /// Bytes of a sample, where what lies in a chunk must be near its neighbours.
    pub(super) fn looks(self) -> Option<usize> {
        match self {
            Coding::Plain(stride) => Some(stride.into()),
            _ => None,
        }
    }
}

/// A stream that the file declares.
pub(super) struct Stream {
    film: bool,
    pub coding: Coding,
}

impl Stream {
    /// By its header (`strh`): what it is, and who reads it.
    pub(super) fn of(header: &[u8]) -> Self {
        let reader = header.get(4..8).unwrap_or_default();
        let film = header.starts_with(b"vids");
        Stream {
            film,
            coding: if film { film_by(reader) } else { Coding::Other },
        }
    }

    /// By its form (`strf`), which says it better.
    pub(super) fn add_form(&mut self, form: &[u8]) {
        let short = |at: usize| {
            form.get(at..at + 2)
                .map(|b| u16::from_le_bytes([b[0], b[1]]))
        };
        if !self.film {
            // Whole numbers or fractions, of which a moment has so many bytes.
            if let (Some(1 | 3), Some(moment)) = (short(0), short(12)) {
                self.coding = Coding::Plain(moment.clamp(1, 8) as u8);
            }
            return;
        }
        match form.get(16..20) {
            Some([0, 0, 0, 0]) => {
                let bytes = short(14).unwrap_or(24) / 8;
                self.coding = Coding::Plain(bytes.clamp(1, 8) as u8);
            }
            Some(name) if self.coding == Coding::Other => self.coding = film_by(name),
            _ => {}
        }
    }
}

fn film_by(name: &[u8]) -> Coding {
    match &name.to_ascii_uppercase()[..] {
        b"MJPG" | b"JPEG" => Coding::Jpeg,
        b"XVID" | b"DIVX" | b"DX50" | b"FMP4" | b"MP4V" => Coding::Mpeg4,
        b"H264" | b"X264" | b"AVC1" => Coding::Avc,
        _ => Coding::Other,
    }
}
