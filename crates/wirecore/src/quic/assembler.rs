//! One direction of a stream: pieces with their offsets in, bytes in order and holes out.

use crate::net::Pieces;

/// What comes out, in order.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Bytes(&'a [u8]),
    /// So many bytes never came.
    Gap(u64),
}

#[derive(Default)]
pub(super) struct Assembler {
    next: u64,
    /// Where the stream ends, once that was said.
    end: Option<u64>,
    pieces: Pieces,
}

impl Assembler {
    /// Takes in a piece; what is in order now goes to `out`.
    pub fn push(&mut self, offset: u64, data: &[u8], fin: bool, out: &mut dyn FnMut(Part<'_>)) {
        let end = offset + data.len() as u64;
        if fin && self.end.is_none() {
            self.end = Some(end);
        }
        let known = self.next.saturating_sub(offset).min(data.len() as u64) as usize;
        let data = &data[known..];
        if data.is_empty() {
            return;
        }
        let offset = offset.max(self.next);
        if offset == self.next && self.pieces.is_empty() {
            self.next = end;
            out(Part::Bytes(data));
            return;
        }
        self.pieces.insert(offset, data, 0);
        self.run(out);
    }

    fn run(&mut self, out: &mut dyn FnMut(Part<'_>)) {
        while self.pieces.first() == Some(self.next) {
            let Some((_, piece)) = self.pieces.pop() else {
                return;
            };
            self.next += piece.bytes.len() as u64;
            out(Part::Bytes(&piece.bytes));
        }
    }

    /// The first hole is given up.
    pub fn skip_hole(&mut self, out: &mut dyn FnMut(Part<'_>)) {
        if let Some(first) = self.pieces.first() {
            out(Part::Gap(first - self.next));
            self.next = first;
            self.run(out);
        }
    }

    /// All holes are given up, also one at the end that was told.
    pub fn finish(&mut self, out: &mut dyn FnMut(Part<'_>)) {
        while !self.pieces.is_empty() {
            self.skip_hole(out);
        }
        if let Some(end) = self.end.filter(|end| *end > self.next) {
            out(Part::Gap(end - self.next));
            self.next = end;
        }
    }

    /// Everything up to the told end is out.
    pub fn is_done(&self) -> bool {
        self.end.is_some_and(|end| end <= self.next)
    }

    /// Offset of the next byte to come.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Memory held by what waits.
    pub fn held(&self) -> usize {
        self.pieces.cost()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(out: &mut String, part: Part<'_>) {
        let text = match part {
            Part::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Part::Gap(n) => format!("<{n}>"),
        };
        out.push_str(&text);
    }

    fn feed(pieces: &[(u64, &str, bool)]) -> (String, bool) {
        let mut stream = Assembler::default();
        let mut out = String::new();
        for (offset, text, fin) in pieces {
            stream.push(*offset, text.as_bytes(), *fin, &mut |part| {
                show(&mut out, part);
            });
        }
        let done = stream.is_done();
        stream.finish(&mut |part| show(&mut out, part));
        assert_eq!(stream.held(), 0);
        (out, done)
    }

    #[test]
    fn any_order_and_any_overlap_gives_the_same_bytes() {
        let orders: [&[(u64, &str, bool)]; 4] = [
            &[(0, "abcdef", true)],
            &[(4, "ef", true), (2, "cd", false), (0, "ab", false)],
            &[
                (0, "abc", false),
                (1, "bcde", false),
                (0, "abc", false),
                (4, "ef", true),
            ],
            &[(6, "", true), (3, "def", false), (0, "abcd", false)],
        ];
        for pieces in orders {
            assert_eq!(feed(pieces), ("abcdef".to_owned(), true), "{pieces:?}");
        }
    }

    #[test]
    fn what_never_came_is_a_hole_of_its_size_also_at_the_end() {
        let pieces = [
            (0, "ab", false),
            (5, "f", false),
            (8, "i", false),
            (12, "", true),
        ];
        assert_eq!(feed(&pieces), ("ab<3>f<2>i<3>".to_owned(), false));
    }
}
