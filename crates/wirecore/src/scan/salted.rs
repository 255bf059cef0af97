//! Salted and keyed digests of facts: a second, bounded pass over digest-shaped tokens that nothing explained.
//!
//! In: the facts' values, then a message's unexplained tokens with its time and the short fields sent along. Out:
//! whose value a token is the digest of, joined with which salt. Tried are the hour and the day in the usual
//! spellings and in every zone, and fields whose name says salt, key, nonce or time; before and after the value,
//! with and without a colon, and as the key of an HMAC.

use ring::{digest, hmac};
use rustc_hash::FxHashMap;

use super::salted_times::Times;

/// Values that are tried with each salt.
pub const MOST_VALUES: usize = 512;
/// Digests that one thread makes in all, with fields and with times; what is left then stays unexplained.
const MOST_WORK: u64 = 40_000_000;
pub(super) const HOUR_S: i64 = 3_600;
/// Tokens of one origin that are all tried; when none of them is explained, then those whose number is a power of
/// two: an app salts what it sends in one place in one way.
const TRIED: u32 = 8;
/// Origins that are remembered; tokens of others are all tried, until the work is bounded.
const ORIGINS: usize = 1 << 16;

/// A value that may have been salted.
#[derive(Clone, Debug)]
pub struct Value {
    /// Whose form it is.
    pub needle: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A short field that was sent in the same message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt {
    /// Its path or name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A token to explain.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// Where such tokens come from: equal for the same field of messages to the same host.
    pub origin: u64,
    /// Its raw bytes.
    pub raw: &'a [u8],
}

/// A token that is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Which of the tokens.
    pub token: usize,
    /// Whose value.
    pub needle: u32,
    /// "salted sha256", "hmac sha256", ...
    pub algorithm: &'static str,
    /// The salt: its text when it is a time, else the name of its field.
    pub salt: String,
}

/// What stands between salt and value, and whether the salt comes first.
const JOINED: [(bool, &[u8]); 4] = [(true, b""), (false, b""), (true, b":"), (false, b":")];
/// Digests of one value with one salt.
pub(super) const WAYS: u64 = JOINED.len() as u64 + 1;

/// The first half of a digest: two of 64 bits are never equal by chance here.
pub(super) type Half = [u8; 8];
/// An HMAC with its key, of a value.
type Keyed = Box<dyn Fn(&[u8]) -> Half>;

/// The algorithms by the length of what they give.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::Md5,
    Algorithm::Sha1,
    Algorithm::Sha256,
    Algorithm::Sha512,
];

impl Algorithm {
    fn of_len(len: usize) -> Option<Self> {
        Some(match len {
            16 => Algorithm::Md5,
            20 => Algorithm::Sha1,
            32 => Algorithm::Sha256,
            64 => Algorithm::Sha512,
            _ => return None,
        })
    }

    fn name(self, keyed: bool) -> &'static str {
        match (self, keyed) {
            (Algorithm::Md5, false) => "salted md5",
            (Algorithm::Md5, true) => "hmac md5",
            (Algorithm::Sha1, false) => "salted sha1",
            (Algorithm::Sha1, true) => "hmac sha1",
            (Algorithm::Sha256, false) => "salted sha256",
            (Algorithm::Sha256, true) => "hmac sha256",
            (Algorithm::Sha512, false) => "salted sha512",
            (Algorithm::Sha512, true) => "hmac sha512",
        }
    }

    fn digest(self, text: &[u8]) -> Half {
        match self {
            Algorithm::Md5 => first(&<md5::Md5 as md5::Digest>::digest(text)),
            Algorithm::Sha1 => {
                first(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text).as_ref())
            }
            Algorithm::Sha256 => first(digest::digest(&digest::SHA256, text).as_ref()),
            Algorithm::Sha512 => first(digest::digest(&digest::SHA512, text).as_ref()),
        }
    }

    /// Its HMAC with a key, made ready once for all values.
    fn keyed(self, key: &[u8]) -> Keyed {
        let with = |algorithm| -> Keyed {
            let key = hmac::Key::new(algorithm, key);
            Box::new(move |text| first(hmac::sign(&key, text).as_ref()))
        };
        match self {
            Algorithm::Md5 => {
                use ::hmac::Mac as _;
                match ::hmac::Hmac::<md5::Md5>::new_from_slice(key) {
                    Ok(ready) => Box::new(move |text| {
                        first(&ready.clone().chain_update(text).finalize().into_bytes())
                    }),
                    Err(_) => Box::new(|_| Half::default()), // HMAC takes keys of every length (RFC 2104)
                }
            }
            Algorithm::Sha1 => with(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            Algorithm::Sha256 => with(hmac::HMAC_SHA256),
            Algorithm::Sha512 => with(hmac::HMAC_SHA512),
        }
    }
}

