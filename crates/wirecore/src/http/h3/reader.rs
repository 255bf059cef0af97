//! One direction of one stream: where in its frames it stands (RFC 9114, sections 6 and 7).

use crate::quic::varint;

/// Stream types (RFC 9114, section 6.2; RFC 9204, section 4.2).
mod kind {
    pub const CONTROL: u64 = 0;
    pub const PUSH: u64 = 1;
    pub const ENCODER: u64 = 2;
    pub const DECODER: u64 = 3;
}

/// Frame types (RFC 9114, section 7.2; RFC 9218, section 7.1).
pub(super) mod frame {
    pub const DATA: u64 = 0;
    pub const HEADERS: u64 = 1;
    pub const CANCEL_PUSH: u64 = 3;
    pub const SETTINGS: u64 = 4;
    pub const PUSH_PROMISE: u64 = 5;
    pub const GOAWAY: u64 = 7;
    pub const MAX_PUSH_ID: u64 = 13;
    pub const PRIORITY_UPDATE: [u64; 2] = [0xf_0700, 0xf_0701];
}

/// What a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A stream of one direction whose type has not come.
    Untyped,
    /// A pushed answer whose number has not come.
    PushId,
    /// Requests, answers.
    Messages,
    Control,
    Encoder,
    Decoder,
    /// Another type, or framing was lost.
    Unknown {
        after_gap: bool,
    },
}

/// Where in a frame it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// Before or in a frame's type and length.
    Head,
    /// In a body; so many bytes are left of its frame.
    Data(u64),
    /// In a frame that is read whole.
    Whole { frame: u64, len: u64 },
    /// In a frame whose content says nothing here, or whose type is not known.
    Pass { known: bool, left: u64 },
}

/// What waits for entries of the dynamic table.
pub(super) enum Held {
    Bytes(Vec<u8>),
    Gap(u64),
    End,
    Reset,
}

pub(super) struct Reader {
    pub role: Role,
    pub at: At,
    /// A frame head or whole frame whose end has not come.
    pub buf: Vec<u8>,
    /// Bytes of the stream that were taken, and where the frame begins that is being read.
    pub offset: u64,
    pub frame_at: u64,
    /// How many entries a field section needs that waits in `buf`, and what came after it.
    pub blocked: Option<u64>,
    pub held: Vec<Held>,
    /// A part of it was missing or not read.
    pub spoilt: bool,
}

