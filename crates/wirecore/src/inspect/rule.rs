//! Detector rules: a field's name, and a test of its value. The rows come from outside, with their reasons.

use rustc_hash::{FxHashMap, FxHashSet};

use super::form::Form;
use super::records::{mark, Beside, Mark, Parts};
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
    /// of `a`; `=a` is the field itself, not what lies in it; `*` is any field, for a value known by its form; `#` is
    /// any field whose own name the test holds for, whatever its value.
    pub key: String,
    /// What the value must be like.
    pub value: ValueTest,
    /// Fields that must stand in the same object, each with its test.
    pub beside: Vec<Beside>,
    /// How many different values a message must hold under one name; 0 and 1 are the same.
    pub times: u32,
}

/// A rule that a field satisfies, or completes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fired {
    pub rule: u32,
    pub times: u32,
    /// The rule's own field, where different ones are counted.
    pub mark: Mark,
}

/// What one field must satisfy for a rule.
#[derive(Clone, Copy)]
struct Part {
    /// Its rule's place.
    rule: usize,
    /// Its own bit, and those of all parts of the rule.
    bit: u32,
    all: u32,
    value: ValueTest,
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

    /// Can it hold for a value that begins so?
    fn may_begin(self, first: u8) -> bool {
        match self {
            ValueTest::Digits { .. } => first.is_ascii_digit(),
            ValueTest::Form(form) => form.may_begin(first),
            _ => true,
        }
    }
}

/// Longest field name that a rule may have, bytes.
const MAX_KEY: usize = 63;

/// Compiled rules of both directions.
#[derive(Default)]
pub(super) struct Rules {
    /// Index and times of each rule.
    all: Vec<(u32, u32)>,
    parts: Vec<Part>,
    /// For what comes down, and for what goes up.
    sides: [Side; 2],
}

/// Which parts a field of one direction is tested for.
#[derive(Default)]
struct Side {
    by_key: FxHashMap<Box<[u8]>, Named>,
    /// Most names are ruled out by it.
    names: Filter<2>,
    /// First names of pairs ("device" of "device/id"), and what rules out most others.
    parents: FxHashSet<Box<[u8]>>,
    first_names: Filter<2>,
    /// Tests for any field, each with the parts that it is for.
    anywhere: Vec<(ValueTest, Vec<usize>)>,
    /// Which of these may hold for a value of a length (the last is for all longer ones), one bit each.
    anywhere_lens: Box<[u32]>,
    /// Which of these may hold for a value by its first byte.
    anywhere_first: Box<[u32]>,
    /// Parts that test the field's own name.
    of_names: Vec<usize>,
    /// Some rule is for a field that is called by a number: then the place in a list may be its name.
    numbers_are_names: bool,
}

/// Parts by a name that they are for.
#[derive(Default)]
struct Named {
    /// As one on the way to the field.
    any: Vec<usize>,
    /// As that of the field itself.
    own: Vec<usize>,
}

/// Most parts for any field: their bits are those of a number.
const MOST_ANYWHERE: usize = 32;

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
    /// Parts that one of its names satisfies.
    rules: Vec<usize>,
    /// What the object at hand has shown of rules with several parts.
    parts: Parts,
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

    /// Another place or window begins: its fields stand beside none of the last one's.
    pub(super) fn begin(&mut self) {
        self.parts.forget();
    }
}

