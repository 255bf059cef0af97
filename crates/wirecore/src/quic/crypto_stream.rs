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

    /// Memory held, bytes.
    pub fn held(&self) -> usize {
        self.assembler.held() + self.messages.held()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_from_frames_in_any_order() {
        let message = b"\x01\x00\x00\x05hello\x02\x00\x00\x00";
        let mut crypto = CryptoStream::default();
        for at in (0..message.len()).rev() {
            assert!(crypto.push(at as u64, &message[at..=at], 4096));
        }
        assert!(
            matches!(crypto.next(4096), Some(Message::Whole { kind: 1, bytes }) if &bytes[4..] == b"hello")
        );
        assert!(matches!(
            crypto.next(4096),
            Some(Message::Whole { kind: 2, .. })
        ));
        assert!(crypto.next(4096).is_none());
    }

    #[test]
    fn frames_far_ahead_and_floods_of_tiny_ones_are_not_kept() {
        let mut crypto = CryptoStream::default();
        assert!(!crypto.push(1 << 40, b"far", 1024));
        let kept = (1..1000).filter(|n| crypto.push(n * 2 % 1000, b"x", 1024));
        assert!(kept.count() < 100, "each costs its overhead");
        assert!(crypto.assembler.held() < 3 * 1024);
    }
}
