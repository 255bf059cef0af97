//! The header of a frame (RFC 9113, section 4.1), and whether bytes may be one: for streams that are joined midway.

/// Bytes of a frame header.
pub(super) const HEADER: usize = 9;
/// The largest frame that a peer may send without asking (RFC 9113, section 6.5.2).
pub(super) const FIRST_MAX: u32 = 16_384;
/// What a client says first (RFC 9113, section 3.4).
pub(in crate::http) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(super) const END_STREAM: u8 = 0x1;
pub(super) const END_HEADERS: u8 = 0x4;
pub(super) const PADDED: u8 = 0x8;
pub(super) const PRIORITY: u8 = 0x20;

/// What a frame is (RFC 9113, section 6); an unfamiliar type keeps its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Headers,
    Priority,
    Reset,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    Other(u8),
}

/// A frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub len: u32,
    pub kind: Kind,
    pub flags: u8,
    pub stream: u32,
}

impl Frame {
    pub fn parse(bytes: &[u8; HEADER]) -> Frame {
        let [a, b, c, kind, flags, stream @ ..] = *bytes;
        Frame {
            len: u32::from_be_bytes([0, a, b, c]),
            kind: match kind {
                0 => Kind::Data,
                1 => Kind::Headers,
                2 => Kind::Priority,
                3 => Kind::Reset,
                4 => Kind::Settings,
                5 => Kind::PushPromise,
                6 => Kind::Ping,
                7 => Kind::GoAway,
                8 => Kind::WindowUpdate,
                9 => Kind::Continuation,
                other => Kind::Other(other),
            },
            flags,
            stream: u32::from_be_bytes(stream) & 0x7fff_ffff,
        }
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether stream and length are what its kind must have. Framing is lost where they are not.
    pub fn is_sound(&self) -> bool {
        let on_stream = self.stream != 0;
        match self.kind {
            Kind::Data | Kind::Headers | Kind::Continuation | Kind::PushPromise => on_stream,
            Kind::Priority => on_stream && self.len == 5,
            Kind::Reset => on_stream && self.len == 4,
            Kind::Settings => !on_stream && self.len % 6 == 0,
            Kind::Ping => !on_stream && self.len == 8,
            Kind::GoAway => !on_stream && self.len >= 8,
            Kind::WindowUpdate => self.len == 4,
            Kind::Other(_) => true,
        }
    }

    /// As [`Frame::is_sound`], and so ordinary that it is believed without having been led to it.
    fn is_plausible(&self, max: u32) -> bool {
        let flags = match self.kind {
            Kind::Data => END_STREAM | PADDED,
            Kind::Headers => END_STREAM | END_HEADERS | PADDED | PRIORITY,
            Kind::PushPromise => END_HEADERS | PADDED,
            Kind::Continuation => END_HEADERS,
            Kind::Settings | Kind::Ping => 1,
            _ => 0,
        };
        let known = match self.kind {
            // ALTSVC, ORIGIN, PRIORITY_UPDATE.
            Kind::Other(kind) => matches!(kind, 0xa | 0xc | 0x10),
            Kind::Headers | Kind::PushPromise => self.len > 0,
            _ => true,
        };
        self.is_sound() && known && self.flags & !flags == 0 && self.len <= max
    }
}

/// What a look at bytes as frames says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Frames,
    Other,
    /// The end of the first frame has not come.
    More,
}

/// Whether frames begin at the beginning of `bytes`: two that follow each other are believed. `max` is the largest frame.
pub(super) fn look(bytes: &[u8], max: u32) -> Look {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        // Most of what is not HTTP/2 says so in the first byte, the highest of a length.
        let too_long = bytes
            .first()
            .is_some_and(|high| u32::from(*high) > max >> 16);
        return if too_long { Look::Other } else { Look::More };
    };
    let frame = Frame::parse(header);
    if header[5] & 0x80 != 0 || !frame.is_plausible(max) {
        return Look::Other;
    }
    let Some(next) = rest.get(frame.len as usize..) else {
        return Look::More;
    };
    match next.first_chunk::<HEADER>() {
        None => Look::More,
        Some(second) if second[5] & 0x80 == 0 && Frame::parse(second).is_plausible(max) => {
            Look::Frames
        }
        Some(_) => Look::Other,
    }
}

/// Whether a stream's first bytes are HTTP/2; `None` when more are needed.
pub(in crate::http) fn begins(first: &[u8]) -> Option<bool> {
    let known = first.len().min(PREFACE.len());
    if first[..known] == PREFACE[..known] {
        return (known == PREFACE.len()).then_some(true);
    }
    // A server's first frame is SETTINGS (RFC 9113, section 3.4).
    if let Some((header, rest)) = first.split_first_chunk::<HEADER>() {
        let frame = Frame::parse(header);
        let settings = frame.kind == Kind::Settings && frame.len <= 6 * 32 && frame.len > 0;
        if settings && frame.is_plausible(FIRST_MAX) && frame.flags == 0 {
            // Each names a setting (RFC 9113, section 6.5.2; RFC 8441; RFC 9218; GREASE has 0x?a?a).
            let named = |setting: &[u8]| {
                setting[0] == 0 && (1..=16).contains(&setting[1])
                    || setting[0] & setting[1] & 0xf == 0xa
            };
            let there = &rest[..rest.len().min(frame.len as usize)];
            if there.len() == frame.len as usize {
                return Some(there.chunks_exact(6).all(named));
            }
            return if there.chunks_exact(6).all(named) {
                None
            } else {
                Some(false)
            };
        }
    }
    match look(first, FIRST_MAX) {
        Look::Frames => Some(true),
        Look::Other => Some(false),
        Look::More => None,
    }
}

/// Whether the last bytes of a stream are one frame, whole: nothing follows that could tell it.
pub(in crate::http) fn is_one_frame(bytes: &[u8]) -> bool {
    bytes
        .split_first_chunk::<HEADER>()
        .is_some_and(|(header, rest)| {
            let frame = Frame::parse(header);
            frame.is_plausible(FIRST_MAX) && frame.len > 0 && rest.len() == frame.len as usize
        })
}
