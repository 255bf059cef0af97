//! WebSocket frames of one direction (RFC 6455, section 5), with per-message deflate (RFC 7692).

use flate2::{Decompress, FlushDecompress, Status};

use super::{Out, Part};
use crate::anomaly::Kind;
use crate::limits::Limits;
use crate::record::Odd;

const FINAL: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;
const CONTINUATION: u8 = 0;
const CLOSE: u8 = 8;
/// Largest payload of a control frame (RFC 6455, section 5.5).
const CONTROL_BYTES: u64 = 125;
/// Unmasked and decoded bytes are handed on in pieces of this size.
const PIECE: usize = 16 << 10;
/// What a sender leaves out at the end of a compressed message (RFC 7692, section 7.2.1).
const TAIL: &[u8] = b"\x00\x00\xff\xff";
/// Below this many decoded bytes no ratio is too high.
const RATIO_FLOOR: u64 = 1 << 20;

/// What both sides agreed on for one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deflate {
    /// Each message is compressed for itself.
    pub fresh_each: bool,
}

impl Deflate {
    /// From the `Sec-WebSocket-Extensions` of the answer; `client` for what the client sends.
    pub fn agreed(extensions: &str, client: bool) -> Option<Deflate> {
        let word = if client {
            "client_no_context_takeover"
        } else {
            "server_no_context_takeover"
        };
        extensions
            .split(',')
            .map(|extension| extension.split(';').map(str::trim))
            .find_map(|mut parts| {
                let deflate = parts
                    .next()
                    .is_some_and(|name| name.eq_ignore_ascii_case("permessage-deflate"));
                deflate.then(|| Deflate {
                    fresh_each: parts.any(|part| part.eq_ignore_ascii_case(word)),
                })
            })
    }
}

/// Takes messages out of one direction.
pub(super) struct WebSocket {
    deflate: Option<Deflate>,
    inflate: Option<Decompress>,
    ratio: u64,
    /// Compressed and decoded bytes so far.
    coded: (u64, u64),
    /// Decoding has failed, or may not be done: compressed messages stay unread.
    blind: bool,
    header: [u8; 14],
    have: usize,
    left: u64,
    mask: [u8; 4],
    /// Bytes of the payload taken, for the mask.
    turn: usize,
    in_payload: bool,
    /// The open message is compressed; None between messages.
    message: Option<bool>,
    control: Vec<u8>,
    /// Offset of the next byte.
    offset: u64,
}

/// Whether what both sides say is frames, where the upgrade before them was not seen: the client's are masked and the
/// server's are not. Two whole frames, or one of text, are enough.
pub(crate) fn spoken(first: &[Vec<u8>; 2]) -> bool {
    let (mut frames, mut text) = (0, false);
    for (bytes, client) in first.iter().zip([true, false]) {
        let (mut rest, mut open) = (&bytes[..], false);
        while let [head, second, ..] = *rest {
            let opcode = head & 0xf;
            let Some((frame, length)) = whole_frame(rest) else {
                return false;
            };
            let sound = match opcode {
                CONTINUATION => open && head & COMPRESSED == 0,
                1 | 2 => !open,
                CLOSE..=10 => head & (FINAL | COMPRESSED) == FINAL && length <= CONTROL_BYTES,
                _ => false,
            };
            if !sound || head & RESERVED != 0 || (second & MASKED != 0) != client {
                return false;
            }
            let Some(whole) = rest.get(..frame) else {
                break;
            };
            frames += 1;
            let clear = opcode == 1 && head & COMPRESSED == 0 && length >= LEAST_TEXT;
            text |= clear && is_text(whole, length as usize, client);
            if opcode < CLOSE {
                open = head & FINAL == 0;
            }
            rest = &rest[frame..];
        }
    }
    frames >= 2 || text
}

/// Shortest message that tells by being text that frames are read right.
const LEAST_TEXT: u64 = 6;

/// Bytes of the frame that begins here, and of its payload; None where its header is cut or the length is none.
fn whole_frame(bytes: &[u8]) -> Option<(usize, u64)> {
    let second = *bytes.get(1)?;
    let (length, at) = match second & 0x7f {
        126 => (
            u64::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])),
            4,
        ),
        127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?), 10),
        short => (u64::from(short), 2),
    };
    let head = at + if second & MASKED != 0 { 4 } else { 0 };
    let frame = usize::try_from(length).ok()?.checked_add(head)?;
    (length >> 48 == 0).then_some((frame, length))
}

