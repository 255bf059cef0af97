//! What the fuzzer writes for stream parsers: turns of a conversation, and bytes that are missing.
//!
//! A turn begins with one byte: its highest bit for the side that answers, the rest its length (126: so many bytes are
//! missing as the next byte says; 127: the length follows in two bytes). The last turn is as long as there are bytes.

use wirecore::record::Dir;

/// One turn.
#[derive(Clone, Copy, Debug)]
pub enum Turn<'a> {
    Bytes(Dir, &'a [u8]),
    Gap(Dir, u64),
}

/// Reads turns.
pub struct Script<'a>(pub &'a [u8]);

impl<'a> Iterator for Script<'a> {
    type Item = Turn<'a>;

    fn next(&mut self) -> Option<Turn<'a>> {
        let (&head, rest) = self.0.split_first()?;
        let dir = if head & 0x80 == 0 {
            Dir::Client
        } else {
            Dir::Server
        };
        let (len, rest) = match (head & 0x7f, rest) {
            (126, [missing, rest @ ..]) => {
                self.0 = rest;
                return Some(Turn::Gap(dir, u64::from(*missing) + 1));
            }
            (127, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            (len, rest) => (usize::from(len), rest),
        };
        let (bytes, rest) = rest.split_at(len.min(rest.len()));
        self.0 = rest;
        Some(Turn::Bytes(dir, bytes))
    }
}

/// A key log with its length in two bytes before it, and what follows.
pub fn behind_keys(bytes: &[u8]) -> (wirecore::tls::KeyLog, &[u8]) {
    let mut keys = wirecore::tls::KeyLog::new();
    let [high, low, rest @ ..] = bytes else {
        return (keys, &[]);
    };
    let len = usize::from(u16::from_be_bytes([*high, *low]));
    let (text, rest) = rest.split_at(len.min(rest.len()));
    keys.add_text(text);
    (keys, rest)
}