/// The next step of a reader.
pub(super) enum Step<'a> {
    /// Nothing more in this piece.
    More,
    Body(&'a [u8]),
    /// The content of a frame that is read whole stands in `buf`.
    Frame(u64),
    Encoder(&'a [u8]),
    Unknown {
        bytes: &'a [u8],
        after_gap: bool,
    },
    /// A frame that is too long to be read whole; its bytes pass unread.
    TooLong(u64),
}

impl Reader {
    /// Memory held, bytes.
    pub fn held_bytes(&self) -> usize {
        let held = self.held.iter().map(|held| match held {
            Held::Bytes(bytes) => bytes.capacity(),
            Held::Gap(_) | Held::End | Held::Reset => 0,
        });
        size_of::<Self>() + self.buf.capacity() + held.sum::<usize>()
    }

    pub fn new(stream: u64) -> Self {
        // Streams whose second bit is set go one way (RFC 9000, section 2.1).
        let role = if stream & 2 == 0 {
            Role::Messages
        } else {
            Role::Untyped
        };
        Reader {
            role,
            at: At::Head,
            buf: Vec::new(),
            offset: 0,
            frame_at: 0,
            blocked: None,
            held: Vec::new(),
            spoilt: false,
        }
    }

    /// Memory that waits.
    pub fn waiting(&self) -> usize {
        let held = self.held.iter().map(|held| match held {
            Held::Bytes(bytes) => bytes.len() + 32,
            _ => 32,
        });
        self.buf.len() + held.sum::<usize>()
    }

    /// Takes the next step in `bytes`; what it used is taken off them. `bound` is the longest frame that is read whole.
    pub fn step<'a>(&mut self, bytes: &mut &'a [u8], bound: usize) -> Step<'a> {
        while !bytes.is_empty() {
            match self.role {
                Role::Untyped | Role::PushId => {
                    if let Some(value) = self.int(bytes) {
                        self.role = match (self.role, value) {
                            (Role::PushId, _) => Role::Messages,
                            (_, kind::CONTROL) => Role::Control,
                            (_, kind::PUSH) => Role::PushId,
                            (_, kind::ENCODER) => Role::Encoder,
                            (_, kind::DECODER) => Role::Decoder,
                            _ => Role::Unknown { after_gap: false },
                        };
                    }
                }
                Role::Encoder => return Step::Encoder(self.all(bytes)),
                Role::Decoder => {
                    self.all(bytes);
                }
                Role::Unknown { after_gap } => {
                    let bytes = self.all(bytes);
                    return Step::Unknown { bytes, after_gap };
                }
                Role::Messages | Role::Control => match self.at {
                    At::Head => {
                        if let Some(step) = self.head(bytes, bound) {
                            return step;
                        }
                    }
                    At::Data(left) => {
                        let piece = self.some(bytes, left);
                        self.at = Self::after(At::Data(left - piece.len() as u64));
                        return Step::Body(piece);
                    }
                    At::Pass { known, left } => {
                        let piece = self.some(bytes, left);
                        let left = left - piece.len() as u64;
                        self.at = Self::after(At::Pass { known, left });
                        if !known {
                            return Step::Unknown {
                                bytes: piece,
                                after_gap: false,
                            };
                        }
                    }
                    At::Whole { frame, len } => {
                        let piece = self.some(bytes, len - self.buf.len() as u64);
                        self.buf.extend_from_slice(piece);
                        if self.buf.len() as u64 == len {
                            return Step::Frame(frame);
                        }
                    }
                },
            }
        }
        Step::More
    }

    fn after(at: At) -> At {
        match at {
            At::Data(0) | At::Pass { left: 0, .. } => At::Head,
            at => at,
        }
    }

    fn all<'a>(&mut self, bytes: &mut &'a [u8]) -> &'a [u8] {
        self.some(bytes, u64::MAX)
    }

    fn some<'a>(&mut self, bytes: &mut &'a [u8], n: u64) -> &'a [u8] {
        let n = n.min(bytes.len() as u64) as usize;
        let (head, rest) = bytes.split_at(n);
        *bytes = rest;
        self.offset += n as u64;
        head
    }

    /// An integer that may come in pieces.
    fn int(&mut self, bytes: &mut &[u8]) -> Option<u64> {
        loop {
            if let Some((value, _)) = varint(&self.buf) {
                self.buf.clear();
                return Some(value);
            }
            let byte = self.some(bytes, 1);
            if byte.is_empty() {
                return None;
            }
            self.buf.extend_from_slice(byte);
        }
    }

    /// A frame's type and length.
    fn head<'a>(&mut self, bytes: &mut &'a [u8], bound: usize) -> Option<Step<'a>> {
        let (kind, len) = loop {
            let head =
                varint(&self.buf).and_then(|(kind, n)| Some((kind, varint(self.buf.get(n..)?)?.0)));
            if let Some(head) = head {
                break head;
            }
            let byte = self.some(bytes, 1);
            if self.buf.is_empty() {
                self.frame_at = self.offset - byte.len() as u64;
            }
            if byte.is_empty() {
                return None;
            }
            self.buf.extend_from_slice(byte);
        };
        self.buf.clear();
        let whole = matches!(kind, frame::HEADERS | frame::PUSH_PROMISE | frame::SETTINGS);
        let known = matches!(
            kind,
            frame::CANCEL_PUSH | frame::GOAWAY | frame::MAX_PUSH_ID
        ) || frame::PRIORITY_UPDATE.contains(&kind);
        if whole && len > bound as u64 {
            self.at = Self::after(At::Pass {
                known: true,
                left: len,
            });
            self.spoilt = true;
            return Some(Step::TooLong(len));
        }
        self.at = match kind {
            frame::DATA if self.role == Role::Messages => Self::after(At::Data(len)),
            _ if whole => At::Whole { frame: kind, len },
            _ => Self::after(At::Pass { known, left: len }),
        };
        (whole && len == 0).then_some(Step::Frame(kind))
    }

    /// Bytes are missing. Inside a frame the framing holds.
    pub fn gap(&mut self, len: u64) -> bool {
        self.offset += len;
        self.spoilt = true;
        let left = match self.at {
            At::Data(left) | At::Pass { left, .. } => left,
            At::Whole { len, .. } => len - self.buf.len() as u64,
            At::Head => 0,
        };
        let framed = matches!(self.role, Role::Messages | Role::Control);
        if framed && len <= left {
            let begun = std::mem::take(&mut self.buf);
            self.at = Self::after(match self.at {
                At::Data(left) => At::Data(left - len),
                At::Pass { known, left } => At::Pass {
                    known,
                    left: left - len,
                },
                // What is left of a section says nothing any more.
                At::Whole { len: all, .. } => At::Pass {
                    known: false,
                    left: all - begun.len() as u64 - len,
                },
                At::Head => At::Head,
            });
            return true;
        }
        if self.role != Role::Decoder {
            self.role = Role::Unknown { after_gap: true };
        }
        self.buf = Vec::new();
        false
    }
}
