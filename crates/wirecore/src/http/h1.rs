//! HTTP/1.x (RFC 9112): the plaintext of both directions of one connection in, heads, bodies and
//! ends out. Pieces may be cut anywhere: what is unfinished waits (a head at most
//! `Limits::http_head_bytes`, a line at most 8 KiB; bodies never wait).

use super::chunked::{Chunked, Part};
use super::coding::ContentDecoder;
use super::event::{H1Event, Out};
use super::framing::{plan, Asked, Framing};
use super::h2::PREFACE;
use super::head::{
    end_of_head, line, look_again, parse_headers, parse_start_line, Head, StartLine,
};
use super::pairing::Pairing;
use super::side::{Side, State, BETWEEN};
use super::start::{could_begin, STATUS};
use crate::anomaly::Kind;
use crate::limits::Limits;
use crate::record::Dir;
use memchr::memchr;

/// Both directions of one connection.
pub struct H1Conn {
    sides: [Side; 2],
    pairing: Pairing,
    upgraded: bool,
    limits: Limits,
}

impl std::fmt::Debug for H1Conn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("H1Conn")
            .field(
                "messages",
                &[self.sides[0].messages, self.sides[1].messages],
            )
            .finish_non_exhaustive()
    }
}

impl H1Conn {
    /// A connection of which nothing was seen yet.
    pub fn new(limits: &Limits) -> Self {
        H1Conn {
            sides: [Side::new(Dir::Client), Side::new(Dir::Server)],
            pairing: Pairing::default(),
            upgraded: false,
            limits: limits.clone(),
        }
    }

    /// Memory held in buffers, bytes: at most one head by direction.
    pub fn held_bytes(&self) -> usize {
        self.sides.iter().map(|side| side.held.capacity()).sum()
    }

