//! HPACK (RFC 7541): the bytes of a whole field block in, its fields out. Keeps the dynamic table of one direction.
//!
//! An observer may come late, or miss a block: then the table holds entries that nobody here has seen. Indices count
//! from the newest entry, so that what was inserted since is still right; an index beyond it is a field whose name or
//! value is not known, and says so. For the same reason the table may hold less than the sender's: the bound only makes
//! old entries unknown.

use std::collections::VecDeque;

use super::static_table::STATIC;
use crate::http::fields::Fields;
use crate::http::prefixed::Prefixed;

/// What each entry counts beside its bytes (RFC 7541, section 4.1).
const OVERHEAD: usize = 32;
/// The table's size until the sender says another (RFC 9113, section 6.5.2).
const FIRST_SIZE: u64 = 4096;

/// Decodes the field blocks of one direction.
#[derive(Debug)]
pub(super) struct Hpack {
    table: VecDeque<Entry>,
    size: usize,
    /// What the sender may fill, as far as it is known.
    allowed: u64,
    /// Entries may lie behind the known ones.
    unknown_behind: bool,
}

#[derive(Debug)]
struct Entry {
    /// Name, then value.
    bytes: Box<[u8]>,
    name_len: u32,
    /// False when a part of it could not be resolved.
    name_known: bool,
    value_known: bool,
}

impl Entry {
    fn name(&self) -> Option<&[u8]> {
        self.name_known
            .then(|| &self.bytes[..self.name_len as usize])
    }

    fn value(&self) -> Option<&[u8]> {
        self.value_known
            .then(|| &self.bytes[self.name_len as usize..])
    }

    fn size(&self) -> usize {
        self.bytes.len() + OVERHEAD
    }
}

/// A field block that contradicts itself; the table cannot be followed behind it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damaged(pub &'static str);

/// The most bytes of what is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Of the dynamic table.
    pub table: usize,
    /// Of the fields of one block.
    pub list: usize,
}

impl Hpack {
    /// `fresh` when the sender's first block is seen: its table is empty then.
    pub fn new(fresh: bool) -> Self {
        Hpack {
            table: VecDeque::new(),
            size: 0,
            allowed: if fresh { FIRST_SIZE } else { u64::MAX },
            unknown_behind: !fresh,
        }
    }

    /// A block was missed: nothing of the table can be told any more.
    pub fn lost(&mut self) {
        *self = Hpack::new(false);
    }

    /// Bytes that the table counts.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Lets go of the oldest entries until at most `bytes` are held; they become unknown ones.
    pub fn shrink(&mut self, bytes: usize) {
        while self.size > bytes {
            self.pop();
            self.unknown_behind = true;
        }
    }