/// True when the payload at the end of a whole frame is text, behind its mask.
fn is_text(frame: &[u8], length: usize, masked: bool) -> bool {
    let (head, payload) = frame.split_at(frame.len() - length);
    let mask = head.last_chunk::<4>().filter(|_| masked);
    let mask = mask.copied().unwrap_or_default();
    let clear: Vec<u8> = payload
        .iter()
        .zip(mask.iter().cycle())
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    let control = |c: char| c.is_control() && !c.is_whitespace();
    std::str::from_utf8(&clear).is_ok_and(|text| !text.contains(control))
}

impl WebSocket {
    pub fn new(deflate: Option<Deflate>, limits: &Limits) -> Self {
        WebSocket {
            deflate,
            inflate: None,
            ratio: limits.coding_ratio,
            coded: (0, 0),
            blind: false,
            header: [0; 14],
            have: 0,
            left: 0,
            mask: [0; 4],
            turn: 0,
            in_payload: false,
            message: None,
            control: Vec::new(),
            offset: 0,
        }
    }

    pub fn has_decoder(&self) -> bool {
        self.inflate.is_some()
    }

    /// Bytes are missing; true when they were all of one frame's payload, so that the next frame is found.
    pub fn gap(&mut self, len: u64) -> bool {
        self.blind |= self.deflate.is_some();
        if !self.in_payload || len >= self.left {
            return false;
        }
        self.left -= len;
        self.turn = self.turn.wrapping_add((len & 3) as usize);
        self.offset += len;
        true
    }

