//! Detector rules: a field's name, and a test of its value. The rows come from outside, with their reasons.

use rustc_hash::FxHashMap;

use super::form::Form;

/// A field to look for by its name.
#[derive(Clone, Debug)]
pub struct FieldRule {
    /// Comes back as the hit's `needle`.
    pub index: u32,
    /// For what leaves the phone, or for what comes to it.
    pub up: bool,
    /// Exact lower-case names, separated by `|`; any name on the way to the field may be it. `a/b` is a field `b`
    /// of `a`; `=a` is the field itself, not what lies in it; `*` is any field, for a value known by its form.
    pub key: String,
    /// What the value must be like.
    pub value: ValueTest,
}

/// A test of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueTest {
    /// Anything.
    Any,
    /// More than white space, and not `null`.
    NonEmpty,
    /// Only digits, so many of them.
    Digits {
        /// At least.
        min: usize,
        /// At most.
        max: usize,
    },
    /// Text with a letter in it and without control characters.
    Text,
    /// A form of `inspect::form`, by its name.
    Form(Form),
}

impl ValueTest {
    fn holds(self, value: &[u8]) -> bool {
        let value = value.trim_ascii();
        match self {
            ValueTest::Any => true,
            ValueTest::NonEmpty => !value.is_empty() && value != b"null",
            ValueTest::Digits { min, max } => {
                (min..=max).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
            }
            ValueTest::Text => simdutf8::basic::from_utf8(value).is_ok_and(|text| {
                text.chars().any(char::is_alphabetic)
                    && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
            }),
            ValueTest::Form(form) => form.holds(value),
        }
    }
}

/// Longest field name that a rule may have, bytes.
const MAX_KEY: usize = 63;

/// Compiled rules of both directions.
#[derive(Default)]
pub(super) struct Rules {
    all: Vec<FieldRule>,
    by_key: FxHashMap<Box<[u8]>, Vec<usize>>,
    /// For each first byte of a name, the lengths that occur: most names are ruled out by it.
    lens: Box<[u64]>,
    /// Rules for any field.
    anywhere: Vec<usize>,
}