    /// Decodes a block onto `fields`; what stands behind damage counts as unread.
    pub fn decode(
        &mut self,
        block: &[u8],
        bounds: Bounds,
        fields: &mut Fields,
    ) -> Result<(), Damaged> {
        let mut bytes = Prefixed::new(block);
        let mut scratch = Vec::with_capacity(256);
        while let Some(first) = bytes.peek() {
            let before = bytes.left();
            let unresolved = fields.unresolved;
            let result = self.field(first, &mut bytes, bounds, fields, &mut scratch);
            if result.is_err() {
                fields.unread += before as u64;
                return result;
            }
            if fields.unresolved > unresolved {
                fields.unread += (before - bytes.left()) as u64;
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        first: u8,
        bytes: &mut Prefixed<'_>,
        bounds: Bounds,
        fields: &mut Fields,
        scratch: &mut Vec<u8>,
    ) -> Result<(), Damaged> {
        match first {
            0x80.. => {
                let index = bytes.integer(7).ok_or(CUT)?;
                self.indexed(index, bounds.list, fields)
            }
            0x40.. => self.literal(bytes, 6, bounds, fields, scratch),
            0x20.. => {
                self.allowed = bytes.integer(5).ok_or(CUT)?;
                self.evict(self.allowed.min(bounds.table as u64), bounds.table);
                // Whatever was in it, known or not, is gone.
                self.unknown_behind &= self.allowed > 0;
                Ok(())
            }
            _ => self.literal(bytes, 4, bounds, fields, scratch),
        }
    }

    fn indexed(&self, index: u64, bound: usize, fields: &mut Fields) -> Result<(), Damaged> {
        match self.place(index)? {
            Place::Static(name, value) => fields.push(name.as_bytes(), value.as_bytes(), bound),
            Place::Unknown => fields.push_unresolved(None, b"", bound),
            Place::Dynamic(at) => {
                let entry = &self.table[at];
                match (entry.name(), entry.value()) {
                    (Some(name), Some(value)) => fields.push(name, value, bound),
                    (name, value) => {
                        fields.push_unresolved(name, value.unwrap_or_default(), bound);
                    }
                }
            }
        }
        Ok(())
    }

    /// A literal whose name may be an index; six bits of prefix when it enters the table.
    fn literal(
        &mut self,
        bytes: &mut Prefixed<'_>,
        prefix: u32,
        bounds: Bounds,
        fields: &mut Fields,
        scratch: &mut Vec<u8>,
    ) -> Result<(), Damaged> {
        scratch.clear();
        let index = bytes.integer(prefix).ok_or(CUT)?;
        let name_known = if index == 0 {
            bytes.string(7, scratch).ok_or(CUT)?
        } else {
            match self.place(index)? {
                Place::Static(name, _) => {
                    scratch.extend_from_slice(name.as_bytes());
                    true
                }
                Place::Unknown => false,
                Place::Dynamic(at) => {
                    let name = self.table[at].name();
                    scratch.extend_from_slice(name.unwrap_or_default());
                    name.is_some()
                }
            }
        };
        let name_len = scratch.len();
        let value_known = bytes.string(7, scratch).ok_or(CUT)?;
        let (name, value) = scratch.split_at(name_len);
        if name_known && value_known {
            fields.push(name, value, bounds.list);
        } else {
            fields.push_unresolved(name_known.then_some(name), value, bounds.list);
        }
        if prefix == 6 {
            let size = scratch.len() + OVERHEAD;
            let room = self.allowed.min(bounds.table as u64);
            if size as u64 > room {
                // It empties the table (RFC 7541, section 4.4), or only this smaller one.
                self.evict(0, bounds.table);
                self.unknown_behind = size as u64 <= self.allowed;
                return Ok(());
            }
            self.evict(room - size as u64, bounds.table);
            self.size += size;
            self.table.push_front(Entry {
                bytes: scratch.as_slice().into(),
                name_len: name_len as u32,
                name_known,
                value_known,
            });
        }
        Ok(())
    }

    fn place(&self, index: u64) -> Result<Place, Damaged> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if index == 0 {
            return Err(Damaged("index 0"));
        }
        if let Some((name, value)) = STATIC.get(index - 1) {
            return Ok(Place::Static(name, value));
        }
        let at = index - 1 - STATIC.len();
        if at < self.table.len() {
            Ok(Place::Dynamic(at))
        } else if self.unknown_behind {
            Ok(Place::Unknown)
        } else {
            Err(Damaged("an index beyond the table"))
        }
    }

    /// Lets go of the oldest entries until at most `room` bytes are held.
    fn evict(&mut self, room: u64, table_bound: usize) {
        while self.size as u64 > room {
            self.pop();
            // Where the bound is smaller than what the sender may fill, the sender still has them.
            self.unknown_behind |= (table_bound as u64) < self.allowed;
        }
    }

    fn pop(&mut self) {
        if let Some(entry) = self.table.pop_back() {
            self.size -= entry.size();
        }
    }
}

enum Place {
    Static(&'static str, &'static str),
    Dynamic(usize),
    Unknown,
}

const CUT: Damaged = Damaged("a field block that ends inside a field");

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: usize = 1 << 16;

    fn decode_within(
        hpack: &mut Hpack,
        block: &[u8],
        table: usize,
        list: usize,
    ) -> (Vec<(String, String)>, Fields) {
        let mut fields = Fields::default();
        hpack
            .decode(block, Bounds { table, list }, &mut fields)
            .expect("a block that can be read");
        let shown = fields
            .headers()
            .iter()
            .map(|h| {
                (
                    h.name.to_owned(),
                    String::from_utf8_lossy(h.value).into_owned(),
                )
            })
            .collect();
        (shown, fields)
    }

