//! One direction of a connection: what waits, what was counted, and the search for a start line
//! when framing is lost.

use super::chunked::Chunked;
use super::coding::ContentDecoder;
use super::event::{H1Event, Out};
use super::search::{search, Found, LINE_MAX};
use crate::anomaly::Kind;
use crate::record::{Dir, Odd};
use memchr::memchr;

/// One direction.
pub(super) struct Side {
    pub dir: Dir,
    pub state: State,
    /// Bytes that wait: of an unfinished head, line or trailer section.
    pub held: Vec<u8>,
    /// Stream offset of the next byte to take.
    pub offset: u64,
    /// Stream offset of the open message.
    pub begun: u64,
    /// Messages begun.
    pub messages: u32,
    /// The open message misses bytes.
    pub incomplete: bool,
    /// Undoes a transfer coding below the chunked one.
    pub coding: Option<ContentDecoder>,
}

pub(super) enum State {
    /// Before or in a head; `from`: where to look for its end; `begun`: its start line is one.
    Head {
        from: usize,
        begun: bool,
    },
    /// In a body of known length; `peek`: the answer may be to a HEAD request that was not seen.
    Length {
        left: u64,
        peek: bool,
    },
    Chunked(Chunked),
    UntilClose,
    /// Framing is lost: looking for the next start line.
    Searching,
    /// Not HTTP any more.
    Raw,
}

/// Between two messages.
pub(super) const BETWEEN: State = State::Head {
    from: 0,
    begun: false,
};
/// What is kept of an unfinished line while searching: the longest start line and its end.
const LINE_KEPT: usize = LINE_MAX + 2;

impl Side {
    /// A direction of which nothing was seen yet.
    pub fn new(dir: Dir) -> Self {
        Side {
            dir,
            state: BETWEEN,
            held: Vec::new(),
            offset: 0,
            begun: 0,
            messages: 0,
            incomplete: false,
            coding: None,
        }
    }

    pub fn odd(&self, kind: Kind, detail: String, out: Out<'_>) {
        out(H1Event::Odd(Odd {
            kind,
            offset: self.offset,
            detail,
        }));
    }

    /// What a transfer coding has to say is about the open message.
    pub fn coding_odd(&self, mut odd: Odd, out: Out<'_>) {
        odd.detail.insert_str(0, "transfer coding: ");
        odd.offset = self.begun;
        out(H1Event::Odd(odd));
    }

    pub fn body(&mut self, bytes: &[u8], out: Out<'_>) {
        let dir = self.dir;
        let Some(coding) = &mut self.coding else {
            out(H1Event::Body { dir, bytes });
            return;
        };
        let result = coding.feed(bytes, &mut |bytes| out(H1Event::Body { dir, bytes }));
        if let Err(odd) = result {
            self.incomplete = true;
            self.coding_odd(odd, out);
        }
    }

    /// Held bytes turn out to be of the body.
    pub fn flush_as_body(&mut self, out: Out<'_>) {
        let held = std::mem::take(&mut self.held);
        self.offset += held.len() as u64;
        if !held.is_empty() {
            self.body(&held, out);
        }
    }

    /// Held bytes turn out to be of no message.
    pub fn flush_as_unknown(&mut self, out: Out<'_>) {
        let held = std::mem::take(&mut self.held);
        self.offset += held.len() as u64;
        if !held.is_empty() {
            out(H1Event::Unknown {
                dir: self.dir,
                bytes: &held,
            });
        }
    }

    /// Looks for a start line in `bytes` and what is held; how many bytes were taken.
    pub fn search(&mut self, bytes: &[u8], out: Out<'_>) -> usize {
        if self.held.is_empty() {
            match search(bytes) {
                Found::At(at) => {
                    self.unknown(&bytes[..at], out);
                    self.state = State::Head {
                        from: 0,
                        begun: true,
                    };
                    return at;
                }
                Found::NotBefore(at) => {
                    // Of an unfinished line only the end can matter.
                    let at = at.max(bytes.len().saturating_sub(LINE_KEPT));
                    self.unknown(&bytes[..at], out);
                    self.held.extend_from_slice(&bytes[at..]);
                    return bytes.len();
                }
            }
        }
        let line_end = memchr(b'\n', bytes).map(|at| at + 1);
        let taken = line_end.unwrap_or(bytes.len());
        self.hold_line(&bytes[..taken], out);
        if line_end.is_some() {
            let line = std::mem::take(&mut self.held);
            let at = match search(&line) {
                Found::At(at) => at,
                Found::NotBefore(_) => line.len(),
            };
            self.unknown(&line[..at], out);
            if at < line.len() {
                self.held.extend_from_slice(&line[at..]);
                self.state = State::Head {
                    from: 0,
                    begun: true,
                };
            }
        }
        taken
    }

    /// Lengthens the unfinished line, and lets go what is too far from its end to matter.
    fn hold_line(&mut self, more: &[u8], out: Out<'_>) {
        let excess = (self.held.len() + more.len()).saturating_sub(LINE_KEPT);
        // Letting go in large pieces keeps the cost linear when bytes come one by one.
        if excess == 0 || excess < LINE_KEPT && !more.ends_with(b"\n") {
            self.held.extend_from_slice(more);
            return;
        }
        let old = excess.min(self.held.len());
        let kept = self.held.split_off(old);
        let gone = std::mem::replace(&mut self.held, kept);
        self.unknown(&gone, out);
        let (gone, kept) = more.split_at(excess - old);
        self.unknown(gone, out);
        self.held.extend_from_slice(kept);
    }

    pub fn unknown(&mut self, bytes: &[u8], out: Out<'_>) {
        self.offset += bytes.len() as u64;
        if !bytes.is_empty() {
            out(H1Event::Unknown {
                dir: self.dir,
                bytes,
            });
        }
    }
}