    /// The next bytes of one direction.
    pub fn feed(&mut self, dir: Dir, bytes: &[u8], out: Out<'_>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let side = &mut self.sides[dir.index()];
            let taken = match &mut side.state {
                State::Head { .. } => self.head(dir, rest, out),
                State::Length { peek: false, left } => {
                    let taken =
                        usize::try_from(*left).map_or(rest.len(), |left| rest.len().min(left));
                    *left -= taken as u64;
                    let done = *left == 0;
                    side.offset += taken as u64;
                    side.body(&rest[..taken], out);
                    if done {
                        self.end(dir, out);
                    }
                    taken
                }
                State::Length { peek: true, left } => {
                    let left = *left;
                    self.peek(dir, left, rest, out)
                }
                State::Chunked(_) => self.chunked(dir, rest, out),
                State::UntilClose => {
                    side.offset += rest.len() as u64;
                    side.body(rest, out);
                    rest.len()
                }
                State::Searching => side.search(rest, out),
                State::Raw => {
                    side.offset += rest.len() as u64;
                    out(H1Event::Unknown { dir, bytes: rest });
                    rest.len()
                }
            };
            rest = &rest[taken..];
        }
    }

    /// `len` bytes of one direction are missing from the capture.
    pub fn gap(&mut self, dir: Dir, len: u64, out: Out<'_>) {
        if len == 0 {
            return;
        }
        let side = &mut self.sides[dir.index()];
        if let State::Length {
            peek: peek @ true, ..
        } = &mut side.state
        {
            *peek = false;
            side.flush_as_body(out);
        }
        let left = match &mut side.state {
            State::Length { left, .. } | State::Chunked(Chunked::Data { left }) => {
                let before = *left;
                *left = before.saturating_sub(len);
                before
            }
            State::UntilClose => u64::MAX,
            _ => 0,
        };
        let in_body = left > 0;
        let lost = len > left;
        let done = len == left;
        side.offset += len;
        if in_body {
            side.incomplete = true;
            if let Some(coding) = &mut side.coding {
                coding.stop();
            }
            out(H1Event::Missing { dir, len });
            match &mut side.state {
                _ if lost => {}
                State::Chunked(chunked) if done => *chunked = Chunked::DataEnd,
                State::Length { .. } if done => self.end(dir, out),
                _ => {}
            }
            if !lost {
                return;
            }
        }
        let side = &mut self.sides[dir.index()];
        if matches!(side.state, State::Length { .. } | State::Chunked(_)) {
            side.held.clear();
            side.incomplete = true;
            self.end(dir, out);
        }
        let side = &mut self.sides[dir.index()];
        side.flush_as_unknown(out);
        if !in_body {
            out(H1Event::Missing { dir, len });
        }
        if !matches!(side.state, State::Raw | State::UntilClose) {
            side.state = State::Searching;
            self.pairing.lost();
        }
    }

    /// One direction has ended (closed, reset, or the capture ended).
    pub fn finish(&mut self, dir: Dir, out: Out<'_>) {
        let side = &mut self.sides[dir.index()];
        if let State::Length { peek: true, .. } = side.state {
            side.flush_as_body(out);
        }
        match side.state {
            State::Length { .. } | State::Chunked(_) => {
                side.held.clear();
                side.incomplete = true;
                self.end(dir, out);
            }
            State::UntilClose => self.end(dir, out),
            State::Head { .. } if !side.held.is_empty() => {
                side.odd(
                    Kind::HttpMalformed,
                    "the stream ends inside a head".to_owned(),
                    out,
                );
            }
            _ => {}
        }
        let side = &mut self.sides[dir.index()];
        side.flush_as_unknown(out);
        side.state = State::Raw;
    }

    /// Takes bytes of a head; everything up to its end, when that is there.
    fn head(&mut self, dir: Dir, bytes: &[u8], out: Out<'_>) -> usize {
        let side = &mut self.sides[dir.index()];
        let State::Head { from, begun } = &mut side.state else {
            return 0;
        };
        if side.held.is_empty() {
            // Empty lines before a start line are skipped (RFC 9112, section 2.2).
            let blank = bytes
                .iter()
                .take_while(|&&b| b == b'\r' || b == b'\n')
                .count();
            if blank > 0 {
                side.offset += blank as u64;
                return blank;
            }
            let seen = &bytes[..bytes.len().min(self.limits.http_head_bytes)];
            if let Some(end) = end_of_head(seen, 0).filter(|_| could_begin(seen)) {
                let raw = &bytes[..end];
                self.begin(dir, raw, out);
                return end;
            }
        }
        let before = side.held.len();
        let room = self.limits.http_head_bytes.saturating_sub(before);
        let all_fit = bytes.len() < room;
        side.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if !*begun {
            if PREFACE.starts_with(&side.held[..side.held.len().min(PREFACE.len())]) {
                if side.held.len() < PREFACE.len() {
                    return bytes.len();
                }
                // What stands behind it in this piece comes behind what the other side still holds.
                side.held.truncate(PREFACE.len());
                self.upgrade("h2", out);
                return PREFACE.len() - before;
            }
            if !could_begin(&side.held) {
                return self.not_http(dir, before, "not a start line", out);
            }
            *begun = memchr(b'\n', &side.held).is_some();
        }
        if let Some(end) = end_of_head(&side.held, *from) {
            let mut raw = std::mem::take(&mut side.held);
            raw.truncate(end);
            self.begin(dir, &raw, out);
            return end - before;
        }
        *from = look_again(side.held.len());
        if !all_fit {
            let detail = format!(
                "http_head_bytes: a head of more than {} bytes",
                self.limits.http_head_bytes
            );
            side.odd(Kind::BoundReached, detail, out);
            let taken = side.held.len() - before;
            side.flush_as_unknown(out);
            side.state = State::Searching;
            self.pairing.lost();
            return taken;
        }
        bytes.len()
    }

    /// The held bytes are no head: gives back those of this call and searches them all again.
    fn not_http(&mut self, dir: Dir, before: usize, why: &str, out: Out<'_>) -> usize {
        let side = &mut self.sides[dir.index()];
        let whole = std::mem::take(&mut side.held);
        side.odd(Kind::HttpMalformed, why.to_owned(), out);
        side.state = State::Searching;
        self.pairing.lost();
        // What was held before goes first; the caller feeds the rest of its own bytes again.
        let (earlier, _) = whole.split_at(before);
        if !earlier.is_empty() {
            side.search(earlier, out);
        }
        0
    }

    /// A whole head: shows it and decides how its body ends.
    fn begin(&mut self, dir: Dir, raw: &[u8], out: Out<'_>) {
        let side = &mut self.sides[dir.index()];
        let (text, headers_at) = line(raw, 0);
        let Some(start) = parse_start_line(text) else {
            // `could_begin` has looked at the same line.
            side.offset += raw.len() as u64;
            out(H1Event::Unknown { dir, bytes: raw });
            side.state = State::Searching;
            return;
        };
        let (headers, bad) = parse_headers(&raw[headers_at..]);
        if bad > 0 {
            side.odd(
                Kind::HttpMalformed,
                format!("{bad} lines of a head are no headers"),
                out,
            );
        }
        let number = side.messages;
        side.messages = side.messages.saturating_add(1);
        side.incomplete = false;
        side.begun = side.offset;
        let mut head = Head {
            dir,
            is_request: false,
            method: "",
            target: b"",
            version: 0,
            status: 0,
            reason: b"",
            headers,
            raw,
            offset: side.offset,
            number,
            answers: None,
        };
        let mut asked = Asked::Unknown;
        match start {
            StartLine::Request {
                method,
                target,
                version,
            } => {
                (head.is_request, head.method, head.target, head.version) =
                    (true, method, target, version);
                self.pairing.request(number, method);
            }
            StartLine::Status {
                version,
                status,
                reason,
            } => {
                (head.version, head.status, head.reason) = (version, status, reason);
                (head.answers, asked) = self.pairing.response(status);
            }
        }
        let plan = plan(&head.headers, head.status, asked);
        if let Some(text) = plan.ambiguous {
            side.odd(Kind::HttpAmbiguous, text, out);
        }
        side.offset += raw.len() as u64;
        side.coding = None;
        if !plan.codings.is_empty() {
            match ContentDecoder::new(&plan.codings, &self.limits) {
                Ok(coding) => side.coding = Some(coding),
                Err(odd) => side.coding_odd(odd, out),
            }
        }
        let protocol = match (head.status, asked) {
            (101, _) => Some(
                head.get_text("Upgrade")
                    .unwrap_or("unknown")
                    .to_ascii_lowercase(),
            ),
            (200..=299, Asked::Connect) => Some("connect".to_owned()),
            _ => None,
        };
        let unseen = head.status != 0 && asked == Asked::Unknown;
        out(H1Event::Head(head));
        let side = &mut self.sides[dir.index()];
        side.state = match plan.framing {
            Framing::None | Framing::Length(0) => BETWEEN,
            Framing::Length(left) => State::Length { left, peek: unseen },
            Framing::Chunked => State::Chunked(Chunked::Size),
            Framing::UntilClose => State::UntilClose,
            Framing::Unknown => State::Searching,
        };
        match side.state {
            State::Head { .. } => self.end(dir, out),
            State::Searching => {
                side.incomplete = true;
                self.end(dir, out);
                self.sides[dir.index()].state = State::Searching;
            }
            _ => {}
        }
        if let Some(protocol) = protocol {
            self.upgrade(&protocol, out);
        }
    }

    /// The open message has ended.
    fn end(&mut self, dir: Dir, out: Out<'_>) {
        let side = &mut self.sides[dir.index()];
        if let Some(mut coding) = side.coding.take() {
            let result = coding.finish(&mut |bytes| out(H1Event::Body { dir, bytes }));
            if let Err(odd) = result {
                side.incomplete = true;
                side.coding_odd(odd, out);
            }
        }
        out(H1Event::End {
            dir,
            complete: !side.incomplete,
        });
        side.state = if self.upgraded { State::Raw } else { BETWEEN };
    }

    /// Both directions leave HTTP; a body that is open ends first.
    fn upgrade(&mut self, protocol: &str, out: Out<'_>) {
        self.upgraded = true;
        out(H1Event::Upgraded { protocol });
        for side in &mut self.sides {
            if matches!(side.state, State::Head { .. } | State::Searching) {
                side.flush_as_unknown(out);
                side.state = State::Raw;
            }
        }
    }

    /// At the first bytes of a body that may not be there: an answer to an unseen HEAD request is
    /// followed by the next answer at once.
    fn peek(&mut self, dir: Dir, left: u64, bytes: &[u8], out: Out<'_>) -> usize {
        let side = &mut self.sides[dir.index()];
        let known = side.held.len();
        let need = STATUS.len() - known;
        let taken = need
            .min(bytes.len())
            .min(usize::try_from(left).map_or(need, |left| left - known));
        side.held.extend_from_slice(&bytes[..taken]);
        if side.held == STATUS {
            let held = std::mem::take(&mut side.held);
            self.end(dir, out);
            self.sides[dir.index()].held = held;
        } else if !STATUS.starts_with(&side.held) || side.held.len() as u64 == left {
            let left = left - side.held.len() as u64;
            side.state = State::Length { left, peek: false };
            side.flush_as_body(out);
            if left == 0 {
                self.end(dir, out);
            }
        }
        taken
    }

    fn chunked(&mut self, dir: Dir, bytes: &[u8], out: Out<'_>) -> usize {
        let side = &mut self.sides[dir.index()];
        let State::Chunked(chunked) = &mut side.state else {
            return 0;
        };
        let (taken, part) = chunked.step(&mut side.held, bytes, self.limits.http_head_bytes);
        side.offset += taken as u64;
        match part {
            Part::More => {}
            Part::Body(bytes) => side.body(bytes, out),
            Part::End => {
                let held = std::mem::take(&mut side.held);
                let (headers, _) = parse_headers(&held);
                if !headers.is_empty() {
                    out(H1Event::Trailers {
                        dir,
                        headers: &headers,
                    });
                }
                self.end(dir, out);
            }
            Part::Bad(why) => {
                side.odd(Kind::HttpMalformed, format!("chunked body: {why}"), out);
                side.incomplete = true;
                let held = std::mem::take(&mut side.held);
                self.end(dir, out);
                let side = &mut self.sides[dir.index()];
                // The bytes held are counted already; searching counts them again.
                side.offset -= held.len() as u64;
                side.state = State::Searching;
                self.pairing.lost();
                let found = if held.is_empty() {
                    0
                } else {
                    side.search(&held, out)
                };
                if matches!(side.state, State::Head { .. }) && side.held.is_empty() {
                    side.held.extend_from_slice(&held[found..]);
                }
            }
        }
        taken
    }
}
