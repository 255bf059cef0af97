//! One direction of an HTTP/2 connection where bytes are missing or are no frame: what is lost with them, and the search
//! for the next frame.

use super::event::{H2Event, Out};
use super::frame::{is_one_frame, look, Look};
use super::hpack::Bounds;
use super::side::{Side, State};

impl Side {
    /// `len` bytes are missing.
    pub fn gap(&mut self, len: u64, bounds: Bounds, out: Out<'_>) {
        let dir = self.dir;
        let in_frame = !matches!(
            self.state,
            State::Preface | State::Header | State::Searching
        );
        if matches!(self.state, State::Data | State::PadLength) {
            out(H2Event::Missing {
                dir,
                stream: Some(self.frame.stream),
            });
        }
        if in_frame && len <= u64::from(self.left) {
            if self.state == State::Block {
                if let Some(block) = &mut self.block {
                    block.spoiled = true;
                    block.frame_at = 0;
                    block.bytes -= len;
                    self.held = Vec::new();
                }
            }
            self.offset += len;
            self.left -= len as u32;
            self.padding = match self.state {
                State::PadLength => {
                    self.state = State::Data;
                    0
                }
                State::Data => self.padding.min(self.left),
                _ => self.padding,
            };
            self.end_if_done(bounds, out);
            return;
        }
        if self.state == State::Searching {
            self.search_end(bounds, out);
        }
        self.drop_block(out);
        let held = std::mem::take(&mut self.held);
        self.unknown(&held, out);
        self.hpack.lost();
        out(H2Event::Missing { dir, stream: None });
        self.offset += len;
        self.begun = true;
        self.after_gap = true;
        self.state = State::Searching;
    }

    /// Takes bytes while framing is lost, up to where a frame begins; how many.
    pub(super) fn search(&mut self, bytes: &[u8], bounds: Bounds, out: Out<'_>) -> usize {
        if self.held.is_empty() {
            let (at, found) = find(bytes, self.largest, false);
            self.unknown(&bytes[..at], out);
            self.offset += at as u64;
            if found {
                self.found();
                return at;
            }
            self.held.extend_from_slice(&bytes[at..]);
            return bytes.len();
        }
        let earlier = self.held.len();
        self.held.extend_from_slice(bytes);
        let (at, found) = find(&self.held, self.largest, false);
        let held = std::mem::take(&mut self.held);
        self.unknown(&held[..at], out);
        self.offset += at as u64;
        if !found {
            self.held = held;
            self.held.drain(..at);
            return bytes.len();
        }
        self.found();
        if at >= earlier {
            return at - earlier;
        }
        // Of what was held only the part of earlier pieces is read here; the rest is fed by the caller.
        self.feed(&held[at..earlier], bounds, out);
        0
    }

    /// At the end of a search: one whole frame is enough.
    fn search_end(&mut self, bounds: Bounds, out: Out<'_>) {
        let held = std::mem::take(&mut self.held);
        let (at, found) = find(&held, self.largest, true);
        self.unknown(&held[..at], out);
        self.offset += at as u64;
        if found {
            self.found();
            self.feed(&held[at..], bounds, out);
        }
    }

    fn found(&mut self) {
        self.state = State::Header;
        self.after_gap = false;
    }

    /// This direction has ended.
    pub fn finish(&mut self, bounds: Bounds, out: Out<'_>) {
        if self.state == State::Searching {
            self.search_end(bounds, out);
        }
        let header = self.held.len() - self.block.map_or(0, |block| block.frame_at);
        if self.state == State::Header && header > 0 {
            out(H2Event::Unread {
                dir: self.dir,
                bytes: header as u64,
            });
        }
        self.drop_block(out);
        self.held = Vec::new();
    }
}

/// Where a frame begins in bytes whose framing is lost, or where it may once more bytes have come; `last`: none will.
fn find(bytes: &[u8], largest: u32, last: bool) -> (usize, bool) {
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        match look(rest, largest) {
            Look::Frames => return (at, true),
            Look::More if last && is_one_frame(rest) => return (at, true),
            Look::More if !last || rest.is_empty() => return (at, false),
            Look::More | Look::Other => at += 1,
        }
    }
}
