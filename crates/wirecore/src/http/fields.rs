//! The fields of one section (a head or trailers) of HTTP/2 or HTTP/3, decoded, in two buffers.

use super::head::Header;

/// Decoded fields in order.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    names: String,
    values: Vec<u8>,
    /// End of each field's name and value.
    ends: Vec<(usize, usize)>,
    /// Fields whose name or value is not known: it stands in a table that was filled before the capture began.
    pub unresolved: usize,
    /// Bytes, as sent, of what could not be read.
    pub unread: u64,
    /// Some fields were left out: more than the bound allows.
    pub cut: bool,
}

impl Fields {
    /// With room for a section of `len` encoded bytes.
    pub fn for_section(len: usize) -> Self {
        let len = len.min(4096);
        Fields {
            names: String::with_capacity(256 + len),
            values: Vec::with_capacity(256 + len * 2),
            ends: Vec::with_capacity(24),
            ..Fields::default()
        }
    }

    /// Decoded bytes held.
    pub fn bytes(&self) -> usize {
        self.names.len() + self.values.len()
    }

    /// One more field; `bound` is the most bytes of all together.
    pub fn push(&mut self, name: &[u8], value: &[u8], bound: usize) {
        // Every field counts with the overhead that HPACK gives it (RFC 7541, section 4.1): empty ones are bounded too.
        let held = self.bytes() + 32 * self.ends.len();
        if held + name.len() + value.len() > bound {
            self.cut = true;
            return;
        }
        match std::str::from_utf8(name) {
            Ok(name) => self.names.push_str(name),
            Err(_) => self.names.extend(name.iter().map(|byte| *byte as char)),
        }
        self.values.extend_from_slice(value);
        self.ends.push((self.names.len(), self.values.len()));
    }

    /// A field of which `name` and `value` are known as far as they are given: a placeholder that no other field of
    /// the section is called stands for an unknown name, and an unknown value is empty.
    pub fn push_unresolved(&mut self, name: Option<&[u8]>, value: &[u8], bound: usize) {
        self.unresolved += 1;
        if let Some(name) = name {
            self.push(name, value, bound);
        } else {
            let name = format!("?{}", self.ends.len());
            self.push(name.as_bytes(), value, bound);
        }
    }

    /// The fields, to be looked at.
    pub fn headers(&self) -> Vec<Header<'_>> {
        let mut at = (0, 0);
        self.ends
            .iter()
            .map(|end| {
                let header = Header {
                    name: &self.names[at.0..end.0],
                    value: &self.values[at.1..end.1],
                };
                at = *end;
                header
            })
            .collect()
    }
}