impl Rules {
    pub(super) fn compile(rules: Vec<FieldRule>) -> Result<Self, String> {
        let mut sides = [Side::default(), Side::default()];
        let mut parts = Vec::new();
        let mut all = Vec::with_capacity(rules.len());
        for (place, rule) in rules.into_iter().enumerate() {
            all.push((rule.index, rule.times));
            let own = std::iter::once((&rule.key, rule.value));
            let others = rule.beside.iter().map(|other| (&other.key, other.value));
            if rule.beside.len() >= 32 {
                return Err(format!("rule {} has too many parts", rule.index));
            }
            let side = &mut sides[usize::from(rule.up)];
            for (number, (keys, value)) in own.chain(others).enumerate() {
                let part = parts.len();
                parts.push(Part {
                    rule: place,
                    bit: 1 << number,
                    all: u32::MAX >> (31 - rule.beside.len()),
                    value,
                });
                for key in keys.split('|') {
                    side.add(key, value, part)
                        .map_err(|wrong| format!("a field name of rule {} {wrong}", rule.index))?;
                }
            }
        }
        for side in &mut sides {
            side.compile()?;
        }
        Ok(Rules { all, parts, sides })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Calls `fired` for each rule of this direction that a name on `path` and the value satisfy.
    /// `way` remembers the last path.
    pub(super) fn look(
        &self,
        way: &mut Way,
        (up, path, key): (bool, &str, &str),
        value: &[u8],
        fired: &mut dyn FnMut(Fired),
    ) {
        let side = &self.sides[usize::from(up)];
        let bare = value.trim_ascii();
        let path = path.as_bytes();
        if !way.leads_to(up, path) {
            side.learn(way, up, path);
        }
        let name = match path.get(way.stem.len()) {
            Some(b'/') => &path[way.stem.len() + 1..],
            _ => path, // without any slash
        };
        let Way {
            stem,
            before,
            own,
            rules,
            parts,
            ..
        } = way;
        let mut see = |place: usize, value: &[u8]| {
            let Part {
                rule: at, bit, all, ..
            } = self.parts[place];
            let (rule, times) = self.all[at];
            let mut own_mark = (0, 0);
            if times > 1 {
                let name = match *own {
                    Some((start, end)) if is_number(name) => &path[start..end],
                    None if is_number(name) => key.as_bytes(),
                    _ => name,
                };
                own_mark = mark(name, value);
            }
            let done = if bit == all {
                Some(own_mark)
            } else {
                parts.complete(at, (bit, all), own_mark, stem)
            };
            if let Some(mark) = done {
                fired(Fired { rule, times, mark });
            }
        };
        if let (Some(&first), false) = (bare.first(), side.anywhere.is_empty()) {
            let mut may = side.anywhere_lens[bare.len().min(LONGEST_VALUE)]
                & side.anywhere_first[usize::from(first)];
            while may != 0 {
                let (test, its) = &side.anywhere[may.trailing_zeros() as usize];
                if test.holds(bare) {
                    for &place in its {
                        see(place, bare);
                    }
                }
                may &= may - 1;
            }
        }
        let mut test = |place: usize| {
            if self.parts[place].value.holds(bare) {
                see(place, bare);
            }
        };
        for &place in &*rules {
            test(place);
        }
        side.each_of(name, true, !is_number(name), &mut test);
        if key.as_bytes() != name {
            // In a list, or without a path, another name is the field's own.
            let own = is_number(name) && own.is_none();
            side.each_of(key.as_bytes(), true, own, &mut test);
        }
        // The last two names together, for fields that only their parent tells apart ("device/id").
        if let Some(before) = *before {
            side.each_of(&path[before..], true, false, &mut test);
        }
        if let (true, Some((start, end))) = (is_number(name), *own) {
            side.each_of(&path[start..end], false, true, &mut test);
        }
        let dotted = || name.iter().take(8).any(|&b| b == b'.'); // as the name of an app is
        if !side.of_names.is_empty() && dotted() {
            for &place in &side.of_names {
                if self.parts[place].value.holds(name) {
                    see(place, name);
                }
            }
        }
    }
}

impl Side {
    /// A part is for the fields of that name; an error is what is wrong with it.
    fn add(&mut self, key: &str, value: ValueTest, part: usize) -> Result<(), &'static str> {
        match key {
            "*" => match self.anywhere.iter_mut().find(|(test, _)| *test == value) {
                Some((_, its)) => its.push(part),
                None => self.anywhere.push((value, vec![part])),
            },
            "#" => self.of_names.push(part),
            _ => {
                if let Some(wrong) = wrong_with(key) {
                    return Err(wrong);
                }
                let (name, is_own) = match key.strip_prefix('=') {
                    Some(own) => (own, true),
                    None => (key, false),
                };
                let named = self.by_key.entry(name.as_bytes().into()).or_default();
                if is_own {
                    named.own.push(part);
                } else {
                    named.any.push(part);
                }
            }
        }
        Ok(())
    }

