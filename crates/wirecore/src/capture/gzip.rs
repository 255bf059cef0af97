//! gzip members (RFC 1952): a compressed reader in, the plain bytes out.
//!
//! An own reader over raw inflate, because a damaged file must give every byte before the damage:
//! ready-made readers lose what the failing call had already written. Check values are verified at
//! the end of each member; a mismatch is an error after the member's bytes were given.

use std::io::{self, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

const INPUT_BYTES: usize = 64 * 1024;
/// A name or comment in a member's header longer than this is damage.
const HEADER_TEXT_BYTES: usize = 64 * 1024;

const FLAG_HEADER_CRC: u8 = 2;
const FLAG_EXTRA: u8 = 4;
const FLAG_NAME: u8 = 8;
const FLAG_COMMENT: u8 = 16;

#[derive(PartialEq, Eq)]
enum State {
    Header,
    Body,
    Ended,
}

/// Decompresses one or more members standing one behind the other.
pub(super) struct GzipReader<R> {
    inner: R,
    input: Vec<u8>,
    at: usize,
    end: usize,
    state: State,
    members: u64,
    inflate: Decompress,
    crc: Crc,
    /// An error to be told once the bytes before it were taken.
    failed: Option<io::Error>,
}

impl<R: Read> GzipReader<R> {
    pub(super) fn new(inner: R) -> Self {
        GzipReader {
            inner,
            input: vec![0; INPUT_BYTES],
            at: 0,
            end: 0,
            state: State::Header,
            members: 0,
            inflate: Decompress::new(false),
            crc: Crc::new(),
            failed: None,
        }
    }

    pub(super) fn get_ref(&self) -> &R {
        &self.inner
    }

    pub(super) fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// True when there is at least one unread input byte.
    fn more(&mut self) -> io::Result<bool> {
        if self.at < self.end {
            return Ok(true);
        }
        self.at = 0;
        self.end = 0;
        self.end = self.inner.read(&mut self.input)?;
        Ok(self.end > 0)
    }

    fn byte(&mut self) -> io::Result<u8> {
        if !self.more()? {
            return Err(damage("it ends inside a gzip header or trailer"));
        }
        let byte = self.input.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        Ok(byte)
    }

    fn text(&mut self) -> io::Result<()> {
        for _ in 0..HEADER_TEXT_BYTES {
            if self.byte()? == 0 {
                return Ok(());
            }
        }
        Err(damage("a name in a gzip header has no end"))
    }

    /// Reads a member's header; false at the end of the file.
    fn header(&mut self) -> io::Result<bool> {
        if !self.more()? {
            return Ok(false);
        }
        let mut fixed = [0u8; 10];
        for slot in &mut fixed {
            *slot = self.byte()?;
        }
        let [0x1f, 0x8b, 8, flags, ..] = fixed else {
            return Err(damage("bytes that are no gzip member follow a gzip member"));
        };
        if flags & FLAG_EXTRA != 0 {
            let length = u16::from_le_bytes([self.byte()?, self.byte()?]);
            for _ in 0..length {
                self.byte()?;
            }
        }
        if flags & FLAG_NAME != 0 {
            self.text()?;
        }
        if flags & FLAG_COMMENT != 0 {
            self.text()?;
        }
        if flags & FLAG_HEADER_CRC != 0 {
            self.byte()?;
            self.byte()?;
        }
        self.inflate.reset(false);
        self.crc.reset();
        self.members += 1;
        Ok(true)
    }

    fn trailer(&mut self) -> io::Result<()> {
        let mut word = || -> io::Result<u32> {
            Ok(u32::from_le_bytes([
                self.byte()?,
                self.byte()?,
                self.byte()?,
                self.byte()?,
            ]))
        };
        let (sum, length) = (word()?, word()?);
        if sum != self.crc.sum() || length != self.crc.amount() {
            return Err(damage(
                "the check value of a gzip member does not match its content",
            ));
        }
        Ok(())
    }

    /// Inflates into `into`; `Ok(0)` means that the member ended without further bytes.
    fn body(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.more()? {
                return Err(damage("the compressed data ends early"));
            }
            let input = self.input.get(self.at..self.end).unwrap_or_default();
            let (taken, given) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(input, into, FlushDecompress::None);
            let taken = (self.inflate.total_in() - taken) as usize;
            let given = (self.inflate.total_out() - given) as usize;
            self.at += taken;
            self.crc.update(into.get(..given).unwrap_or_default());
            match status {
                Err(_) => {
                    let error = damage("the compressed data is damaged");
                    if given == 0 {
                        return Err(error);
                    }
                    self.failed = Some(error);
                    return Ok(given);
                }
                Ok(Status::StreamEnd) => {
                    self.state = State::Header;
                    self.failed = self.trailer().err();
                    return Ok(given);
                }
                Ok(_) if given > 0 => return Ok(given),
                Ok(_) if taken == 0 => return Err(damage("the compressed data is damaged")),
                Ok(_) => {}
            }
        }
    }
}

impl<R: Read> Read for GzipReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(error) = self.failed.take() {
                self.state = State::Ended;
                return Err(error);
            }
            match self.state {
                State::Ended => return Ok(0),
                State::Header => match self.header() {
                    Ok(true) => self.state = State::Body,
                    Ok(false) => self.state = State::Ended,
                    Err(error) => self.failed = Some(error),
                },
                State::Body => match self.body(into) {
                    Ok(0) => {}
                    Ok(n) => return Ok(n),
                    Err(error) => self.failed = Some(error),
                },
            }
        }
    }
}

fn damage(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}
