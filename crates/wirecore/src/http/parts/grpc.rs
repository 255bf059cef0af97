//! gRPC's frames: a flag, a length, a message (the protocol over HTTP/2: "Length-Prefixed-Message"; gRPC-web puts its
//! trailers into a frame with the highest flag, and may write all of it in base64).

use super::base64::Base64;
use super::{Out, Part};

/// Flag and length.
const HEADER: usize = 5;
const COMPRESSED: u8 = 1;
const TRAILERS: u8 = 0x80;
/// A length beyond it is not believed where nothing says that a body is gRPC.
const LIKELY_BYTES: u32 = 1 << 24;

/// Takes messages out of a body.
#[derive(Debug, Default)]
pub(super) struct Grpc {
    web: bool,
    text: Option<Base64>,
    frames: Frames,
    /// What a text holds is no frame any more: the rest of it is decoded as one message.
    lost: bool,
}

#[derive(Debug, Default)]
struct Frames {
    header: [u8; HEADER],
    have: usize,
    left: u32,
}

/// Whether a body whose head was not seen begins like gRPC.
pub(super) fn begins(first: &[u8]) -> bool {
    let Some([flag, length @ ..]) = first.first_chunk::<HEADER>() else {
        return false;
    };
    let length = u32::from_be_bytes(*length);
    *flag <= COMPRESSED && (1..LIKELY_BYTES).contains(&length)
}

impl Grpc {
    /// gRPC-web; `text` when all of it is in base64.
    pub fn web(text: bool) -> Self {
        Grpc {
            web: true,
            text: text.then(Base64::default),
            ..Grpc::default()
        }
    }

    pub fn is_web(&self) -> bool {
        self.web
    }

    /// Takes bytes; how many are left where they are no gRPC any more.
    pub fn feed(&mut self, bytes: &[u8], out: Out<'_>) -> Option<usize> {
        let Grpc {
            text, frames, lost, ..
        } = self;
        let Some(text) = text else {
            return frames.feed(bytes, out);
        };
        let mut decoded = Vec::new();
        // In pieces, so that a long body needs no buffer of its size.
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(4096));
            decoded.clear();
            let stopped = text.feed(piece, &mut decoded);
            let mut left = decoded.len();
            if !*lost {
                let lost_here = frames.feed(&decoded, out);
                *lost = lost_here.is_some();
                left = lost_here.unwrap_or(0);
                if *lost {
                    out(Part::Begin { coded: false });
                }
            }
            if left > 0 {
                out(Part::Bytes(&decoded[decoded.len() - left..]));
            }
            if let Some(left) = stopped {
                return Some(left + after.len());
            }
            rest = after;
        }
        None
    }
}

impl Frames {
    fn feed(&mut self, bytes: &[u8], out: Out<'_>) -> Option<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.left > 0 {
                let taken = rest.len().min(self.left as usize);
                out(Part::Bytes(&rest[..taken]));
                self.left -= taken as u32;
                rest = &rest[taken..];
                if self.left == 0 {
                    out(Part::End);
                }
                continue;
            }
            let taken = rest.len().min(HEADER - self.have);
            self.header[self.have..self.have + taken].copy_from_slice(&rest[..taken]);
            self.have += taken;
            let flag = self.header[0];
            if flag & !(COMPRESSED | TRAILERS) != 0 {
                return Some(rest.len());
            }
            rest = &rest[taken..];
            if self.have == HEADER {
                let [_, length @ ..] = self.header;
                self.left = u32::from_be_bytes(length);
                self.have = 0;
                out(Part::Begin {
                    coded: flag & COMPRESSED != 0,
                });
                if self.left == 0 {
                    out(Part::End);
                }
            }
        }
        None
    }
}
