//! JSON and forms: what a reader of a report sees as "member so-and-so".

use super::seen::{body, shown};
use wirecore::unwrap::Hint;

#[test]
fn a_json_member_is_a_leaf_with_its_pointer_and_its_own_name() {
    let text = br#"{"device":{"imei":"490154203237518","sims":[{"n":1},{"n":-2.5e3}]},"on":true,"none":null}"#;
    let seen = shown(text, &body("application/json"));
    let imei = seen.exactly(b"490154203237518").unwrap();
    assert_eq!(
        (imei.way().as_str(), imei.path(), imei.key.as_str()),
        ("json", "/device/imei", "imei")
    );
    assert!(imei.leaf && imei.verbatim);
    assert_eq!(seen.exactly(b"-2.5e3").unwrap().path(), "/device/sims/1/n");
    assert_eq!(seen.exactly(b"true").unwrap().path(), "/on");
    assert_eq!(seen.exactly(b"null").unwrap().path(), "/none");
}

#[test]
fn escapes_are_resolved_and_json_inside_a_string_is_read_too() {
    let text =
        r#"{"a/b":"line\nTel: \u00e9\ud83d\ude00","inner":"{\"mail\":\"ada@example.org\"}"}"#;
    let seen = shown(text.as_bytes(), &Hint::default());
    assert_eq!(
        seen.exactly("line\nTel: é😀".as_bytes()).unwrap().path(),
        "/a~1b"
    );
    let mail = seen.exactly(b"ada@example.org").unwrap();
    assert_eq!(mail.way(), "json > json");
    assert_eq!(
        (mail.steps[0].path.as_str(), mail.path()),
        ("/inner", "/mail")
    );
}

#[test]
fn a_cut_document_yields_what_was_read() {
    let seen = shown(
        br#"{"first":"Ada Lovelace","second":"Charles Babb"#,
        &body("application/json"),
    );
    assert!(seen.exactly(b"Ada Lovelace").is_some());
    assert_eq!(seen.exactly(b"Charles Babb").unwrap().path(), "/second");
}

#[test]
fn documents_in_a_row_are_numbered() {
    let seen = shown(
        b"{\"user\":\"ada-0001\"}\n{\"user\":\"ada-0002\"}\n",
        &Hint::default(),
    );
    assert_eq!(seen.exactly(b"ada-0001").unwrap().path(), "/user");
    assert_eq!(seen.exactly(b"ada-0002").unwrap().path(), "1:/user");
}

#[test]
fn form_values_are_decoded_and_named() {
    let seen = shown(
        b"name=Ada+Lovelace&mail=ada%40example.org&flag&empty=",
        &body("application/x-www-form-urlencoded"),
    );
    let mail = seen.exactly(b"ada@example.org").unwrap();
    assert_eq!(
        (mail.way().as_str(), mail.path(), mail.key.as_str()),
        ("form", "mail", "mail")
    );
    assert!(seen.exactly(b"Ada Lovelace").is_some());
    assert!(seen.exactly(b"flag").unwrap().verbatim);
}

#[test]
fn a_target_is_a_path_and_a_query_which_is_a_form() {
    let target = Hint {
        place: "target",
        ..Hint::default()
    };
    let seen = shown(b"/up%20load/x?v=1&imei=490154203237518#top", &target);
    let imei = seen.exactly(b"490154203237518").unwrap();
    assert_eq!(
        (imei.way().as_str(), imei.path(), imei.key.as_str()),
        ("url > form", "imei", "imei")
    );
    assert_eq!(seen.exactly(b"1").unwrap().path(), "v");
    assert_eq!(seen.exactly(b"/up load/x").unwrap().path(), "path");
    assert_eq!(seen.exactly(b"top").unwrap().path(), "fragment");
    // A URL in a field is read in the same way.
    let seen = shown(
        b"{\"next\":\"https://a.example/x?mail=ada%40example.org\"}",
        &Hint::default(),
    );
    assert_eq!(
        seen.exactly(b"ada@example.org").unwrap().way(),
        "json > url > form"
    );
}
