//! The dynamic table of QPACK (RFC 9204, section 3.2): entries by absolute index, the oldest evicted.

use std::collections::VecDeque;

/// What each entry counts beside its bytes (section 3.2.1).
const OVERHEAD: usize = 32;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Name, then value.
    bytes: Box<[u8]>,
    name_len: u32,
    name_known: bool,
    value_known: bool,
}

impl Entry {
    pub fn name(&self) -> Option<&[u8]> {
        let name = self.bytes.get(..self.name_len as usize);
        name.filter(|_| self.name_known)
    }

    pub fn value(&self) -> Option<&[u8]> {
        let value = self.bytes.get(self.name_len as usize..);
        value.filter(|_| self.value_known)
    }

    fn size(&self) -> usize {
        self.bytes.len() + OVERHEAD
    }
}

#[derive(Debug, Default)]
pub(super) struct Table {
    /// The oldest first.
    entries: VecDeque<Entry>,
    inserted: u64,
    capacity: u64,
    size: usize,
}

impl Table {
    pub fn inserted(&self) -> u64 {
        self.inserted
    }

    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Bytes that it counts.
    #[cfg(test)]
    pub fn size(&self) -> usize {
        self.size
    }

    /// An entry by its absolute index; None where it was evicted, never came, or was beyond the bound.
    pub fn get(&self, index: u64) -> Option<&Entry> {
        let oldest = self.inserted - self.entries.len() as u64;
        self.entries
            .get(usize::try_from(index.checked_sub(oldest)?).ok()?)
    }

    /// As the encoder stream counts: 0 is the newest.
    pub fn relative(&self, index: u64) -> Option<&Entry> {
        self.get(self.inserted.checked_sub(index.checked_add(1)?)?)
    }

    /// The sender sets its size; `bound` is the most that is kept here.
    pub fn resize(&mut self, capacity: u64, bound: usize) {
        self.capacity = capacity;
        self.evict(0, bound);
    }

    pub fn duplicate(&mut self, index: u64, bound: usize) {
        let entry = self.relative(index).cloned().unwrap_or(Entry {
            bytes: Box::default(),
            name_len: 0,
            name_known: false,
            value_known: false,
        });
        self.push(entry, bound);
    }

    /// `bytes` are a name of `name_len` bytes and its value.
    pub fn insert(
        &mut self,
        bytes: &[u8],
        name: Option<usize>,
        name_len: usize,
        value_known: bool,
        bound: usize,
    ) {
        let entry = Entry {
            bytes: bytes.into(),
            name_len: name_len as u32,
            name_known: name.is_some(),
            value_known,
        };
        self.push(entry, bound);
    }

    fn push(&mut self, entry: Entry, bound: usize) {
        self.inserted += 1;
        let size = entry.size();
        self.evict(size, bound);
        if size as u64 > self.capacity.min(bound as u64) {
            // It is larger than what is kept: its place in the count stays, and it is unknown.
            self.entries.clear();
            self.size = 0;
            return;
        }
        self.size += size;
        self.entries.push_back(entry);
    }

    /// Makes room for `coming` bytes.
    fn evict(&mut self, coming: usize, bound: usize) {
        let room = self.capacity.min(bound as u64);
        while (self.size + coming) as u64 > room {
            let Some(oldest) = self.entries.pop_front() else {
                return;
            };
            self.size -= oldest.size();
        }
    }
}
