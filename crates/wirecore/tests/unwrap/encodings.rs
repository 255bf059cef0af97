//! Each codec alone, in the forms in which it occurs, and what must not be taken for it.

use super::seen::{body, shown, Shown};
use super::wrap;
use wirecore::unwrap::Hint;

const SECRET: &[u8] = b"imei 490154203237518, Ada";

fn plain(bytes: &[u8]) -> Shown {
    shown(bytes, &Hint::default())
}

fn way_to(seen: &Shown, value: &[u8]) -> String {
    seen.exactly(value)
        .map_or_else(|| panic!("not found in {seen:#?}"), super::seen::Seen::way)
}

#[test]
fn base64_of_both_alphabets_with_and_without_padding() {
    for value in [SECRET, b"subjects?>~~", b"49015420"] {
        for last in [*b"+/", *b"-_"] {
            for pad in [true, false] {
                assert_eq!(
                    way_to(&plain(&wrap::base64_with(value, last, pad)), value),
                    "base64"
                );
            }
        }
    }
}

#[test]
fn base64_inside_a_longer_text() {
    let token = wrap::base64(SECRET);
    for (before, after) in [
        ("Basic ", ""),
        ("data:text/plain;base64,", ""),
        ("/v1/up/", "/x.jpg"),
        ("id:", ", and so on"),
    ] {
        let text = [before.as_bytes(), &token, after.as_bytes()].concat();
        assert_eq!(
            way_to(&plain(&text), SECRET),
            "base64",
            "{before}...{after}"
        );
    }
}

#[test]
fn base64_over_lines_is_one_token() {
    let data: Vec<u8> = SECRET.repeat(20);
    for end in ["\r\n", "\n"] {
        let lines: Vec<Vec<u8>> = wrap::base64(&data).chunks(76).map(<[u8]>::to_vec).collect();
        let text = lines.join(end.as_bytes());
        assert_eq!(way_to(&plain(&text), &data), "base64");
    }
}

#[test]
fn base64_whose_plus_signs_a_form_turned_into_spaces() {
    let data: &[u8] = &wrap::noise(60, 11);
    let sent = [b"v=1&photo=".to_vec(), wrap::base64(data)].concat();
    assert!(sent.contains(&b'+'));
    assert_eq!(
        way_to(
            &shown(&sent, &body("application/x-www-form-urlencoded")),
            data
        ),
        "form > base64"
    );
}

#[test]
fn a_web_token_is_read_in_all_its_parts() {
    let head = br#"{"alg":"HS256"}"#;
    let claims = br#"{"sub":"ada@example.org"}"#;
    let token = [
        wrap::base64url(head),
        wrap::base64url(claims),
        wrap::base64url(&wrap::noise(32, 5)),
    ]
    .join(&b'.');
    let seen = plain(&[b"Bearer ".to_vec(), token].concat());
    assert_eq!(way_to(&seen, b"ada@example.org"), "base64 > json");
    assert_eq!(way_to(&seen, b"HS256"), "base64 > json");
    assert_eq!(way_to(&seen, &wrap::noise(32, 5)), "base64");
}

#[test]
fn hex_of_either_case_with_a_prefix_and_inside_a_path() {
    let lower = wrap::hex(SECRET);
    let upper = lower.to_ascii_uppercase();
    let prefixed = [b"0x".to_vec(), lower.clone()].concat();
    let path = [b"/v1/chunks/".to_vec(), lower.clone(), b"?x".to_vec()].concat();
    for text in [&lower, &upper, &prefixed, &path] {
        assert_eq!(
            way_to(&plain(text), SECRET),
            "hex",
            "{}",
            text.escape_ascii()
        );
    }
    // The figures of a number, spelt in hex, are figures too.
    assert_eq!(
        way_to(&plain(&wrap::hex(b"490154203237518")), b"490154203237518"),
        "hex"
    );
    assert_eq!(
        way_to(&plain(&wrap::hex(&wrap::noise(32, 9))), &wrap::noise(32, 9)),
        "hex"
    );
}

