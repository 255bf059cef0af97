//! Server-sent events (HTML standard, section 9.2): lines of `field: value`, an empty line ends an event. The message is
//! the event's data, its lines joined by a line feed.

use super::{Out, Part};

const DATA: &[u8] = b"data";

/// Takes events out of a body.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Line,
    /// A data line of the event was seen.
    begun: bool,
    /// The last byte was a carriage return: a line feed after it is the same end.
    after_return: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// So many bytes are those of `data`.
    Name(usize),
    /// Before the value: one space is skipped.
    Space,
    Value,
    /// A line that is no data.
    Other,
    #[default]
    Start,
}

impl Events {
    pub fn feed(&mut self, bytes: &[u8], out: Out<'_>) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            if std::mem::take(&mut self.after_return) && byte == b'\n' {
                rest = tail;
                continue;
            }
            if matches!(byte, b'\r' | b'\n') {
                self.after_return = byte == b'\r';
                self.end_line(out);
                rest = tail;
                continue;
            }
            match self.line {
                Line::Start | Line::Name(_) => {
                    let at = if let Line::Name(at) = self.line {
                        at
                    } else {
                        0
                    };
                    self.line = match DATA.get(at) {
                        Some(sign) if *sign == byte => Line::Name(at + 1),
                        None if byte == b':' => {
                            self.begin(out);
                            Line::Space
                        }
                        _ => Line::Other,
                    };
                    rest = tail;
                }
                Line::Space => {
                    self.line = Line::Value;
                    if byte == b' ' {
                        rest = tail;
                    }
                }
                Line::Value | Line::Other => {
                    let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                    if self.line == Line::Value {
                        out(Part::Bytes(&rest[..end]));
                    }
                    rest = &rest[end..];
                }
            }
        }
    }

    /// A data line begins.
    fn begin(&mut self, out: Out<'_>) {
        if std::mem::replace(&mut self.begun, true) {
            out(Part::Bytes(b"\n"));
        } else {
            out(Part::Begin { coded: false });
        }
    }

    fn end_line(&mut self, out: Out<'_>) {
        match std::mem::take(&mut self.line) {
            Line::Start if std::mem::take(&mut self.begun) => out(Part::End),
            // A field name alone has an empty value.
            Line::Name(at) if at == DATA.len() => self.begin(out),
            _ => {}
        }
    }
}
