//! Digests of facts, printed in hex or base64: found by membership of digest-shaped tokens.
//!
//! In: raw digests, then texts. Out: each token of a text that spells one of them, with its range and codec.
//! A million digests cost no more than one, for only tokens of the right length are decoded and looked up.

use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;

use memchr::memchr2_iter;

use super::blocks::{self, TokenLike};
use super::grams::Filter;
use super::words::word_at;

/// Shortest raw digest, bytes: 64 bits do not occur by chance.
pub const MIN_DIGEST: usize = 8;
/// Longest raw digest, bytes.
pub const MAX_DIGEST: usize = 64;

/// Every algorithm that can be named; the closed list of the table of hits.
pub const ALGORITHMS: &[&str] = &[
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "blake2b",
    "blake2b-256",
    "blake2s",
    "ripemd160",
    "murmur3-128",
    // Of 32 bits: only as printed forms, which count in context.
    "murmur3",
    "crc32",
];

/// A digest to look for.
#[derive(Clone, Debug)]
pub struct Digest {
    /// Whose digest it is.
    pub needle: u32,
    /// Its name: "md5", "sha1", "sha256", ...
    pub algorithm: &'static str,
    /// The raw bytes, [`MIN_DIGEST`] to [`MAX_DIGEST`] of them.
    pub bytes: Vec<u8>,
}

/// The name as the closed list has it.
pub fn algorithm(name: &str) -> Option<&'static str> {
    ALGORITHMS.iter().find(|known| **known == name).copied()
}

/// A digest that was seen in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestSeen {
    /// Whose.
    pub needle: u32,
    /// Which.
    pub algorithm: &'static str,
    /// "hex" or "base64".
    pub codec: &'static str,
    /// Where the token starts.
    pub start: usize,
    /// Where it ends (exclusive), padding included.
    pub end: usize,
    /// Length of the raw digest, bytes.
    pub raw_len: usize,
}

/// Bytes that somebody else may keep: a million digests stand in memory once.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Digests of one algorithm and length.
#[derive(Clone)]
pub struct Pack {
    /// The needle of a digest is this and its number in `facts`.
    pub first: u32,
    /// Its name.
    pub algorithm: &'static str,
    /// Length of each, bytes.
    pub size: usize,
    /// A number of four bytes for each digest, in the machine's order.
    pub facts: Bytes,
    /// The digests, end to end.
    pub raw: Bytes,
}

impl Pack {
    /// The same digests, packed.
    pub fn all(digests: &[Digest]) -> Vec<Pack> {
        let mut groups: BTreeMap<_, (Vec<u8>, Vec<u8>)> = BTreeMap::new();
        for digest in digests {
            let group = groups.entry((digest.algorithm, digest.bytes.len()));
            let (facts, raw) = group.or_default();
            facts.extend_from_slice(&digest.needle.to_ne_bytes());
            raw.extend_from_slice(&digest.bytes);
        }
        let packs = groups
            .into_iter()
            .map(|((algorithm, size), (facts, raw))| Pack {
                first: 0,
                algorithm,
                size,
                facts: Arc::new(facts),
                raw: Arc::new(raw),
            });
        packs.collect()
    }
}

/// A pack with the order of its digests.
struct Sorted {
    pack: Pack,
    /// The digests' numbers, sorted by their bytes and facts.
    order: Vec<u32>,
}

impl Sorted {
    fn of(pack: Pack) -> Result<Self, String> {
        let Pack {
            algorithm, size, ..
        } = pack;
        if !(MIN_DIGEST..=MAX_DIGEST).contains(&size) {
            return Err(format!("a digest by {algorithm} has {size} bytes; {MIN_DIGEST} to {MAX_DIGEST} are possible"));
        }
        let raw = (*pack.raw).as_ref().len();
        let facts = (*pack.facts).as_ref().len();
        if facts % 4 != 0 || facts / 4 * size != raw {
            return Err(format!(
                "the digests by {algorithm} do not tile their bytes"
            ));
        }
        let count = u32::try_from(facts / 4).map_err(|_| "too many digests".to_owned())?;
        let mut sorted = Sorted {
            pack,
            order: Vec::new(),
        };
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_unstable_by_key(|&at| (sorted.bytes(at), sorted.needle(at)));
        sorted.order = order;
        Ok(sorted)
    }

