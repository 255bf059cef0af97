//! HTTP/3 (RFC 9114): the streams of a QUIC connection in, fields and pieces of bodies by stream out.
//!
//! [`H3Conn`] owns no socket or clock. "Need more" is silence: a frame head or field section that is not whole yet
//! waits, and so does one that needs entries of the dynamic table which have not come, within a bound. Bodies are never
//! held but behind such a section.

mod event;
mod reader;

use std::collections::BTreeMap;

pub use event::H3Event;

use self::event::Out;
use self::reader::{frame, Held, Reader, Role, Step};
use super::fields::Fields;
use super::qpack::{Bounds, Qpack, Section};
use crate::anomaly::Kind;
use crate::limits::Limits;
use crate::quic::varint;
use crate::record::{Dir, Odd};

/// The setting that allows a dynamic table (RFC 9204, section 5).
const TABLE_CAPACITY: u64 = 1;

/// A connection seen from outside.
pub struct H3Conn {
    readers: BTreeMap<(u64, usize), Box<Reader>>,
    qpack: [Qpack; 2],
    bounds: Bounds,
    /// The most bytes that may wait behind field sections.
    most_waiting: usize,
    scratch: Vec<u8>,
    /// Sections are waited for; no longer once too much waited.
    patient: bool,
    told_unknown: bool,
}

const DIRS: [Dir; 2] = [Dir::Client, Dir::Server];

impl H3Conn {
    /// A connection of which nothing was seen.
    pub fn new(limits: &Limits) -> Self {
        H3Conn {
            readers: BTreeMap::new(),
            qpack: Default::default(),
            bounds: Bounds {
                table: limits.hpack_table_bytes,
                list: limits.http_head_bytes,
            },
            most_waiting: limits.qpack_waiting_bytes,
            scratch: Vec::new(),
            patient: true,
            told_unknown: false,
        }
    }

    /// Memory held by readers and what waits in them, bytes.
    pub fn held_bytes(&self) -> usize {
        self.readers
            .values()
            .map(|reader| reader.held_bytes())
            .sum()
    }

    /// Bytes of one direction of a stream, in order.
    pub fn feed(&mut self, dir: Dir, stream: u64, bytes: &[u8], out: Out<'_>) {
        let key = (stream, dir.index());
        let reader = self
            .readers
            .entry(key)
            .or_insert_with(|| Box::new(Reader::new(stream)));
        if reader.blocked.is_some() {
            self.hold(key, Held::Bytes(bytes.to_vec()), out);
            return;
        }
        self.read(key, bytes, out);
    }

    /// `len` bytes of one direction of a stream are missing.
    pub fn gap(&mut self, dir: Dir, stream: u64, len: u64, out: Out<'_>) {
        let key = (stream, dir.index());
        let reader = self
            .readers
            .entry(key)
            .or_insert_with(|| Box::new(Reader::new(stream)));
        if reader.blocked.is_some() {
            self.hold(key, Held::Gap(len), out);
            return;
        }
        let encoder = reader.role == Role::Encoder || reader.role == Role::Untyped;
        tell_unread(dir, reader.buf.len() as u64, out);
        reader.gap(len);
        out(H3Event::Missing { dir, stream });
        if encoder {
            tell_unread(dir, self.qpack[dir.index()].lost(), out);
            self.unblock(dir, true, out);
        }
    }

    /// One direction of a stream has ended.
    pub fn end(&mut self, dir: Dir, stream: u64, out: Out<'_>) {
        self.close(dir, stream, Held::End, out);
    }

    /// One direction of a stream was given up.
    pub fn reset(&mut self, dir: Dir, stream: u64, out: Out<'_>) {
        self.close(dir, stream, Held::Reset, out);
    }

    /// The connection is over: what waits is read with placeholders.
    pub fn finish(&mut self, out: Out<'_>) {
        for dir in DIRS {
            tell_unread(dir, self.qpack[dir.index()].lost(), out);
            self.unblock(dir, true, out);
        }
        for ((_, dir), reader) in std::mem::take(&mut self.readers) {
            cut(DIRS[dir], &reader, out);
        }
    }