#[test]
fn words_names_numbers_and_paths_are_not_decoded() {
    for text in [
        "password",
        "application/json",
        "com.android.providers.telephony",
        "internationalisation",
        "490154203237518",
        "13800138000",
        "2014-07-20T08:00:00Z",
        "550e8400-e29b-41d4-a716-446655440000",
        "/api/v2/users/profile/settings",
        "Mozilla/5.0 (Linux; Android 4.2.2; HM NOTE 1W) AppleWebKit/534.30",
        "the quick brown fox jumps over the lazy dog",
        "en-US,en;q=0.8",
        "image/webp,image/apng,*/*",
        "getElementsByClassName",
        "THE_QUICK_BROWN_FOX_JUMPS",
        "aaaaaaaaaaaaaaaa",
    ] {
        let seen = plain(text.as_bytes());
        assert_eq!(seen.nodes.len(), 1, "{text} became {:?}", seen.nodes);
        assert!(seen.nodes[0].leaf);
    }
}

#[test]
fn percent_encoding_once_and_twice() {
    let once = wrap::percent(SECRET);
    assert_eq!(way_to(&plain(&once), SECRET), "percent");
    assert_eq!(
        way_to(&plain(&wrap::percent(&once)), SECRET),
        "percent > percent"
    );
    assert_eq!(plain(b"100% of it, 50%zz").nodes.len(), 1);
}

#[test]
fn escapes_outside_json() {
    let text = "Grüße, 你好, 😀 to all";
    let sent = [b"var s = '".to_vec(), wrap::escaped(text), b"';".to_vec()].concat();
    let seen = plain(&sent);
    assert_eq!(
        seen.nodes[1].bytes,
        format!("var s = '{text}';").into_bytes()
    );
    assert_eq!(seen.nodes[1].way(), "json_escape");
}

#[test]
fn utf16_of_both_orders_with_and_without_a_mark() {
    for text in [
        "meet me at noon, Ada",
        "今天下午三点见面，好吗？",
        "+8613800138000",
    ] {
        let le = wrap::utf16le(text);
        let be: Vec<u8> = le.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
        for sent in [
            le.clone(),
            be,
            [b"\xff\xfe".to_vec(), le].concat(),
            wrap::utf16be_marked(text),
        ] {
            assert_eq!(
                way_to(&plain(&sent), text.as_bytes()),
                "utf16",
                "{text} as {}",
                sent.escape_ascii()
            );
        }
    }
}

#[test]
fn compressed_things_inside_are_opened() {
    for (name, sent) in [
        ("gzip", wrap::gzip(SECRET)),
        ("zlib", wrap::zlib(SECRET)),
        ("zstd", wrap::zstd(SECRET)),
    ] {
        assert_eq!(way_to(&plain(&sent), SECRET), name);
    }
}

#[test]
fn compressed_things_in_the_middle_of_an_unknown_format_are_opened() {
    for (name, inner) in [("gzip", wrap::gzip(SECRET)), ("zstd", wrap::zstd(SECRET))] {
        let sent = [
            b"\x0a\x00\xff\x01".to_vec(),
            inner,
            b"\x12\x00\x80".to_vec(),
            wrap::noise(200, 4),
        ]
        .concat();
        let seen = plain(&sent);
        assert_eq!(way_to(&seen, SECRET), name);
        assert_eq!(seen.exactly(SECRET).unwrap().steps[0].start, 4);
    }
    // The bare first bytes are not enough.
    let seen = plain(
        &[
            wrap::noise(50, 1),
            b"\x1f\x8b\x08".to_vec(),
            wrap::noise(50, 2),
        ]
        .concat(),
    );
    assert_eq!(seen.nodes.len(), 1);
}

#[test]
fn damaged_compression_gives_what_came_before() {
    let data = [SECRET, &wrap::noise(100_000, 3)].concat();
    let mut sent = wrap::gzip(&data);
    sent.truncate(sent.len() / 2);
    let seen = plain(&sent);
    assert!(seen.nodes[1].bytes.starts_with(SECRET));
    assert!(seen.nodes[1].bytes.len() > 40_000);
}

#[test]
fn protocol_buffers_without_their_schema() {
    let seen = plain(&wrap::protobuf(SECRET));
    let found = seen.exactly(SECRET).unwrap();
    assert_eq!((found.way().as_str(), found.path()), ("protobuf", "/9"));
    assert!(found.verbatim);
    assert!(seen.exactly(b"frame_stats").is_some());
}

