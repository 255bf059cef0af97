//! QPACK (RFC 9204): the encoder stream and the field sections of one direction in, fields out.
//!
//! A section names how much of the dynamic table it needs; one that needs more than has come waits. Where the encoder
//! stream is damaged or a part of it is missing, what it would have said is unknown: fields that need it become
//! placeholders, and all others are still read.

mod static_table;
mod table;

use super::fields::Fields;
use super::prefixed::Prefixed;
use static_table::STATIC;
use table::Table;

/// What became of a field section.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Read,
    /// It needs entries that have not come: so many in all.
    Blocked(u64),
    /// It contradicts itself.
    Damaged(&'static str),
}

/// What became of a piece of the encoder stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Bytes of the piece that were taken.
    pub bytes: usize,
    /// Bytes that will never be read, those of earlier pieces among them.
    pub unread: u64,
}

impl Taken {
    fn all(bytes: usize, unread: u64) -> Self {
        Taken { bytes, unread }
    }
}

/// Bounds of one direction's decoder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes of the dynamic table that are kept.
    pub table: usize,
    /// Decoded bytes of one section, and encoded ones of one instruction.
    pub list: usize,
}

/// Decodes the field sections of one direction.
#[derive(Debug, Default)]
pub(crate) struct Qpack {
    table: Table,
    /// What the other side allows as the table's size, once it said so.
    allowed: Option<u64>,
    /// An instruction whose end has not come.
    begun: Vec<u8>,
    broken: bool,
}

const CUT: Section = Section::Damaged("a field section that ends inside a field");

enum Place {
    Static(usize),
    /// By its absolute index.
    Dynamic(u64),
}

impl Qpack {
    /// The other side's setting of the most that the table may hold.
    pub fn allow(&mut self, bytes: u64) {
        self.allowed = Some(bytes);
    }

    /// Entries that have come.
    pub fn inserted(&self) -> u64 {
        self.table.inserted()
    }

    /// No more entries will be understood.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// No more of the encoder stream can be read: bytes of it are missing, or it is over. How many bytes of an
    /// instruction that was begun stay unread.
    pub fn lost(&mut self) -> u64 {
        self.broken = true;
        std::mem::take(&mut self.begun).len() as u64
    }

    /// Bytes of the encoder stream, in order, up to where `until` entries have come. How they come in pieces makes no
    /// difference: an instruction that cannot be read is unread from its first byte on, and so is all behind it.
    pub fn instructions(
        &mut self,
        bytes: &[u8],
        until: Option<u64>,
        bounds: Bounds,
        scratch: &mut Vec<u8>,
    ) -> Taken {
        if self.broken {
            return Taken::all(bytes.len(), bytes.len() as u64);
        }
        let until = until.filter(|wanted| *wanted > self.inserted());
        let mut begun = std::mem::take(&mut self.begun);
        let before = begun.len();
        let all = if begun.is_empty() {
            bytes
        } else {
            begun.extend_from_slice(bytes);
            &begun[..]
        };
        let mut at = 0;
        while at < all.len() && until.is_none_or(|wanted| self.inserted() < wanted) {
            // An instruction that is longer than the bound is not carried out, however much of it has come.
            let window = &all[at..all.len().min(at + bounds.list)];
            let mut rest = Prefixed::new(window);
            let read = self.instruction(&mut rest, bounds, scratch);
            let too_long = read.is_none() && all.len() - at > bounds.list;
            if read == Some(false) || too_long {
                self.broken = true;
                return Taken::all(bytes.len(), (all.len() - at) as u64);
            }
            if read.is_none() {
                if before > 0 && at == 0 {
                    self.begun = begun;
                } else {
                    self.begun = all[at..].to_vec();
                }
                return Taken::all(bytes.len(), 0);
            }
            at += window.len() - rest.left();
        }
        Taken::all(at - before, 0)
    }

    /// One instruction (section 4.3). None when its end has not come; false when it cannot be.
    fn instruction(
        &mut self,
        bytes: &mut Prefixed<'_>,
        bounds: Bounds,
        scratch: &mut Vec<u8>,
    ) -> Option<bool> {
        scratch.clear();
        let first = bytes.peek()?;
        let name_known = match first {
            0x80.. => {
                let index = bytes.integer(6)?;
                if first & 0x40 != 0 {
                    let Some((name, _)) = usize::try_from(index).ok().and_then(|i| STATIC.get(i))
                    else {
                        return Some(false);
                    };
                    scratch.extend_from_slice(name.as_bytes());
                    true
                } else {
                    let entry = self.table.relative(index);
                    let name = entry.and_then(|entry| entry.name());
                    scratch.extend_from_slice(name.unwrap_or_default());
                    name.is_some()
                }
            }
            0x40.. => bytes.string(5, scratch)?,
            0x20.. => {
                self.table.resize(bytes.integer(5)?, bounds.table);
                return Some(true);
            }
            _ => {
                self.table.duplicate(bytes.integer(5)?, bounds.table);
                return Some(true);
            }
        };
        let name_len = scratch.len();
        let value_known = bytes.string(7, scratch)?;
        let name = name_known.then_some(name_len);
        self.table
            .insert(scratch, name, name_len, value_known, bounds.table);
        Some(true)
    }

