//! Salted and keyed digests of facts: a second, bounded pass over digest-shaped tokens that nothing explained.
//!
//! In: the facts' values, then a message's unexplained tokens with its time and the short fields sent along. Out:
//! whose value a token is the digest of, joined with which salt. Tried are the hour and the day in the usual
//! spellings and in every zone, and fields whose name says salt, key, nonce or time; before and after the value,
//! with and without a colon, and as the key of an HMAC.

use std::collections::VecDeque;

use ring::{digest, hmac};
use rustc_hash::FxHashMap;

/// Values that are tried with each salt.
pub const MOST_VALUES: usize = 512;
/// Digests that one thread makes in all; what is left then stays unexplained.
const MOST_WORK: u64 = 40_000_000;
/// Hours whose digests are kept.
const HOURS: usize = 4;
const HOUR_S: i64 = 3_600;

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

/// A token that is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Whose value.
    pub needle: u32,
    /// "salted sha256", "hmac sha256", ...
    pub algorithm: &'static str,
    /// The salt: its text when it is a time, else the name of its field.
    pub salt: String,
}

#[derive(Clone, Copy)]
enum Way {
    Joined(bool, &'static [u8]),
    Keyed,
}

const WAYS: [Way; 5] = [
    Way::Joined(true, b""),
    Way::Joined(false, b""),
    Way::Joined(true, b":"),
    Way::Joined(false, b":"),
    Way::Keyed,
];

/// Digests by their first half: value, salt, way.
type Made = FxHashMap<[u8; 8], (u32, u32, bool)>;

/// The algorithms by the length of what they give.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

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

    /// The first bytes of the digest.
    fn digest(self, text: &[u8]) -> [u8; 8] {
        match self {
            Algorithm::Md5 => first(&<md5::Md5 as md5::Digest>::digest(text)),
            Algorithm::Sha1 => {
                first(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text).as_ref())
            }
            Algorithm::Sha256 => first(digest::digest(&digest::SHA256, text).as_ref()),
            Algorithm::Sha512 => first(digest::digest(&digest::SHA512, text).as_ref()),
        }
    }

    fn keyed(self, key: &[u8], text: &[u8]) -> [u8; 8] {
        let with = |algorithm| first(hmac::sign(&hmac::Key::new(algorithm, key), text).as_ref());
        match self {
            Algorithm::Md5 => {
                use ::hmac::Mac as _;
                ::hmac::Hmac::<md5::Md5>::new_from_slice(key).map_or([0; 8], |mac| {
                    first(&mac.chain_update(text).finalize().into_bytes())
                })
            }
            Algorithm::Sha1 => with(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            Algorithm::Sha256 => with(hmac::HMAC_SHA256),
            Algorithm::Sha512 => with(hmac::HMAC_SHA512),
        }
    }
}

fn first(raw: &[u8]) -> [u8; 8] {
    raw.first_chunk().copied().unwrap_or_default()
}

/// What one thread remembers between messages.
pub struct SecondPass {
    /// Hour, algorithm, the salts' texts, and what they give.
    hours: VecDeque<(i64, Algorithm, Vec<String>, Made)>,
    left: u64,
}

impl Default for SecondPass {
    fn default() -> Self {
        SecondPass {
            hours: VecDeque::new(),
            left: MOST_WORK,
        }
    }
}

impl SecondPass {
    /// Did it stop because it had worked enough?
    pub fn is_exhausted(&self) -> bool {
        self.left == 0
    }

    /// Explains a token (raw bytes) of a message of that second, if a salt does.
    pub fn explain(
        &mut self,
        values: &[Value],
        token: &[u8],
        second: i64,
        fields: &[Salt],
    ) -> Option<Explained> {
        let algorithm = Algorithm::of_len(token.len())?;
        let sought = first(token);
        let by_field = self.try_fields(values, algorithm, sought, fields);
        let (value, keyed, salt) = match by_field {
            Some(found) => found,
            None => self.try_hour(values, algorithm, sought, second.div_euclid(HOUR_S))?,
        };
        Some(Explained {
            needle: values.get(value as usize)?.needle,
            algorithm: algorithm.name(keyed),
            salt,
        })
    }

