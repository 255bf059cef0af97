//! One direction of an HTTP/2 connection: its frames. Field blocks are in `block`, what happens at missing bytes in `lost`.

use super::block::Block;
use super::event::{H2Event, Out};
use super::frame::{Frame, Kind, END_STREAM, FIRST_MAX, HEADER, PADDED, PREFACE};
use super::hpack::{Bounds, Hpack};
use crate::anomaly;
use crate::record::{Dir, Odd};

/// Bytes of GOAWAY before its debug data (RFC 9113, section 6.8).
const GO_AWAY: u32 = 8;

/// One direction.
pub(super) struct Side {
    pub(super) dir: Dir,
    pub(super) state: State,
    pub(super) hpack: Hpack,
    /// Offset of the next byte to take.
    pub(super) offset: u64,
    /// The frame being read, and how much of its payload is left.
    pub(super) frame: Frame,
    pub(super) left: u32,
    /// Of `left`, padding at the end.
    pub(super) padding: u32,
    /// A byte of the padding was not zero.
    padding_speaks: bool,
    /// Bytes of an unfinished frame header, of a field block, or of a search; empty between frames.
    pub(super) held: Vec<u8>,
    pub(super) block: Option<Block>,
    /// Largest frame seen; a search believes no larger one.
    pub(super) largest: u32,
    /// A frame was seen.
    pub(super) begun: bool,
    /// Framing was lost at missing bytes.
    pub(super) after_gap: bool,
    /// Fields from before the capture were told.
    pub(super) told_unknown: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Before the client's preface, or in it.
    Preface,
    /// Before a frame, or in its header.
    Header,
    /// Before the length of the padding of DATA.
    PadLength,
    Data,
    /// In a frame that carries a field block.
    Block,
    /// In a frame whose content is not needed.
    Skip,
    /// In the last stream and the error code of GOAWAY; words for people follow.
    GoAway,
    /// In a frame that says something to the connection in its own words.
    Words,
    /// In a frame of an unfamiliar type.
    Other,
    /// Framing is lost: looking for the next frame.
    Searching,
}

impl Side {
    pub fn new(dir: Dir) -> Self {
        Side {
            dir,
            state: if dir == Dir::Client {
                State::Preface
            } else {
                State::Header
            },
            hpack: Hpack::new(false),
            offset: 0,
            frame: Frame::parse(&[0; HEADER]),
            left: 0,
            padding: 0,
            padding_speaks: false,
            held: Vec::new(),
            block: None,
            largest: FIRST_MAX,
            begun: false,
            after_gap: false,
            told_unknown: false,
        }
    }

    /// Bytes that its dynamic table counts.
    pub fn table_bytes(&self) -> usize {
        self.hpack.size()
    }

    /// Lets go of the oldest entries of its dynamic table.
    pub fn shrink_table(&mut self, bytes: usize) {
        self.hpack.shrink(bytes);
    }

