//! Encodings as other people's libraries write them: bodies made by `tools/make_encoding_fixtures.py`.

use super::seen::{body, shown, Shown};
use super::wrap;
use wirecore::unwrap::Hint;

const IMEI: &str = "490154203237518";
const NUMBER: &str = "+8613800138000";
const MAIL: &str = "ada.byron@example.org";
const TEXT: &str = "今天下午三点见面，好吗？Meet me at noon";

fn written(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/encodings/");
    std::fs::read(format!("{folder}{name}")).expect("a fixture")
}

fn read(bytes: &[u8]) -> Shown {
    shown(bytes, &Hint::default())
}

fn way_and_path(seen: &Shown, value: &str) -> (String, String, String) {
    let node = seen
        .exactly(value.as_bytes())
        .unwrap_or_else(|| panic!("{value} is not in {seen:#?}"));
    (node.way(), node.path().to_owned(), node.key.clone())
}

#[test]
fn records_in_binary_show_every_value_under_its_name() {
    for (name, codec) in [
        ("msgpack", "msgpack"),
        ("msgpack_two", "msgpack"),
        ("cbor", "cbor"),
        ("cbor_endless", "cbor"),
        ("bson", "bson"),
        ("bplist", "bplist"),
    ] {
        let seen = read(&written(name));
        let expect = |value: &str, path: &str, key: &str| {
            let (way, at, its) = way_and_path(&seen, value);
            assert_eq!(
                (way.as_str(), at.as_str(), its.as_str()),
                (codec, path, key),
                "{name}"
            );
        };
        expect(IMEI, "=/device/imei", "imei");
        expect("HM NOTE 1W", "/device/model", "model");
        expect(NUMBER, "/contacts/0/number", "number");
        expect("10086", "/contacts/1/number", "number");
        expect("48.8583701", "=/lat", "lat");
        // Only a property list has its texts in UTF-16.
        let path = if name == "bplist" { "=/body" } else { "/body" };
        expect(TEXT, path, "body");
        // A name is read too, when it hides a value.
        let (way, path, _) = way_and_path(&seen, "ada.byron@example.org");
        assert!(way == codec && path == "/contacts/0/mail" || way.ends_with("base64"));
        let in_name = seen
            .nodes
            .iter()
            .any(|node| node.bytes == MAIL.as_bytes() && node.way() == format!("{codec} > base64"));
        assert!(in_name, "{name}");
        assert!(seen.opaque.is_empty());
    }
}

#[test]
fn records_with_a_sealed_field_keep_it_counted() {
    let sealed = wrap::noise(400, 3);
    // {"id": "first", "data": <400 bytes>} in MessagePack.
    let head = b"\x82\xa2id\xa5first\xa4data\xc5\x01\x90";
    let seen = read(&[head.as_slice(), &sealed].concat());
    assert_eq!(seen.exactly(b"first").unwrap().way(), "msgpack");
    assert_eq!(seen.opaque, [sealed]);
}

#[test]
fn random_bytes_are_no_record_of_any_kind() {
    for seed in 0..20_000 {
        let noise = wrap::noise(16 + seed as usize % 90, seed * 7 + 1);
        let seen = read(&noise);
        let taken = seen.nodes.iter().find(|node| {
            [
                "msgpack",
                "cbor",
                "bson",
                "bplist",
                "zip",
                "tar",
                "utf32",
                "lz4",
                "delimited",
            ]
            .iter()
            .any(|codec| node.way().contains(codec))
        });
        assert!(taken.is_none(), "{noise:?} became {taken:?}");
    }
}

#[test]
fn property_lists_in_xml_are_read() {
    let seen = read(&written("xml_plist"));
    assert_eq!(way_and_path(&seen, IMEI).0, "xml");
    assert_eq!(way_and_path(&seen, TEXT).0, "xml");
}

