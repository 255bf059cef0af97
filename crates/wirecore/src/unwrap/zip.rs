//! Archives of zip (PKWARE, APPNOTE 6.3): members that are stored or deflated. A child is a member's content; its
//! range begins at the member's header, its path and key are the member's name (behind `first:N:` when a bound let
//! only N bytes be made). Members of other methods and encrypted ones stay unread, and are counted when evenly spread, as is
//! what lies before, between and behind the members.

use super::look::{lossy, BINARY};
use super::tree::{Tree, View};
use super::{Codec, Hint};
use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;
use std::fmt::Write as _;
use std::ops::Range;

pub(super) const CODEC: Codec = Codec {
    name: "zip",
    reason: "bundles of logs, backups and documents (PKWARE, APPNOTE 6.3)",
    wants: BINARY,
    recognise: |view| member(view.bytes).is_some(),
    open,
    derive: |raw, step, out| {
        let cut = step.path.strip_prefix("first:");
        let room = cut.and_then(|path| path.split_once(':')?.0.parse().ok());
        member(raw)
            .is_some_and(|member| read(&member, raw, room.unwrap_or(usize::MAX), out).is_some())
    },
};

const MAGIC: &[u8] = b"PK\x03\x04";
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Content that nobody sees without a password.
const ENCRYPTED: u16 = 1;
/// Lengths stand behind the content.
const STREAMED: u16 = 8;

struct Member<'m> {
    name: &'m [u8],
    flags: u16,
    method: u16,
    /// Length of the packed content, as the header has it.
    packed: usize,
    /// Where the content begins.
    start: usize,
}

/// The member whose header begins the bytes.
fn member(bytes: &[u8]) -> Option<Member<'_>> {
    let number = |at: usize| {
        bytes
            .get(at..at + 2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]))
    };
    if !bytes.starts_with(MAGIC) {
        return None;
    }
    let name_end = 30 + usize::from(number(26)?);
    Some(Member {
        name: bytes.get(30..name_end)?,
        flags: number(6)?,
        method: number(8)?,
        packed: usize::from(number(18)?) | usize::from(number(20)?) << 16,
        start: name_end + usize::from(number(28)?),
    })
}

/// What was made of a member.
struct Made {
    /// Where the packed content ends.
    end: usize,
    /// A bound let only a part be made.
    cut: bool,
}

/// Appends at most `room` bytes of a member's content; `None` when it cannot be read.
fn read(member: &Member<'_>, bytes: &[u8], room: usize, out: &mut Vec<u8>) -> Option<Made> {
    let raw = bytes.get(member.start..)?;
    if member.flags & ENCRYPTED != 0 {
        return None;
    }
    match member.method {
        STORED => {
            let len = if member.flags & STREAMED != 0 && member.packed == 0 {
                memmem::find(raw, b"PK\x07\x08").unwrap_or(raw.len())
            } else {
                member.packed.min(raw.len())
            };
            out.extend_from_slice(&raw[..len.min(room)]);
            Some(Made {
                end: member.start + len,
                cut: len > room,
            })
        }
        DEFLATED => {
            let mut inflate = Decompress::new(false);
            let mut piece = vec![0; 32 * 1024];
            let mut cut = false;
            loop {
                let (read, written) = (inflate.total_in() as usize, inflate.total_out());
                let status = inflate.decompress(&raw[read..], &mut piece, FlushDecompress::None);
                let made = (inflate.total_out() - written) as usize;
                let wanted = made.min(room - out.len().min(room));
                out.extend_from_slice(&piece[..wanted]);
                cut |= wanted < made;
                let stuck = made == 0 && inflate.total_in() as usize == read;
                // Damage ends what can be read; what came before it was appended.
                if cut || stuck || !matches!(status, Ok(Status::Ok)) {
                    break;
                }
            }
            let packed = (inflate.total_in() as usize).max(member.packed.min(raw.len()));
            Some(Made {
                end: member.start + packed,
                cut,
            })
        }
        _ => None,
    }
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut at = 0;
    let mut out = Vec::new();
    while let Some(next) = memmem::find(&view.bytes[at..], MAGIC) {
        let start = at + next;
        let bytes = &view.bytes[start..];
        let Some(member) = member(bytes) else {
            break;
        };
        between(tree, step, view, at..start);
        let ratio = bytes
            .len()
            .saturating_mul(tree.limits().coding_ratio as usize);
        let room = tree.bytes_left().min(ratio.max(1 << 20));
        out.clear();
        let made = read(&member, bytes, room, &mut out);
        let end = match &made {
            Some(made) => made.end,
            None => bytes.len().min(member.start.saturating_add(member.packed)),
        };
        tree.aim(step, &(start..start + end));
        let path = tree.path(step);
        path.clear();
        if made.as_ref().is_some_and(|made| made.cut) {
            let _ = write!(path, "first:{}:", out.len());
        }
        let from = path.len();
        path.push_str(&lossy(member.name));
        match made {
            None => {
                let sealed = bytes.get(member.start..end).unwrap_or_default();
                if super::look::is_random(sealed) {
                    tree.tell_opaque(sealed, view.key);
                }
            }
            Some(made) => {
                if made.cut {
                    tree.bound("unwrap_bytes", (made.end - member.start) as u64);
                }
                if !out.is_empty() && tree.spend(out.len()) {
                    let name = tree.name_from(step, from);
                    tree.show(&out, false, name, &Hint::default());
                }
            }
        }
        at = start + end.max(MAGIC.len());
    }
    between(tree, step, view, at.min(view.bytes.len())..view.bytes.len());
    tree.pop();
    true
}

/// A stretch that belongs to no member may be sealed; the lists of members are not.
fn between(tree: &mut Tree<'_>, step: usize, view: &View<'_>, range: Range<usize>) {
    let range = range.start + lists(&view.bytes[range.clone()])..range.end;
    let gap = &view.bytes[range.clone()];
    if super::look::is_random(gap) {
        tree.aim(step, &range);
        tree.path(step).clear();
        tree.tell_opaque(gap, view.key);
    }
}

/// Bytes of the records at the beginning that tell of members: their lengths behind the content, the central list and
/// its end. A comment is no part of them.
fn lists(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + 4) {
        let number = |from: usize| {
            let raw = bytes.get(at + from..at + from + 2);
            raw.map_or(0, |raw| usize::from(u16::from_le_bytes([raw[0], raw[1]])))
        };
        at += match head {
            b"PK\x07\x08" => 16,
            b"PK\x01\x02" => 46 + number(28) + number(30) + number(32),
            b"PK\x05\x06" => 22,
            b"PK\x06\x06" => 56,
            b"PK\x06\x07" => 20,
            _ => break,
        };
    }
    at.min(bytes.len())
}