    fn bytes(&self, at: u32) -> &[u8] {
        &(*self.pack.raw).as_ref()[at as usize * self.pack.size..][..self.pack.size]
    }

    fn needle(&self, at: u32) -> u32 {
        let fact = &(*self.pack.facts).as_ref()[at as usize * 4..];
        let fact = u32::from_ne_bytes([fact[0], fact[1], fact[2], fact[3]]);
        self.pack.first.saturating_add(fact) // one beyond all facts is refused, as a needle that no fact has
    }

    /// The needles of which these bytes are the digest.
    fn known<'s>(&'s self, raw: &'s [u8]) -> impl Iterator<Item = u32> + 's {
        let first = self.order.partition_point(|&at| self.bytes(at) < raw);
        let same = self.order[first..].iter();
        let same = same.take_while(move |&&at| self.bytes(at) == raw);
        same.map(|&at| self.needle(at))
    }
}

/// Compiled digests.
#[derive(Default)]
pub(super) struct Digests {
    packs: Vec<Sorted>,
    filter: Filter<2>,
    /// Raw lengths that occur, ascending.
    lens: Vec<usize>,
}

/// Characters of unpadded base64 for so many bytes.
fn base64_len(raw: usize) -> usize {
    (raw * 4).div_ceil(3)
}

impl Digests {
    pub(super) fn compile(packs: Vec<Pack>) -> Result<Self, String> {
        let packs = packs
            .into_iter()
            .map(Sorted::of)
            .collect::<Result<Vec<_>, _>>()?;
        let mut lens: Vec<usize> = packs.iter().map(|sorted| sorted.pack.size).collect();
        lens.sort_unstable();
        lens.dedup();
        let all = packs
            .iter()
            .flat_map(|sorted| sorted.order.iter().map(|&at| sorted.bytes(at)));
        let count = packs.iter().map(|sorted| sorted.order.len()).sum();
        let filter = Filter::build(count, all.map(|bytes| word_at(bytes, 0)));
        Ok(Digests {
            packs,
            filter,
            lens,
        })
    }