#[test]
fn a_message_within_a_message_and_a_photo_in_base64_within_that() {
    let photo = [b"\xff\xd8\xff\xe0".to_vec(), wrap::noise(20_000, 5)].concat();
    let inner = wrap::field(1, &wrap::base64(&photo));
    let message = [wrap::field(3, &inner), wrap::field(3, SECRET)].concat();
    let seen = plain(&wrap::multipart(&wrap::gzip(&message)));
    let way = way_to(&seen, &photo);
    assert_eq!(way, "multipart > gzip > protobuf > protobuf > base64");
    let paths: Vec<_> = seen
        .exactly(&photo)
        .unwrap()
        .steps
        .iter()
        .filter(|step| step.codec == "protobuf")
        .map(|step| step.path.as_str())
        .collect();
    assert_eq!(paths, ["/3", "/1"]);
    assert_eq!(way_to(&seen, SECRET), "multipart > gzip > protobuf");
    // Whether its structure explains it, the scan decides.
    assert!(!seen.opaque.is_empty() && seen.opaque.iter().all(|opaque| *opaque == photo));
}

#[test]
fn what_is_evenly_spread_within_protocol_buffers_is_opaque() {
    let noise = wrap::noise(1000, 8);
    let opaque = plain(&wrap::protobuf(&noise)).opaque;
    assert_eq!(opaque, [noise]);
}

#[test]
fn ciphertext_that_happens_to_be_fields_stays_whole_and_opaque() {
    let noise = wrap::noise(80, 8);
    let sent = [wrap::field(5, &noise[..40]), wrap::field(9, &noise[40..])].concat();
    let seen = plain(&sent);
    assert_eq!((seen.nodes.len(), seen.opaque), (1, vec![sent]));
}

#[test]
fn what_is_nearly_protocol_buffers_is_not_taken_for_them() {
    let whole = wrap::protobuf(SECRET);
    let none_long: Vec<u8> = (0..40u8).flat_map(|n| [0x08, n, 0x12, 2, n, n]).collect();
    for bytes in [
        [whole.clone(), vec![0]].concat(), // more follows, which is no field
        whole[..whole.len() - 1].to_vec(), // cut
        [vec![0x02, 0], whole.clone()].concat(), // field number 0
        [vec![0x0b], whole.clone()].concat(), // a group
        none_long,                         // nothing worth a look
        b"J4 leaves at noon, and Ada comes with the other plans.".to_vec(), // a text of its own length
        b"\n\x0d\x0a".repeat(30),
    ] {
        let seen = plain(&bytes);
        assert!(
            seen.nodes
                .iter()
                .all(|node| !node.way().contains("protobuf")),
            "{seen:#?}"
        );
    }
}

#[test]
fn damaged_protocol_buffers_do_no_harm() {
    let inner = [wrap::field(1, SECRET), wrap::field(2, &wrap::gzip(SECRET))].concat();
    let message = wrap::protobuf(&inner);
    for at in 0..message.len() {
        plain(&message[..at]);
        for byte in 0..=255 {
            let mut damaged = message.clone();
            damaged[at] = byte;
            plain(&damaged);
        }
    }
}

#[test]
fn what_no_codec_opens_and_is_evenly_spread_is_opaque() {
    for len in [64, 100, 255, 256, 1000, 100_000] {
        let noise = wrap::noise(len, len as u64);
        assert_eq!(plain(&noise).opaque, std::slice::from_ref(&noise), "{len}");
        let field = [
            b"{\"payload\":\"".to_vec(),
            wrap::base64(&noise),
            b"\"}".to_vec(),
        ]
        .concat();
        let seen = plain(&field);
        assert_eq!(seen.opaque, [noise]);
    }
}

#[test]
fn text_structures_and_short_things_are_not_opaque() {
    let table: Vec<u8> = (0..2000u32).flat_map(u32::to_le_bytes).collect();
    let gzip = wrap::gzip(&b"all well ".repeat(500));
    let chinese = "今天下午三点见面，好吗？".repeat(10).into_bytes();
    for bytes in [
        table,
        gzip,
        chinese,
        wrap::noise(63, 1),
        vec![0; 1000],
        b"plain words ".repeat(50),
    ] {
        assert!(
            plain(&bytes).opaque.is_empty(),
            "{}",
            bytes[..20].escape_ascii()
        );
    }
}
