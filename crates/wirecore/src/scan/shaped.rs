//! Tokens of the shape of a digest: what may be a fact that was hashed in a way nobody knows.
//!
//! In: a leaf as it is written, or with its print taken off. Out: its raw bytes, when it has the length of a common
//! digest and looks as random as one. Words, class names and numbers of that length are none.

use ring::digest::{digest, SHA256};

use super::salted::{is_digest_long, printed_digest};

/// Longest leaf that is looked at: 64 bytes in hex.
pub const LONGEST: usize = 128;
/// Letters of a UUID (RFC 9562): name-based ones are digests.
const UUID: usize = 36;
/// Shortest text: 16 bytes in base64.
const SHORTEST: usize = 22;

/// Lengths of printed digests up to 127: hex, base64 with and without padding, UUID. (64 bytes in hex have 128.)
const PRINTED: u128 = {
    let lengths = [32, 40, 64, 22, 24, 27, 28, 43, 44, 86, 88, UUID];
    let (mut mask, mut at) = (0, 0);
    while at < lengths.len() {
        mask |= 1u128 << lengths[at];
        at += 1;
    }
    mask
};

/// May a text of this length be a printed digest?
#[inline]
pub fn is_printed_long(len: usize) -> bool {
    len == LONGEST || (len < LONGEST && PRINTED >> len & 1 == 1)
}

/// The raw bytes of a text that is, as a whole, a random-looking digest or UUID in print.
pub fn shaped(text: &[u8]) -> Option<Vec<u8>> {
    if !is_printed_long(text.len()) {
        return None;
    }
    if text.len() == UUID {
        return uuid(text);
    }
    let (codec, raw) = printed_digest(text)?;
    let random = match codec {
        "hex" => looks_random_hex(text),
        _ => looks_random_base64(text),
    };
    random.then_some(raw)
}

/// Whether bytes of the length of a digest, taken out of a print, look like one.
pub fn is_shaped_raw(raw: &[u8]) -> bool {
    // Of random bytes five in eight are no printable ASCII, of a text hardly any.
    let odd = raw.iter().filter(|b| !(0x20..0x7F).contains(*b)).count();
    is_digest_long(raw.len()) && odd * 4 >= raw.len()
}

/// The shaped tokens that stand anywhere in a text, a header's value for instance.
pub fn each_shaped(text: &[u8], out: &mut dyn FnMut(&[u8])) {
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"+/-_".contains(b);
    for token in text.split(|b| !is_token(b)) {
        if token.len() >= SHORTEST {
            if let Some(raw) = shaped(token) {
                out(&raw);
            }
        }
    }
}

/// What tokens are compared by: equal for equal raw bytes, and no way back to them.
pub fn value_of(raw: &[u8]) -> u64 {
    let hash = digest(&SHA256, raw);
    let first = hash.as_ref().first_chunk::<8>();
    first.map_or(0, |first| u64::from_be_bytes(*first))
}

fn uuid(text: &[u8]) -> Option<Vec<u8>> {
    let hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let formed = text.iter().enumerate().all(|(at, b)| {
        if hyphen(at) {
            *b == b'-'
        } else {
            b.is_ascii_hexdigit()
        }
    });
    let digits: Vec<u8> = text.iter().copied().filter(|b| *b != b'-').collect();
    (formed && looks_random_hex(&digits)).then(|| printed_digest(&digits).map(|(_, raw)| raw))?
}

/// Sixteen digits of which most occur: a random print of 32 has eleven or more but once in ten thousand times ten.
fn looks_random_hex(text: &[u8]) -> bool {
    let seen = text.iter().fold(0u16, |seen, digit| {
        seen | 1 << (*digit as char).to_digit(16).unwrap_or(0)
    });
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    letters && seen.count_ones() >= 9
}

/// Large and small letters and digits in turn: two thirds of the neighbours in random base64 are of different kinds, in
/// words and names few.
fn looks_random_base64(text: &[u8]) -> bool {
    let kind = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let changes = text
        .windows(2)
        .filter(|two| kind(two[0]) != kind(two[1]))
        .count();
    changes * 8 >= text.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::printed::{base64, hex};
    use crate::scan::random::Random;

    #[test]
    fn digests_in_every_print_are_shaped_and_have_one_value() {
        let mut random = Random::new(5);
        let mut missed = 0;
        for round in 0..4_000 {
            let raw = random.bytes([16, 20, 32, 64][round % 4]);
            for print in [hex(&raw), hex(&raw).to_uppercase(), base64(&raw)] {
                match shaped(print.as_bytes()) {
                    Some(same) => assert_eq!(value_of(&same), value_of(&raw)),
                    None => missed += 1,
                }
            }
            missed += usize::from(!is_shaped_raw(&raw));
        }
        assert!(missed < 80, "{missed} of 16000 look like something else");
    }

    #[test]
    fn words_numbers_and_class_names_are_not() {
        for text in [
            "application/x-protobuf",
            "/v1/recommendations/vn-2014",
            "ActivityLifecycleCallbackImpl2",
            "com.vendor.analytics.core.AutoSync",
            "00000000000000000000000000000000",
            "20140721131500000000000000000000",
            "000000000000000000000000000000ff",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(shaped(text.as_bytes()), None, "{text}");
        }
        assert!(!is_shaped_raw(b"sixteen letters!"));
    }

    #[test]
    fn a_uuid_is_one_and_a_cookie_holds_one() {
        let id = "a72e8359-8d31-4341-941c-59002f66cb95";
        assert_eq!(shaped(id.as_bytes()).map(|raw| raw.len()), Some(16));
        let mut seen = Vec::new();
        each_shaped(format!("sid={id}; Path=/").as_bytes(), &mut |raw| {
            seen.push(raw.to_vec());
        });
        assert_eq!(seen, [shaped(id.as_bytes()).unwrap()]);
    }
}
