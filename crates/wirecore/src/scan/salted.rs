//! Salted and keyed digests of facts: a second, bounded pass over digest-shaped tokens that nothing explained.
//!
//! In: the facts' values, then a message's unexplained tokens with its time and the short fields sent along. Out:
//! whose value a token is the digest of, joined with which salt. Tried are the hour and the day in the usual
//! spellings and in every zone, and fields whose name says salt, key, nonce or time; before and after the value,
//! with and without a colon, and as the key of an HMAC.

use ring::{digest, hmac};
use rustc_hash::{FxHashMap, FxHashSet};

/// Values that are tried with each salt.
pub const MOST_VALUES: usize = 512;
/// Digests that one thread makes in all, with fields and with times; what is left then stays unexplained.
const MOST_WORK: u64 = 40_000_000;
/// Digests with times that are kept for each algorithm, beyond those of one hour.
const KEPT: usize = 1 << 16;
const HOUR_S: i64 = 3_600;
/// Zones of whole hours, in hours east of UTC.
const ZONES: std::ops::RangeInclusive<i64> = -12..=14;
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
const WAYS: u64 = JOINED.len() as u64 + 1;

/// The first half of a digest: two of 64 bits are never equal by chance here.
type Half = [u8; 8];
/// An HMAC with its key, of a value.
type Keyed = Box<dyn Fn(&[u8]) -> Half>;