    /// Decodes a section onto `fields`; `wait` is false where entries that have not come will not come.
    pub fn section(
        &self,
        block: &[u8],
        bounds: Bounds,
        wait: bool,
        fields: &mut Fields,
        scratch: &mut Vec<u8>,
    ) -> Section {
        let mut bytes = Prefixed::new(block);
        let Some(encoded) = bytes.integer(8) else {
            return CUT;
        };
        let Some(required) = self.required(encoded) else {
            return Section::Damaged("a field section that needs an impossible number of entries");
        };
        if wait && !self.broken && required > self.table.inserted() {
            return Section::Blocked(required);
        }
        let Some((below, delta)) = bytes.peek().map(|b| b & 0x80 != 0).zip(bytes.integer(7)) else {
            return CUT;
        };
        let base = if below {
            required.checked_sub(delta.saturating_add(1))
        } else {
            required.checked_add(delta)
        };
        let Some(base) = base else {
            return Section::Damaged("a field section with an impossible base");
        };
        while let Some(first) = bytes.peek() {
            let (before, unresolved) = (bytes.left(), fields.unresolved);
            if let Err(damaged) = self.line(first, base, &mut bytes, bounds, fields, scratch) {
                return damaged;
            }
            if fields.unresolved > unresolved {
                fields.unread += (before - bytes.left()) as u64;
            }
        }
        Section::Read
    }

    /// The Required Insert Count (section 4.5.1.1), which is sent modulo twice the most entries that fit.
    fn required(&self, encoded: u64) -> Option<u64> {
        if encoded == 0 {
            return Some(0);
        }
        let most = self.allowed.unwrap_or(self.table.capacity()) / 32;
        if most == 0 {
            // Neither side's size is known: the table was seen from its begin, or not at all.
            return Some(encoded - 1);
        }
        let range = 2 * most;
        if encoded > range {
            return None;
        }
        let highest = self.table.inserted() + most;
        let wrapped = highest / range * range;
        let required = wrapped + encoded - 1;
        if required <= highest {
            return Some(required).filter(|n| *n > 0);
        }
        required.checked_sub(range).filter(|n| *n > 0)
    }

    /// One field line (sections 4.5.2 to 4.5.6).
    fn line(
        &self,
        first: u8,
        base: u64,
        bytes: &mut Prefixed<'_>,
        bounds: Bounds,
        fields: &mut Fields,
        scratch: &mut Vec<u8>,
    ) -> Result<(), Section> {
        let impossible = Section::Damaged("an index beyond the table");
        let relative = |index: u64| {
            base.checked_sub(index.saturating_add(1))
                .map(Place::Dynamic)
        };
        let after = |index: u64| base.checked_add(index).map(Place::Dynamic);
        let fixed = |index: u64| Some(Place::Static(usize::try_from(index).ok()?));
        let (place, whole) = match first {
            0x80.. => {
                let index = bytes.integer(6).ok_or(CUT)?;
                let place = if first & 0x40 != 0 {
                    fixed(index)
                } else {
                    relative(index)
                };
                (place, true)
            }
            0x40.. => {
                let index = bytes.integer(4).ok_or(CUT)?;
                let place = if first & 0x10 != 0 {
                    fixed(index)
                } else {
                    relative(index)
                };
                (place, false)
            }
            0x20.. => {
                scratch.clear();
                let name_known = bytes.string(3, scratch).ok_or(CUT)?;
                let name_len = scratch.len();
                let value_known = bytes.string(7, scratch).ok_or(CUT)?;
                let (name, value) = scratch.split_at(name_len);
                if name_known && value_known {
                    fields.push(name, value, bounds.list);
                } else {
                    fields.push_unresolved(name_known.then_some(name), value, bounds.list);
                }
                return Ok(());
            }
            0x10.. => (after(bytes.integer(4).ok_or(CUT)?), true),
            _ => (after(bytes.integer(3).ok_or(CUT)?), false),
        };
        let (name, value) = match place.ok_or(impossible)? {
            Place::Static(index) => {
                let entry = STATIC.get(index);
                let (name, value) = entry.ok_or(Section::Damaged("an index beyond the table"))?;
                (Some(name.as_bytes()), Some(value.as_bytes()))
            }
            Place::Dynamic(index) => {
                let entry = self.table.get(index);
                (
                    entry.and_then(|entry| entry.name()),
                    entry.and_then(|entry| entry.value()),
                )
            }
        };
        if whole {
            match (name, value) {
                (Some(name), Some(value)) => fields.push(name, value, bounds.list),
                _ => fields.push_unresolved(name, value.unwrap_or_default(), bounds.list),
            }
            return Ok(());
        }
        scratch.clear();
        let value_known = bytes.string(7, scratch).ok_or(CUT)?;
        match name.filter(|_| value_known) {
            Some(name) => fields.push(name, scratch, bounds.list),
            None => fields.push_unresolved(name, scratch, bounds.list),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
