//! Needles: the byte forms of the owner's facts, up to 50,000 of them, found in any text in about one pass.
//!
//! In: forms, then texts. Out: every occurrence of every form, once, in no particular order. Nothing is kept
//! between texts; who scans in pieces repeats [`MAX_PLAIN`] bytes.
//!
//! A form of 15 bytes or more holds a whole 8-byte gram at some multiple of 8, wherever it begins; so only
//! every eighth position is looked up, and the few that pass the filter are verified. With shorter forms in the
//! set, grams of 5 bytes are looked up at every fourth position, which 8 bytes suffice for. Forms under 8 bytes
//! are whole tokens.

use rustc_hash::FxHashMap;

use super::digests::{DigestSeen, Digests, Pack};
use super::free::{Free, MIN_FORM};
use super::tally::Tally;
use super::tokens::Tokens;

/// Longest plain form, bytes: what a window repeats, so that none is missed between two.
pub const MAX_PLAIN: usize = 64 * 1024;
/// Shortest plain form that need not be a whole token, bytes.
pub const MIN_FREE: usize = MIN_FORM;
/// Shortest plain form at all, bytes.
pub const MIN_PLAIN: usize = 2;

/// A byte form to look for.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Whose form it is; comes back with every occurrence.
    pub needle: u32,
    /// The bytes, [`MIN_PLAIN`] to [`MAX_PLAIN`] of them.
    pub bytes: Vec<u8>,
    /// Counts only where neither neighbour is an ASCII letter or digit, of one byte or, where the form is in
    /// UTF-16, of two. Forms under [`MIN_FREE`] must say so.
    pub whole_token: bool,
}

/// A file to recognise by its hash.
#[derive(Clone, Debug)]
pub struct FileHash {
    /// Whose file it is.
    pub needle: u32,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// How many bytes.
    pub len: u64,
}

/// Of a form in UTF-16, is the unit on the side where it has its zero bytes no ASCII letter or digit? On the
/// other side the neighbour is that unit's own byte, which is looked at as that of any form. Half a unit is
/// none that could be told.
fn stands_alone(form: &[u8], before: &[u8], after: &[u8]) -> bool {
    let zero = |odd| form.iter().skip(odd).step_by(2).all(|&byte| byte == 0);
    if form.len() % 2 != 0 {
        true
    } else if zero(1) {
        !matches!(before, [0] | [.., b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', 0])
    } else if zero(0) {
        !matches!(after, [0] | [0, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z', ..])
    } else {
        true
    }
}

/// Compiled needles. Read-only: share them between threads.
#[derive(Default)]
pub struct Needles {
    forms: Vec<Plain>,
    free: Free,
    tokens: Tokens,
    digests: Digests,
    files: FxHashMap<u64, Vec<FileHash>>,
}

impl Needles {
    /// Compiles. An error is one sentence about a wrong form, naming its needle.
    pub fn compile(
        plain: Vec<Plain>,
        digests: Vec<Pack>,
        files: Vec<FileHash>,
    ) -> Result<Self, String> {
        for form in &plain {
            let (needle, len) = (form.needle, form.bytes.len());
            let wrong = if !(MIN_PLAIN..=MAX_PLAIN).contains(&len) {
                format!("{MIN_PLAIN} to {MAX_PLAIN} are possible")
            } else if len < MIN_FREE && !form.whole_token {
                format!("under {MIN_FREE} it must be a whole token")
            } else {
                continue;
            };
            return Err(format!(
                "a form of needle {needle} has {len} bytes; {wrong}"
            ));
        }
        if u32::try_from(plain.len()).is_err() {
            return Err("too many plain forms".to_owned());
        }
        let of_kind = |whole_token| {
            let forms = plain
                .iter()
                .zip(0..)
                .filter(move |(form, _)| form.whole_token == whole_token);
            forms.map(|(form, index)| (index, &form.bytes[..]))
        };
        let free = Free::build(&of_kind(false).collect::<Vec<_>>());
        let tokens = Tokens::build(of_kind(true));
        let digests = Digests::compile(digests)?;
        let mut by_len: FxHashMap<u64, Vec<FileHash>> = FxHashMap::default();
        for file in files {
            by_len.entry(file.len).or_default().push(file);
        }
        Ok(Needles {
            free,
            tokens,
            digests,
            files: by_len,
            forms: plain,
        })
    }

    /// Every occurrence of every plain form: `out(needle, start, end)`.
    pub fn find(&self, hay: &[u8], out: &mut dyn FnMut(u32, usize, usize)) {
        self.find_free(hay, out);
        self.find_tokens(hay, &mut Tally::default(), out);
    }

    /// Occurrences of the forms that may stand anywhere.
    pub fn find_free(&self, hay: &[u8], out: &mut dyn FnMut(u32, usize, usize)) {
        self.free.find(hay, &mut |form, start| {
            let form = &self.forms[form as usize];
            let end = start + form.bytes.len();
            if hay.get(start..end) == Some(&form.bytes[..]) {
                out(form.needle, start, end);
            }
        });
    }

    /// Occurrences of the forms that must be whole tokens; `tally` counts the places they were compared with.
    pub fn find_tokens(
        &self,
        hay: &[u8],
        tally: &mut Tally,
        out: &mut dyn FnMut(u32, usize, usize),
    ) {
        self.tokens.find(hay, tally, &mut |form, start| {
            let form = &self.forms[form as usize];
            let end = start + form.bytes.len();
            let whole = hay
                .get(end)
                .is_none_or(|next| !next.is_ascii_alphanumeric());
            if whole
                && hay.get(start..end) == Some(&form.bytes[..])
                && stands_alone(&form.bytes, &hay[..start], &hay[end..])
            {
                out(form.needle, start, end);
            }
        });
    }

    /// Every digest that stands in a text as hex or base64.
    pub fn find_digests(&self, hay: &[u8], out: &mut dyn FnMut(DigestSeen)) {
        self.digests.find(hay, out);
    }

    /// The needle and algorithm of which these raw bytes are a digest.
    pub fn find_digest(&self, raw: &[u8]) -> Option<(u32, &'static str)> {
        self.digests.known(raw).next()
    }

    /// The needle of a file with this hash and length.
    pub fn find_file(&self, sha256: &[u8; 32], len: u64) -> Option<u32> {
        self.files
            .get(&len)?
            .iter()
            .find(|file| &file.sha256 == sha256)
            .map(|file| file.needle)
    }

    /// Is there a file of this length, so that hashing is worth its time?
    pub fn has_file_of(&self, len: u64) -> bool {
        self.files.contains_key(&len)
    }

    /// The highest needle number, to check a map of needles against.
    pub(crate) fn highest(&self) -> Option<u32> {
        let forms = self.forms.iter().map(|f| f.needle);
        let files = self.files.values().flatten().map(|f| f.needle);
        forms.chain(files).chain(self.digests.needles()).max()
    }
}

#[cfg(test)]
#[path = "needles_tests.rs"]
mod tests;