    pub(super) fn needles(&self) -> impl Iterator<Item = u32> + '_ {
        let packs = self.packs.iter();
        packs.flat_map(|sorted| sorted.order.iter().map(|&at| sorted.needle(at)))
    }

    /// All needles and algorithms of which these bytes are a digest.
    pub(super) fn known<'s>(
        &'s self,
        raw: &'s [u8],
    ) -> impl Iterator<Item = (u32, &'static str)> + 's {
        let maybe =
            self.lens.binary_search(&raw.len()).is_ok() && self.filter.may_hold(word_at(raw, 0));
        let packs = if maybe { &self.packs[..] } else { &[] };
        packs
            .iter()
            .filter(|sorted| sorted.pack.size == raw.len())
            .flat_map(|sorted| {
                sorted
                    .known(raw)
                    .map(|needle| (needle, sorted.pack.algorithm))
            })
    }

    /// Every token of `text` that spells a digest.
    pub(super) fn find(&self, text: &[u8], out: &mut dyn FnMut(DigestSeen)) {
        let Some(&shortest) = self.lens.first() else {
            return;
        };
        blocks::runs::<TokenLike>(text, base64_len(shortest), &mut |start, end| {
            self.look_at_token(text, start, end, out);
        });
    }

    fn look_at_token(
        &self,
        text: &[u8],
        start: usize,
        end: usize,
        out: &mut dyn FnMut(DigestSeen),
    ) {
        let token = &text[start..end];
        let escapes = escapes_before(&text[..start], token);
        self.find_hex(&token[escapes..], start + escapes, out);
        // `/` and `+` end a base64url token (a path), `-` and `_` one of plain base64.
        let mut whole = false;
        for separators in [*b"+/", *b"-_"] {
            let mut from = 0;
            for at in
                memchr2_iter(separators[0], separators[1], token).chain(iter::once(token.len()))
            {
                if at - from != token.len() || !whole {
                    whole |= at - from == token.len();
                    self.look_at_base64(text, start + from, start + at, out);
                }
                from = at + 1;
            }
        }
    }

    fn look_at_base64(
        &self,
        text: &[u8],
        start: usize,
        end: usize,
        out: &mut dyn FnMut(DigestSeen),
    ) {
        let token = &text[start..end];
        for &len in self
            .lens
            .iter()
            .filter(|&&len| base64_len(len) == token.len())
        {
            let mut raw = [0; MAX_DIGEST + 3];
            decode_base64(token, &mut raw);
            let padding = (3 - len % 3) % 3;
            let padded = padding > 0 && text[end..].starts_with(&b"=="[..padding]);
            let end = if padded { end + padding } else { end };
            for (needle, algorithm) in self.known(&raw[..len]) {
                out(DigestSeen {
                    needle,
                    algorithm,
                    codec: "base64",
                    start,
                    end,
                    raw_len: len,
                });
            }
        }
    }

    fn find_hex(&self, token: &[u8], base: usize, out: &mut dyn FnMut(DigestSeen)) {
        let Some(&shortest) = self.lens.first() else {
            return;
        };
        // A run of n digits covers eight whole ones at some multiple of n - 7, wherever it begins.
        let stride = 2 * shortest - 7;
        let mut at = 0;
        while at + 8 <= token.len() {
            if !token[at..at + 8].iter().all(u8::is_ascii_hexdigit) {
                at += stride;
                continue;
            }
            let start = token[..at]
                .iter()
                .rposition(|b| !b.is_ascii_hexdigit())
                .map_or(0, |before| before + 1);
            let digits = token[at..].iter().position(|b| !b.is_ascii_hexdigit());
            let end = digits.map_or(token.len(), |digits| at + digits);
            let len = (end - start) / 2;
            if (end - start) % 2 == 0 && self.lens.binary_search(&len).is_ok() {
                let mut raw = [0; MAX_DIGEST];
                for (byte, pair) in raw.iter_mut().zip(token[start..end].chunks_exact(2)) {
                    *byte = hex_value(pair[0]) << 4 | hex_value(pair[1]);
                }
                for (needle, algorithm) in self.known(&raw[..len]) {
                    let (start, end) = (base + start, base + end);
                    out(DigestSeen {
                        needle,
                        algorithm,
                        codec: "hex",
                        start,
                        end,
                        raw_len: len,
                    });
                }
            }
            at = end + 1;
        }
    }
}

/// Characters of the token that belong to a percent-encoded byte (or one encoded again, `%2522`), so that what
/// follows is a token of its own.
fn escapes_before(before: &[u8], token: &[u8]) -> usize {
    if before.last() != Some(&b'%') {
        return 0;
    }
    let again = token.chunks_exact(2).take_while(|pair| *pair == b"25");
    let escapes = 2 * (again.count() + 1);
    let all_hex = token.iter().take(escapes).all(u8::is_ascii_hexdigit);
    if all_hex && escapes <= token.len() {
        escapes
    } else {
        0
    }
}

fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// Decodes up to 86 characters of either alphabet; `raw` has room for the last, incomplete group.
pub(super) fn decode_base64(token: &[u8], raw: &mut [u8]) {
    for (group, bytes) in token.chunks(4).zip(raw.chunks_exact_mut(3)) {
        let mut bits = 0;
        for i in 0..4 {
            let value = match group.get(i) {
                Some(&c @ b'A'..=b'Z') => c - b'A',
                Some(&c @ b'a'..=b'z') => c - b'a' + 26,
                Some(&c @ b'0'..=b'9') => c - b'0' + 52,
                Some(b'+' | b'-') => 62,
                Some(_) => 63,
                None => 0,
            };
            bits = bits << 6 | u32::from(value);
        }
        bytes.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
}

#[cfg(test)]
#[path = "digests_tests.rs"]
mod tests;
