//! The chunked transfer coding (RFC 9112, section 7.1): coded bytes in, pieces of the body and
//! finally the trailer section out. Cut anywhere, it keeps its place and goes on with the next bytes.

use super::head::{end_of_head, look_again};
use memchr::memchr;

/// Longest chunk-size line with its extensions; RFC 9112, section 7.1.1 asks for a limit.
const LINE_MAX: usize = 8 * 1024;

/// Where in the coding the stream stands.
#[derive(Debug)]
pub(super) enum Chunked {
    /// In a line with a size.
    Size,
    /// In the data of a chunk.
    Data { left: u64 },
    /// In the line end behind the data.
    DataEnd,
    /// In the trailer section; the offset from which its end is still to be looked for.
    Trailers { from: usize },
}

/// What the next bytes are.
pub(super) enum Part<'a> {
    /// Bytes of the body.
    Body(&'a [u8]),
    /// The trailer section (in the caller's `held`) is whole; the body has ended.
    End,
    /// Not chunked.
    Bad(&'static str),
    /// All was taken; more is needed.
    More,
}

impl Chunked {
    /// Takes some of `bytes` (how many is the first value). Unfinished lines wait in `held`.
    pub fn step<'a>(
        &mut self,
        held: &mut Vec<u8>,
        bytes: &'a [u8],
        trailers_max: usize,
    ) -> (usize, Part<'a>) {
        match self {
            Chunked::Size => {
                let taken = memchr(b'\n', bytes).map_or(bytes.len(), |n| n + 1);
                if held.len() + taken > LINE_MAX {
                    return (0, Part::Bad("chunk-size line too long"));
                }
                held.extend_from_slice(&bytes[..taken]);
                if held.last() != Some(&b'\n') {
                    return (taken, Part::More);
                }
                let Some(size) = chunk_size(held) else {
                    return (taken, Part::Bad("chunk size is not a number"));
                };
                held.clear();
                *self = if size == 0 {
                    Chunked::Trailers { from: 0 }
                } else {
                    Chunked::Data { left: size }
                };
                (taken, Part::More)
            }
            Chunked::Data { left } => {
                let taken =
                    usize::try_from(*left).map_or(bytes.len(), |left| bytes.len().min(left));
                *left -= taken as u64;
                if *left == 0 {
                    *self = Chunked::DataEnd;
                }
                (taken, Part::Body(&bytes[..taken]))
            }
            Chunked::DataEnd => match bytes[0] {
                b'\n' => {
                    held.clear();
                    *self = Chunked::Size;
                    (1, Part::More)
                }
                b'\r' if held.is_empty() => {
                    held.push(b'\r');
                    (1, Part::More)
                }
                _ => (0, Part::Bad("no line end after a chunk")),
            },
            Chunked::Trailers { from } => {
                let before = held.len();
                let room = trailers_max.saturating_sub(before);
                held.extend_from_slice(&bytes[..bytes.len().min(room)]);
                let end = match held.as_slice() {
                    [b'\n', ..] => Some(1),
                    [b'\r', b'\n', ..] => Some(2),
                    all => end_of_head(all, *from),
                };
                if let Some(end) = end {
                    held.truncate(end);
                    return (end - before, Part::End);
                }
                *from = look_again(held.len());
                if bytes.len() >= room {
                    return (held.len() - before, Part::Bad("trailer section too long"));
                }
                (bytes.len(), Part::More)
            }
        }
    }
}

/// The size in a chunk-size line; extensions are skipped.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&b| b == b';').next()?.trim_ascii();
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0u64, |n, &b| {
        Some(n << 4 | u64::from((b as char).to_digit(16)?))
    })
}
