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
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        table: 4096,
        list: 65_536,
    };

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    fn shown(fields: &Fields) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = fields.headers();
        headers
            .iter()
            .map(|h| (h.name.to_owned(), text(h.value)))
            .collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn read(qpack: &Qpack, block: &str) -> Vec<(String, String)> {
        let mut fields = Fields::default();
        let section = qpack.section(&bytes(block), BOUNDS, true, &mut fields, &mut Vec::new());
        assert_eq!(section, Section::Read);
        shown(&fields)
    }

    fn tell(qpack: &mut Qpack, hex: &str) {
        assert!(takes(qpack, &bytes(hex)));
    }

    /// Whether all of a piece can be read.
    fn takes(qpack: &mut Qpack, piece: &[u8]) -> bool {
        let taken = qpack.instructions(piece, None, BOUNDS, &mut Vec::new());
        assert_eq!(taken.bytes, piece.len());
        taken.unread == 0
    }

    /// RFC 9204 appendix B, from B.1 to B.5, with a table of 220 bytes.
    #[test]
    fn the_conversation_of_the_rfc() {
        let mut qpack = Qpack::default();
        qpack.allow(220);
        assert_eq!(
            read(&qpack, "0000 510b 2f69 6e64 6578 2e68 746d 6c"),
            pairs(&[(":path", "/index.html")])
        );
        let second = "0381 10 11";
        let mut fields = Fields::default();
        let blocked = qpack.section(&bytes(second), BOUNDS, true, &mut fields, &mut Vec::new());
        assert_eq!(blocked, Section::Blocked(2));
        tell(
            &mut qpack,
            "3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d c10c 2f73 616d 706c 652f 7061 7468",
        );
        assert_eq!(
            read(&qpack, second),
            pairs(&[(":authority", "www.example.com"), (":path", "/sample/path")])
        );
        tell(
            &mut qpack,
            "4a63 7573 746f 6d2d 6b65 790c 6375 7374 6f6d 2d76 616c 7565",
        );
        tell(&mut qpack, "02");
        assert_eq!(
            read(&qpack, "0500 80 c1 81"),
            pairs(&[
                (":authority", "www.example.com"),
                (":path", "/"),
                ("custom-key", "custom-value")
            ])
        );
        tell(&mut qpack, "810d 6375 7374 6f6d 2d76 616c 7565 32");
        assert_eq!(qpack.table.size(), 215, "the oldest entry was evicted");
        assert_eq!(qpack.inserted(), 5);
    }

    #[test]
    fn instructions_in_pieces_say_the_same() {
        let told = bytes(
            "3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d c10c 2f73 616d 706c 652f 7061 7468",
        );
        for size in 1..told.len() {
            let mut qpack = Qpack::default();
            qpack.allow(220);
            for piece in told.chunks(size) {
                assert!(takes(&mut qpack, piece));
            }
            assert_eq!(
                read(&qpack, "0381 10 11")[1].1,
                "/sample/path",
                "pieces of {size}"
            );
        }
    }

    /// What a piece by piece reading says in all: entries, whether it broke, and how many bytes stay unread.
    fn in_pieces(told: &[u8], size: usize, bounds: Bounds) -> (u64, bool, u64) {
        let mut qpack = Qpack::default();
        let mut unread = 0;
        for piece in told.chunks(size) {
            unread += qpack
                .instructions(piece, None, bounds, &mut Vec::new())
                .unread;
        }
        let broken = qpack.is_broken();
        (qpack.inserted(), broken, unread + qpack.lost())
    }

    #[test]
    fn a_break_counts_the_same_bytes_however_they_come() {
        let small = Bounds { list: 12, ..BOUNDS };
        let sound = "3fbd01 4a63 7573 746f 6d2d 6b65 790c 6375 7374 6f6d 2d76 616c 7565";
        for (broken, bounds, entries) in [
            // An index beyond the static table, more sound instructions behind it.
            (format!("{sound} ff 8001 02 61 62 {sound}"), BOUNDS, 1),
            // An instruction that is longer than the bound, whole or not.
            (format!("3fbd01 02 {sound} 02"), small, 1),
            (format!("{sound} 4a63 7573"), BOUNDS, 1),
        ] {
            let told = bytes(&broken);
            let whole = in_pieces(&told, told.len(), bounds);
            assert_eq!(whole.0, entries, "{broken}");
            assert!(whole.2 > 0, "{broken}");
            for size in 1..told.len() {
                assert_eq!(
                    in_pieces(&told, size, bounds),
                    whole,
                    "{broken} in pieces of {size}"
                );
            }
        }
    }

    #[test]
    fn without_the_encoder_stream_the_rest_is_read_and_placeholders_stand_for_it() {
        let mut qpack = Qpack::default();
        qpack.allow(4096);
        qpack.lost();
        assert!(!takes(&mut qpack, b"\x02"));
        let mut fields = Fields::default();
        // Two dynamic fields, a literal under a dynamic name, one of the static table.
        let block = bytes("0381 10 11 00 03 6e65 77 d1");
        let section = qpack.section(&block, BOUNDS, true, &mut fields, &mut Vec::new());
        assert_eq!(section, Section::Read, "nothing is waited for");
        assert_eq!(
            shown(&fields),
            pairs(&[("?0", ""), ("?1", ""), ("?2", "new"), (":method", "GET")])
        );
        assert_eq!((fields.unresolved, fields.unread), (3, 7));
    }

    #[test]
    fn a_table_and_an_instruction_without_end_stay_within_their_bounds() {
        let mut qpack = Qpack::default();
        qpack.allow(1 << 40);
        tell(&mut qpack, "3f e1ff ffff ff1f");
        for n in 0..2000u32 {
            let mut one = b"\x44name".to_vec();
            one.extend([0x7f, 0x80, 0x04]);
            one.extend(n.to_be_bytes());
            one.extend([b'v'; 635]);
            assert!(takes(&mut qpack, &one));
            assert!(qpack.table.size() <= BOUNDS.table);
        }
        assert_eq!(qpack.inserted(), 2000);
        let endless = b"\x44name\x7f\xff\xff\xff\x7f".to_vec();
        assert!(takes(&mut qpack, &endless));
        let more = vec![b'v'; BOUNDS.list + 1];
        assert!(!takes(&mut qpack, &more));
        assert!(qpack.is_broken() && qpack.begun.capacity() == 0);
    }

    #[test]
    fn a_section_cut_anywhere_is_damaged_or_shorter_and_never_read_beyond() {
        let block =
            bytes("0000 510b 2f69 6e64 6578 2e68 746d 6c d1 2703 666f 6f2d 6261 7203 626172");
        for cut in 0..block.len() {
            let mut fields = Fields::default();
            let qpack = Qpack::default();
            qpack.section(&block[..cut], BOUNDS, true, &mut fields, &mut Vec::new());
            assert!(fields.headers().len() <= 2);
        }
    }
}
