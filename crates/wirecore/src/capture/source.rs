//! The file as stored, and the same bytes after decompression.

use std::io::{self, BufReader, Read};

use super::gzip::GzipReader;
use super::sniff::Format;

/// Memory that an xz or Zstandard stream may ask for. Both allow gigabytes; recorders use far less.
const DECODER_MEMORY: u64 = 128 << 20;
/// log2 of the largest Zstandard window accepted (`zstd --long` writes 27).
const ZSTD_WINDOW_LOG: u32 = 27;

/// The stored bytes: replays the few that were looked at, counts, remembers a failure.
#[derive(Debug)]
pub(super) struct Stored<R> {
    head: Vec<u8>,
    head_at: usize,
    inner: R,
    count: u64,
    failure: Option<String>,
}

impl<R: Read> Stored<R> {
    /// Reads up to `want` bytes ahead so that they can be looked at.
    pub(super) fn open(mut inner: R, want: usize) -> io::Result<Self> {
        let mut head = Vec::with_capacity(want);
        (&mut inner).take(want as u64).read_to_end(&mut head)?;
        Ok(Stored {
            head,
            head_at: 0,
            inner,
            count: 0,
            failure: None,
        })
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Stored bytes handed on so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let ahead = self.head.get(self.head_at..).unwrap_or_default();
        if !ahead.is_empty() {
            let n = ahead.len().min(into.len());
            for (to, from) in into.iter_mut().zip(ahead) {
                *to = *from;
            }
            self.head_at += n;
            self.count += n as u64;
            return Ok(n);
        }
        loop {
            match self.inner.read(into) {
                Ok(n) => {
                    self.count += n as u64;
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.failure = Some(e.to_string());
                    return Err(e);
                }
            }
        }
    }
}

/// The capture's bytes, decompressed when the file is compressed.
pub(super) enum Source<R: Read> {
    Raw(Stored<R>),
    Gzip(Box<GzipReader<Stored<R>>>),
    Zstd(zstd::stream::read::Decoder<'static, BufReader<Stored<R>>>),
    Xz(xz2::read::XzDecoder<Stored<R>>),
    Lz4(Box<lz4_flex::frame::FrameDecoder<Stored<R>>>),
}

/// Why a source stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The medium.
    Io(String),
    /// The compressed data.
    Compression(String),
}

impl<R: Read> Source<R> {
    pub(super) fn new(stored: Stored<R>, format: Option<Format>) -> io::Result<Self> {
        Ok(match format {
            Some(Format::Gzip) => Source::Gzip(Box::new(GzipReader::new(stored))),
            Some(Format::Zstd) => {
                let mut decoder = zstd::stream::read::Decoder::new(stored)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Source::Zstd(decoder)
            }
            Some(Format::Xz) => {
                let stream = xz2::stream::Stream::new_stream_decoder(
                    DECODER_MEMORY,
                    xz2::stream::CONCATENATED,
                )?;
                Source::Xz(xz2::read::XzDecoder::new_stream(stored, stream))
            }
            Some(Format::Lz4) => Source::Lz4(Box::new(lz4_flex::frame::FrameDecoder::new(stored))),
            Some(Format::Pcap | Format::Pcapng) | None => Source::Raw(stored),
        })
    }

    fn stored(&self) -> &Stored<R> {
        match self {
            Source::Raw(s) => s,
            Source::Gzip(d) => d.get_ref(),
            Source::Zstd(d) => d.get_ref().get_ref(),
            Source::Xz(d) => d.get_ref(),
            Source::Lz4(d) => d.get_ref(),
        }
    }

    fn stored_mut(&mut self) -> &mut Stored<R> {
        match self {
            Source::Raw(s) => s,
            Source::Gzip(d) => d.get_mut(),
            Source::Zstd(d) => d.get_mut().get_mut(),
            Source::Xz(d) => d.get_mut(),
            Source::Lz4(d) => d.get_mut(),
        }
    }

    /// Passes over what is left of the stored file; gives its whole length.
    pub(super) fn drain(&mut self) -> Result<u64, String> {
        let stored = self.stored_mut();
        let mut scratch = vec![0; 64 * 1024];
        loop {
            match stored.read(&mut scratch) {
                Ok(0) => return Ok(stored.count()),
                Ok(_) => {}
                Err(e) => return Err(e.to_string()),
            }
        }
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        self.stored().count()
    }

    /// Some of the next bytes; 0 at the end.
    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Failure> {
        let result = match self {
            Source::Raw(s) => s.read(into),
            Source::Gzip(d) => d.read(into),
            Source::Zstd(d) => retry(d, into),
            Source::Xz(d) => retry(d, into),
            Source::Lz4(d) => retry(d, into),
        };
        result.map_err(|e| match &self.stored().failure {
            Some(text) => Failure::Io(text.clone()),
            None => Failure::Compression(e.to_string()),
        })
    }
}

fn retry(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(into) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