    /// Makes what rules out most fields.
    fn compile(&mut self) -> Result<(), String> {
        if self.anywhere.len() > MOST_ANYWHERE {
            return Err(format!("more than {MOST_ANYWHERE} rules are for any field"));
        }
        let bits = |holds: &dyn Fn(ValueTest) -> bool| {
            let tests = self.anywhere.iter().enumerate();
            tests.fold(0, |bits, (place, (test, _))| {
                bits | u32::from(holds(*test)) << place
            })
        };
        self.anywhere_lens = (0..=LONGEST_VALUE)
            .map(|len| bits(&|test| len == LONGEST_VALUE || test.may_hold(len)))
            .collect();
        self.anywhere_first = (0..=255)
            .map(|first| bits(&|test| test.may_begin(first)))
            .collect();
        self.names = Filter::build(self.by_key.len(), self.by_key.keys().map(|key| gram(key)));
        let pairs = self.by_key.keys().filter_map(|key| {
            let slash = key.iter().position(|&b| b == b'/')?;
            Some(key[..slash].into())
        });
        self.parents = pairs.collect();
        let firsts = self.parents.iter().map(|name| gram(name));
        self.first_names = Filter::build(self.parents.len(), firsts);
        let names = self.by_key.keys().chain(&self.parents);
        self.numbers_are_names = names.into_iter().any(|name| is_number(name));
        Ok(())
    }

    /// Goes the way to a field's own name once.
    fn learn(&self, way: &mut Way, up: bool, path: &[u8]) {
        let end = memchr::memrchr(b'/', path);
        if end.is_some_and(|end| self.goes_on(way, up, &path[..end])) {
            return;
        }
        *way = Way {
            up,
            stem: std::mem::take(&mut way.stem),
            rules: std::mem::take(&mut way.rules),
            parts: std::mem::take(&mut way.parts),
            ..Way::default()
        };
        way.stem.clear();
        way.rules.clear();
        way.parts.enter(&path[..end.unwrap_or(0)]);
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
        way.before = (begin > 0 && self.begins_a_pair(last)).then_some(begin);
    }

    /// The next object of the same list: only its number differs, and the way says the same.
    fn goes_on(&self, way: &mut Way, up: bool, stem: &[u8]) -> bool {
        let place = |stem: &[u8]| {
            let from = memchr::memrchr(b'/', stem)? + 1;
            (from < stem.len() && is_number(&stem[from..])).then_some(from)
        };
        let (Some(was), Some(is)) = (place(&way.stem), place(stem)) else {
            return false;
        };
        if self.numbers_are_names || way.up != up || way.stem[..was] != stem[..is] {
            return false;
        }
        way.parts.enter(stem);
        way.stem.truncate(was);
        way.stem.extend_from_slice(&stem[is..]);
        true
    }

    fn begins_a_pair(&self, name: &[u8]) -> bool {
        let name = name.strip_prefix(b"@").unwrap_or(name);
        let mut lower = [0; MAX_KEY];
        self.first_names.may_hold(gram(name))
            && lower_in(&mut lower, name).is_some_and(|name| self.parents.contains(name))
    }

    /// Calls `each` with the rules of one name: as one on the way (`any`), and as that of the field itself (`own`).
    #[inline]
    fn each_of(&self, name: &[u8], any: bool, own: bool, each: &mut dyn FnMut(usize)) {
        let name = name.strip_prefix(b"@").unwrap_or(name); // an XML attribute
        if self.names.may_hold(gram(name)) {
            if let Some(named) = self.look_up(name) {
                let any = named.any.iter().filter(|_| any);
                let own = named.own.iter().filter(|_| own);
                for &place in any.chain(own) {
                    each(place);
                }
            }
        }
    }

    #[inline(never)]
    fn look_up(&self, name: &[u8]) -> Option<&Named> {
        if name.is_empty() {
            return None;
        }
        self.by_key.get(lower_in(&mut [0; MAX_KEY], name)?)
    }
}

/// The name in small letters; none that is longer than that of a rule.
fn lower_in<'l>(room: &'l mut [u8; MAX_KEY], name: &[u8]) -> Option<&'l [u8]> {
    let lower = room.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    Some(lower)
}

/// What is wrong with a field's name in a rule.
fn wrong_with(key: &str) -> Option<&'static str> {
    if key.is_empty() {
        Some("is empty")
    } else if key.len() > MAX_KEY {
        Some("is too long")
    } else if key.bytes().any(|b| b.is_ascii_uppercase()) {
        Some("is not in lower case")
    } else {
        None
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
#[path = "rule_tests.rs"]
mod tests;