fn first(raw: &[u8]) -> Half {
    raw.first_chunk().copied().unwrap_or_default()
}

/// Calls `made` with each digest of the values with the salt: the value's place, whether keyed, the digest.
pub(super) fn digests(
    algorithm: Algorithm,
    values: &[Value],
    salt: &[u8],
    made: &mut dyn FnMut(u16, bool, Half),
) {
    let keyed = algorithm.keyed(salt);
    let mut text = Vec::new();
    for (place, Value { bytes, .. }) in (0..).zip(values) {
        for (salt_first, between) in JOINED {
            let (a, b) = if salt_first {
                (salt, &bytes[..])
            } else {
                (&bytes[..], salt)
            };
            text.clear();
            for part in [a, between, b] {
                text.extend_from_slice(part);
            }
            made(place, false, algorithm.digest(&text));
        }
        made(place, true, keyed(bytes));
    }
}

/// What one thread remembers between messages.
pub struct SecondPass {
    times: [Times; ALGORITHMS.len()],
    /// Tokens of each origin since one of them was explained.
    origins: FxHashMap<u64, u32>,
    left: u64,
    told: bool,
}

impl Default for SecondPass {
    fn default() -> Self {
        SecondPass {
            times: Default::default(),
            origins: FxHashMap::default(),
            left: MOST_WORK,
            told: false,
        }
    }
}

impl SecondPass {
    /// True once, when it stopped because it had worked enough.
    pub fn stopped(&mut self) -> bool {
        self.left == 0 && !std::mem::replace(&mut self.told, true)
    }

