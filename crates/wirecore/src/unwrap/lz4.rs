//! LZ4 frames (LZ4 frame format, version 1.6). The child is what the frame holds; of a damaged one, what came before
//! the damage. The path is empty, or `first:N` when a bound let only N bytes be made.

use super::look::BINARY;
use super::Codec;
use lz4_flex::frame::FrameDecoder;
use std::io::Read;

pub(super) const CODEC: Codec = Codec {
    name: "lz4",
    reason: "logs and crash reports that are squeezed quickly (LZ4 frame format)",
    wants: BINARY,
    recognise: |view| view.bytes.starts_with(MAGIC),
    open: |tree, view| {
        let room = tree.bytes_left().min(
            view.bytes
                .len()
                .saturating_mul(tree.limits().coding_ratio as usize)
                .max(1 << 20),
        );
        let mut out = Vec::new();
        let cut = decode(view.bytes, room, &mut out);
        if out.is_empty() {
            return false;
        }
        let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
            return true;
        };
        tree.aim(at, &(0..view.bytes.len()));
        if cut {
            *tree.path(at) = format!("first:{}", out.len());
            tree.bound("unwrap_bytes", view.bytes.len() as u64);
        }
        if tree.spend(out.len()) {
            tree.show(&out, false, view.key, &super::Hint::default());
        }
        tree.pop();
        true
    },
    derive: |raw, step, out| {
        let first = step.path.strip_prefix("first:");
        let room = first.map_or(usize::MAX - 1, |n| n.parse().unwrap_or(0));
        decode(raw, room, out);
        raw.starts_with(MAGIC) && !out.is_empty()
    },
};

const MAGIC: &[u8] = b"\x04\x22\x4d\x18";

/// Decodes at most `room` bytes; true when there was more.
fn decode(raw: &[u8], room: usize, out: &mut Vec<u8>) -> bool {
    let decoder = FrameDecoder::new(raw);
    // Damage ends what can be read; what came before it was appended.
    let _damage = decoder.take(room as u64 + 1).read_to_end(out);
    let cut = out.len() > room;
    out.truncate(room);
    cut
}