    fn close(&mut self, dir: Dir, stream: u64, how: Held, out: Out<'_>) {
        let key = (stream, dir.index());
        if let Some(reader) = self.readers.get(&key) {
            if reader.blocked.is_some() {
                self.hold(key, how, out);
                return;
            }
        }
        let reader = self.readers.remove(&key);
        let reader = reader.unwrap_or_else(|| Box::new(Reader::new(stream)));
        cut(dir, &reader, out);
        match (reader.role, how) {
            (Role::Messages | Role::Unknown { .. }, Held::Reset)
                if stream & 2 == 0 || reader.role == Role::Messages =>
            {
                out(H3Event::Reset { dir, stream });
            }
            (Role::Messages, _) => out(H3Event::End {
                dir,
                stream,
                complete: !reader.spoilt && reader.buf.is_empty(),
            }),
            (Role::Unknown { .. }, _) if stream & 2 == 0 => out(H3Event::End {
                dir,
                stream,
                complete: false,
            }),
            _ => {}
        }
    }

    /// Keeps what comes after a section that waits; beyond the bound all that waits is read with placeholders.
    fn hold(&mut self, key: (u64, usize), held: Held, out: Out<'_>) {
        if let Some(reader) = self.readers.get_mut(&key) {
            reader.held.push(held);
        }
        let waiting: usize = self.readers.values().map(|reader| reader.waiting()).sum();
        if waiting > self.most_waiting {
            if std::mem::replace(&mut self.patient, false) {
                out(H3Event::Odd(Odd {
                    kind: Kind::BoundReached,
                    offset: 0,
                    detail:
                        "qpack_waiting_bytes: field sections wait for a table that does not come"
                            .to_owned(),
                }));
            }
            for dir in DIRS {
                self.unblock(dir, true, out);
            }
        }
    }

    /// Goes on with the streams of a direction whose entries have come; with all of them where they will not come.
    fn unblock(&mut self, dir: Dir, all: bool, out: Out<'_>) {
        let inserted = self.qpack[dir.index()].inserted();
        let ready: Vec<u64> = self
            .readers
            .iter()
            .filter(|((_, side), reader)| {
                *side == dir.index() && reader.blocked.is_some_and(|n| all || n <= inserted)
            })
            .map(|((stream, _), _)| *stream)
            .collect();
        for stream in ready {
            let key = (stream, dir.index());
            let Some(reader) = self.readers.get_mut(&key) else {
                continue;
            };
            reader.blocked = None;
            let held = std::mem::take(&mut reader.held);
            self.section(key, !all, out);
            for held in held {
                match held {
                    Held::Bytes(bytes) => self.feed(dir, stream, &bytes, out),
                    Held::Gap(len) => self.gap(dir, stream, len, out),
                    Held::End => self.end(dir, stream, out),
                    Held::Reset => self.reset(dir, stream, out),
                }
            }
        }
    }

    fn read(&mut self, key: (u64, usize), mut bytes: &[u8], out: Out<'_>) {
        let (stream, dir) = (key.0, DIRS[key.1]);
        while let Some(reader) = self.readers.get_mut(&key) {
            if reader.blocked.is_some() {
                if !bytes.is_empty() {
                    self.hold(key, Held::Bytes(bytes.to_vec()), out);
                }
                return;
            }
            match reader.step(&mut bytes, self.bounds.list) {
                Step::More => return,
                Step::Body(bytes) => out(H3Event::Body { dir, stream, bytes }),
                Step::Unknown { bytes, after_gap } => out(H3Event::Unknown {
                    dir,
                    bytes,
                    after_gap,
                }),
                Step::TooLong(len) => {
                    out(H3Event::Unread { dir, bytes: len });
                    let detail = format!("http_head_bytes: a frame of {len} bytes");
                    let offset = reader.frame_at;
                    out(H3Event::Odd(Odd {
                        kind: Kind::BoundReached,
                        offset,
                        detail,
                    }));
                }
                Step::Encoder(bytes) => self.encoder(dir, bytes, out),
                Step::Frame(frame::SETTINGS) => {
                    let content = std::mem::take(&mut reader.buf);
                    reader.at = reader::At::Head;
                    self.settings(dir, &content);
                }
                Step::Frame(_) => self.section(key, true, out),
            }
        }
    }