    /// Explains the tokens of a message of that second which a salt explains.
    pub fn explain(
        &mut self,
        values: &[Value],
        tokens: &[Token<'_>],
        second: i64,
        fields: &[Salt],
    ) -> Vec<Explained> {
        let mut found = Vec::new();
        if values.is_empty() || self.left == 0 {
            return found;
        }
        let due: Vec<bool> = tokens
            .iter()
            .map(|token| self.is_due(token.origin))
            .collect();
        for (algorithm, place) in ALGORITHMS.into_iter().zip(0..) {
            let mut open: Vec<(usize, Half)> = tokens
                .iter()
                .enumerate()
                .filter(|&(at, token)| {
                    due[at] && Algorithm::of_len(token.raw.len()) == Some(algorithm)
                })
                .map(|(at, token)| (at, first(token.raw)))
                .collect();
            if open.is_empty() {
                continue;
            }
            let mut explain = |token: usize, value: u16, keyed: bool, salt: String| {
                if let Some(value) = values.get(usize::from(value)) {
                    found.push(Explained {
                        token,
                        needle: value.needle,
                        algorithm: algorithm.name(keyed),
                        salt,
                    });
                }
            };
            self.try_fields(algorithm, values, fields, &mut open, &mut explain);
            let hour = second.div_euclid(HOUR_S);
            let times = &mut self.times[place];
            if open.is_empty() || !times.prepare(algorithm, values, hour, &mut self.left) {
                continue;
            }
            for (token, sought) in open {
                if let Some((value, keyed, salt)) = times.find(sought, hour) {
                    explain(token, value, keyed, salt);
                }
            }
        }
        for explained in &found {
            self.origins.remove(&tokens[explained.token].origin);
        }
        found.sort_by_key(|explained| explained.token);
        found
    }

    fn is_due(&mut self, origin: u64) -> bool {
        if self.origins.len() >= ORIGINS && !self.origins.contains_key(&origin) {
            return true;
        }
        let number = self.origins.entry(origin).or_insert(0);
        *number = number.saturating_add(1);
        *number <= TRIED || number.is_power_of_two()
    }

    /// Tries the fields as salts; takes from `open` what they explain.
    fn try_fields(
        &mut self,
        algorithm: Algorithm,
        values: &[Value],
        fields: &[Salt],
        open: &mut Vec<(usize, Half)>,
        explain: &mut dyn FnMut(usize, u16, bool, String),
    ) {
        for field in fields {
            if open.is_empty() {
                return;
            }
            let work = values.len() as u64 * WAYS;
            if work > self.left {
                self.left = 0;
                return;
            }
            self.left -= work;
            digests(
                algorithm,
                values,
                &field.bytes,
                &mut |value, keyed, half| {
                    open.retain(|&(token, sought)| {
                        if sought == half {
                            explain(token, value, keyed, field.name.clone());
                        }
                        sought != half
                    });
                },
            );
        }
    }
}

/// May a field of this name hold a salt or a key? Asked of nearly every field: nothing is copied.
pub fn names_a_salt(name: &str) -> bool {
    let name = name.as_bytes();
    let before = name.iter().rposition(|b| matches!(b, b'/' | b':'));
    let last = &name[before.map_or(0, |at| at + 1)..];
    let is = |word: &&[u8]| last.eq_ignore_ascii_case(word);
    (last.len() <= 4 && SALT_NAMES.iter().any(is))
        || (0..last.len()).any(|at| {
            let words: &[&[u8]] = match last[at] | 0x20 {
                b'k' => &[b"key"],
                b'n' => &[b"nonce"],
                b'r' => &[b"rand"],
                b's' => &[b"salt", b"secret", b"seed", b"stamp", b"session"],
                b't' => &[b"time"],
                _ => return false,
            };
            let rest = &last[at..];
            let begins = |word: &&[u8]| {
                let head = rest.get(..word.len());
                head.is_some_and(|head| head.eq_ignore_ascii_case(word))
            };
            words.iter().any(begins)
        })
}

/// Names that are a salt's only as a whole; the longest has four letters.
const SALT_NAMES: [&[u8]; 10] = [
    b"k", b"s", b"t", b"ts", b"r", b"n", b"iv", b"date", b"day", b"hour",
];

/// Is it the length of a digest that is tried?
pub fn is_digest_long(len: usize) -> bool {
    Algorithm::of_len(len).is_some()
}

/// The raw bytes and the codec of a text that is, as a whole, a digest printed in hex or base64.
pub fn printed_digest(text: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    if text.len() % 2 == 0
        && is_digest_long(text.len() / 2)
        && text.iter().all(u8::is_ascii_hexdigit)
    {
        let value = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
        let raw = text
            .chunks_exact(2)
            .map(|pair| value(pair[0]) << 4 | value(pair[1]));
        return Some(("hex", raw.collect()));
    }
    let digits = text.iter().position(|&b| b == b'=').unwrap_or(text.len());
    let (digits, padding) = text.split_at(digits);
    let raw = digits.len() * 3 / 4;
    let alphabet = |b: &u8| b.is_ascii_alphanumeric() || b"+/-_".contains(b);
    let shaped = is_digest_long(raw)
        && digits.len() == (raw * 4).div_ceil(3)
        && padding.iter().all(|&b| b == b'=')
        && padding.len() <= 2
        && digits.iter().all(alphabet);
    shaped.then(|| {
        let mut bytes = vec![0; raw + 3];
        super::digests::decode_base64(digits, &mut bytes);
        bytes.truncate(raw);
        ("base64", bytes)
    })
}

#[cfg(test)]
#[path = "salted_tests.rs"]
mod tests;
