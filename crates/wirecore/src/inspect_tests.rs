use super::*;
use crate::scan::digests::{Digest, Pack};
use crate::scan::media::{self, fingerprints};
use crate::scan::needles::{FileHash, Plain};
use crate::scan::printed::hex;
use crate::scan::random::Random;
use crate::unwrap::apply;

#[path = "inspect/windows_tests.rs"]
mod windows;

const IMEI: &str = "490154203237518";
const JPEG: &[u8] = include_bytes!("scan/testdata/baseline.jpg");

const PIN: u32 = 2;
const PHOTO: u32 = 3;
const DIGEST: u32 = 4;

/// IMEI (fact 0, also with dashes), a mail address (fact 1), a PIN (fact 2), a photo (fact 3) and, as another
/// form of fact 0, the SHA-256 of the IMEI.
fn watch(rules: Vec<FieldRule>) -> Arc<Watch> {
    let plain = |needle, text: &str| Plain {
        needle,
        bytes: text.into(),
        whole_token: text.len() < 8,
    };
    let plain = vec![
        plain(0, IMEI),
        plain(5, "49-015420-323751-8"),
        plain(1, "ada.lovelace@example.org"),
        plain(PIN, "7391"),
    ];
    let digest = Digest {
        needle: DIGEST,
        algorithm: "sha256",
        bytes: media::sha256(IMEI.as_bytes()).to_vec(),
    };
    let files = fingerprints(JPEG).into_iter();
    let files = files
        .map(|(sha256, len)| FileHash {
            needle: PHOTO,
            sha256,
            len,
        })
        .collect();
    let needles = Needles::compile(plain, Pack::all(&[digest]), files).unwrap();
    Arc::new(Watch::new(needles, vec![0, 1, 2, 3, 0, 0], rules).unwrap())
}

fn piece(bytes: &[u8]) -> Piece<'_> {
    Piece {
        place: "body",
        bytes,
        offset: 0,
        last: true,
        total: None,
        content_type: "",
        up: true,
        chunk_name: None,
    }
}

fn inspect(piece: &Piece<'_>) -> Findings {
    let mut findings = Findings::default();
    let mut inspector = Inspector::new(watch(vec![]), Arc::new(Keys::new()), &Limits::default());
    inspector.inspect(piece, &mut Carry::default(), &mut findings);
    for hit in &findings.hits {
        let shown = rederive(piece.bytes, hit);
        assert!(!shown.is_empty(), "{hit:?}");
        if !hit.steps.iter().any(|step| step.path.starts_with("salt")) {
            let window = window_of(piece.bytes, &hit.steps, (hit.start, hit.end));
            assert_eq!(hit.window, window, "{hit:?}");
        }
    }
    for media in &findings.media {
        let window = window_of(piece.bytes, &media.steps, (media.start, media.end));
        assert_eq!(media.window, window, "{media:?}");
    }
    findings
}

/// What is kept of a finding, derived from the place's bytes.
fn window_of(bytes: &[u8], steps: &[Step], (start, end): (u64, u64)) -> Window {
    let mut bytes = bytes.to_vec();
    let mut sizes = vec![bytes.len() as u64];
    for step in steps {
        bytes = apply(step, &bytes, &Keys::new()).unwrap();
        sizes.push(bytes.len() as u64);
    }
    let begin = start.saturating_sub(48) / 16 * 16;
    let stop = (end + 48).min(begin + 256).min(bytes.len() as u64);
    Window {
        begin,
        bytes: bytes[begin as usize..stop as usize].to_vec(),
        sizes,
        coded: false,
    }
}

/// Takes the windows off, after a look at whether they are a part of what the whole body gives: at the border of two
/// windows of a body some bytes may not be at hand.
fn take_windows_off(found: &mut Findings, body: &[u8]) {
    let look = |window: &mut Window, steps: &[Step], range: (u64, u64)| {
        let Window { begin, bytes, .. } = std::mem::take(window);
        let whole = window_of(body, steps, range);
        let skipped = (begin - whole.begin) as usize;
        assert!(!bytes.is_empty(), "{range:?} {steps:?}");
        assert_eq!(bytes, whole.bytes[skipped..][..bytes.len()]);
    };
    for hit in &mut found.hits {
        look(&mut hit.window, &hit.steps, (hit.start, hit.end));
    }
    for media in &mut found.media {
        look(&mut media.window, &media.steps, (media.start, media.end));
    }
}

/// The bytes of a hit, derived from the place's bytes by its steps alone.
fn rederive(bytes: &[u8], hit: &FoundHit) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for step in &hit.steps {
        bytes = apply(step, &bytes, &Keys::new()).unwrap();
    }
    bytes[hit.start as usize..hit.end as usize].to_vec()
}

