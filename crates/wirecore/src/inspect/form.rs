//! Forms by which a private value is known without its owner: shape, range and check digit.
//!
//! In: a field's whole value. Out: whether it has the form. A form alone makes a lead, never evidence.

use std::ops::RangeInclusive;

use super::form_record::{
    begins, is_content, is_dialled, is_package, is_packages, is_time, is_url,
};

/// A form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 32 hex digits in groups of 8-4-4-4-12, or without the dashes (RFC 9562); not all the same digit.
    Uuid,
    /// 15 digits with Luhn's check digit (3GPP TS 23.003, section 6.2.1).
    Imei,
    /// 19 or 20 digits that begin with 89 and have Luhn's check digit (ITU-T E.118).
    Iccid,
    /// 15 digits that begin with a mobile country code, 2 to 7 (ITU-T E.212).
    Imsi,
    /// Six pairs of hex digits, with colons or dashes; not all the same digit.
    Mac,
    /// One `@` between a local part and a name with a dot (RFC 5321).
    Email,
    /// `+` or `00`, then 8 to 15 digits, with separators people write (ITU-T E.164).
    Phone,
    /// A number within 180 with at least three decimals: a hundred metres.
    Coordinate,
    /// 14 to 16 hex digits with a letter and a digit among them, as Android prints its identifier.
    AndroidId,
    /// 32, 40 or 64 hex digits: a digest.
    Digest,
    /// 8 to 512 characters without a space, a digit among them: what a programme made.
    Token,
    /// A decimal number.
    Number,
    /// `true`, `false`, 0 or 1.
    Switch,
    /// `com.example.app`: the name of an app.
    Package,
    /// Four such names or more in one text.
    Packages,
    /// 3 to 15 digits with separators, as a number is dialled.
    Dialled,
    /// A moment: seconds, milliseconds or microseconds since 1970, or a date with its hour (RFC 3339).
    Time,
    /// A web address with a path.
    Url,
    /// A text that begins as a vCard does (RFC 6350).
    Card,
    /// A text that begins as a calendar or an event of one does (RFC 5545).
    Calendar,
    /// Three bytes or more that are no switch.
    Content,
}