    fn decode(hpack: &mut Hpack, block: &[u8]) -> Vec<(String, String)> {
        decode_within(hpack, block, BOUND, BOUND).0
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| {
                u8::from_str_radix(std::str::from_utf8(pair).expect("ascii"), 16).expect("hex")
            })
            .collect()
    }

    #[test]
    fn the_three_requests_of_the_rfc_with_huffman_coding() {
        // Appendix C.4.
        let mut hpack = Hpack::new(true);
        let first = [
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
        ];
        assert_eq!(
            decode(
                &mut hpack,
                &bytes("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")
            ),
            pairs(&first)
        );
        let mut second = first.to_vec();
        second.push(("cache-control", "no-cache"));
        assert_eq!(
            decode(&mut hpack, &bytes("8286 84be 5886 a8eb 1064 9cbf")),
            pairs(&second)
        );
        let third = decode(
            &mut hpack,
            &bytes("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"),
        );
        assert_eq!(
            third[4],
            ("custom-key".to_owned(), "custom-value".to_owned())
        );
        assert_eq!(hpack.size(), 164);
    }

    #[test]
    fn the_answers_of_the_rfc_evict_what_the_sender_evicts() {
        // Appendix C.5: a table of 256 bytes.
        let mut hpack = Hpack::new(true);
        let mut block = bytes("3fe101");
        block.extend(bytes(
            "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 \
             3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        ));
        assert_eq!(
            decode(&mut hpack, &block)[0],
            (":status".to_owned(), "302".to_owned())
        );
        let second = decode(&mut hpack, &bytes("4803 3330 37c1 c0bf"));
        assert_eq!(second[0].1, "307");
        assert_eq!(second[3].1, "https://www.example.com");
        assert_eq!(hpack.size(), 222);
    }

    #[test]
    fn a_capture_that_begins_late_reads_what_came_since_and_marks_the_rest() {
        let mut late = Hpack::new(false);
        // A new entry, the same by index, and one from before the capture.
        let block = b"\x40\x03x-a\x011\xbe\xbf\x7e\x03new";
        let (shown, fields) = decode_within(&mut late, block, BOUND, BOUND);
        assert_eq!(
            shown,
            pairs(&[("x-a", "1"), ("x-a", "1"), ("?2", ""), ("x-a", "new")])
        );
        assert_eq!(
            (fields.unresolved, fields.unread),
            (1, 1),
            "one field, of one byte"
        );
        // A new value under an unknown name: the value is read, and the entry stays half known.
        let (shown, fields) = decode_within(&mut late, b"\x7f\x10\x05value\xbe", BOUND, BOUND);
        assert_eq!(shown, pairs(&[("?0", "value"), ("?1", "value")]));
        assert_eq!(fields.unresolved, 2);
    }

    #[test]
    fn the_same_index_is_an_error_where_all_of_the_table_is_known() {
        let mut hpack = Hpack::new(true);
        let mut fields = Fields::default();
        let result = hpack.decode(
            b"\xbf",
            Bounds {
                table: BOUND,
                list: BOUND,
            },
            &mut fields,
        );
        assert_eq!(result, Err(Damaged("an index beyond the table")));
        assert!(fields.headers().is_empty());
        assert_eq!(fields.unread, 1);
    }

    #[test]
    fn a_table_that_grows_without_end_stays_within_the_bound() {
        let mut hpack = Hpack::new(true);
        // The sender allows itself 2^40 bytes and fills them.
        decode(&mut hpack, b"\x3f\xe1\xff\xff\xff\xff\x1f");
        for n in 0..20_000u32 {
            let mut block = b"\x40\x04".to_vec();
            block.extend(n.to_be_bytes().map(|byte| b'a' + (byte & 15)));
            block.extend(b"\x7f\x81\x07");
            block.extend([b'v'; 1024]);
            decode_within(&mut hpack, &block, 65_536, BOUND);
            assert!(hpack.size() <= 65_536);
        }
        let (shown, _) = decode_within(&mut hpack, b"\xbe\xff\x80\x7f", 65_536, BOUND);
        assert_eq!(shown[0].1.len(), 1024, "the newest is read");
        assert_eq!(
            shown[1],
            ("?1".to_owned(), String::new()),
            "the oldest is a placeholder"
        );
    }

    #[test]
    fn one_byte_that_stands_for_four_thousand_is_bounded() {
        let mut hpack = Hpack::new(true);
        let mut block = b"\x40\x01a\x7f\xa1\x1e".to_vec();
        block.extend([b'v'; 4000]);
        block.resize(block.len() + 60_000, 0xbe);
        let (shown, fields) = decode_within(&mut hpack, &block, BOUND, BOUND);
        assert!(shown.len() <= 16 && fields.bytes() <= BOUND && fields.cut);
        // Empty fields are no way around it.
        let (shown, fields) = decode_within(&mut hpack, &vec![0x82; 60_000], BOUND, BOUND);
        assert!(shown.len() < 2048 && fields.cut);
    }

    #[test]
    fn a_damaged_string_spoils_one_field_only() {
        let mut hpack = Hpack::new(true);
        let (shown, fields) = decode_within(
            &mut hpack,
            b"\x40\x01a\x84\xff\xff\xff\xff\xbe\x82",
            BOUND,
            BOUND,
        );
        assert_eq!(shown, pairs(&[("a", ""), ("a", ""), (":method", "GET")]));
        assert_eq!(fields.unresolved, 2);
    }
}
