//! Needles: the byte forms of the owner's facts, up to 50,000 of them, found in any text in about one pass.
//!
//! In: forms, then texts. Out: every occurrence of every form, once, in no particular order. Nothing is kept
//! between texts; who scans in pieces repeats [`MAX_PLAIN`] bytes.
//!
//! A form of 15 bytes or more holds a whole 8-byte gram at some multiple of 8, wherever it begins; so only
//! every eighth position is looked up, and the few that pass the filter are verified. Forms of 11 to 14 bytes
//! need every fourth position, and forms of 8 to 10 grams of 5 bytes. Shorter ones are whole tokens.

use rustc_hash::FxHashMap;

use super::digests::{Digest, DigestSeen, Digests};
use super::grams::{Grams, Place};
use super::tokens::Tokens;
use super::words::word_at;

/// Longest plain form, bytes: what a window repeats, so that none is missed between two.
pub const MAX_PLAIN: usize = 64 * 1024;
/// Shortest plain form that need not be a whole token, bytes.
pub const MIN_FREE: usize = 8;
/// Shortest plain form at all, bytes.
pub const MIN_PLAIN: usize = 2;

/// A byte form to look for.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Whose form it is; comes back with every occurrence.
    pub needle: u32,
    /// The bytes, [`MIN_PLAIN`] to [`MAX_PLAIN`] of them.
    pub bytes: Vec<u8>,
    /// Counts only where neither neighbour is an ASCII letter or digit. Forms under [`MIN_FREE`] must say so.
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

/// Compiled needles. Read-only: share them between threads.
#[derive(Default)]
pub struct Needles {
    forms: Vec<Plain>,
    /// Grams of 8 bytes of the longer forms, for each remainder of `wide_stride`.
    wide: Grams,
    wide_stride: usize,
    /// Grams of 5 bytes of forms of 8 to 10 bytes, for each remainder of 4.
    narrow: Grams,
    tokens: Tokens,
    digests: Digests,
    files: FxHashMap<u64, Vec<FileHash>>,
}

const NARROW: usize = 5;
const NARROW_MASK: u64 = (1 << (8 * NARROW)) - 1;
const STRIDE: usize = 4;

impl Needles {
    /// Compiles. An error is one sentence about a wrong form, naming its needle.
    pub fn compile(
        plain: Vec<Plain>,
        digests: Vec<Digest>,
        files: Vec<FileHash>,
    ) -> Result<Self, String> {
        for form in &plain {
            let (needle, len) = (form.needle, form.bytes.len());
            if !(MIN_PLAIN..=MAX_PLAIN).contains(&len) {
                return Err(format!("a form of needle {needle} has {len} bytes; {MIN_PLAIN} to {MAX_PLAIN} are possible"));
            }
            if len < MIN_FREE && !form.whole_token {
                return Err(format!("a form of needle {needle} has {len} bytes; under {MIN_FREE} it must be a whole token"));
            }
        }
        if u32::try_from(plain.len()).is_err() {
            return Err("too many plain forms".to_owned());
        }
        // Forms of 11 to 14 bytes need stride 4; then the long ones go along, as one filter is cheaper than two.
        let medium = plain
            .iter()
            .any(|f| !f.whole_token && (8 + STRIDE - 1..15).contains(&f.bytes.len()));
        let wide_stride = if medium { STRIDE } else { 8 };
        let free = || {
            plain
                .iter()
                .enumerate()
                .filter(|(_, f)| !f.whole_token)
                .map(|(i, f)| (i as u32, &f.bytes[..]))
        };
        let is_wide = |len: usize| len >= 8 + wide_stride - 1;
        let rarity = Rarity::of(free().map(|f| f.1));
        let wide = rarity.choose(free().filter(|f| is_wide(f.1.len())), 8, wide_stride);
        let narrow = rarity.choose(free().filter(|f| !is_wide(f.1.len())), NARROW, STRIDE);
        let tokens = plain.iter().enumerate().filter(|(_, f)| f.whole_token);
        let tokens = Tokens::build(tokens.map(|(i, f)| (i as u32, &f.bytes[..])));
        let mut by_len: FxHashMap<u64, Vec<FileHash>> = FxHashMap::default();
        for file in files {
            by_len.entry(file.len).or_default().push(file);
        }
        Ok(Needles {
            wide: Grams::build(wide),
            wide_stride,
            narrow: Grams::build(narrow),
            tokens,
            digests: Digests::compile(digests)?,
            files: by_len,
            forms: plain,
        })
    }

    /// Every occurrence of every plain form: `out(needle, start, end)`.
    pub fn find(&self, hay: &[u8], out: &mut dyn FnMut(u32, usize, usize)) {
        self.find_free(hay, out);
        self.find_tokens(hay, out);
    }