impl Form {
    /// Every form with its name in the rule files.
    pub const ALL: &'static [(&'static str, Form)] = &[
        ("uuid", Form::Uuid),
        ("imei", Form::Imei),
        ("iccid", Form::Iccid),
        ("imsi", Form::Imsi),
        ("mac", Form::Mac),
        ("email", Form::Email),
        ("phone", Form::Phone),
        ("coordinate", Form::Coordinate),
        ("android_id", Form::AndroidId),
        ("digest", Form::Digest),
        ("token", Form::Token),
        ("number", Form::Number),
        ("switch", Form::Switch),
        ("package", Form::Package),
        ("packages", Form::Packages),
        ("dialled", Form::Dialled),
        ("time", Form::Time),
        ("url", Form::Url),
        ("card", Form::Card),
        ("calendar", Form::Calendar),
        ("content", Form::Content),
    ];

    /// The form of that name.
    pub fn named(name: &str) -> Option<Form> {
        Form::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, form)| *form)
    }

    /// Lengths of the values that can have the form, bytes.
    pub(super) fn lens(self) -> RangeInclusive<usize> {
        match self {
            Form::Uuid => 32..=36,
            Form::Imei | Form::Imsi => 15..=15,
            Form::Iccid => 19..=20,
            Form::Mac => 17..=17,
            Form::Email => 6..=320, // RFC 5321, section 4.5.3.1: 64, the sign, 255
            Form::Phone => 9..=26,
            Form::Coordinate => 5..=22,
            Form::AndroidId => 14..=16,
            Form::Digest => 32..=64,
            Form::Token => 8..=512,
            Form::Number => 1..=25,
            Form::Switch => 1..=5,
            Form::Package => 6..=128,
            Form::Packages => 27..=usize::MAX,
            Form::Dialled => 3..=24,
            Form::Time => 10..=35,
            Form::Url => 12..=usize::MAX,
            Form::Card | Form::Calendar => 12..=usize::MAX,
            Form::Content => 3..=usize::MAX,
        }
    }

    /// Whether a value that begins with this byte can have the form.
    pub(super) fn may_begin(self, first: u8) -> bool {
        match self {
            Form::Imei | Form::Imsi | Form::Time => first.is_ascii_digit(),
            Form::Number | Form::Coordinate => first.is_ascii_digit() || first == b'-',
            Form::Uuid | Form::AndroidId | Form::Digest | Form::Mac => first.is_ascii_hexdigit(),
            Form::Iccid => first == b'8',
            Form::Url => first == b'h',
            Form::Email => first.is_ascii_alphanumeric() || b"._%+-".contains(&first),
            Form::Phone => matches!(first, b'+' | b'0'),
            Form::Package | Form::Packages => first.is_ascii_lowercase(),
            Form::Card | Form::Calendar => matches!(first, b'B' | b'b'),
            _ => true,
        }
    }

    /// Whether a value, without blanks around it, has the form.
    pub fn holds(self, value: &[u8]) -> bool {
        if !self.lens().contains(&value.len()) {
            return false;
        }
        match self {
            Form::Uuid => is_uuid(value),
            Form::Imei => value.len() == 15 && digits(value) && luhn(value) && varied(value),
            Form::Iccid => {
                matches!(value.len(), 19 | 20)
                    && value.starts_with(b"89")
                    && digits(value)
                    && luhn(value)
            }
            Form::Imsi => {
                value.len() == 15
                    && digits(value)
                    && matches!(value[0], b'2'..=b'7')
                    && varied(value)
            }
            Form::Mac => is_mac(value),
            Form::Email => is_email(value),
            Form::Phone => is_phone(value),
            Form::Coordinate => is_coordinate(value),
            Form::AndroidId => {
                (14..=16).contains(&value.len())
                    && hex(value)
                    && value.iter().any(u8::is_ascii_alphabetic)
                    && value.iter().any(u8::is_ascii_digit)
            }
            Form::Digest => matches!(value.len(), 32 | 40 | 64) && hex(value) && varied(value),
            Form::Token => {
                (8..=512).contains(&value.len())
                    && value.iter().all(u8::is_ascii_graphic)
                    && value.iter().any(u8::is_ascii_digit)
                    && varied(value)
            }
            Form::Number => is_number(value),
            Form::Switch => matches!(value, b"0" | b"1" | b"true" | b"false" | b"True" | b"False"),
            Form::Package => is_package(value),
            Form::Packages => is_packages(value),
            Form::Dialled => is_dialled(value),
            Form::Time => is_time(value),
            Form::Url => is_url(value),
            Form::Card => begins(value, b"VCARD"),
            Form::Calendar => [&b"VCALENDAR"[..], b"VEVENT"]
                .iter()
                .any(|what| begins(value, what)),
            Form::Content => is_content(value),
        }
    }
}

fn digits(value: &[u8]) -> bool {
    value.iter().all(u8::is_ascii_digit)
}

fn hex(value: &[u8]) -> bool {
    value.iter().all(u8::is_ascii_hexdigit)
}

/// More than one letter or digit: a placeholder repeats one.
fn varied(value: &[u8]) -> bool {
    let mut marks = value.iter().filter(|b| b.is_ascii_alphanumeric());
    let first = marks.next();
    marks.any(|b| Some(b) != first)
}

fn luhn(value: &[u8]) -> bool {
    let sum: u32 = value
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        })
        .sum();
    sum % 10 == 0
}

fn is_uuid(value: &[u8]) -> bool {
    let plain = value.len() == 32 && hex(value);
    let dashed = value.len() == 36
        && value.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    (plain || dashed) && varied(value)
}

