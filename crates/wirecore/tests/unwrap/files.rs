//! Databases, modem messages, photos' and films' own words, and what is compressed without a sign: written by other
//! people's libraries (`tools/make_encoding_fixtures.py`, `tools/make_media_fixtures.py`).

use super::seen::{body, shown, Shown};
use super::wrap;
use wirecore::unwrap::Hint;

const IMEI: &str = "490154203237518";
const NUMBER: &str = "+8613800138000";
const TEXT: &str = "今天下午三点见面，好吗？Meet me at noon";
const ENGLISH: &str = "Meet me at noon by the old mill, bring 20€ [cash]";
const PLACE: &str = "48.858370,2.294481 48.85837,2.29448 48.8584,2.2945 48.858,2.294";

fn fixture(folder: &str, name: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/");
    std::fs::read(format!("{root}{folder}/{name}")).expect("a fixture")
}

fn encoding(name: &str) -> Vec<u8> {
    fixture("encodings", name)
}

fn read(bytes: &[u8]) -> Shown {
    shown(bytes, &Hint::default())
}

/// Codecs, path and key of the deepest node that is exactly `value`.
fn way(seen: &Shown, value: &str) -> (String, String, String) {
    let node = seen.exactly(value.as_bytes());
    let node = node.unwrap_or_else(|| panic!("{value} was not shown"));
    (node.way(), node.path().to_owned(), node.key.clone())
}

#[test]
fn a_message_store_shows_each_cell_under_its_column() {
    let file = encoding("sqlite");
    let seen = read(&file);
    let (codecs, path, key) = way(&seen, TEXT);
    assert_eq!(
        (codecs.as_str(), path.as_str(), key.as_str()),
        ("sqlite", "/sms/98/body", "body")
    );
    assert_eq!(way(&seen, NUMBER).2, "address");
    let (_, path, key) = way(&seen, IMEI);
    assert!(
        path.starts_with('=') && path.ends_with("/device/1/imei") && key == "imei",
        "{path}"
    );
    assert_eq!(way(&seen, "48.8583701").2, "lat");
    assert_eq!(way(&seen, "1405717449000").2, "date");
    // A text of several pages is joined.
    let long = format!("{}{TEXT}", "so it went on ".repeat(600));
    assert!(way(&seen, &long).1.ends_with("/sms/99/body"));
    assert!(seen.opaque.is_empty());
    // A page of sealed bytes in the file stays counted.
    let sealed = wrap::noise(4096, 5);
    let seen = read(&[&file[..], &sealed].concat());
    assert_eq!(seen.opaque, [sealed]);
}

#[test]
fn messages_as_a_modem_keeps_them() {
    for (name, text) in [("pdu_seven_bits", ENGLISH), ("pdu_ucs2", TEXT)] {
        let seen = read(&encoding(name));
        assert_eq!(
            way(&seen, text),
            ("sms".into(), "=/text".into(), "text".into())
        );
        assert_eq!(
            way(&seen, NUMBER),
            ("sms".into(), "=/number".into(), "number".into())
        );
    }
    let in_hex = format!(
        "{{\"pdu\":\"{}\"}}",
        String::from_utf8(encoding("pdu_hex")).unwrap()
    );
    assert_eq!(way(&read(in_hex.as_bytes()), ENGLISH).0, "json > hex > sms");
    assert_eq!(way(&read(&encoding("seven_bits")), ENGLISH).0, "sms");
}

#[test]
fn what_is_compressed_without_a_sign_is_opened() {
    let text = TEXT.repeat(5);
    for (name, codec) in [
        ("raw_deflate", "raw_deflate"),
        ("brotli", "brotli"),
        ("lz4_block", "lz4_block"),
        ("lz4_block_sized", "lz4_block"),
    ] {
        let squeezed = encoding(name);
        assert_eq!(way(&read(&squeezed), &text).0, codec, "{name}");
        // In base64 in JSON, as kits send it.
        let json = format!(
            "{{\"d\":\"{}\"}}",
            String::from_utf8(wrap::base64(&squeezed)).unwrap()
        );
        assert_eq!(
            way(&read(json.as_bytes()), &text).0,
            format!("json > base64 > {codec}")
        );
        // One byte short, and nothing is believed.
        let cut = read(&squeezed[..squeezed.len() - 1]);
        assert!(cut.exactly(text.as_bytes()).is_none(), "{name}");
    }
}

