//! What the head and the tracks of a Matroska file tell: what kind it is, and how each track is coded.

/// How the frames of a track are made, as far as it can be checked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Coding {
    /// Units of which each begins with its length, of so many bytes (AVC, HEVC).
    Units(u8),
    Vp8,
    Vp9,
    /// The track says that it is encrypted.
    Sealed,
    Other,
}

impl Coding {
    /// The same of a block that holds several frames.
    pub(super) fn laced(self) -> Self {
        match self {
            Coding::Sealed => Coding::Sealed,
            _ => Coding::Other,
        }
    }

    /// May a frame begin so?
    pub(super) fn begins(self, frame: &[u8]) -> bool {
        match (self, frame) {
            (Coding::Sealed, _) => false,
            (Coding::Vp8, [first, _, _, sync @ ..]) => {
                first & 1 != 0 || sync.starts_with(b"\x9D\x01\x2A")
            }
            (Coding::Vp9, [first, ..]) => first >> 6 == 2,
            (Coding::Vp8 | Coding::Vp9, _) => false,
            _ => true,
        }
    }
}

/// A track that the file declares.
pub(super) struct Track {
    pub number: u64,
    pub coding: Coding,
    pub size: (u32, u32),
}

/// Tracks of one file that are told apart.
const TRACKS: usize = 64;

/// A number that says itself how long it is, and its length.
pub(super) fn number(bytes: &[u8]) -> Option<(u64, usize)> {
    let len = bytes.first()?.leading_zeros() as usize + 1;
    let of = bytes.get(..len).filter(|_| len <= 8)?;
    let value = of.iter().fold(0, |value, &b| value << 8 | u64::from(b));
    Some((value & u64::MAX >> (64 - 7 * len), len))
}

/// The elements in a row, as far as they are whole: name and content.
fn elements(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let name = bytes.first()?.leading_zeros() as usize + 1;
        let id = bytes.get(..name).filter(|_| name <= 4)?;
        let id = id.iter().fold(0, |id, &b| id << 8 | u32::from(b));
        let (len, width) = number(&bytes[name..])?;
        let content = bytes[name + width..].get(..usize::try_from(len).ok()?)?;
        bytes = &bytes[name + width + content.len()..];
        Some((id, content))
    })
}

fn unsigned(bytes: &[u8]) -> u64 {
    let last = &bytes[bytes.len().saturating_sub(8)..];
    last.iter().fold(0, |value, &b| value << 8 | u64::from(b))
}

/// What a film and a sound are called, by the head's kind of document.
pub(super) fn kind(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let kind = elements(head).find(|element| element.0 == 0x4282)?.1;
    match kind.split(|&b| b == 0).next()? {
        b"webm" => Some(("webm", "weba")),
        b"matroska" => Some(("mkv", "mka")),
        _ => None,
    }
}

/// The tracks of a file.
pub(super) fn tracks(table: &[u8]) -> Vec<Track> {
    let entries = elements(table).filter(|element| element.0 == 0xAE);
    entries.map(|entry| track(entry.1)).take(TRACKS).collect()
}

fn track(entry: &[u8]) -> Track {
    let mut track = Track {
        number: 0,
        coding: Coding::Other,
        size: (0, 0),
    };
    let (mut codec, mut private, mut encodings) = (&b""[..], &b""[..], None);
    for (id, content) in elements(entry) {
        match id {
            0xD7 => track.number = unsigned(content),
            0x86 => codec = content,
            0x63A2 => private = content,
            0x6D80 => encodings = Some(content),
            0xE0 => {
                let side = |name| {
                    let found = elements(content).find(|element| element.0 == name);
                    found.map_or(0, |element| unsigned(element.1) as u32)
                };
                track.size = (side(0xB0), side(0xBA));
            }
            _ => {}
        }
    }
    // An encoding that encrypts; another one takes away how each frame begins.
    let sealed = |all: &[u8]| {
        let each = elements(all).filter(|element| element.0 == 0x6240);
        each.flat_map(|one| elements(one.1))
            .any(|part| part.0 == 0x5035)
    };
    let length = |at: usize| private.get(at).map_or(4, |b| (b & 3) + 1);
    track.coding = match (encodings, codec) {
        (Some(all), _) if sealed(all) => Coding::Sealed,
        (Some(_), _) => Coding::Other,
        (None, b"V_MPEG4/ISO/AVC") => Coding::Units(length(4)),
        (None, b"V_MPEGH/ISO/HEVC") => Coding::Units(length(21)),
        (None, b"V_VP8") => Coding::Vp8,
        (None, b"V_VP9") => Coding::Vp9,
        _ => Coding::Other,
    };
    track
}