fn is_mac(value: &[u8]) -> bool {
    value.len() == 17
        && value
            .iter()
            .enumerate()
            .all(|(place, byte)| match place % 3 {
                2 => *byte == value[2] && matches!(byte, b':' | b'-'),
                _ => byte.is_ascii_hexdigit(),
            })
        && varied(value)
}

fn is_email(value: &[u8]) -> bool {
    if memchr::memchr(b'@', value).is_none() {
        return false;
    }
    let mut parts = value.split(|b| *b == b'@');
    let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let named = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
    let Some(dot) = domain.iter().rposition(|b| *b == b'.') else {
        return false;
    };
    let top = &domain[dot + 1..];
    (1..=64).contains(&local.len())
        && local.iter().all(named)
        && (4..=255).contains(&domain.len())
        && domain
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b".-".contains(b))
        && dot > 0
        && (2..=24).contains(&top.len())
        && top.iter().all(u8::is_ascii_alphabetic)
}

fn is_phone(value: &[u8]) -> bool {
    let rest = value
        .strip_prefix(b"+")
        .or_else(|| value.strip_prefix(b"00"));
    let Some(rest) = rest.filter(|rest| rest.len() <= 24) else {
        return false;
    };
    let count = rest.iter().filter(|b| b.is_ascii_digit()).count();
    (8..=15).contains(&count)
        && matches!(rest.first(), Some(b'1'..=b'9'))
        && rest
            .iter()
            .all(|b| b.is_ascii_digit() || b" -()./".contains(b))
}

fn is_coordinate(value: &[u8]) -> bool {
    let text = value.strip_prefix(b"-").unwrap_or(value);
    let Some(dot) = text.iter().position(|b| *b == b'.') else {
        return false;
    };
    let (whole, decimals) = (&text[..dot], &text[dot + 1..]);
    let degrees = whole.iter().fold(0_u32, |sum, b| {
        sum.saturating_mul(10) + u32::from(b.wrapping_sub(b'0'))
    });
    (1..=3).contains(&whole.len())
        && digits(whole)
        && degrees <= 180
        && (3..=17).contains(&decimals.len())
        && digits(decimals)
}

