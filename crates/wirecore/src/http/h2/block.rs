//! The field blocks of one direction: collected from HEADERS, PUSH_PROMISE and CONTINUATION, decoded when whole
//! (RFC 9113, section 4.3).

use super::event::{H2Event, Out};
use super::frame::{Frame, Kind, END_HEADERS, END_STREAM, HEADER, PADDED, PRIORITY};
use super::hpack::Bounds;
use super::side::Side;
use crate::anomaly;
use crate::http::fields::Fields;

/// A field block of which not all frames have come.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub stream: u32,
    /// Stream that the fields are about; another one for a push promise.
    pub about: u32,
    pub ends_stream: bool,
    pub offset: u64,
    /// Bytes of its frames so far.
    pub bytes: u64,
    /// Where the payload of the current frame begins in `held`.
    pub frame_at: usize,
    /// A part of it is missing, or it is beyond the bound.
    pub spoiled: bool,
}

impl Side {
    pub(super) fn begin_block(&mut self, continues: bool) {
        let frame = self.frame;
        let size = HEADER as u64 + u64::from(frame.len);
        match &mut self.block {
            Some(block) if continues => {
                block.bytes += size;
                block.frame_at = self.held.len();
            }
            _ => {
                self.block = Some(Block {
                    stream: frame.stream,
                    about: frame.stream,
                    ends_stream: frame.kind == Kind::Headers && frame.has(END_STREAM),
                    offset: self.offset - HEADER as u64,
                    bytes: size,
                    frame_at: 0,
                    // Its beginning was not seen.
                    spoiled: frame.kind == Kind::Continuation,
                });
            }
        }
    }

    /// The frame of a field block has ended: what surrounds the fragment goes, and a whole block is decoded.
    pub(super) fn end_block_frame(&mut self, bounds: Bounds, out: Out<'_>) {
        let Some(mut block) = self.block else { return };
        if !block.spoiled && self.frame.kind != Kind::Continuation {
            if let Some((promised, range)) = fragment(self.frame, &self.held[block.frame_at..]) {
                block.about = promised.unwrap_or(block.about);
                self.held.truncate(block.frame_at + range.end);
                self.held
                    .drain(block.frame_at..block.frame_at + range.start);
            } else {
                let why = "a frame shorter than its own fields";
                self.odd(anomaly::Kind::HttpMalformed, why, out);
                block.spoiled = true;
                self.held = Vec::new();
            }
        }
        block.frame_at = self.held.len();
        self.block = Some(block);
        if !self.frame.has(END_HEADERS) {
            return;
        }
        self.block = None;
        let held = std::mem::take(&mut self.held);
        if block.spoiled {
            self.hpack.lost();
            out(H2Event::Unread {
                dir: self.dir,
                bytes: block.bytes,
            });
        } else {
            self.decode(&block, &held, bounds, out);
        }
        if block.ends_stream {
            out(H2Event::End {
                dir: self.dir,
                stream: block.stream,
            });
        }
    }

    fn decode(&mut self, block: &Block, bytes: &[u8], bounds: Bounds, out: Out<'_>) {
        let mut fields = Fields::for_section(bytes.len());
        if let Err(damage) = self.hpack.decode(bytes, bounds, &mut fields) {
            self.odd(
                anomaly::Kind::HttpMalformed,
                &format!("field block: {}", damage.0),
                out,
            );
            self.hpack.lost();
        } else if fields.unresolved > 0 && !std::mem::replace(&mut self.told_unknown, true) {
            self.odd(
                anomaly::Kind::HeadersUnknown,
                &format!("{} fields of one block", fields.unresolved),
                out,
            );
        }
        if fields.cut {
            self.odd(
                anomaly::Kind::BoundReached,
                "http_head_bytes: more fields than the bound",
                out,
            );
        }
        let cut = if fields.cut { bytes.len() as u64 } else { 0 };
        out(H2Event::Fields {
            dir: self.dir,
            stream: block.about,
            fields: &fields.headers(),
            offset: block.offset,
            bytes: block.bytes,
            unread: fields.unread.max(cut),
        });
    }

    /// The open field block cannot be read; its frames are still followed.
    pub(super) fn spoil(&mut self, out: Out<'_>) {
        let why = "http_head_bytes: a field block beyond the bound";
        self.odd(anomaly::Kind::BoundReached, why, out);
        self.held = Vec::new();
        if let Some(block) = &mut self.block {
            block.spoiled = true;
            block.frame_at = 0;
        }
    }

    pub(super) fn drop_block(&mut self, out: Out<'_>) {
        if let Some(block) = self.block.take() {
            self.held = Vec::new();
            out(H2Event::Unread {
                dir: self.dir,
                bytes: block.bytes,
            });
        }
    }
}

/// Where the fragment of a field block stands in the payload of HEADERS or PUSH_PROMISE, and the promised stream.
fn fragment(frame: Frame, payload: &[u8]) -> Option<(Option<u32>, std::ops::Range<usize>)> {
    let mut start = 0;
    let mut padding = 0;
    if frame.has(PADDED) {
        padding = usize::from(*payload.first()?);
        start = 1;
    }
    let mut promised = None;
    if frame.kind == Kind::PushPromise {
        let stream = payload.get(start..)?.first_chunk::<4>()?;
        promised = Some(u32::from_be_bytes(*stream) & 0x7fff_ffff);
        start += 4;
    } else if frame.has(PRIORITY) {
        start += 5;
    }
    let end = payload.len().checked_sub(padding)?;
    (start <= end).then_some((promised, start..end))
}
