//! Archives of tar (POSIX.1-2017, pax; and the older form). A child is a member's content as it stands; its path and
//! key are the member's name. A cut archive yields what was read.

use super::look::{lossy, BINARY};
use super::tree::{Tree, View};
use super::{as_it_stands, Codec, Hint};

pub(super) const CODEC: Codec = Codec {
    name: "tar",
    reason: "bundles of logs and backups (POSIX.1-2017, pax)",
    wants: BINARY,
    recognise: |view| header(view.bytes, 0).is_some(),
    open,
    derive: as_it_stands,
};

const BLOCK: usize = 512;
/// Where the header's checksum stands.
const SUM: std::ops::Range<usize> = 148..156;

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return true;
    };
    let mut at = 0;
    while let Some((name, len)) = header(view.bytes, at) {
        let start = at + BLOCK;
        let end = start.saturating_add(len).min(view.bytes.len());
        if start < end {
            tree.aim(step, &(start..end));
            name.clone_into(tree.path(step));
            let name = tree.name_from(step, 0);
            tree.show(&view.bytes[start..end], true, name, &Hint::default());
        }
        at = start.saturating_add(len.div_ceil(BLOCK).saturating_mul(BLOCK));
    }
    tree.pop();
    // Two empty blocks end it; other bytes are left to other codecs.
    view.bytes
        .get(at..)
        .is_none_or(|rest| rest.iter().all(|&b| b == 0))
}

/// Name and content length of the member whose header stands at `at`, if its checksum is right.
fn header(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let block = bytes.get(at..at.checked_add(BLOCK)?)?;
    let claimed = octal(&block[SUM])?;
    let sum: usize = block
        .iter()
        .enumerate()
        .map(|(n, &b)| usize::from(if SUM.contains(&n) { b' ' } else { b }))
        .sum();
    if sum != claimed || block[0] == 0 {
        return None;
    }
    let name = block[..100].split(|&b| b == 0).next()?;
    Some((lossy(name).into_owned(), octal(&block[124..136])?))
}

fn octal(field: &[u8]) -> Option<usize> {
    let end = field.iter().position(|b| matches!(b, 0 | b' '));
    let digits = &field[..end.unwrap_or(field.len())];
    let blank = field.iter().take_while(|&&b| b == b' ').count();
    let digits = if blank > 0 {
        field[blank..].split(|b| matches!(b, 0 | b' ')).next()?
    } else {
        digits
    };
    usize::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}