    fn try_fields(
        &mut self,
        values: &[Value],
        algorithm: Algorithm,
        sought: [u8; 8],
        fields: &[Salt],
    ) -> Option<(u32, bool, String)> {
        let salts: Vec<&[u8]> = fields.iter().map(|field| &field.bytes[..]).collect();
        let made = self.make(values, algorithm, &salts)?;
        let &(value, salt, keyed) = made.get(&sought)?;
        Some((value, keyed, fields.get(salt as usize)?.name.clone()))
    }

    fn try_hour(
        &mut self,
        values: &[Value],
        algorithm: Algorithm,
        sought: [u8; 8],
        hour: i64,
    ) -> Option<(u32, bool, String)> {
        let known = self
            .hours
            .iter()
            .position(|(h, a, ..)| (*h, *a) == (hour, algorithm));
        let at = if let Some(at) = known {
            at
        } else {
            let salts = times(hour);
            let bytes: Vec<&[u8]> = salts.iter().map(String::as_bytes).collect();
            let made = self.make(values, algorithm, &bytes)?;
            if self.hours.len() == HOURS {
                self.hours.pop_front();
            }
            self.hours.push_back((hour, algorithm, salts, made));
            self.hours.len() - 1
        };
        let (_, _, salts, made) = self.hours.get(at)?;
        let &(value, salt, keyed) = made.get(&sought)?;
        Some((value, keyed, salts.get(salt as usize)?.clone()))
    }

    /// All digests of the values with the salts; none when they would be too much work.
    fn make(&mut self, values: &[Value], algorithm: Algorithm, salts: &[&[u8]]) -> Option<Made> {
        let work = (values.len() * salts.len() * WAYS.len()) as u64;
        if work > self.left {
            self.left = 0;
            return None;
        }
        self.left -= work;
        let mut made = Made::default();
        let mut text = Vec::new();
        for (salt, bytes) in (0..).zip(salts) {
            for (value, Value { bytes: own, .. }) in (0..).zip(values) {
                for way in WAYS {
                    let (digest, keyed) = match way {
                        Way::Keyed => (algorithm.keyed(bytes, own), true),
                        Way::Joined(before, between) => {
                            let (a, b) = if before {
                                (*bytes, &own[..])
                            } else {
                                (&own[..], *bytes)
                            };
                            text.clear();
                            for part in [a, between, b] {
                                text.extend_from_slice(part);
                            }
                            (algorithm.digest(&text), false)
                        }
                    };
                    made.entry(digest).or_insert((value, salt, keyed));
                }
            }
        }
        Some(made)
    }
}

/// The hour and the day as programs write them, in every zone of whole hours.
fn times(hour: i64) -> Vec<String> {
    let mut salts = vec![hour.to_string(), (hour * HOUR_S).to_string()];
    salts.push((hour * HOUR_S * 1000).to_string());
    for offset in -12..=14 {
        let (day, of_day) = (
            (hour + offset).div_euclid(24),
            (hour + offset).rem_euclid(24),
        );
        let (year, month, date) = civil(day);
        let mut add = |salt: String| {
            if !salts.contains(&salt) {
                salts.push(salt);
            }
        };
        add(format!("{year}{month:02}{date:02}{of_day:02}"));
        add(format!("{year}-{month:02}-{date:02} {of_day:02}"));
        add(format!("{year}-{month:02}-{date:02}T{of_day:02}"));
        add(format!("{year}{month:02}{date:02}"));
        add(format!("{year}-{month:02}-{date:02}"));
        add(day.to_string());
    }
    salts
}