fn is_number(value: &[u8]) -> bool {
    let text = value.strip_prefix(b"-").unwrap_or(value);
    (1..=24).contains(&text.len())
        && text.iter().all(|b| b.is_ascii_digit() || *b == b'.')
        && text.iter().any(u8::is_ascii_digit)
        && memchr::memchr_iter(b'.', text).count() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_holds_for_its_own_and_for_nothing_near() {
        let cases: &[(Form, &[&str], &[&str])] = &[
            (
                Form::Uuid,
                &[
                    "827d8162-0e1c-48cd-892e-4abd3df95ba8",
                    "827D81620E1C48CD892E4ABD3DF95BA8",
                ],
                &[
                    "00000000-0000-0000-0000-000000000000",
                    "827d8162-0e1c-48cd-892e-4abd3df95ba",
                    "827d8162 0e1c-48cd-892e-4abd3df95ba8",
                ],
            ),
            (
                Form::Imei,
                &["490154203237518"],
                &[
                    "490154203237519",
                    "000000000000000",
                    "49015420323751",
                    "4901542032375180",
                ],
            ),
            (
                Form::Iccid,
                &["8991101200003204514"],
                &["8991101200003204510", "7991101200003204514"],
            ),
            (
                Form::Imsi,
                &["310150123456789"],
                &["010150123456789", "31015012345678"],
            ),
            (
                Form::Mac,
                &["02:1a:3b:4c:5d:6e", "02-1A-3B-4C-5D-6E"],
                &[
                    "02:1a-3b:4c:5d:6e",
                    "00:00:00:00:00:00",
                    "02:1a:3b:4c:5d",
                    "2021-01-18T16:06:",
                ],
            ),
            (
                Form::Email,
                &["ada.lovelace+x@example.org"],
                &[
                    "ada@example",
                    "@example.org",
                    "a@b@c.de",
                    "a b@example.org",
                    "icon@2x.png1",
                ],
            ),
            (
                Form::Phone,
                &["+33 6 12 34 56 78", "0033612345678"],
                &[
                    "33612345678",
                    "+0612345678",
                    "+1.2.3",
                    "+336123456789012345",
                ],
            ),
            (
                Form::Coordinate,
                &["52.23528", "-0.127"],
                &["52.2", "181.1234", "1.10.1234", "52", ".1234", "1234.5678"],
            ),
            (
                Form::AndroidId,
                &["594c5f4e4ab9d737"],
                &["5949999949999737", "abcdefabcdefabcd"],
            ),
            (
                Form::Digest,
                &["ead12c883812cadaf46f99793f2d824a"],
                &["ead12c88"],
            ),
            (
                Form::Token,
                &["dvTCDZc1TReAs7a5fB783C:APA91"],
                &["hello", "two words 12", "00000000"],
            ),
            (
                Form::Number,
                &["12", "-0.5", "1104044032"],
                &["", ".", "1.2.3", "1e5", "abc"],
            ),
            (Form::Switch, &["0", "true"], &["2", "yes"]),
            (
                Form::Package,
                &["com.whatsapp", "org.example.notes_2.free"],
                &[
                    "com.example.MainActivity",
                    "www.example.com",
                    "com",
                    "com..app",
                    "com.1app",
                ],
            ),
            (
                Form::Packages,
                &["com.a.one,com.b.two:3; org.c.three|de.d.four"],
                &[
                    "com.a.one,com.b.two,org.c.three",
                    "com.a.one,com.b.two,org.c.three,and so on",
                ],
            ),
            (
                Form::Dialled,
                &["10086", "+49 (30) 1234-5678", "(030) 123456"],
                &["12", "+", "3.14159", "0x1234", "1234567890123456"],
            ),
            (
                Form::Time,
                &[
                    "1405717449",
                    "1405717449000",
                    "1405717449.25",
                    "2014-07-18T21:04:09Z",
                    "2014-07-18 21:04",
                ],
                &[
                    "405717449",
                    "9405717449000",
                    "2014-07-18",
                    "1405717449x",
                    "140571744.9",
                ],
            ),
            (
                Form::Url,
                &["https://example.org/a?b=c"],
                &[
                    "https://example.org",
                    "ftp://example.org/a",
                    "https://example.org/a b",
                    "https://localhost/",
                ],
            ),
            (
                Form::Card,
                &["BEGIN:VCARD\r\nVERSION:3.0"],
                &["BEGIN:VEVENT\r\n", "x BEGIN:VCARD"],
            ),
            (
                Form::Calendar,
                &["BEGIN:VCALENDAR\r\n", "begin:vevent\n"],
                &["BEGIN:VCARD\r\nVERSION:3.0", "BEGIN:VEVENS\r\n"],
            ),
            (
                Form::Content,
                &["my secret", "8731"],
                &["true", "NULL", "12"],
            ),
        ];
        for (form, right, wrong) in cases {
            for value in *right {
                assert!(form.holds(value.as_bytes()), "{form:?} {value}");
            }
            for value in *wrong {
                assert!(!form.holds(value.as_bytes()), "{form:?} {value}");
            }
            for value in *right {
                assert!(form.may_begin(value.as_bytes()[0]), "{form:?} {value}");
                assert!(form.lens().contains(&value.len()), "{form:?} {value}");
            }
            assert!(!form.holds(b""), "{form:?}");
        }
        assert_eq!(cases.len(), Form::ALL.len());
        assert_eq!(Form::named("imei"), Some(Form::Imei));
        assert_eq!(Form::named("shoe size"), None);
    }
}
