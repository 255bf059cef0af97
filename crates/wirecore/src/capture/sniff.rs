//! What a file is, by its first bytes. Names and extensions are never asked.

/// Formats that are known by content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Classic pcap: microseconds or nanoseconds, either byte order, or the "modified" variant.
    Pcap,
    /// pcapng.
    Pcapng,
    /// gzip (RFC 1952) around one of the above.
    Gzip,
    /// Zstandard (RFC 8878) around one of the above.
    Zstd,
    /// xz around one of the above.
    Xz,
    /// LZ4 frame around one of the above.
    Lz4,
}

impl Format {
    /// Its name for people and tables.
    pub fn text(self) -> &'static str {
        match self {
            Format::Pcap => "pcap",
            Format::Pcapng => "pcapng",
            Format::Gzip => "gzip",
            Format::Zstd => "zstd",
            Format::Xz => "xz",
            Format::Lz4 => "lz4",
        }
    }
}

/// Bytes that [`sniff`] wants to see at most.
pub const SNIFF_BYTES: usize = 12;

/// The format of a file that begins with `first`; at least 4 bytes are needed, 12 to tell pcapng.
///
/// ```
/// use wirecore::capture::{sniff, Format};
/// assert_eq!(sniff(&[0xd4, 0xc3, 0xb2, 0xa1]), Some(Format::Pcap));
/// assert_eq!(sniff(b"{\"log\":"), None);
/// ```
pub fn sniff(first: &[u8]) -> Option<Format> {
    let magic: [u8; 4] = first.get(..4)?.try_into().ok()?;
    if super::classic::Variant::of(magic).is_some() {
        return Some(Format::Pcap);
    }
    match magic {
        // The byte-order magic behind it tells pcapng from a text that begins with newlines.
        [0x0a, 0x0d, 0x0d, 0x0a] => {
            let bom = first.get(8..12)?;
            (bom == [0x1a, 0x2b, 0x3c, 0x4d] || bom == [0x4d, 0x3c, 0x2b, 0x1a])
                .then_some(Format::Pcapng)
        }
        [0x1f, 0x8b, 8, _] => Some(Format::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd] => Some(Format::Zstd),
        // Skippable frames may stand before the first Zstandard or LZ4 frame; pzstd writes them.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Format::Zstd),
        [0x04, 0x22, 0x4d, 0x18] => Some(Format::Lz4),
        [0xfd, b'7', b'z', b'X'] => Some(Format::Xz),
        _ => None,
    }
}

/// What a file that is no capture seems to be, to help whoever gave it.
pub(super) fn guess(first: &[u8]) -> &'static str {
    let text = first.iter().position(|b| !b.is_ascii_whitespace());
    let body = text.and_then(|at| first.get(at..)).unwrap_or(first);
    match body {
        [b'{' | b'[', ..] => {
            "it looks like JSON (a HAR file or a log is given to an importer, not here)"
        }
        [b'<', ..] => "it looks like XML or HTML",
        [b'P', b'K', ..] => "it looks like a ZIP archive; unpack it first",
        [b'S', b'Q', b'L', b'i', ..] => "it looks like an SQLite database",
        _ if !first.is_empty()
            && first
                .iter()
                .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) =>
        {
            "it looks like text"
        }
        _ => "its first bytes are those of no capture format known here",
    }
}
