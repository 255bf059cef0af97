//! A window on the capture's bytes: asked for n contiguous bytes, it reads until they are there.

use std::io::Read;

use super::source::{Failure, Source};

/// Room at the start; grows only to hold one record that is really there.
const WINDOW_BYTES: usize = 512 * 1024;

pub(super) struct Input<R: Read> {
    source: Source<R>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset of `buffer[start]` in the capture.
    offset: u64,
    finished: bool,
    failure: Option<Failure>,
}

impl<R: Read> Input<R> {
    pub(super) fn new(source: Source<R>) -> Self {
        Input {
            source,
            buffer: vec![0; WINDOW_BYTES],
            start: 0,
            end: 0,
            offset: 0,
            finished: false,
            failure: None,
        }
    }

    /// Offset in the capture of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        self.source.stored_bytes()
    }

    /// Reads what is left of the stored file; gives its length, or the medium's failure.
    pub(super) fn drain(&mut self) -> Result<u64, String> {
        self.source.drain()
    }

    /// Why the bytes ended before their time, once they have.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// What is in the window now.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads until `want` bytes are in the window or the capture ends; returns how many are there.
    #[inline]
    pub(super) fn fill(&mut self, want: usize) -> usize {
        if self.end - self.start < want {
            self.refill(want);
        }
        self.end - self.start
    }

    #[cold]
    fn refill(&mut self, want: usize) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end < want && !self.finished {
            if self.end == self.buffer.len() {
                // Doubling as bytes arrive: a lying length cannot make us allocate.
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.source.read(room) {
                Ok(0) => self.finished = true,
                Ok(n) => self.end += n,
                Err(failure) => {
                    self.finished = true;
                    self.failure = Some(failure);
                }
            }
        }
    }

    /// Moves past `n` bytes that are in the window and says where in [`Input::kept`] they stand.
    #[inline]
    pub(super) fn take(&mut self, n: usize) -> std::ops::Range<usize> {
        let n = n.min(self.end - self.start);
        let range = self.start..self.start + n;
        self.start += n;
        self.offset += n as u64;
        range
    }

    /// Bytes taken last; valid until the next `fill`.
    #[inline]
    pub(super) fn kept(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Moves past `n` bytes, however many; false when the capture ends before.
    pub(super) fn skip(&mut self, mut n: u64) -> bool {
        loop {
            let here = (self.fill(1) as u64).min(n);
            self.take(here as usize);
            n -= here;
            if n == 0 {
                return true;
            }
            if here == 0 {
                return false;
            }
        }
    }
}