#[test]
fn texts_in_every_dress() {
    for (name, way) in [
        ("base32", "base32"),
        ("utf32le", "utf32"),
        ("utf32be", "utf32"),
        ("utf32_marked", "utf32"),
        ("quoted_printable", "quoted_printable"),
        ("tar", "tar"),
        ("zip", "zip"),
        ("zip_stored", "zip"),
        ("zip_streamed", "zip"),
    ] {
        let seen = read(&written(name));
        assert_eq!(way_and_path(&seen, TEXT).0, way, "{name}");
    }
    assert_eq!(
        way_and_path(&read(&written("base32_lower")), MAIL).0,
        "base32"
    );
    let escaped = format!("{TEXT} & 'then'");
    assert_eq!(
        way_and_path(&read(&written("entities")), &escaped).0,
        "entities"
    );
    let repeated = TEXT.repeat(20);
    assert_eq!(way_and_path(&read(&written("lz4")), &repeated).0, "lz4");
}

#[test]
fn members_of_archives_have_their_names() {
    for (name, path) in [
        ("zip", "messages.txt"),
        ("zip_stored", "messages.txt"),
        ("zip_streamed", "messages.txt"),
        ("tar", "log/messages.txt"),
    ] {
        let (_, at, key) = way_and_path(&read(&written(name)), TEXT);
        assert_eq!((at.as_str(), key.as_str()), (path, path));
    }
}

#[test]
fn a_part_of_a_message_that_says_quoted_printable_is_read_so() {
    let seen = shown(
        &written("quoted_part"),
        &body("multipart/related; boundary=\"frontier\""),
    );
    let node = seen
        .nodes
        .iter()
        .find(|node| node.way() == "multipart > quoted_printable")
        .expect("the part decoded");
    let text = String::from_utf8_lossy(&node.bytes);
    assert!(text.contains(MAIL) && text.contains(TEXT), "{text}");
    // Forms and the end of base64 are not taken for it.
    for text in [
        "a=ABCDEF01&b=CDEF2345&c=1",
        "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9=\nmore",
    ] {
        let seen = read(text.as_bytes());
        assert!(
            seen.nodes.iter().all(|n| !n.way().contains("quoted")),
            "{text}"
        );
    }
}