    pub fn feed(&mut self, bytes: &[u8], bounds: Bounds, out: Out<'_>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = self.step(rest, bounds, out);
            rest = &rest[taken..];
        }
    }

    /// Takes some of `bytes`; how many.
    fn step(&mut self, bytes: &[u8], bounds: Bounds, out: Out<'_>) -> usize {
        let there = bytes.len().min(self.left as usize);
        match self.state {
            State::Preface => return self.preface(bytes, bounds, out),
            State::Header => return self.header(bytes, bounds, out),
            State::Searching => return self.search(bytes, bounds, out),
            State::PadLength => {
                self.padding = u32::from(bytes[0]);
                self.take(1);
                if self.padding > self.left {
                    self.odd(
                        anomaly::Kind::HttpMalformed,
                        "padding longer than its frame",
                        out,
                    );
                    self.padding = self.left;
                }
                self.state = State::Data;
                self.end_if_done(bounds, out);
                return 1;
            }
            State::Data => {
                let content = self.left.saturating_sub(self.padding) as usize;
                let taken = if content > 0 {
                    let taken = there.min(content);
                    out(H2Event::Body {
                        dir: self.dir,
                        stream: self.frame.stream,
                        bytes: &bytes[..taken],
                    });
                    taken
                } else {
                    self.pad(&bytes[..there], out);
                    there
                };
                self.take(taken);
                self.end_if_done(bounds, out);
                return taken;
            }
            State::Block => {
                if self.block.is_some_and(|block| !block.spoiled) {
                    self.held.extend_from_slice(&bytes[..there]);
                }
            }
            State::Words => out(H2Event::Body {
                dir: self.dir,
                stream: 0,
                bytes: &bytes[..there],
            }),
            State::Other => self.unknown(&bytes[..there], out),
            State::Skip | State::GoAway => {}
        }
        self.take(there);
        self.end_if_done(bounds, out);
        there
    }

    /// Padding is zeros (RFC 9113, section 6.1); from another byte on it is something that is said.
    fn pad(&mut self, bytes: &[u8], out: Out<'_>) {
        let zeros = if self.padding_speaks {
            0
        } else {
            bytes.iter().take_while(|byte| **byte == 0).count()
        };
        self.padding_speaks |= zeros < bytes.len();
        self.unknown(&bytes[zeros..], out);
    }

    fn take(&mut self, taken: usize) {
        self.offset += taken as u64;
        self.left -= taken as u32;
    }

    fn preface(&mut self, bytes: &[u8], bounds: Bounds, out: Out<'_>) -> usize {
        let known = self.held.len();
        let taken = bytes.len().min(PREFACE.len() - known);
        self.held.extend_from_slice(&bytes[..taken]);
        if !PREFACE.starts_with(&self.held) {
            // It begins with a frame: the preface came before the capture, or was taken by another reader.
            let held = std::mem::take(&mut self.held);
            self.state = State::Header;
            self.feed(&held, bounds, out);
            return taken;
        }
        if self.held.len() == PREFACE.len() {
            self.held = Vec::new();
            self.offset += PREFACE.len() as u64;
            self.state = State::Header;
            self.begun = true;
            self.hpack = Hpack::new(true);
        }
        taken
    }

    fn header(&mut self, bytes: &[u8], bounds: Bounds, out: Out<'_>) -> usize {
        let mut header = [0; HEADER];
        // A field block that waits for its continuation stands before the header in `held`.
        let at = self.block.map_or(0, |block| block.frame_at);
        let have = self.held.len() - at;
        let taken = bytes.len().min(HEADER - have);
        self.offset += taken as u64;
        if have + taken < HEADER {
            self.held.extend_from_slice(&bytes[..taken]);
            return taken;
        }
        header[..have].copy_from_slice(&self.held[at..]);
        header[have..].copy_from_slice(&bytes[..taken]);
        self.held.truncate(at);
        self.begin(&header, bounds, out);
        taken
    }

    /// A frame begins.
    fn begin(&mut self, header: &[u8; HEADER], bounds: Bounds, out: Out<'_>) {
        let frame = Frame::parse(header);
        if !frame.is_sound() {
            self.offset -= HEADER as u64;
            self.odd(
                anomaly::Kind::HttpMalformed,
                "no frame of HTTP/2 begins here",
                out,
            );
            self.drop_block(out);
            self.hpack.lost();
            self.state = State::Searching;
            // Not at the same place again.
            self.unknown(&header[..1], out);
            self.offset += 1;
            self.held.extend_from_slice(&header[1..]);
            return;
        }
        if !std::mem::replace(&mut self.begun, true)
            && frame.kind == Kind::Settings
            && !frame.has(1)
        {
            self.hpack = Hpack::new(true);
        }
        self.frame = frame;
        self.left = frame.len;
        self.padding = 0;
        self.padding_speaks = false;
        self.largest = self.largest.max(frame.len);
        let continues = frame.kind == Kind::Continuation
            && self.block.is_some_and(|block| block.stream == frame.stream);
        if self.block.is_some() && !continues {
            self.odd(
                anomaly::Kind::HttpMalformed,
                "a field block without its end",
                out,
            );
            self.drop_block(out);
            self.hpack.lost();
        }
        self.state = match frame.kind {
            Kind::Data if frame.has(PADDED) && frame.len > 0 => State::PadLength,
            Kind::Data => State::Data,
            Kind::Headers | Kind::PushPromise | Kind::Continuation => {
                self.begin_block(continues);
                if self.held.len() + frame.len as usize > bounds.list {
                    self.spoil(out);
                }
                State::Block
            }
            Kind::Reset => {
                out(H2Event::Reset {
                    dir: self.dir,
                    stream: frame.stream,
                });
                State::Skip
            }
            Kind::GoAway => {
                self.left = GO_AWAY;
                State::GoAway
            }
            Kind::Other(0xa | 0xc | 0x10) => State::Words,
            Kind::Other(_) => State::Other,
            _ => State::Skip,
        };
        self.end_if_done(bounds, out);
    }

    pub(super) fn end_if_done(&mut self, bounds: Bounds, out: Out<'_>) {
        if self.left > 0 {
            return;
        }
        let frame = self.frame;
        match self.state {
            State::Data if frame.has(END_STREAM) => out(H2Event::End {
                dir: self.dir,
                stream: frame.stream,
            }),
            State::Block => self.end_block_frame(bounds, out),
            State::GoAway if frame.len > GO_AWAY => {
                self.left = frame.len - GO_AWAY;
                self.state = State::Words;
                return;
            }
            _ => {}
        }
        self.state = State::Header;
    }

    pub(super) fn unknown(&self, bytes: &[u8], out: Out<'_>) {
        if !bytes.is_empty() {
            out(H2Event::Unknown {
                dir: self.dir,
                bytes,
                after_gap: self.after_gap,
            });
        }
    }

    pub(super) fn odd(&self, kind: anomaly::Kind, detail: &str, out: Out<'_>) {
        out(H2Event::Odd(Odd {
            kind,
            offset: self.offset,
            detail: detail.to_owned(),
        }));
    }
}
