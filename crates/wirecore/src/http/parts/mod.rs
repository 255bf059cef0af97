//! Bodies that are sequences of messages: the bytes of a body in, its messages out. gRPC and gRPC-web, server-sent
//! events, WebSocket.
//!
//! "Need more" is silence. Nothing is held but a frame's head: the pieces of a message come out as they are fed. Where
//! the framing cannot be read the rest of the body is one message, so that it is still looked at.

pub(crate) mod base64;
mod grpc;
mod sse;
mod websocket;

pub(crate) use websocket::spoken as websocket_spoken;
pub use websocket::Deflate;

use crate::limits::Limits;
use crate::record::Odd;
use grpc::Grpc;
use sse::Events;
use websocket::WebSocket;

/// What a body holds, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A message begins.
    Begin {
        /// It is compressed, by the coding that the body's head names.
        coded: bool,
    },
    /// Bytes of the message that has begun.
    Bytes(&'a [u8]),
    /// It is whole.
    End,
    /// A small whole message, maybe between the pieces of another one.
    Aside(&'a [u8]),
    /// Bytes that cannot be read.
    Unread(u64),
    /// Something odd; its offset is in the body.
    Odd(Odd),
}

/// Takes parts as they come.
pub(crate) type Out<'o> = &'o mut dyn FnMut(Part<'_>);

/// Takes the messages out of one body.
pub struct Parts {
    framing: Framing,
    /// A message is open.
    open: bool,
    /// Framing was lost: what follows is one message.
    raw: bool,
}

enum Framing {
    Grpc(Grpc),
    Events(Events),
    WebSocket(Box<WebSocket>),
}

impl Parts {
    /// For a body of this type, when it holds messages. `from_server` when it comes from the side that answers: only
    /// there are events taken apart, since what they leave out (comments, names) could hold something that is sent.
    pub fn of_type(content_type: &str, from_server: bool) -> Option<Parts> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let essence = essence.to_ascii_lowercase();
        let framing = match essence.as_str() {
            "text/event-stream" if from_server => Framing::Events(Events::default()),
            _ if essence.starts_with("application/grpc-web-text") => Framing::Grpc(Grpc::web(true)),
            _ if essence.starts_with("application/grpc-web") => Framing::Grpc(Grpc::web(false)),
            _ if essence.starts_with("application/grpc") => Framing::Grpc(Grpc::default()),
            _ => return None,
        };
        Some(Parts::of(framing))
    }

    /// For a body without a head: gRPC, when it begins like it.
    pub fn of_first(first: &[u8]) -> Option<Parts> {
        grpc::begins(first).then(|| Parts::of(Framing::Grpc(Grpc::default())))
    }

    /// For one direction of a WebSocket.
    pub fn websocket(deflate: Option<Deflate>, limits: &Limits) -> Parts {
        Parts::of(Framing::WebSocket(Box::new(WebSocket::new(
            deflate, limits,
        ))))
    }

    fn of(framing: Framing) -> Parts {
        Parts {
            framing,
            open: false,
            raw: false,
        }
    }

    /// What rows of its messages call the protocol.
    pub fn protocol(&self) -> &'static str {
        match &self.framing {
            Framing::Grpc(grpc) if grpc.is_web() => "grpc-web",
            Framing::Grpc(_) => "grpc",
            Framing::Events(_) => "sse",
            Framing::WebSocket(_) => "websocket",
        }
    }

    /// True when no message is open, or the open one has no end of its own.
    pub fn is_between(&self) -> bool {
        !self.open || self.raw
    }

    /// True while it holds the window of a decoder.
    pub fn has_decoder(&self) -> bool {
        matches!(&self.framing, Framing::WebSocket(socket) if socket.has_decoder())
    }

    /// Bytes of the body. `may_decode` false when no further decoder may be made: what is compressed stays unread.
    pub fn feed(&mut self, bytes: &[u8], may_decode: bool, out: Out<'_>) {
        if self.raw {
            self.rest(bytes, out);
            return;
        }
        let mut open = self.open;
        let lost = {
            let mut out = |part: Part<'_>| {
                match part {
                    Part::Begin { .. } => open = true,
                    Part::End => open = false,
                    _ => {}
                }
                out(part);
            };
            match &mut self.framing {
                Framing::Grpc(grpc) => grpc.feed(bytes, &mut out),
                Framing::Events(events) => {
                    events.feed(bytes, &mut out);
                    None
                }
                Framing::WebSocket(socket) => socket.feed(bytes, may_decode, &mut out),
            }
        };
        self.open = open;
        if let Some(left) = lost {
            self.raw = true;
            self.rest(&bytes[bytes.len() - left..], out);
        }
    }

    /// Bytes of the body are missing; `len` when it is known how many.
    pub fn gap(&mut self, len: Option<u64>) {
        self.raw |= match &mut self.framing {
            Framing::WebSocket(socket) => !len.is_some_and(|len| socket.gap(len)),
            _ => true,
        };
    }

    /// What follows lost framing. Masked bytes cannot be read without it.
    fn rest(&mut self, bytes: &[u8], out: Out<'_>) {
        if bytes.is_empty() {
            return;
        }
        if let Framing::WebSocket(_) = &self.framing {
            out(Part::Unread(bytes.len() as u64));
            return;
        }
        if !std::mem::replace(&mut self.open, true) {
            out(Part::Begin { coded: false });
        }
        out(Part::Bytes(bytes));
    }
}

#[cfg(test)]
mod tests;
