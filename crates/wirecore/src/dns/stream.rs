//! DNS over a stream: each message behind its length of two bytes (RFC 1035 section 4.2.2).

use super::parse_message;
use crate::net::be16;
use crate::record::{Name, Odd};

/// Cuts one direction of a stream into messages. Holds at most one message (64 KiB).
#[derive(Debug, Default)]
pub struct DnsStream {
    buffer: Vec<u8>,
    /// Stream offset of `buffer[0]`.
    offset: u64,
    /// Bytes before the next message are missing: where it begins cannot be known.
    lost: bool,
}

impl DnsStream {
    /// At the begin of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Memory held, bytes: at most one message.
    pub fn held_bytes(&self) -> usize {
        self.buffer.capacity()
    }

    /// Takes the next bytes; rows and oddities (offsets in the stream) come out as messages end.
    pub fn feed(&mut self, bytes: &[u8], out: &mut dyn FnMut(Name), odd: &mut dyn FnMut(Odd)) {
        if self.lost {
            return;
        }
        self.buffer.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(length) = be16(&self.buffer, at) {
            let start = at + 2;
            let Some(message) = self.buffer.get(start..start + usize::from(length)) else {
                break;
            };
            if let Some(mut found) = parse_message(message, out) {
                found.offset += self.offset + start as u64;
                odd(found);
            }
            at = start + usize::from(length);
        }
        self.buffer.drain(..at);
        self.offset += at as u64;
    }

    /// Bytes are missing from the stream: no message border is known behind them.
    pub fn gap(&mut self) {
        self.lost = true;
        self.buffer = Vec::new();
    }
}