    /// Bytes of an encoder stream. A section is read as soon as the entries that it needs have come: what comes in the
    /// same piece behind them may push them out of the table.
    fn encoder(&mut self, dir: Dir, mut bytes: &[u8], out: Out<'_>) {
        let side = dir.index();
        while !bytes.is_empty() {
            let ours = self.readers.iter().filter(|((_, of), _)| *of == side);
            let until = ours.filter_map(|(_, reader)| reader.blocked).min();
            let qpack = &mut self.qpack[side];
            let known = !qpack.is_broken();
            let taken = qpack.instructions(bytes, until, self.bounds, &mut self.scratch);
            let broken = qpack.is_broken();
            tell_unread(dir, taken.unread, out);
            if broken && known {
                malformed("an encoder stream that cannot be read", 0, out);
            }
            self.unblock(dir, broken, out);
            bytes = bytes.get(taken.bytes..).unwrap_or_default();
        }
    }

    /// What a side allows is what the other side's table may hold.
    fn settings(&mut self, dir: Dir, mut content: &[u8]) {
        while let Some((setting, len)) = varint(content) {
            let Some((value, more)) = varint(&content[len..]) else {
                return;
            };
            content = &content[len + more..];
            if setting == TABLE_CAPACITY {
                self.qpack[dir.other().index()].allow(value);
            }
        }
    }

    /// The field section that stands whole in a reader.
    fn section(&mut self, key: (u64, usize), wait: bool, out: Out<'_>) {
        let (stream, dir) = (key.0, DIRS[key.1]);
        let Some(reader) = self.readers.get_mut(&key) else {
            return;
        };
        let reader::At::Whole { frame: kind, .. } = reader.at else {
            return;
        };
        let promise = kind == frame::PUSH_PROMISE;
        let (push, id_len) = varint(&reader.buf).filter(|_| promise).unwrap_or_default();
        let block = &reader.buf[id_len..];
        let mut fields = Fields::for_section(block.len());
        let qpack = &self.qpack[key.1];
        let read = qpack.section(
            block,
            self.bounds,
            wait && self.patient,
            &mut fields,
            &mut self.scratch,
        );
        if let Section::Blocked(required) = read {
            reader.blocked = Some(required);
            return;
        }
        let frame_at = reader.frame_at;
        let len = block.len() as u64;
        reader.at = reader::At::Head;
        reader.buf = Vec::new();
        let unread = match read {
            Section::Damaged(what) => {
                malformed(what, frame_at, out);
                reader.spoilt = true;
                // What was decoded before the damage is shown; all of it counts as unread.
                len
            }
            _ if fields.cut => len,
            _ => fields.unread,
        };
        let bytes = reader.offset - frame_at;
        if fields.unresolved > 0 && !std::mem::replace(&mut self.told_unknown, true) {
            out(H3Event::Odd(Odd {
                kind: Kind::HeadersUnknown,
                offset: frame_at,
                detail: format!("{} fields of one section", fields.unresolved),
            }));
        }
        if fields.cut {
            reader.spoilt = true;
            let detail = "http_head_bytes: fields that were left out".to_owned();
            out(H3Event::Odd(Odd {
                kind: Kind::BoundReached,
                offset: frame_at,
                detail,
            }));
        }
        let fields = &fields.headers();
        if promise {
            out(H3Event::Promise { push, fields });
            tell_unread(dir, unread, out);
            return;
        }
        out(H3Event::Fields {
            dir,
            stream,
            fields,
            offset: frame_at,
            bytes,
            unread,
        });
    }
}

/// A reader that will get no more: the frame it was in is unread.
fn cut(dir: Dir, reader: &Reader, out: Out<'_>) {
    let whole = matches!(reader.at, reader::At::Whole { .. });
    if whole {
        tell_unread(dir, reader.buf.len() as u64, out);
    }
}

fn tell_unread(dir: Dir, bytes: u64, out: Out<'_>) {
    if bytes > 0 {
        out(H3Event::Unread { dir, bytes });
    }
}

fn malformed(what: &str, offset: u64, out: Out<'_>) {
    out(H3Event::Odd(Odd {
        kind: Kind::HttpMalformed,
        offset,
        detail: what.to_owned(),
    }));
}
