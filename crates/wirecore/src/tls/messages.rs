//! Handshake messages of one direction: bodies of handshake records in, whole messages out.

/// Puts together messages that are cut over records, or several of which share one.
#[derive(Default)]
pub(crate) struct Messages {
    buf: Vec<u8>,
    at: usize,
    /// Bytes of a message beyond the bound that are still to be skipped.
    skip: usize,
    /// A part was lost: the next record may begin anywhere in a message.
    lost: bool,
}

/// A whole message, or one that was too long to keep.
pub(crate) enum Message {
    Whole { kind: u8, bytes: Vec<u8> },
    TooLong { kind: u8 },
}

impl Messages {
    /// Adds the body of a handshake record.
    pub fn push(&mut self, mut data: &[u8]) {
        if self.lost {
            // A message that begins here has a known type and a sane length; the middle of one seldom looks so.
            let begins = matches!(data, [0..=26, 0 | 1, ..] if data.len() >= 4);
            if !begins {
                return;
            }
            self.lost = false;
        }
        let n = self.skip.min(data.len());
        self.skip -= n;
        data = &data[n..];
        self.buf.extend_from_slice(data);
    }

    /// The next whole message; `bytes` includes its header of four.
    pub fn next(&mut self, bound: usize) -> Option<Message> {
        let rest = &self.buf[self.at..];
        if rest.len() < 4 {
            self.compact();
            return None;
        }
        let (kind, len) = (
            rest[0],
            usize::from(rest[1]) << 16 | usize::from(rest[2]) << 8 | usize::from(rest[3]),
        );
        if len > bound {
            let here = rest.len() - 4;
            self.skip = len.saturating_sub(here);
            self.at += 4 + len.min(here);
            return Some(Message::TooLong { kind });
        }
        let Some(bytes) = rest.get(..4 + len) else {
            self.compact();
            return None;
        };
        let bytes = bytes.to_vec();
        self.at += 4 + len;
        Some(Message::Whole { kind, bytes })
    }

    fn compact(&mut self) {
        if self.at == self.buf.len() {
            self.buf = Vec::new();
        } else {
            self.buf.drain(..self.at);
        }
        self.at = 0;
    }

    /// A record of this direction was lost. Returns the begun message, header included.
    pub fn lose(&mut self) -> Vec<u8> {
        let begun = self.buf.split_off(self.at.min(self.buf.len()));
        *self = Messages {
            lost: true,
            ..Messages::default()
        };
        begun
    }

    pub fn held(&self) -> usize {
        self.buf.capacity()
    }
}