#[test]
fn numbers_of_protocol_buffers_are_printed() {
    let message = encoding("protobuf_numbers");
    let seen = shown(&message, &body("application/x-protobuf"));
    assert_eq!(
        way(&seen, IMEI),
        ("protobuf".into(), "=/1".into(), String::new())
    );
    for path in ["=/2,3", "=/4,5"] {
        let found = seen
            .nodes
            .iter()
            .any(|n| n.path() == path && n.bytes == PLACE.as_bytes());
        assert!(found, "{path}");
    }
    assert_eq!(way(&seen, "490154203237518 8613800138000 5 ").1, "=/6#");
    assert_eq!(way(&seen, "48.8583701 2.2944813 ").1, "=/7#");
    // Nothing says what it is, and it holds no text: it is left alone.
    assert_eq!(read(&message).nodes[0].bytes, message);
}

#[test]
fn a_photo_tells_where_and_with_what_it_was_taken() {
    for name in ["photo.jpg", "photo.png", "photo.heic", "lossy.webp"] {
        let seen = read(&fixture("media", name));
        assert_eq!(
            way(&seen, "HM NOTE 1W"),
            ("exif".into(), "=/image/Model".into(), "Model".into()),
            "{name}"
        );
        assert_eq!(way(&seen, "XK4407-118").2, "BodySerialNumber", "{name}");
        assert_eq!(way(&seen, "2014:07:18 21:04:09").0, "exif", "{name}");
        assert_eq!(way(&seen, PLACE).1, "=/GPS/place", "{name}");
        assert_eq!(way(&seen, "2.294481").2, "GPSLongitude", "{name}");
    }
    // In a part of a form, in base64.
    let photo = String::from_utf8(wrap::base64(&fixture("media", "photo.jpg"))).unwrap();
    let seen = read(format!("{{\"image\":\"{photo}\"}}").as_bytes());
    assert_eq!(way(&seen, PLACE).0, "json > base64 > exif");
    // A photo with XMP.
    let xmp = b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:Description owner=\"ada.byron@example.org\"/></x:xmpmeta>";
    let mut photo = fixture("media", "photo.jpg");
    photo.extend_from_slice(xmp);
    assert_eq!(way(&read(&photo), "ada.byron@example.org").0, "exif > xml");
}

#[test]
fn a_film_tells_where_it_was_taken() {
    for name in ["film.mp4", "faststart.mp4", "film.mov", "film.3gp"] {
        let seen = read(&fixture("media", name));
        let place = seen
            .nodes
            .iter()
            .find(|node| node.way() == "film" && node.bytes.starts_with(b"48.858"));
        let place = place.unwrap_or_else(|| {
            panic!(
                "{name}: {:?}",
                seen.nodes
                    .iter()
                    .map(|n| (n.path(), n.bytes.len()))
                    .collect::<Vec<_>>()
            )
        });
        assert!(place.path().starts_with("=/"), "{name}");
    }
}

#[test]
fn what_lies_between_the_members_of_an_archive_is_not_read() {
    let sealed = wrap::noise(500, 8);
    for name in ["zip", "zip_stored"] {
        let archive = encoding(name);
        let second = archive
            .windows(4)
            .rposition(|four| four == b"PK\x03\x04")
            .unwrap();
        for bytes in [
            [&archive[..second], &sealed, &archive[second..]].concat(),
            [&archive[..], &sealed].concat(),
        ] {
            let seen = read(&bytes);
            assert!(seen.exactly(TEXT.as_bytes()).is_some());
            let counted: usize = seen.opaque.iter().map(Vec::len).sum();
            assert!(
                counted >= 500,
                "{name}: {counted} {:?} {:?}",
                seen.nodes
                    .iter()
                    .map(|n| (n.way(), n.bytes.len(), n.steps.clone()))
                    .collect::<Vec<_>>(),
                seen.bounds
            );
        }
        assert!(read(&archive).opaque.is_empty());
    }
}

