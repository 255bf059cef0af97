//! How fields are known by their names, values and neighbours.

use super::super::records::Tally;
use super::*;

fn fired(value: ValueTest, path: &str, key: &str, bytes: &[u8]) -> bool {
    let rule = FieldRule {
        index: 4,
        up: true,
        key: "imei|device_id".to_owned(),
        value,
        beside: vec![],
        times: 0,
    };
    let rules = Rules::compile(vec![rule]).unwrap();
    let mut any = false;
    let mut way = Way::default();
    let up = (true, path, key);
    rules.look(&mut way, up, bytes, &mut |seen| any |= seen.rule == 4);
    rules.look(&mut way, (false, path, key), bytes, &mut |_| {
        panic!("a rule for up fired on what comes down")
    });
    let mut again = false;
    rules.look(&mut way, up, bytes, &mut |seen| again |= seen.rule == 4);
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
            beside: vec![],
            times: 0,
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
            beside: vec![],
            times: 0,
        };
        assert!(
            Rules::compile(vec![rule]).err().unwrap().contains("rule 7"),
            "{key}"
        );
    }
}

fn record() -> Rules {
    let form = |name| ValueTest::Form(Form::named(name).unwrap());
    let beside = |key: &str, value| Beside {
        key: key.to_owned(),
        value,
    };
    Rules::compile(vec![FieldRule {
        index: 4,
        up: true,
        key: "=number|=tel".to_owned(),
        value: form("dialled"),
        beside: vec![
            beside("=duration", form("number")),
            beside("=date", form("time")),
        ],
        times: 0,
    }])
    .unwrap()
}

/// How often the rule fires on these fields of one place.
fn times_seen(rules: &Rules, fields: &[(&str, &str)]) -> usize {
    let (mut way, mut seen) = (Way::default(), 0);
    for (path, value) in fields {
        let key = path.rsplit('/').next().unwrap_or(path);
        rules.look(&mut way, (true, path, key), value.as_bytes(), &mut |_| {
            seen += 1;
        });
    }
    seen
}

#[test]
fn a_record_is_complete_when_all_its_fields_stood_in_one_object() {
    let rules = record();
    let (number, duration, date) = ("+49151123456", "63", "1405717449000");
    let whole = [
        ("/c/0/number", number),
        ("/c/0/duration", duration),
        ("/c/0/date", date),
    ];
    assert_eq!(times_seen(&rules, &whole), 1);
    let turned = [
        ("/c/0/date", date),
        ("/c/0/x", ""),
        ("/c/0/duration", duration),
        ("/c/0/tel", number),
    ];
    assert_eq!(times_seen(&rules, &turned), 1, "in any order, among others");
    let printed = [
        ("/c/0/number", number),
        ("=/c/0/duration", duration),
        ("=7.1.c/c/0/date", date),
    ];
    assert_eq!(
        times_seen(&rules, &printed),
        1,
        "printed numbers have another path"
    );
    let form = [("number", number), ("duration", duration), ("date", date)];
    assert_eq!(times_seen(&rules, &form), 1, "a form is one object");
    let apart = [
        ("/c/0/number", number),
        ("/c/1/duration", duration),
        ("/c/1/date", date),
    ];
    assert_eq!(times_seen(&rules, &apart), 0, "two objects are no record");
    let wrong = [
        ("/c/0/number", number),
        ("/c/0/duration", "long"),
        ("/c/0/date", date),
    ];
    assert_eq!(times_seen(&rules, &wrong), 0);
}

#[test]
fn of_a_list_of_records_the_rules_own_field_is_counted_whichever_came_last() {
    let mut rule = record();
    rule.all[0].1 = 2;
    let (mut way, mut tally, mut reached) = (Way::default(), Tally::default(), vec![]);
    for (path, value) in [
        ("/c/0/number", "10086"),
        ("/c/0/duration", "63"),
        ("/c/0/date", "1405717449"),
        ("/c/1/number", "10086"),
        ("/c/1/duration", "64"),
        ("/c/1/date", "1405717450"),
        ("/c/2/number", "10010"),
        ("/c/2/duration", "64"),
        ("/c/2/date", "1405717450"),
    ] {
        rule.look(&mut way, (true, path, ""), value.as_bytes(), &mut |fired| {
            reached.push(tally.reaches(fired.rule, fired.times, fired.mark));
        });
    }
    assert_eq!(reached, [false, false, true]);
}

#[test]
fn what_one_message_began_another_does_not_end() {
    let (rules, mut way, mut seen) = (record(), Way::default(), 0);
    for (path, value) in [
        ("number", "10086"),
        ("duration", "63"),
        ("date", "1405717449"),
    ] {
        way.begin();
        rules.look(&mut way, (true, path, path), value.as_bytes(), &mut |_| {
            seen += 1;
        });
    }
    assert_eq!(seen, 0);
}

#[test]
fn a_name_itself_may_be_tested_and_a_list_is_counted_by_its_different_values() {
    let rules = Rules::compile(vec![FieldRule {
        index: 4,
        up: true,
        key: "#".to_owned(),
        value: ValueTest::Form(Form::Package),
        beside: vec![],
        times: 2,
    }])
    .unwrap();
    let mut tally = Tally::default();
    let mut reached = 0;
    for path in [
        "/u/com.a.b",
        "/u/com.a.b",
        "/u/minutes",
        "/u/com.c.d",
        "/u/com.e.f",
    ] {
        rules.look(&mut Way::default(), (true, path, ""), b"5", &mut |fired| {
            reached += usize::from(tally.reaches(fired.rule, fired.times, (0, fired.mark.1)));
        });
    }
    assert_eq!(reached, 1, "the second different one, once");
}

#[test]
fn what_is_remembered_of_one_field_changes_nothing_for_the_next() {
    let rule = |index, key: &str| FieldRule {
        index,
        up: true,
        key: key.to_owned(),
        value: ValueTest::Any,
        beside: vec![],
        times: 0,
    };
    let plain = ["id", "=tag", "device/id", "items", "n/0"].map(str::to_owned);
    let with_number = [&plain[..], &["7".to_owned()]].concat();
    let paths = [
        "/items/0/id",
        "/items/1/id",
        "/items/1/tag",
        "/items/12/device/id",
        "/items/13/device/id",
        "/items/7/id",
        "/items/8/id",
        "/0/id",
        "/1/id",
        "/0/1/id",
        "/0/2/id",
        "/x/1/id",
        "/items/1/2",
        "/items/2/2",
        "/7/7/tag",
        "/8/8/tag",
        "/n/0/1",
        "/n/1/0",
        "items/3",
        "/items//id",
        "/items/4/id",
    ];
    for keys in [&plain[..], &with_number[..]] {
        let made = keys
            .iter()
            .enumerate()
            .map(|(at, key)| rule(at as u32, key));
        let rules = Rules::compile(made.collect()).unwrap();
        let fired = |way: &mut Way, path: &str| {
            let mut seen = Vec::new();
            let key = path.rsplit('/').next().unwrap_or_default();
            rules.look(way, (true, path, key), b"v", &mut |one| seen.push(one.rule));
            seen.sort_unstable();
            seen
        };
        for first in paths {
            for then in paths {
                let mut way = Way::default();
                fired(&mut way, first);
                let after = fired(&mut way, then);
                assert_eq!(
                    after,
                    fired(&mut Way::default(), then),
                    "{then} behind {first}"
                );
            }
        }
    }
}