#[test]
fn names_of_fields_that_hide_values_are_read() {
    let token = String::from_utf8(wrap::base64(MAIL.as_bytes())).unwrap();
    let json = read(format!("{{\"{token}\":true}}").as_bytes());
    assert_eq!(way_and_path(&json, MAIL).0, "json > base64");
    let form = read(format!("v=1&ada.byron%40example.org=1&{}=2", &token).as_bytes());
    assert_eq!(way_and_path(&form, MAIL).0, "form > base64");
    let decoded = form
        .nodes
        .iter()
        .any(|node| node.bytes == MAIL.as_bytes() && node.way() == "form");
    assert!(decoded, "a percent-encoded name is shown decoded");
    // Names that are words are not nodes of their own.
    let plain = read(br#"{"advertising_identifier":"x","session_started_at_2":1}"#);
    assert_eq!(plain.nodes.len(), 3, "{plain:#?}");
}

#[test]
fn messages_behind_their_lengths_are_read_one_by_one() {
    let seen = read(&written("protobuf_delimited"));
    let (way, path, _) = way_and_path(&seen, TEXT);
    assert_eq!(
        (way.as_str(), path.as_str()),
        ("delimited > protobuf", "/8")
    );
    assert_eq!(way_and_path(&seen, IMEI).0, "delimited > protobuf");
    assert!(seen.opaque.is_empty());
}

#[test]
fn a_property_list_inside_another_is_read_although_its_lines_are_indented() {
    let seen = read(&written("plist_in_plist"));
    assert_eq!(way_and_path(&seen, IMEI).0, "xml > base64 > bplist");
    assert_eq!(way_and_path(&seen, TEXT).0, "xml > base64 > bplist");
}

#[test]
fn base64_of_a_known_kind_of_file_is_read_however_many_signs_it_has() {
    let mut file = b"RIFF\x00\x10\x00\x00WEBPVP8 ".to_vec();
    file.extend(b"\xfb\xef\xbe\x01\x02\x03".repeat(200)); // "++++" in every second group
    let text = String::from_utf8(wrap::base64(&file)).unwrap();
    let seen = read(format!("{{\"img\":\"{text}\"}}").as_bytes());
    assert!(
        seen.nodes
            .iter()
            .any(|node| node.bytes == file && node.way() == "json > base64"),
        "not decoded"
    );
}

#[test]
fn damaged_documents_do_no_harm_and_every_step_can_be_derived() {
    for name in [
        "msgpack",
        "cbor",
        "cbor_endless",
        "bson",
        "bplist",
        "protobuf_delimited",
        "plist_in_plist",
        "zip",
        "zip_streamed",
        "tar",
        "lz4",
        "utf32le",
        "quoted_printable",
        "entities",
    ] {
        let whole = written(name);
        for at in (0..whole.len()).step_by(1 + whole.len() / 200) {
            read(&whole[..at]);
            for byte in [0, 1, 0x7f, 0x80, 0xc1, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                read(&damaged);
            }
        }
    }
}

#[test]
fn bombs_in_archives_make_no_more_than_allowed() {
    let zeros = vec![0u8; 8 << 20];
    let deflated = wrap::zlib(&zeros);
    let head = b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a";
    let bomb = [head.as_slice(), &deflated[2..]].concat();
    let seen = read(&bomb);
    assert!(seen.bounds.iter().any(|(what, _)| what == "unwrap_bytes"));
    assert!(
        seen.nodes
            .iter()
            .map(|node| node.bytes.len())
            .sum::<usize>()
            < 4 << 20
    );
    // A property list whose lists hold each other.
    let mut list = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    for n in 0..20u8 {
        offsets.push(list.len() as u8);
        list.extend([0xa2, n + 1, n + 1]);
    }
    offsets.push(list.len() as u8);
    list.extend(b"\x51x");
    let table = list.len() as u8;
    list.extend(&offsets);
    list.extend([
        0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    list.extend([0, 0, 0, 0, 0, 0, 0, table]);
    assert!(read(&list).nodes.len() < 500);
}

/// A text of six fields that a log keeps, `inside` in the middle of it.
fn log(inside: &str) -> Vec<u8> {
    let line = |n: u32| format!("{} screen open_id={}\n", 1_405_670_400 + n, n * 77);
    let before: String = (0..3).map(line).collect();
    let after: String = (3..6).map(line).collect();
    format!("{before}{inside}\n{after}").into_bytes()
}

#[test]
fn a_line_of_a_log_is_decoded_for_itself() {
    let hex = String::from_utf8(wrap::hex(MAIL.repeat(3).as_bytes())).expect("digits");
    for (inside, way) in [
        (
            format!("a=1&name={}&z=2", MAIL.replace('@', "%40")),
            "line > form",
        ),
        (
            format!("GET https://a.example/b?m={} 200", MAIL.replace('@', "%40")),
            "line > url > form",
        ),
        (format!("{{\"a\": 1, \"m\": \"{MAIL}\"}}"), "line > json"),
        (
            format!("I/net: {{\"a\": 1, \"m\": \"{MAIL}\"}}"),
            "line > json",
        ),
        (format!("<map><x m=\"{MAIL}\"/></map>"), "line > xml"),
    ] {
        assert_eq!(way_and_path(&read(&log(&inside)), MAIL).0, way, "{inside}");
    }
    // Digits of a full line do not go on in the next line's time.
    assert_eq!(way_and_path(&read(&log(&hex)), &MAIL.repeat(3)).0, "hex");
    let lines: Vec<&[u8]> = hex.as_bytes().chunks(60).collect();
    assert_eq!(
        way_and_path(&read(&lines.join(&b'\n')), &MAIL.repeat(3)).0,
        "hex"
    );
    assert_eq!(read(&log("nothing to see")).nodes.len(), 1);
}

#[test]
fn bytes_in_hex_one_by_one() {
    for (between, prefix) in [(":", ""), (" ", ""), ("-", ""), (", ", "0x")] {
        let printed = MAIL.bytes().map(|b| format!("{prefix}{b:02X}"));
        let text = printed.collect::<Vec<_>>().join(between);
        assert_eq!(
            way_and_path(&read(text.as_bytes()), MAIL).0,
            "hex_bytes",
            "{text}"
        );
        let inside = format!("key = [{text}]; 10:20:30");
        assert_eq!(
            way_and_path(&read(inside.as_bytes()), MAIL).0,
            "hex_bytes",
            "{inside}"
        );
    }
}

#[test]
fn base32_with_figures_first() {
    for name in ["base32hex", "base32hex_lower"] {
        assert_eq!(
            way_and_path(&read(&written(name)), MAIL).0,
            "base32hex",
            "{name}"
        );
    }
}

#[test]
fn letters_of_one_byte_inside_json() {
    let seen = read(&written("latin1_json"));
    assert_eq!(
        way_and_path(&seen, "Ren\u{e9}e d\u{2019}Arc, K\u{f6}ln").0,
        "latin1 > json"
    );
}

#[test]
fn a_message_of_numbers_or_short_words_needs_nobody_to_name_it() {
    let seen = read(&written("protobuf_only_numbers"));
    assert_eq!(way_and_path(&seen, IMEI).0, "protobuf");
    let sealed = wrap::noise(200, 5);
    let message = [
        wrap::field(1, b"cart_at"),
        wrap::field(3, &sealed),
        wrap::field(4, b"order7"),
    ]
    .concat();
    let seen = read(&message);
    assert_eq!(
        seen.exactly(b"cart_at")
            .map(super::seen::Seen::way)
            .as_deref(),
        Some("protobuf")
    );
    assert_eq!(seen.opaque, [sealed]);
    let wide = wrap::utf16le(MAIL);
    assert_eq!(
        way_and_path(&read(&wrap::field(3, &wide)), MAIL).0,
        "protobuf > utf16"
    );
}

#[test]
fn a_short_token_in_binary_and_a_short_text_in_a_token() {
    let framed = [
        b"\x01\x00\xff\xfe".as_slice(),
        &wrap::base64(IMEI.as_bytes()),
        b"\x00\x01\xff",
    ]
    .concat();
    assert_eq!(way_and_path(&read(&framed), IMEI).0, "run > base64");
    let inner = [
        b"\x01\x00\xff\xfe".as_slice(),
        IMEI.as_bytes(),
        b"\x00\x01\xff",
    ]
    .concat();
    let seen = read(&wrap::base64(&inner));
    assert!(seen.exactly(&inner).is_some());
    let lengths = read(&wrap::base64(&written("lz4")));
    assert!(lengths
        .nodes
        .iter()
        .any(|node| node.way().starts_with("base64 > lz4")));
}

#[test]
fn escapes_of_every_kind_in_a_text() {
    for text in [
        r"var m = 'ada.byron\x40example.org';",
        r#"{\"m\":\"ada.byron@example.org\",\"n\":\"\u0041\"}"#,
        r"m: ada.byron\100example.org",
        r"m: ada.byron\u{40}example.org, \'x\'",
    ] {
        let seen = read(text.as_bytes());
        let clear = seen.nodes.iter().any(|node| {
            node.way().starts_with("json_escape")
                && node.bytes.windows(MAIL.len()).any(|w| w == MAIL.as_bytes())
        });
        assert!(clear, "{text}: {seen:#?}");
    }
    assert_eq!(read(br"C:\new\data\101 is no octal\8").nodes.len(), 2);
    assert_eq!(read(br"C:\news and D:\photos").nodes.len(), 1);
}

#[test]
fn what_deflate_squeezed_much_is_read_though_it_is_not_evenly_spread() {
    let seen = read(&written("raw_deflate_repeated"));
    assert!(seen
        .nodes
        .iter()
        .any(|node| node.way() == "raw_deflate" && node.bytes.len() > 20_000));
}