#[test]
fn names_of_xml_and_cookies_are_the_names_of_their_values() {
    let preferences = format!("<map><string name=\"imei\">{IMEI}</string><long name=\"seen\" value=\"1405717449\"/></map>");
    let seen = read(preferences.as_bytes());
    assert_eq!(
        way(&seen, IMEI),
        ("xml".into(), "/map/string[imei]".into(), "imei".into())
    );
    assert_eq!(way(&seen, "1405717449").2, "seen");
    let list = format!("<plist><dict><key>imei</key><string>{IMEI}</string><key>n</key><integer>7123456</integer></dict></plist>");
    let seen = read(list.as_bytes());
    assert_eq!(way(&seen, IMEI).2, "imei");
    assert_eq!(way(&seen, "7123456").2, "n");
    let token = String::from_utf8(wrap::base64(b"ada.byron@example.org")).unwrap();
    let hint = Hint {
        place: "header:Cookie",
        ..Hint::default()
    };
    let seen = shown(format!("a=1; {token}=2").as_bytes(), &hint);
    assert_eq!(way(&seen, "ada.byron@example.org").0, "cookie > base64");
}

#[test]
fn damage_and_cuts_do_no_harm() {
    let encodings = [
        "sqlite",
        "pdu_seven_bits",
        "pdu_ucs2",
        "seven_bits",
        "raw_deflate",
        "brotli",
        "lz4_block_sized",
    ];
    let media = [
        "photo.jpg",
        "photo.heic",
        "film.mp4",
        "film.3gp",
        "deflate.tiff",
    ];
    let files = encodings
        .iter()
        .map(|name| encoding(name))
        .chain(media.iter().map(|name| fixture("media", name)));
    for whole in files {
        for at in (0..whole.len()).step_by(1 + whole.len() / 40) {
            read(&whole[..at]);
            for byte in [0, 1, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                read(&damaged);
            }
        }
    }
}

#[test]
fn a_tag_that_stands_twice_in_a_photo_is_derived_as_it_was_found() {
    // Two models in one directory; `read` derives each node again.
    let entry = |at: u8| [1, 16, 0, 2, 0, 0, 0, 11, 0, 0, 0, at];
    let block = [
        &b"MM\0*\0\0\0\x08\0\x02"[..],
        &entry(38),
        &entry(49),
        &[0; 4],
        b"HM NOTE 1W\0",
        b"HM NOTE 1S\0",
    ]
    .concat();
    let seen = read(&block);
    assert_eq!(way(&seen, "HM NOTE 1W").1, "=/image/Model");
    let second = way(&seen, "HM NOTE 1S");
    assert_eq!((&*second.1, &*second.2), ("=/image/2/Model", "Model"));
}

#[test]
fn random_bytes_are_none_of_these() {
    for seed in 0..20_000 {
        let noise = wrap::noise(16 + seed as usize % 150, seed * 13 + 1);
        let seen = read(&noise);
        let codecs = [
            "sqlite",
            "sms",
            "raw_deflate",
            "brotli",
            "lz4_block",
            "exif",
            "film",
        ];
        let taken = seen
            .nodes
            .iter()
            .find(|node| codecs.iter().any(|codec| node.way().contains(codec)));
        assert!(taken.is_none(), "{noise:?} became {taken:?}");
    }
}

#[test]
fn a_small_body_cannot_make_much() {
    // A deflate stream of zeros is no text; one of blanks is, and is bounded.
    let blanks = vec![b' '; 64 << 20];
    let squeezed = wrap::zlib(&blanks);
    let raw = &squeezed[2..squeezed.len() - 4];
    let made: usize = read(raw).nodes.iter().map(|node| node.bytes.len()).sum();
    assert!(made < 20 << 20, "{made}");
    // Pages that hold each other.
    let mut loops = encoding("sqlite");
    let pages = loops.len() / 4096;
    for page in 1..pages {
        loops[page * 4096] = 5;
        loops[page * 4096 + 8..page * 4096 + 12].copy_from_slice(&(page as u32).to_be_bytes());
    }
    read(&loops);
}