fn way(steps: &[Step]) -> String {
    let steps: Vec<String> = steps
        .iter()
        .map(|step| format!("{}:{}", step.codec, step.path))
        .collect();
    steps.join(" > ")
}

#[test]
fn a_fact_in_a_json_member_is_reported_there_and_nowhere_else() {
    let body =
        format!(r#"{{"device":{{"imei":"{IMEI}","n":1}},"mail":"ada.lovelace@example.org"}}"#);
    let found = inspect(&piece(body.as_bytes()));
    let shown: Vec<(u32, String)> = found
        .hits
        .iter()
        .map(|hit| (hit.needle, way(&hit.steps)))
        .collect();
    assert_eq!(
        shown,
        [
            (0, "json:/device/imei".to_owned()),
            (1, "json:/mail".to_owned())
        ]
    );
    assert_eq!(rederive(body.as_bytes(), &found.hits[0]), IMEI.as_bytes());
}

#[test]
fn a_fact_in_two_members_is_two_hits_but_twice_in_one_is_one() {
    let body = format!(r#"{{"a":"{IMEI} and {IMEI}","b":"x{IMEI}"}}"#);
    let found = inspect(&piece(body.as_bytes()));
    let shown: Vec<(String, u64)> = found
        .hits
        .iter()
        .map(|hit| (way(&hit.steps), hit.start))
        .collect();
    assert_eq!(
        shown,
        [("json:/a".to_owned(), 0), ("json:/b".to_owned(), 1)]
    );
}

#[test]
fn two_forms_of_one_fact_in_one_leaf_are_one_hit_the_earliest() {
    let text = format!("imei 49-015420-323751-8 = {IMEI}");
    let found = inspect(&piece(text.as_bytes()));
    assert_eq!(found.hits.len(), 1);
    assert_eq!((found.hits[0].needle, found.hits[0].start), (5, 5));
}

#[test]
fn a_digest_is_a_leaf_of_its_own_with_its_step() {
    let hex = hex(&media::sha256(IMEI.as_bytes())).to_uppercase();
    for text in [
        format!("see {hex}."),
        format!(r#"{{"id":"{hex}"}}"#),
        format!("q=1&id={hex}"),
    ] {
        let found = inspect(&piece(text.as_bytes()));
        assert_eq!(found.hits.len(), 1, "{text}: {:?}", found.hits);
        let hit = &found.hits[0];
        assert_eq!(
            (hit.needle, hit.digest, hit.start, hit.end),
            (DIGEST, "sha256", 0, 32)
        );
        assert_eq!(hit.steps.last().unwrap().codec, "hex");
    }
}

#[test]
fn a_short_fact_counts_only_as_a_whole_token() {
    assert_eq!(inspect(&piece(br#"{"pin":7391}"#)).hits.len(), 1);
    assert_eq!(inspect(&piece(b"pin=7391&x=y")).hits.len(), 1);
    assert_eq!(inspect(&piece(b"id=17391&hash=a7391b")).hits, []);
}

#[test]
fn a_photo_is_an_image_and_a_hit_by_its_hash() {
    let body = [b"head ".as_slice(), JPEG, b" tail"].concat();
    let found = inspect(&piece(&body));
    assert_eq!(found.media.len(), 1);
    let image = &found.media[0];
    assert_eq!(
        (image.format, image.width, image.height, image.complete),
        ("jpeg", 24, 16, true)
    );
    assert_eq!((image.start, image.end), (5, 5 + JPEG.len() as u64));
    assert_eq!(found.hits.len(), 1);
    assert_eq!((found.hits[0].needle, found.hits[0].start), (PHOTO, 5));
    assert_eq!(found.opaque_bytes, 0);
}

#[test]
fn nothing_is_found_where_there_is_nothing() {
    let mut random = Random::new(8);
    for len in [0, 1, 7, 8, 100, 10_000] {
        let found = inspect(&piece(&random.bytes(len)));
        assert_eq!((found.hits, found.media), (vec![], vec![]));
    }
}

#[test]
fn rules_name_fields_in_their_direction_once_a_message() {
    let rule = |index, up, key: &str, value| FieldRule {
        index,
        up,
        key: key.to_owned(),
        value,
        beside: vec![],
        times: 0,
    };
    let rules = vec![
        rule(0, true, "preference_report", ValueTest::Any),
        rule(
            1,
            true,
            "imei|device_id",
            ValueTest::Digits { min: 14, max: 16 },
        ),
        rule(2, false, "recommendations", ValueTest::NonEmpty),
        rule(3, true, "x-imei", ValueTest::NonEmpty),
    ];
    let mut inspector = Inspector::new(watch(rules), Arc::new(Keys::new()), &Limits::default());
    let mut hits = |pieces: &[Piece<'_>]| {
        let (mut carry, mut findings) = (Carry::default(), Findings::default());
        for piece in pieces {
            inspector.inspect(piece, &mut carry, &mut findings);
        }
        let rules = findings.hits.iter().filter(|hit| hit.detector);
        rules
            .map(|hit| (hit.needle, hit.place.clone(), way(&hit.steps)))
            .collect::<Vec<_>>()
    };
    let body = br#"{"preference_report":{"likes":[1,2,3],"v":2},"imei":"123456789012345","device_id":"none"}"#;
    assert_eq!(
        hits(&[piece(body)]),
        [
            (
                0,
                "body".to_owned(),
                "json:/preference_report/likes/0".to_owned()
            ),
            (1, "body".to_owned(), "json:/imei".to_owned())
        ]
    );
    let down = br#"{"recommendations":[{"app":"a"}]}"#;
    assert_eq!(hits(&[piece(down)]), []);
    assert_eq!(
        hits(&[Piece {
            up: false,
            ..piece(down)
        }])
        .len(),
        1
    );
    let header = Piece {
        place: "header:X-IMEI",
        ..piece(b"490154203237518")
    };
    assert_eq!(
        hits(&[header, header]),
        [(3, "header:X-IMEI".to_owned(), String::new())]
    );
}

#[test]
fn a_watch_refuses_a_needle_without_a_fact() {
    let plain = vec![Plain {
        needle: 3,
        bytes: b"some value".to_vec(),
        whole_token: false,
    }];
    let needles = Needles::compile(plain, vec![], vec![]).unwrap();
    assert!(Watch::new(needles, vec![0, 1, 2], vec![])
        .err()
        .unwrap()
        .contains("needle 3"));
}

/// One chunk in libsodium's format with this content and key 0x07..; made with PyNaCl.
mod chunk {
    pub const KEY: [u8; 32] = [7; 32];
    pub const NAME: &str = "c0ffee";
    pub const BODY: &[u8] = include_bytes!("scan/testdata/chunk.bin");
}

#[test]
fn a_chunk_whose_key_is_known_is_read_and_not_opaque() {
    let mut keys = Keys::new();
    keys.add(chunk::NAME, chunk::KEY);
    let mut inspector = Inspector::new(watch(vec![]), Arc::new(keys.clone()), &Limits::default());
    let mut see = |piece: Piece<'_>| {
        let mut findings = Findings::default();
        inspector.inspect(&piece, &mut Carry::default(), &mut findings);
        findings
    };
    let chunk = Piece {
        chunk_name: Some(chunk::NAME),
        ..piece(chunk::BODY)
    };
    let found = see(chunk);
    assert_eq!(found.opaque_bytes, 0);
    assert_eq!(found.hits.len(), 2, "{:?}", found.hits);
    for hit in &found.hits {
        assert_eq!(hit.steps[0].codec, "optin_chunk");
        let mut bytes = chunk::BODY.to_vec();
        for step in &hit.steps {
            bytes = apply(step, &bytes, &keys).unwrap();
        }
        assert!(bytes.len() as u64 >= hit.end);
    }
    assert_eq!(
        see(Piece {
            chunk_name: Some("other"),
            ..chunk
        })
        .hits,
        []
    );
    assert_eq!(
        see(Piece {
            chunk_name: None,
            ..chunk
        })
        .hits,
        []
    );
    let cut = see(Piece {
        last: false,
        ..chunk
    });
    assert_eq!(cut.hits, []);
    assert_eq!(cut.bounds[0].what, "chunk_window");
}

/// Needles for so many contacts, and a JSON document that lists them all.
fn address_book(count: u32) -> (Arc<Watch>, String) {
    let number = |i: u32| format!("+3361{:07}", i * 7919 % 10_000_000);
    let plain = (0..count).map(|i| Plain {
        needle: i,
        bytes: number(i).into(),
        whole_token: false,
    });
    let needles = Needles::compile(plain.collect(), vec![], vec![]).unwrap();
    let rows: Vec<String> = (0..count)
        .map(|i| format!(r#"{{"n":"c{i}","tel":"{}"}}"#, number(i)))
        .collect();
    (
        Arc::new(Watch::new(needles, (0..count).collect(), vec![]).unwrap()),
        format!("[{}]", rows.join(",")),
    )
}

#[test]
fn an_address_book_of_twenty_thousand_contacts_is_found_whole_each_in_its_member() {
    let (watch, body) = address_book(20_000);
    let mut inspector = Inspector::new(watch, Arc::new(Keys::new()), &Limits::default());
    let mut found = Findings::default();
    inspector.inspect(&piece(body.as_bytes()), &mut Carry::default(), &mut found);
    assert_eq!(found.hits.len(), 20_000);
    for (hit, i) in found.hits.iter().zip(0..) {
        assert_eq!((hit.needle, way(&hit.steps)), (i, format!("json:/{i}/tel")));
    }
}
