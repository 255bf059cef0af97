//! Frames (RFC 9000 section 19, RFC 9221): the plaintext of a packet in, its frames out. A type without a known length
//! ends the packet: what follows cannot be found.

use super::packets::{varint, ConnId};

/// A frame, as far as it matters to a reader.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    Crypto {
        offset: u64,
        data: &'a [u8],
    },
    Stream {
        id: u64,
        offset: u64,
        fin: bool,
        data: &'a [u8],
    },
    /// The sender gives its side of a stream up.
    Reset {
        id: u64,
    },
    Datagram {
        data: &'a [u8],
    },
    NewId(ConnId),
    /// The sender closes; an error of TLS is 0x100 and the alert (RFC 9001 section 4.8).
    Close {
        application: bool,
        code: u64,
    },
    HandshakeDone,
    /// Padding, acknowledgements, credit, probes: nothing that is said.
    Other,
}

/// The frames of a packet.
pub(super) struct Frames<'a> {
    rest: &'a [u8],
    google: bool,
}

/// What could not be read: a frame's type, or that it is cut.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub kind: u64,
    /// Bytes of the packet from there on.
    pub bytes: usize,
}

impl<'a> Frames<'a> {
    pub fn new(payload: &'a [u8]) -> Self {
        Frames {
            rest: payload,
            google: false,
        }
    }

    /// The frames of Google's versions: those that carry the handshake; others end the packet without a word.
    pub fn of_google(payload: &'a [u8]) -> Self {
        Frames {
            rest: payload,
            google: true,
        }
    }

    fn int(&mut self) -> Option<u64> {
        let (value, len) = varint(self.rest)?;
        self.rest = &self.rest[len..];
        Some(value)
    }

    fn take(&mut self, n: u64) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(usize::try_from(n).ok()?)?;
        self.rest = rest;
        Some(head)
    }

    fn skip(&mut self, ints: usize) -> Option<Frame<'a>> {
        for _ in 0..ints {
            self.int()?;
        }
        Some(Frame::Other)
    }

    fn frame(&mut self, kind: u64) -> Option<Frame<'a>> {
        let kind = match (self.google, kind) {
            (false, _) | (true, 0x00) => kind,
            (true, 0x08) => 0x06,
            (true, _) => {
                self.rest = &[];
                return Some(Frame::Other);
            }
        };
        match kind {
            // Padding comes in runs.
            0x00 => {
                let zeros = self.rest.iter().take_while(|b| **b == 0).count();
                self.rest = &self.rest[zeros..];
                Some(Frame::Other)
            }
            // PING, IMMEDIATE_ACK (draft-ietf-quic-ack-frequency).
            0x01 | 0x1f => Some(Frame::Other),
            0x02 | 0x03 => {
                self.skip(2)?;
                let ranges = self.int()?;
                self.skip(1)?;
                for _ in 0..ranges {
                    self.skip(2)?;
                }
                self.skip(if kind == 3 { 3 } else { 0 })
            }
            0x04 => {
                let id = self.int()?;
                self.skip(2)?;
                Some(Frame::Reset { id })
            }
            0x05 => self.skip(2),
            0x06 => {
                let offset = self.int()?;
                let len = self.int()?;
                let data = self.take(len)?;
                Some(Frame::Crypto { offset, data })
            }
            0x07 => {
                let len = self.int()?;
                self.take(len)?;
                Some(Frame::Other)
            }
            0x08..=0x0f => {
                let id = self.int()?;
                let offset = if kind & 4 != 0 { self.int()? } else { 0 };
                let len = if kind & 2 != 0 {
                    self.int()?
                } else {
                    self.rest.len() as u64
                };
                let data = self.take(len)?;
                let fin = kind & 1 != 0;
                Some(Frame::Stream {
                    id,
                    offset,
                    fin,
                    data,
                })
            }
            0x10 | 0x12..=0x14 | 0x16 | 0x17 | 0x19 => self.skip(1),
            0x11 | 0x15 => self.skip(2),
            0x18 => {
                self.skip(2)?;
                let len = self.take(1)?[0];
                let id = ConnId::new(self.take(len.into())?)?;
                self.take(16)?;
                Some(Frame::NewId(id))
            }
            0x1a | 0x1b => self.take(8).map(|_| Frame::Other),
            0x1c | 0x1d => {
                let code = self.int()?;
                self.skip(usize::from(kind == 0x1c))?;
                let len = self.int()?;
                self.take(len)?;
                let application = kind == 0x1d;
                Some(Frame::Close { application, code })
            }
            0x1e => Some(Frame::HandshakeDone),
            // RESET_STREAM_AT (draft-ietf-quic-reliable-stream-reset).
            0x24 => {
                let id = self.int()?;
                self.skip(3)?;
                Some(Frame::Reset { id })
            }
            0x30 | 0x31 => {
                let len = if kind & 1 != 0 {
                    self.int()?
                } else {
                    self.rest.len() as u64
                };
                let data = self.take(len)?;
                Some(Frame::Datagram { data })
            }
            // ACK_FREQUENCY.
            0xaf => self.skip(4),
            _ => None,
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let bytes = self.rest.len();
        let kind = self.int();
        let frame = kind.and_then(|kind| self.frame(kind));
        Some(frame.ok_or_else(|| {
            self.rest = &[];
            Unreadable {
                kind: kind.unwrap_or_default(),
                bytes,
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_follow_each_other_and_an_unknown_type_ends_the_packet() {
        let bytes =
            b"\0\0\0\x01\x06\x00\x02hi\x0e\x04\x05\x01x\x02\x05\0\x01\0\x02\x03\x1e\x40\x77rest";
        let frames: Vec<_> = Frames::new(bytes).collect();
        assert_eq!(
            frames,
            [
                Ok(Frame::Other),
                Ok(Frame::Other),
                Ok(Frame::Crypto {
                    offset: 0,
                    data: b"hi"
                }),
                Ok(Frame::Stream {
                    id: 4,
                    offset: 5,
                    fin: false,
                    data: b"x"
                }),
                Ok(Frame::Other),
                Ok(Frame::HandshakeDone),
                Err(Unreadable {
                    kind: 0x77,
                    bytes: 6
                }),
            ]
        );
    }

    #[test]
    fn every_frame_cut_anywhere_is_unreadable_and_never_read_beyond() {
        let frames: [&[u8]; 9] = [
            b"\x03\x05\0\x01\0\x02\x03\x01\x01\x01",
            b"\x04\x04\x01\x09",
            b"\x06\x00\x02hi",
            b"\x0f\x04\x05\x01x",
            b"\x18\x01\x00\x04abcd0123456789abcdef",
            b"\x1a01234567",
            b"\x1c\x41\x30\x06\x02no",
            b"\x31\x02hi",
            b"\x24\x04\x01\x09\x02",
        ];
        for whole in frames {
            assert!(Frames::new(whole).all(|frame| frame.is_ok()), "{whole:?}");
            for cut in 1..whole.len() {
                assert!(
                    Frames::new(&whole[..cut]).any(|frame| frame.is_err()),
                    "{whole:?} at {cut}"
                );
            }
        }
    }

    #[test]
    fn a_million_ranges_in_a_small_packet_end_with_the_packet() {
        let bytes = b"\x02\x05\0\xbf\xff\xff\xff\0\0\0\0";
        assert_eq!(Frames::new(bytes).count(), 1);
    }
}