    /// Takes bytes; how many are left where they are no frames any more.
    pub fn feed(&mut self, bytes: &[u8], may_decode: bool, out: Out<'_>) -> Option<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.in_payload {
                let there = usize::try_from(self.left).unwrap_or(usize::MAX);
                let taken = rest.len().min(there).min(PIECE);
                self.payload(&rest[..taken], may_decode, out);
                self.offset += taken as u64;
                self.left -= taken as u64;
                rest = &rest[taken..];
                if self.left == 0 {
                    self.end_frame(may_decode, out);
                }
                continue;
            }
            self.header[self.have] = rest[0];
            self.have += 1;
            self.offset += 1;
            rest = &rest[1..];
            if self.have < self.header_len() {
                continue;
            }
            if !self.begin_frame() {
                out(Part::Odd(Odd {
                    kind: Kind::HttpMalformed,
                    offset: self.offset,
                    detail: "websocket: no frame begins here".to_owned(),
                }));
                out(Part::Unread(self.have as u64));
                return Some(rest.len());
            }
            self.have = 0;
            if self.opcode() < CLOSE && self.header[0] & 0xf != CONTINUATION {
                let coded = self.header[0] & COMPRESSED != 0;
                if self.message.replace(coded).is_some() {
                    out(Part::End);
                }
                out(Part::Begin { coded: false });
            }
            if self.left == 0 {
                self.end_frame(may_decode, out);
            }
        }
        None
    }

    fn opcode(&self) -> u8 {
        self.header[0] & 0xf
    }

    /// Bytes of the header that is being read, as far as it tells.
    fn header_len(&self) -> usize {
        if self.have < 2 {
            return 2;
        }
        let length = match self.header[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if self.header[1] & MASKED != 0 { 4 } else { 0 };
        2 + length + mask
    }

    /// Takes the whole header apart; false when it is none.
    fn begin_frame(&mut self) -> bool {
        let first = self.header[0];
        let (length, mask_at) = match self.header[1] & 0x7f {
            126 => (
                u64::from(u16::from_be_bytes([self.header[2], self.header[3]])),
                4,
            ),
            127 => {
                let mut long = [0; 8];
                long.copy_from_slice(&self.header[2..10]);
                (u64::from_be_bytes(long), 10)
            }
            short => (u64::from(short), 2),
        };
        self.mask = [0; 4];
        if self.header[1] & MASKED != 0 {
            self.mask
                .copy_from_slice(&self.header[mask_at..mask_at + 4]);
        }
        self.left = length;
        self.turn = 0;
        self.in_payload = true;
        let control = self.opcode() >= CLOSE;
        let sound = match self.opcode() {
            CONTINUATION => self.message.is_some() && first & COMPRESSED == 0,
            1 | 2 => first & COMPRESSED == 0 || self.deflate.is_some(),
            CLOSE..=10 => first & (FINAL | COMPRESSED) == FINAL && length <= CONTROL_BYTES,
            _ => false,
        };
        if control {
            self.control.clear();
        }
        sound && first & RESERVED == 0 && length >> 63 == 0
    }

    fn payload(&mut self, bytes: &[u8], may_decode: bool, out: Out<'_>) {
        let mut clear;
        let clear = if self.mask == [0; 4] {
            bytes
        } else {
            clear = bytes.to_vec();
            self.mask.rotate_left(self.turn & 3);
            for four in clear.chunks_mut(4) {
                for (byte, mask) in four.iter_mut().zip(self.mask) {
                    *byte ^= mask;
                }
            }
            // The mask stands again as it was sent; `turn` tells where it goes on.
            self.mask.rotate_right(self.turn & 3);
            self.turn = self.turn.wrapping_add(bytes.len()) & 3;
            &clear[..]
        };
        if self.opcode() >= CLOSE {
            self.control.extend_from_slice(clear);
        } else if self.message == Some(true) {
            self.inflate(clear, may_decode, out);
        } else {
            out(Part::Bytes(clear));
        }
    }

    fn end_frame(&mut self, may_decode: bool, out: Out<'_>) {
        self.in_payload = false;
        match self.opcode() {
            // Two bytes of a close frame are a number; what follows is a reason for people.
            CLOSE if self.control.len() > 2 => out(Part::Aside(&self.control[2..])),
            CLOSE => {}
            9 | 10 if !self.control.is_empty() => out(Part::Aside(&self.control)),
            9 | 10 => {}
            _ if self.header[0] & FINAL == 0 => {}
            _ => {
                if self.message == Some(true) {
                    self.inflate(TAIL, may_decode, out);
                    if self.deflate.is_some_and(|deflate| deflate.fresh_each) {
                        self.inflate = None;
                    }
                }
                self.message = None;
                out(Part::End);
            }
        }
    }

    fn inflate(&mut self, bytes: &[u8], may_decode: bool, out: Out<'_>) {
        if self.inflate.is_none() && !self.blind {
            if may_decode {
                self.inflate = Some(Decompress::new(false));
            } else {
                self.blind(
                    Kind::BoundReached,
                    "open_decoders: no more may be held",
                    out,
                );
            }
        }
        let Some(inflate) = self.inflate.as_mut().filter(|_| !self.blind) else {
            out(Part::Unread(bytes.len() as u64));
            return;
        };
        let mut scratch = vec![0; PIECE];
        let mut rest = bytes;
        self.coded.0 += bytes.len() as u64;
        let why = loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(rest, &mut scratch, FlushDecompress::Sync);
            rest = &rest[(inflate.total_in() - read) as usize..];
            let made = (inflate.total_out() - written) as usize;
            if made > 0 {
                out(Part::Bytes(&scratch[..made]));
            }
            self.coded.1 += made as u64;
            if self.coded.1 > RATIO_FLOOR.max(self.coded.0.saturating_mul(self.ratio)) {
                break Some((Kind::BoundReached, "coding_ratio: a message grows too much"));
            }
            match status {
                Err(_) => break Some((Kind::CodingDamaged, "websocket: not deflate")),
                // A final block ends what a sender compresses; the next message begins anew.
                Ok(Status::StreamEnd) => {
                    inflate.reset(false);
                    if rest.is_empty() || rest == TAIL {
                        break None;
                    }
                }
                Ok(_) if rest.is_empty() && made < scratch.len() => break None,
                Ok(_) if made == 0 && inflate.total_in() == read => break None,
                Ok(_) => {}
            }
        };
        let left = rest.len() as u64;
        if let Some((kind, detail)) = why {
            self.blind(kind, detail, out);
            out(Part::Unread(left));
        }
    }

    /// Compressed messages stay unread from here on: each is told by those before it.
    fn blind(&mut self, kind: Kind, detail: &str, out: Out<'_>) {
        self.blind = true;
        self.inflate = None;
        out(Part::Odd(Odd {
            kind,
            offset: self.offset,
            detail: detail.to_owned(),
        }));
    }
}