    /// Occurrences of the forms that may stand anywhere.
    pub fn find_free(&self, hay: &[u8], out: &mut dyn FnMut(u32, usize, usize)) {
        match (
            self.wide.is_empty(),
            self.narrow.is_empty(),
            self.wide_stride,
        ) {
            (true, true, _) => {}
            (false, true, 8) => self.pass::<true, false>(hay, 0, out),
            (false, true, _) => {
                self.pass::<true, false>(hay, 0, out);
                self.pass::<true, false>(hay, STRIDE, out);
            }
            (true, false, _) => {
                self.pass::<false, true>(hay, 0, out);
                self.pass::<false, true>(hay, STRIDE, out);
            }
            (false, false, stride) => {
                self.pass::<true, true>(hay, 0, out);
                if stride == 8 {
                    self.pass::<false, true>(hay, STRIDE, out);
                } else {
                    self.pass::<true, true>(hay, STRIDE, out);
                }
            }
        }
    }

    /// Occurrences of the forms that must be whole tokens.
    pub fn find_tokens(&self, hay: &[u8], out: &mut dyn FnMut(u32, usize, usize)) {
        self.tokens.find(hay, &mut |form, start| {
            let form = &self.forms[form as usize];
            let end = start + form.bytes.len();
            let whole = hay
                .get(end)
                .is_none_or(|next| !next.is_ascii_alphanumeric());
            if whole && hay.get(start..end) == Some(&form.bytes[..]) {
                out(form.needle, start, end);
            }
        });
    }

    /// Looks at positions `base`, `base + 8`, ...
    fn pass<const WIDE: bool, const NARROW_TOO: bool>(
        &self,
        hay: &[u8],
        base: usize,
        out: &mut dyn FnMut(u32, usize, usize),
    ) {
        let text = hay.get(base..).unwrap_or_default();
        let mut chunks = text.chunks_exact(8);
        let mut at = base;
        for chunk in &mut chunks {
            let word = chunk.try_into().map_or(0, u64::from_le_bytes);
            if WIDE && self.wide.may_hold(word) {
                self.verify(&self.wide, word, hay, at, out);
            }
            if NARROW_TOO && self.narrow.may_hold(word & NARROW_MASK) {
                self.verify(&self.narrow, word & NARROW_MASK, hay, at, out);
            }
            at += 8;
        }
        // The end holds no gram of 8 bytes, but perhaps one of 5.
        if NARROW_TOO && chunks.remainder().len() >= NARROW {
            self.verify(&self.narrow, word_at(hay, at) & NARROW_MASK, hay, at, out);
        }
    }

    #[inline(never)]
    fn verify(
        &self,
        grams: &Grams,
        gram: u64,
        hay: &[u8],
        at: usize,
        out: &mut dyn FnMut(u32, usize, usize),
    ) {
        for place in grams.places(gram) {
            let form = &self.forms[place.form as usize];
            let Some(start) = at.checked_sub(place.offset as usize) else {
                continue;
            };
            let end = start + form.bytes.len();
            if hay.get(start..end) == Some(&form.bytes[..]) {
                out(form.needle, start, end);
            }
        }
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

/// Counts how often a gram occurs among the forms, so that common ones ("https://", "IMG_2014") are not
/// what is looked up. A sketch of fixed size: collisions only make a gram seem more common.
struct Rarity {
    counts: Vec<u16>,
}

/// Offsets of a form that are considered for each remainder.
const CHOICES: usize = 8;

impl Rarity {
    fn of<'a>(forms: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut rarity = Rarity {
            counts: vec![0; 1 << 20],
        };
        for bytes in forms {
            for offset in 0..bytes
                .len()
                .min(CHOICES * 8 + NARROW)
                .saturating_sub(NARROW - 1)
            {
                let slot = Self::slot(word_at(bytes, offset));
                rarity.counts[slot] = rarity.counts[slot].saturating_add(1);
            }
        }
        rarity
    }

    /// By the first five bytes, which both widths have.
    fn slot(word: u64) -> usize {
        ((word & NARROW_MASK).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44) as usize
    }

    /// For each form and each remainder of `stride`, the rarest gram of `width` bytes.
    fn choose<'a>(
        &self,
        forms: impl Iterator<Item = (u32, &'a [u8])>,
        width: usize,
        stride: usize,
    ) -> Vec<(u64, Place)> {
        let mask = u64::MAX >> (64 - 8 * width);
        let mut chosen = Vec::new();
        for (form, bytes) in forms {
            for remainder in 0..stride {
                let offsets = (remainder..=bytes.len() - width)
                    .step_by(stride)
                    .take(CHOICES);
                let best = offsets.min_by_key(|&offset| {
                    let sameness = width - distinct(&bytes[offset..offset + width]);
                    (
                        self.counts[Self::slot(word_at(bytes, offset))],
                        sameness,
                        offset,
                    )
                });
                if let Some(offset) = best {
                    chosen.push((
                        word_at(bytes, offset) & mask,
                        Place {
                            form,
                            offset: offset as u32,
                        },
                    ));
                }
            }
        }
        chosen
    }
}

fn distinct(bytes: &[u8]) -> usize {
    (0..bytes.len())
        .filter(|&i| !bytes[..i].contains(&bytes[i]))
        .count()
}

#[cfg(test)]
#[path = "needles_tests.rs"]
mod tests;
