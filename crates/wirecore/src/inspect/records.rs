//! What one field alone does not show: a record known by several fields of one object (a call has a number, a length
//! and a direction), and a list known by how many different values it holds.
//!
//! In: each field that satisfied a part of a rule. Out: whether the rule is complete. Bounded: one object's parts, and
//! a few dozen short hashes a rule and message.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

use super::rule::ValueTest;

/// Another field that must stand in the same object.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Its names, as in `FieldRule::key`.
    pub key: String,
    /// What its value must be like.
    pub value: ValueTest,
}

/// Name and value of a field, to tell it from others.
pub(super) type Mark = (u64, u64);

/// Which parts of which rules the object at hand has shown.
#[derive(Default)]
pub(super) struct Parts {
    /// The way to the object, without what marks a printed value.
    object: Vec<u8>,
    seen: Vec<Seen>,
}

struct Seen {
    rule: usize,
    /// Bits of the parts.
    bits: u32,
    /// The field that gives the rule its name.
    main: Mark,
}

impl Parts {
    /// A field's way up to its last slash: parts are counted together while it stays the same.
    #[inline]
    pub(super) fn enter(&mut self, stem: &[u8]) {
        if !self.seen.is_empty() && self.object != object_of(stem) {
            self.seen.clear();
        }
    }

    /// The rule's own field when this part completes the rule at `place`, of which `all` are the parts' bits. The
    /// first bit is that of the rule's own field, which `mark` then is.
    #[inline(never)]
    pub(super) fn complete(
        &mut self,
        place: usize,
        (bit, all): (u32, u32),
        mark: Mark,
        stem: &[u8],
    ) -> Option<Mark> {
        if self.seen.is_empty() {
            self.object.clear();
            self.object.extend_from_slice(object_of(stem));
        }
        let at = self.seen.iter().position(|one| one.rule == place);
        let at = at.unwrap_or_else(|| {
            self.seen.push(Seen {
                rule: place,
                bits: 0,
                main: mark,
            });
            self.seen.len() - 1
        });
        let one = &mut self.seen[at];
        one.bits |= bit;
        if bit == 1 {
            one.main = mark;
        }
        (one.bits == all).then_some(one.main)
    }

    /// Another place or window begins.
    pub(super) fn forget(&mut self) {
        self.seen.clear();
    }
}

/// Printed values have a path that begins with `=` and maybe a number; the object is the same.
fn object_of(stem: &[u8]) -> &[u8] {
    match stem.strip_prefix(b"=") {
        Some(rest) => memchr::memchr(b'/', rest).map_or(b"", |slash| &rest[slash..]),
        None => stem,
    }
}

/// Different values that are remembered of a rule in one message.
const MOST: usize = 256;

/// How many different values each rule has met in a message, by the name of their field.
#[derive(Default)]
pub(super) struct Tally {
    met: FxHashMap<u32, Vec<Mark>>,
}

impl Tally {
    /// True when `one` is the `times`-th different value under its name.
    pub(super) fn reaches(&mut self, rule: u32, times: u32, one: Mark) -> bool {
        let met = self.met.entry(rule).or_default();
        if met.len() == MOST || met.contains(&one) {
            return false;
        }
        met.push(one);
        met.iter().filter(|(under, _)| *under == one.0).count() == times as usize
    }
}

/// What tells a field from others: nothing more is kept of it.
pub(super) fn mark(name: &[u8], value: &[u8]) -> Mark {
    let hash = |bytes: &[u8]| {
        let mut hasher = FxHasher::default();
        hasher.write(bytes);
        hasher.finish()
    };
    (hash(name), hash(value))
}