impl Rules {
    pub(super) fn compile(rules: Vec<FieldRule>) -> Result<Self, String> {
        let mut by_key: FxHashMap<Box<[u8]>, Vec<usize>> = FxHashMap::default();
        let mut lens = vec![0; 256].into_boxed_slice();
        let mut anywhere = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            for key in rule.key.split('|') {
                if key == "*" {
                    anywhere.push(place);
                    continue;
                }
                let wrong = if key.is_empty() {
                    "is empty"
                } else if key.len() > MAX_KEY {
                    "is too long"
                } else if key.bytes().any(|b| b.is_ascii_uppercase()) {
                    "is not in lower case"
                } else {
                    lens[key.as_bytes()[0] as usize] |= 1 << key.len();
                    by_key.entry(key.as_bytes().into()).or_default().push(place);
                    continue;
                };
                return Err(format!("a field name of rule {} {wrong}", rule.index));
            }
        }
        Ok(Rules {
            all: rules,
            by_key,
            lens,
            anywhere,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Calls `fired` with the index of each rule of this direction that a name on `path` and the value satisfy.
    pub(super) fn look(
        &self,
        up: bool,
        path: &str,
        key: &str,
        value: &[u8],
        fired: &mut dyn FnMut(u32),
    ) {
        for rule in self.anywhere.iter().map(|&place| &self.all[place]) {
            if rule.up == up && rule.value.holds(value) {
                fired(rule.index);
            }
        }
        // Names on the way, each once; the last that is no number is the field's own.
        let way = path.as_bytes();
        let (mut own, mut last, mut before) = (key.as_bytes(), 0, None);
        for at in (0..=way.len()).filter(|&at| way.get(at).is_none_or(|&b| b == b'/')) {
            let name = &way[last..at];
            self.look_for(up, b"", name, value, fired);
            if !name.iter().all(u8::is_ascii_digit) {
                own = name;
            }
            if at < way.len() {
                (before, last) = ((last > 0).then_some(last), at + 1);
            }
        }
        self.look_for(up, b"", key.as_bytes(), value, fired);
        // The last two names together, for fields that only their parent tells apart ("device/id").
        if let Some(before) = before {
            self.look_for(up, b"", &way[before..], value, fired);
        }
        self.look_for(up, b"=", own, value, fired);
    }

    /// The rules of one name, with the mark of a field's own name before it or none.
    #[inline]
    fn look_for(
        &self,
        up: bool,
        mark: &[u8],
        name: &[u8],
        value: &[u8],
        fired: &mut dyn FnMut(u32),
    ) {
        let name = name.strip_prefix(b"@").unwrap_or(name); // an XML attribute
        let Some(first) = mark.first().or(name.first()) else {
            return;
        };
        let len = mark.len() + name.len();
        let possible = self.lens[first.to_ascii_lowercase() as usize];
        if len > MAX_KEY || possible & (1 << len) == 0 {
            return;
        }
        let mut lower = [0; MAX_KEY];
        let lower = &mut lower[..len];
        lower[..mark.len()].copy_from_slice(mark);
        lower[mark.len()..].copy_from_slice(name);
        lower.make_ascii_lowercase();
        let Some(places) = self.by_key.get(&*lower) else {
            return;
        };
        for rule in places.iter().map(|&place| &self.all[place]) {
            if rule.up == up && rule.value.holds(value) {
                fired(rule.index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(value: ValueTest, path: &str, key: &str, bytes: &[u8]) -> bool {
        let rule = FieldRule {
            index: 4,
            up: true,
            key: "imei|device_id".to_owned(),
            value,
        };
        let rules = Rules::compile(vec![rule]).unwrap();
        let mut any = false;
        rules.look(true, path, key, bytes, &mut |index| any |= index == 4);
        rules.look(false, path, key, bytes, &mut |_| {
            panic!("a rule for up fired on what comes down")
        });
        any
    }

    #[test]
    fn any_name_on_the_way_may_be_the_key_in_any_case() {
        for (path, key) in [
            ("/a/IMEI/0", ""),
            ("device_id", "x"),
            ("", "Imei"),
            ("/x/@imei", ""),
            ("/Device_Id", "Device_Id"),
        ] {
            assert!(fired(ValueTest::Any, path, key, b""), "{path} {key}");
        }
        for (path, key) in [
            ("/imeis", ""),
            ("", ""),
            ("/my_imei", "device"),
            ("imei2", ""),
        ] {
            assert!(!fired(ValueTest::Any, path, key, b""), "{path} {key}");
        }
        assert!(!fired(ValueTest::Any, &"i".repeat(1000), "", b""));
    }

    #[test]
    fn a_rule_may_be_for_the_field_itself_for_a_pair_or_for_any_field() {
        let seen = |key: &str, path: &str, place: &str, value: &[u8]| {
            let rule = FieldRule {
                index: 4,
                up: true,
                key: key.to_owned(),
                value: ValueTest::Form(Form::Uuid),
            };
            let mut any = false;
            let rules = Rules::compile(vec![rule]).unwrap();
            rules.look(true, path, place, value, &mut |_| any = true);
            any
        };
        let uuid = b"827d8162-0e1c-48cd-892e-4abd3df95ba8";
        assert!(seen("=app", "/x/App", "", uuid));
        assert!(seen("=app", "/app/0", "", uuid), "an element of the list");
        assert!(seen("=app", "", "app", uuid), "a header or cookie");
        assert!(
            !seen("=app", "/app/id", "", uuid),
            "what lies in it is another field"
        );
        assert!(seen("device/id", "/x/Device/ID", "", uuid));
        assert!(!seen("device/id", "/x/id", "", uuid));
        assert!(seen("*", "/what/ever", "", uuid));
        assert!(!seen("*", "/what/ever", "", b"no uuid"));
    }

    #[test]
    fn values_are_tested() {
        let digits = ValueTest::Digits { min: 14, max: 16 };
        let cases: [(ValueTest, &[u8], bool); 13] = [
            (ValueTest::NonEmpty, b" x", true),
            (ValueTest::NonEmpty, b" \n", false),
            (ValueTest::NonEmpty, b"null", false),
            (digits, b"490154203237518", true),
            (digits, b" 490154203237518\n", true),
            (digits, b"49015420323751x", false),
            (digits, b"4901542032375", false),
            (digits, b"49015420323751812", false),
            (ValueTest::Text, b"call me at 8", true),
            (ValueTest::Text, "\u{56de}\u{5bb6}".as_bytes(), true),
            (ValueTest::Text, b"1234", false),
            (ValueTest::Text, b"a\x00b", false),
            (ValueTest::Text, b"\xff\xfe", false),
        ];
        for (test, value, expected) in cases {
            assert_eq!(
                fired(test, "/imei", "imei", value),
                expected,
                "{test:?} {value:?}"
            );
        }
    }

    #[test]
    fn a_wrong_name_is_refused() {
        for key in ["", "a||b", "IMEI", &"x".repeat(64)] {
            let rule = FieldRule {
                index: 7,
                up: true,
                key: key.to_owned(),
                value: ValueTest::Any,
            };
            assert!(
                Rules::compile(vec![rule]).err().unwrap().contains("rule 7"),
                "{key}"
            );
        }
    }
}
