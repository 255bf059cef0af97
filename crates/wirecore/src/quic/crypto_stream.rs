//! The handshake's bytes (RFC 9000 section 19.6): CRYPTO frames of one direction and level in, handshake messages out.

use super::assembler::{Assembler, Part};
use crate::tls::{Message, Messages};

#[derive(Default)]
pub(super) struct CryptoStream {
    assembler: Assembler,
    messages: Messages,
}

impl CryptoStream {
    /// Takes in a frame. Pieces that would wait beyond `bound` bytes are dropped: false.
    pub fn push(&mut self, offset: u64, data: &[u8], bound: usize) -> bool {
        let far = (offset + data.len() as u64) > self.assembler.next() + bound as u64;
        if far || self.assembler.held() > 2 * bound {
            return false;
        }
        let messages = &mut self.messages;
        self.assembler.push(offset, data, false, &mut |part| {
            if let Part::Bytes(bytes) = part {
                messages.push(bytes);
            }
        });
        true
    }

    /// The next whole message, with its header of four bytes.
    pub fn next(&mut self, bound: usize) -> Option<Message> {
        self.messages.next(bound)
    }

    /// The message that was begun and will not end.
    pub fn begun(&mut self) -> Vec<u8> {
        self.messages.lose()
    }
}
