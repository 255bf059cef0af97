//! Why a file cannot be read at all.

use std::fmt;

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