/// Year, month and day of a day since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted_month + 2) / 5 + 1)
}

/// May a field of this name hold a salt or a key?
pub fn names_a_salt(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit(['/', ':']).next().unwrap_or_default();
    let short = matches!(
        last,
        "k" | "s" | "t" | "ts" | "r" | "n" | "iv" | "date" | "day" | "hour"
    );
    short
        || [
            "salt", "key", "nonce", "rand", "secret", "time", "seed", "stamp", "session",
        ]
        .iter()
        .any(|word| last.contains(word))
}

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
mod tests {
    use super::*;

    const SECOND: i64 = 1_405_947_600; // 2014-07-21 13:00 UTC

    fn values() -> Vec<Value> {
        let texts = ["350000000000006", "460001234567890"];
        (0..)
            .zip(texts)
            .map(|(needle, text)| Value {
                needle,
                bytes: text.as_bytes().to_vec(),
            })
            .collect()
    }

    fn sha256(text: &str) -> Vec<u8> {
        digest::digest(&digest::SHA256, text.as_bytes())
            .as_ref()
            .to_vec()
    }

    #[test]
    fn the_hour_is_found_as_a_salt_in_any_zone() {
        for (salt, second) in [
            ("2014072113", SECOND),
            ("2014072121", SECOND + 3_599),
            ("2014-07-21", SECOND),
        ] {
            let token = sha256(&format!("{salt}460001234567890"));
            let found = SecondPass::default().explain(&values(), &token, second, &[]);
            let found = found.expect(salt);
            assert_eq!((found.needle, found.algorithm), (1, "salted sha256"));
            assert_eq!(found.salt, salt);
        }
    }

    #[test]
    fn a_field_that_was_sent_along_is_tried_as_salt_and_as_key() {
        let fields = [Salt {
            name: "/nonce".to_owned(),
            bytes: b"pepper-17".to_vec(),
        }];
        let token = sha256("350000000000006:pepper-17");
        let found = SecondPass::default().explain(&values(), &token, SECOND, &fields);
        assert_eq!(found.unwrap().salt, "/nonce");
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"pepper-17");
        let token = hmac::sign(&key, b"350000000000006").as_ref().to_vec();
        let found = SecondPass::default().explain(&values(), &token, SECOND, &fields);
        assert_eq!(found.unwrap().algorithm, "hmac sha256");
    }

    #[test]
    fn another_hour_another_persons_value_and_chance_are_not_found() {
        let mut pass = SecondPass::default();
        for text in [
            "2014072313350000000000006",
            "2014072113350000000000007",
            "x",
        ] {
            assert_eq!(pass.explain(&values(), &sha256(text), SECOND, &[]), None);
        }
        assert_eq!(pass.explain(&values(), b"of no length", SECOND, &[]), None);
    }

    #[test]
    fn the_work_is_bounded_and_says_so() {
        let mut pass = SecondPass {
            left: 10,
            ..SecondPass::default()
        };
        assert_eq!(pass.explain(&values(), &sha256("x"), SECOND, &[]), None);
        assert!(pass.is_exhausted());
    }

    #[test]
    fn printed_digests_are_known_by_their_whole_shape() {
        let raw = sha256("x");
        let hex = crate::scan::printed::hex(&raw);
        assert_eq!(printed_digest(hex.as_bytes()), Some(("hex", raw.clone())));
        let base64 = crate::scan::printed::base64(&raw) + "=";
        assert_eq!(printed_digest(base64.as_bytes()), Some(("base64", raw)));
        for other in [
            "",
            "abc",
            &hex[1..],
            "a text of words, not a digest at all, of that length..",
        ] {
            assert_eq!(printed_digest(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (day, date) in [
            (0, (1970, 1, 1)),
            (16_272, (2014, 7, 21)),
            (11_016, (2000, 2, 29)),
        ] {
            assert_eq!(civil(day), date);
        }
    }
}
