//! Detector rules: a field's name, and a test of its value. The rows come from outside, with their reasons.

use rustc_hash::{FxHashMap, FxHashSet};

use super::form::Form;
use crate::scan::grams::Filter;
use crate::scan::words::word_at;

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
    /// Of a value without blanks around it.
    fn holds(self, value: &[u8]) -> bool {
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

    /// Can it hold for a value of so many bytes?
    fn may_hold(self, len: usize) -> bool {
        match self {
            ValueTest::Any => true,
            ValueTest::NonEmpty | ValueTest::Text => len > 0,
            ValueTest::Digits { min, max } => (min..=max).contains(&len),
            ValueTest::Form(form) => form.lens().contains(&len),
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
    /// Most names are ruled out by it.
    names: Filter<2>,
    /// First names of pairs ("device" of "device/id").
    parents: FxHashSet<Box<[u8]>>,
    /// Rules for any field.
    anywhere: Vec<usize>,
    /// Lengths of values that these may hold for, one bit a length; the last bit is for all longer ones.
    anywhere_lens: Box<[bool]>,
}

/// Values longer than that are looked at by every rule for any field.
const LONGEST_VALUE: usize = 512;

/// What the last field's way has said: fields of one object share all names but their own.
#[derive(Default)]
pub(super) struct Way {
    up: bool,
    /// The path up to its last slash.
    stem: Vec<u8>,
    /// Where its last name begins, when it is the first of a pair.
    before: Option<usize>,
    /// Where its last name that is no number stands.
    own: Option<(usize, usize)>,
    /// Rules that one of its names satisfies.
    rules: Vec<usize>,
}

impl Way {
    /// Is this the way up to the path's last slash?
    fn leads_to(&self, up: bool, path: &[u8]) -> bool {
        let stem = self.stem.len();
        self.up == up
            && path.get(stem) == Some(&b'/')
            && path[..stem] == self.stem[..]
            && !path[stem + 1..].contains(&b'/')
    }
}

impl Rules {
    pub(super) fn compile(rules: Vec<FieldRule>) -> Result<Self, String> {
        let mut by_key: FxHashMap<Box<[u8]>, Vec<usize>> = FxHashMap::default();
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
                    by_key.entry(key.as_bytes().into()).or_default().push(place);
                    continue;
                };
                return Err(format!("a field name of rule {} {wrong}", rule.index));
            }
        }
        let grams = by_key
            .keys()
            .map(|key| gram(key.strip_prefix(b"=").unwrap_or(key)));
        let pairs = by_key.keys().filter_map(|key| {
            let slash = key.iter().position(|&b| b == b'/')?;
            Some(key[..slash].into())
        });
        let lens = (0..=LONGEST_VALUE).map(|len| {
            let may = |place: &usize| len == LONGEST_VALUE || rules[*place].value.may_hold(len);
            anywhere.iter().any(may)
        });
        Ok(Rules {
            names: Filter::build(by_key.len(), grams),
            parents: pairs.collect(),
            anywhere_lens: lens.collect(),
            all: rules,
            by_key,
            anywhere,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Calls `fired` with the index of each rule of this direction that a name on `path` and the value satisfy.
    /// `way` remembers the last path.
    pub(super) fn look(
        &self,
        way: &mut Way,
        (up, path, key): (bool, &str, &str),
        value: &[u8],
        fired: &mut dyn FnMut(u32),
    ) {
        let bare = value.trim_ascii();
        if self.anywhere_lens.get(bare.len().min(LONGEST_VALUE)) == Some(&true) {
            for rule in self.anywhere.iter().map(|&place| &self.all[place]) {
                if rule.up == up && rule.value.holds(bare) {
                    fired(rule.index);
                }
            }
        }
        let path = path.as_bytes();
        if !way.leads_to(up, path) {
            self.learn(way, up, path);
        }
        let mut test = |place: usize| {
            let rule = &self.all[place];
            if rule.up == up && rule.value.holds(bare) {
                fired(rule.index);
            }
        };
        for &place in &way.rules {
            test(place);
        }
        let name = match path.get(way.stem.len()) {
            Some(b'/') => &path[way.stem.len() + 1..],
            _ => path, // without any slash
        };
        self.each_of(name, true, !is_number(name), &mut test);
        if key.as_bytes() != name {
            // In a list, or without a path, another name is the field's own.
            let own = is_number(name) && way.own.is_none();
            self.each_of(key.as_bytes(), true, own, &mut test);
        }
        // The last two names together, for fields that only their parent tells apart ("device/id").
        if let Some(before) = way.before {
            self.each_of(&path[before..], true, false, &mut test);
        }
        if let (true, Some((start, end))) = (is_number(name), way.own) {
            self.each_of(&path[start..end], false, true, &mut test);
        }
    }

    /// Goes the way to a field's own name once.
    fn learn(&self, way: &mut Way, up: bool, path: &[u8]) {
        let end = memchr::memrchr(b'/', path);
        *way = Way {
            up,
            stem: std::mem::take(&mut way.stem),
            rules: std::mem::take(&mut way.rules),
            ..Way::default()
        };
        way.stem.clear();
        way.rules.clear();
        let Some(end) = end else {
            return;
        };
        way.stem.extend_from_slice(&path[..end]);
        let mut start = 0;
        let mut last: &[u8] = b"";
        for name in way.stem.split(|&b| b == b'/') {
            let rules = &mut way.rules;
            self.each_of(name, true, false, &mut |place| rules.push(place));
            if !is_number(name) {
                way.own = Some((start, start + name.len()));
            }
            last = name;
            start += name.len() + 1;
        }
        let begin = way.stem.len() - last.len();
        let first = last.strip_prefix(b"@").unwrap_or(last);
        let pair = begin > 0 && self.parents.contains(&*first.to_ascii_lowercase());
        way.before = pair.then_some(begin);
    }

    /// Calls `each` with the rules of one name: as one on the way (`any`), and as that of the field itself (`own`).
    #[inline]
    fn each_of(&self, name: &[u8], any: bool, own: bool, each: &mut dyn FnMut(usize)) {
        let name = name.strip_prefix(b"@").unwrap_or(name); // an XML attribute
        if self.names.may_hold(gram(name)) {
            if any {
                self.look_up(false, name, each);
            }
            if own {
                self.look_up(true, name, each);
            }
        }
    }

    #[inline(never)]
    fn look_up(&self, own: bool, name: &[u8], each: &mut dyn FnMut(usize)) {
        let mark: &[u8] = if own { b"=" } else { b"" };
        let len = mark.len() + name.len();
        if len > MAX_KEY || name.is_empty() {
            return;
        }
        let mut lower = [0; MAX_KEY];
        let lower = &mut lower[..len];
        lower[..mark.len()].copy_from_slice(mark);
        lower[mark.len()..].copy_from_slice(name);
        lower.make_ascii_lowercase();
        if let Some(places) = self.by_key.get(&*lower) {
            for &place in places {
                each(place);
            }
        }
    }
}

/// A name of digits only, or an empty one, is an item's place in a list.
fn is_number(name: &[u8]) -> bool {
    name.iter().all(u8::is_ascii_digit)
}

/// What the filter of names is asked: the first eight bytes in any case, and the length.
#[inline]
fn gram(name: &[u8]) -> u64 {
    const CASE: u64 = u64::from_le_bytes([0x20; 8]);
    (word_at(name, 0) | CASE) ^ (name.len() as u64).wrapping_mul(0xFF51_AFD7_ED55_8CCD)
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
        let mut way = Way::default();
        let up = (true, path, key);
        rules.look(&mut way, up, bytes, &mut |index| any |= index == 4);
        rules.look(&mut way, (false, path, key), bytes, &mut |_| {
            panic!("a rule for up fired on what comes down")
        });
        let mut again = false;
        rules.look(&mut way, up, bytes, &mut |index| again |= index == 4);
        assert_eq!(any, again, "what is remembered of the way changes nothing");
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
            let field = (true, path, place);
            rules.look(&mut Way::default(), field, value, &mut |_| any = true);
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
