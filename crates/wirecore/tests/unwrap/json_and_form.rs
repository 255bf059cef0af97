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
fn a_window_that_begins_inside_a_document_is_read_from_its_first_member() {
    let text = br#"{"log":[{"user":"ada-0001","n":[1,{"x":"deep-0001"}]},"loose-0001",{"user":"ada-0002"}],"end":"tail-0001"}"#;
    for cut in 1..text.len() {
        let seen = shown(&text[cut..], &body("application/json"));
        // Whatever begins behind the first whole member is found as a leaf.
        for value in ["ada-0002", "tail-0001"] {
            let at = text
                .windows(value.len())
                .position(|w| w == value.as_bytes())
                .unwrap();
            if cut < at - 30 {
                assert!(
                    seen.exactly(value.as_bytes()).is_some(),
                    "{value} from {cut}"
                );
            }
        }
    }
    let seen = shown(&text[20..], &body("application/json"));
    assert_eq!(seen.exactly(b"deep-0001").unwrap().path(), "?:/n/1/x");
    assert_eq!(seen.exactly(b"tail-0001").unwrap().key, "end");
}

#[test]
fn documents_in_callbacks_event_streams_and_behind_guards() {
    for text in [
        "callback({\"user\":\"ada-0001\"});",
        "data: {\"user\":\"ada-0001\"}\n\ndata: {\"user\":\"ada-0002\"}\n\n",
        ")]}',\n{\"user\":\"ada-0001\"}",
        "\u{feff}{\"user\":\"ada-0001\"}",
        " \n [ {\"user\":\"ada-0001\"} ]",
    ] {
        let seen = shown(text.as_bytes(), &Hint::default());
        let user = seen
            .exactly(b"ada-0001")
            .unwrap_or_else(|| panic!("{text}"));
        assert_eq!((user.way().as_str(), user.key.as_str()), ("json", "user"));
    }
    for text in [
        "[INFO] all is well",
        "a sentence with {braces}",
        "{not json}",
        "[",
        "{",
        "[[[",
        "{\"a\"",
        "[1 2]",
    ] {
        shown(text.as_bytes(), &Hint::default());
    }
}

#[test]
fn a_name_with_escapes_is_a_leaf_too() {
    let seen = shown(
        br#"{"book":{"\u4f60\u597d":"+8613800138000"}}"#,
        &Hint::default(),
    );
    let name = seen.exactly("你好".as_bytes()).unwrap();
    assert_eq!((name.path(), name.key.as_str()), ("/book/你好#", "你好"));
    assert_eq!(
        seen.exactly(b"+8613800138000").unwrap().path(),
        "/book/你好"
    );
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
