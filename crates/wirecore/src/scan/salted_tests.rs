//! Tests of the second pass.

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

fn explain(pass: &mut SecondPass, raw: &[u8], second: i64, fields: &[Salt]) -> Option<Explained> {
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
