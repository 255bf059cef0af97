//! Why a file cannot be read at all.

use std::fmt;
use std::io::Read;

use super::input::Input;
use super::sniff::{guess, Format};
use super::source::Failure;

/// What kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaptureErrorKind {
    /// The content is no capture file.
    NotACapture,
    /// The file has no bytes.
    Empty,
    /// The source could not be read (permission, medium).
    Io,
    /// The compression around the capture is damaged from its start.
    Compression,
}

/// A file that cannot be read, in one sentence without its path (the caller knows it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureError {
    /// Byte offset in the capture after decompression.
    pub offset: u64,
    /// What kind.
    pub kind: CaptureErrorKind,
    /// The sentence.
    pub text: String,
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for CaptureError {}

/// The medium failed.
pub(super) fn io_error(offset: u64, text: &str) -> CaptureError {
    CaptureError {
        offset,
        kind: CaptureErrorKind::Io,
        text: format!("The file cannot be read: {text}."),
    }
}

/// The content is no capture, or cannot be decompressed.
pub(super) fn not_a_capture<R: Read>(
    input: &Input<R>,
    compression: Option<Format>,
    format: Option<Format>,
) -> CaptureError {
    let offset = input.offset();
    match input.failure() {
        Some(Failure::Io(text)) => return io_error(offset, text),
        Some(Failure::Compression(text)) => {
            let name = compression.map_or("compressed", Format::text);
            let text = format!("The {name} file is damaged from its start: {text}.");
            return CaptureError {
                offset,
                kind: CaptureErrorKind::Compression,
                text,
            };
        }
        None => {}
    }
    if compression.is_some() && input.bytes().is_empty() {
        let text = "The compressed file holds nothing.".into();
        return CaptureError {
            offset,
            kind: CaptureErrorKind::Empty,
            text,
        };
    }
    let subject = match compression {
        Some(outer) => format!("The content of this {} file", outer.text()),
        None => "This file".to_owned(),
    };
    let text = match format {
        Some(Format::Pcap) => format!("{subject} ends inside the header of a pcap file."),
        Some(inner @ (Format::Gzip | Format::Zstd | Format::Xz | Format::Lz4)) => {
            format!(
                "{subject} is compressed a second time, as {}; decompress it once.",
                inner.text()
            )
        }
        _ => format!(
            "{subject} is no pcap or pcapng capture: {}.",
            guess(input.bytes())
        ),
    };
    CaptureError {
        offset,
        kind: CaptureErrorKind::NotACapture,
        text,
    }
}