/// The algorithms by the length of what they give.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
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
fn digests(
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

/// A time as a salt, and the hours since 1970 in which somewhere on Earth a clock shows it.
struct TimeSalt {
    text: String,
    hours: std::ops::RangeInclusive<i64>,
}

/// Digests of the values with the times around the hours that occurred, of one algorithm.
#[derive(Default)]
struct Times {
    salts: Vec<TimeSalt>,
    /// By digest: value, salt, keyed.
    made: FxHashMap<Half, (u16, u16, bool)>,
    /// Spans whose texts are among the salts.
    hours: FxHashSet<i64>,
    local_hours: FxHashSet<i64>,
    days: FxHashSet<i64>,
}

impl Times {
    /// Adds what is missing for a message of that hour; `false` when that would be more than `left`.
    fn prepare(
        &mut self,
        algorithm: Algorithm,
        values: &[Value],
        hour: i64,
        left: &mut u64,
    ) -> bool {
        if self.hours.contains(&hour) {
            return true;
        }
        let one_hours = ZONES.count() * 8 * values.len() * WAYS as usize;
        if self.made.len() > KEPT.max(2 * one_hours) {
            *self = Times::default();
        }
        let from = self.salts.len();
        self.add_hour(hour);
        let work = (self.salts.len() - from) as u64 * values.len() as u64 * WAYS;
        if work > *left {
            *left = 0;
            *self = Times::default();
            return false;
        }
        *left -= work;
        for (place, salt) in (0..).zip(&self.salts).skip(from) {
            digests(
                algorithm,
                values,
                salt.text.as_bytes(),
                &mut |value, keyed, half| {
                    self.made.entry(half).or_insert((value, place, keyed));
                },
            );
        }
        true
    }

    fn find(&self, sought: Half, hour: i64) -> Option<(u16, bool, String)> {
        let &(value, salt, keyed) = self.made.get(&sought)?;
        let salt = self.salts.get(usize::from(salt))?;
        // What other hours left here is not this message's time.
        salt.hours
            .contains(&hour)
            .then(|| (value, keyed, salt.text.clone()))
    }

    /// The hour and the day as programs write them, in every zone of whole hours.
    fn add_hour(&mut self, hour: i64) {
        self.hours.insert(hour);
        for number in [hour, hour * HOUR_S, hour * HOUR_S * 1000] {
            self.add(number.to_string(), hour..=hour);
        }
        for local in hour + ZONES.start()..=hour + ZONES.end() {
            let (day, of_day) = (local.div_euclid(24), local.rem_euclid(24));
            let (year, month, date) = civil(day);
            if self.local_hours.insert(local) {
                let shown = local - ZONES.end()..=local - ZONES.start();
                self.add(
                    format!("{year}{month:02}{date:02}{of_day:02}"),
                    shown.clone(),
                );
                self.add(
                    format!("{year}-{month:02}-{date:02} {of_day:02}"),
                    shown.clone(),
                );
                self.add(format!("{year}-{month:02}-{date:02}T{of_day:02}"), shown);
            }
            if self.days.insert(day) {
                let shown = day * 24 - ZONES.end()..=day * 24 + 23 - ZONES.start();
                self.add(format!("{year}{month:02}{date:02}"), shown.clone());
                self.add(format!("{year}-{month:02}-{date:02}"), shown.clone());
                self.add(day.to_string(), shown);
            }
        }
    }

    fn add(&mut self, text: String, hours: std::ops::RangeInclusive<i64>) {
        self.salts.push(TimeSalt { text, hours });
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

    fn explain(
        pass: &mut SecondPass,
        raw: &[u8],
        second: i64,
        fields: &[Salt],
    ) -> Option<Explained> {
        let token = Token { origin: 7, raw };
        pass.explain(&values(), &[token], second, fields).pop()
    }

    #[test]
    fn the_hour_is_found_as_a_salt_in_any_zone() {
        for (salt, second) in [
            ("2014072113", SECOND),
            ("2014072121", SECOND + 3_599),
            ("2014-07-21", SECOND),
        ] {
            let token = sha256(&format!("{salt}460001234567890"));
            let found = explain(&mut SecondPass::default(), &token, SECOND.max(second), &[]);
            let found = found.expect(salt);
            assert_eq!((found.needle, found.algorithm), (1, "salted sha256"));
            assert_eq!(found.salt, salt);
        }
    }

    #[test]
    fn hours_that_went_before_leave_nothing_to_be_found_in_a_later_one() {
        let mut pass = SecondPass::default();
        let token = sha256("2014072113460001234567890");
        for hour in 0..=40 {
            let found = explain(&mut pass, &token, SECOND + hour * HOUR_S, &[]);
            // Thirteen o'clock of that day is still to come, or just over, in zones that far from UTC.
            assert_eq!(found.is_some(), hour <= 12, "{hour}");
        }
    }

    #[test]
    fn a_field_that_was_sent_along_is_tried_as_salt_and_as_key() {
        let fields = [Salt {
            name: "/nonce".to_owned(),
            bytes: b"pepper-17".to_vec(),
        }];
        let token = sha256("350000000000006:pepper-17");
        let found = explain(&mut SecondPass::default(), &token, SECOND, &fields);
        assert_eq!(found.unwrap().salt, "/nonce");
        for (algorithm, name) in [
            (hmac::HMAC_SHA256, "hmac sha256"),
            (hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, "hmac sha1"),
        ] {
            let key = hmac::Key::new(algorithm, b"pepper-17");
            let token = hmac::sign(&key, b"350000000000006").as_ref().to_vec();
            let found = explain(&mut SecondPass::default(), &token, SECOND, &fields);
            assert_eq!(found.unwrap().algorithm, name);
        }
    }

    #[test]
    fn each_of_a_messages_tokens_is_explained_for_itself() {
        let tokens = [
            "2014072113350000000000006",
            "nothing",
            "2014072113460001234567890",
        ]
        .map(sha256);
        let tokens: Vec<_> = (0..)
            .zip(&tokens)
            .map(|(origin, raw)| Token { origin, raw })
            .collect();
        let found = SecondPass::default().explain(&values(), &tokens, SECOND, &[]);
        let found: Vec<_> = found.iter().map(|one| (one.token, one.needle)).collect();
        assert_eq!(found, [(0, 0), (2, 1)]);
    }

    #[test]
    fn another_hour_another_persons_value_and_chance_are_not_found() {
        let mut pass = SecondPass::default();
        for text in [
            "2014072313350000000000006",
            "2014072113350000000000007",
            "x",
        ] {
            assert_eq!(explain(&mut pass, &sha256(text), SECOND, &[]), None);
        }
        assert_eq!(explain(&mut pass, b"of no length", SECOND, &[]), None);
    }

    #[test]
    fn a_place_that_never_shows_a_fact_is_tried_ever_more_rarely_and_one_that_does_is_always() {
        let mut pass = SecondPass::default();
        for number in 0..1_000 {
            assert_eq!(
                explain(&mut pass, &sha256(&number.to_string()), SECOND, &[]),
                None
            );
        }
        let token = sha256("2014072113460001234567890");
        // The thousand-and-first is not tried, the 1,024th is, and from then on each.
        let found: Vec<bool> = (1_001..=1_100)
            .map(|_| explain(&mut pass, &token, SECOND, &[]).is_some())
            .collect();
        assert_eq!(found.iter().position(|&found| found), Some(23));
        assert!(found[23..].iter().all(|&found| found));
    }

    #[test]
    fn the_work_is_bounded_and_says_so_once() {
        let mut pass = SecondPass {
            left: 10,
            ..SecondPass::default()
        };
        assert!(!pass.stopped());
        assert_eq!(explain(&mut pass, &sha256("x"), SECOND, &[]), None);
        assert!(pass.stopped() && !pass.stopped());
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
