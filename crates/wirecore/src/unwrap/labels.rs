//! Data sent as the labels of a domain name: the labels before the sender's own domain, joined, are digits of
//! base 16 or base 32 (as DNS tunnels write them; names have no case, so that base 64 cannot be told).
//!
//! The path is the number of labels joined and the base: `2:16`.

use super::hex;
use super::look::TOKEN;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use crate::record::Step;

pub(super) const CODEC: Codec = Codec {
    name: "labels",
    reason:
        "questions for names carry data past every proxy: hex or base32 digits (RFC 4648) in labels",
    wants: TOKEN,
    recognise: |view| view.hint.place == "name" && bases(view.bytes).iter().any(|&n| n > 0),
    open,
    derive,
};

/// Fewest digits that are taken for data: shorter labels are words.
const DIGITS: usize = 16;
const BASES: [u32; 2] = [16, 32];

/// How many of the first labels read as digits of each base; 0 when they are too few or too short.
fn bases(name: &[u8]) -> [usize; 2] {
    BASES.map(|base| {
        let mut digits = 0;
        let mut count = 0;
        for label in name.split(|b| *b == b'.') {
            if label.is_empty() || !label.iter().all(|&b| value(base, b).is_some()) {
                break;
            }
            digits += label.len();
            count += 1;
        }
        // Base 32 reads any word without the digits 0, 1, 8 and 9: only names with digits among are taken.
        let mut joined = name.split(|b| *b == b'.').take(count).flatten();
        let words = base == 32 && !joined.any(u8::is_ascii_digit);
        if digits < DIGITS || words {
            0
        } else {
            count
        }
    })
}

fn value(base: u32, b: u8) -> Option<u32> {
    match (base, b.to_ascii_lowercase()) {
        (16, b) => char::from(b).to_digit(16),
        (_, b @ b'a'..=b'z') => Some(u32::from(b - b'a')),
        (_, b @ b'2'..=b'7') => Some(u32::from(b - b'2') + 26),
        _ => None,
    }
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let mut made = Vec::new();
    for (base, count) in BASES.into_iter().zip(bases(view.bytes)) {
        // The sender's domain may read as digits too; what it adds at the end does no harm.
        if count == 0 {
            continue;
        }
        made.clear();
        decode(view.bytes, base, count, &mut made);
        let Some(at) = tree.push(CODEC.name, view.bytes.len()) else {
            return false;
        };
        if tree.spend(made.len()) {
            tree.aim(at, &(0..view.bytes.len()));
            *tree.path(at) = format!("{count}:{base}");
            tree.show(&made, false, view.key, &Hint::default());
        }
        tree.pop();
    }
    // A single label may be a token of another kind.
    false
}

fn derive(raw: &[u8], step: &Step, out: &mut Vec<u8>) -> bool {
    let Some((count, base)) = step.path.split_once(':') else {
        return false;
    };
    match (count.parse(), base.parse()) {
        (Ok(count), Ok(base)) if BASES.contains(&base) => {
            decode(raw, base, count, out);
            !out.is_empty()
        }
        _ => false,
    }
}

fn decode(name: &[u8], base: u32, count: usize, out: &mut Vec<u8>) {
    let digits = name.split(|b| *b == b'.').take(count).flatten().copied();
    if base == 16 {
        let digits: Vec<u8> = digits.collect();
        hex::decode(&digits, out);
        return;
    }
    let (mut bits, mut have) = (0u32, 0);
    for digit in digits {
        let Some(value) = value(base, digit) else {
            return;
        };
        bits = bits << 5 | value;
        have += 5;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
            bits &= (1 << have) - 1;
        }
    }
}
