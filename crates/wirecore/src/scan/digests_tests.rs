use super::*;
use crate::scan::printed::{base64, hex};
use crate::scan::random::Random;

fn url(text: &str) -> String {
    text.replace('+', "-").replace('/', "_")
}

fn padded(text: &str) -> String {
    format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))
}

fn some_digests(random: &mut Random) -> Vec<Digest> {
    let algorithms = [
        ("md5", 16),
        ("sha1", 20),
        ("sha256", 32),
        ("sha224", 28),
        ("cut", 12),
    ];
    let digests = algorithms.iter().cycle().take(50).zip(0..);
    digests
        .map(|(&(algorithm, len), needle)| Digest {
            needle,
            algorithm,
            bytes: random.bytes(len),
        })
        .collect()
}

#[test]
fn a_digest_behind_a_percent_escape_is_a_token_of_its_own() {
    let digest = Digest {
        needle: 3,
        algorithm: "md5",
        bytes: (0x30..0x40).collect(),
    };
    let digests = Digests::compile(Pack::all(&[digest])).unwrap();
    let printed = hex(&(0x30..0x40).collect::<Vec<u8>>());
    for (before, whole) in [
        ("%22", true),
        ("%2522", true),
        ("em%252522", true),
        ("22", false),
        ("%225", false),
    ] {
        let seen = found(&digests, format!("{before}{printed}%22").as_bytes());
        assert_eq!(seen.len(), usize::from(whole), "{before}");
        if whole {
            assert_eq!(
                (seen[0].start, seen[0].end),
                (before.len(), before.len() + 32)
            );
        }
    }
}

fn found(digests: &Digests, text: &[u8]) -> Vec<DigestSeen> {
    let mut seen = Vec::new();
    digests.find(text, &mut |digest| seen.push(digest));
    seen
}

#[test]
fn a_digest_is_found_in_every_spelling_at_every_place_of_a_text() {
    let mut random = Random::new(5);
    let given = some_digests(&mut random);
    let digests = Digests::compile(Pack::all(&given)).unwrap();
    let around = [
        ("", ""),
        ("\"h\":\"", "\","),
        ("id=", "&x=1"),
        ("see ", "."),
        ("words of any length: ", "\r\n"),
    ];
    for digest in &given {
        let (hex, base64) = (hex(&digest.bytes), base64(&digest.bytes));
        let spellings = [
            ("hex", hex.clone()),
            ("hex", hex.to_uppercase()),
            ("base64", base64.clone()),
            ("base64", padded(&base64)),
            ("base64", url(&base64)),
            ("base64", padded(&url(&base64))),
        ];
        for (codec, spelling) in spellings {
            for (before, after) in around {
                for shift in 0..16 {
                    let before = format!("{}{before}", " ".repeat(shift));
                    let text = format!("{before}{spelling}{after}");
                    let (start, end) = (before.len(), before.len() + spelling.len());
                    let expected = DigestSeen {
                        needle: digest.needle,
                        algorithm: digest.algorithm,
                        codec,
                        start,
                        end,
                        raw_len: digest.bytes.len(),
                    };
                    assert_eq!(found(&digests, text.as_bytes()), [expected], "{text}");
                }
            }
        }
    }
}

#[test]
fn a_path_segment_and_a_name_with_dashes_hold_digests_too() {
    let raw = [0xAB; 20];
    let digest = Digest {
        needle: 1,
        algorithm: "sha1",
        bytes: raw.to_vec(),
    };
    let digests = Digests::compile(Pack::all(&[digest])).unwrap();
    for text in [
        format!("/v1/photos/{}/thumbnail", hex(&raw)),
        format!("/v1/photos/{}", url(&base64(&raw))),
        format!("sha1-{}", padded(&base64(&raw))),
        format!("sha1_{}_end", hex(&raw)),
        format!("xyz{}", hex(&raw)),
    ] {
        assert_eq!(found(&digests, text.as_bytes()).len(), 1, "{text}");
    }
}

#[test]
fn a_longer_or_shorter_run_is_another_token() {
    let raw: Vec<u8> = (0..16).map(|i| i * 17).collect();
    let digest = Digest {
        needle: 1,
        algorithm: "md5",
        bytes: raw.clone(),
    };
    let digests = Digests::compile(Pack::all(&[digest])).unwrap();
    let (hex, base64) = (hex(&raw), base64(&raw));
    for text in [
        format!("{hex}0"),
        format!("f{hex}"),
        hex[1..].to_owned(),
        format!("{base64}A"),
        base64[1..].to_owned(),
    ] {
        assert_eq!(found(&digests, text.as_bytes()), [], "{text}");
    }
}

#[test]
fn random_tokens_of_the_right_shape_are_not_digests() {
    let mut random = Random::new(6);
    let digests = Digests::compile(Pack::all(&some_digests(&mut random))).unwrap();
    for _ in 0..2000 {
        let raw = random.bytes(20);
        assert_eq!(
            found(
                &digests,
                format!("{} {}", hex(&raw), base64(&raw)).as_bytes()
            ),
            []
        );
        assert_eq!(digests.known(&raw).next(), None);
    }
}

#[test]
fn facts_with_the_same_digest_are_all_named() {
    let digest = |needle| Digest {
        needle,
        algorithm: "sha256",
        bytes: vec![7; 32],
    };
    let digests = Digests::compile(Pack::all(&[digest(2), digest(1)])).unwrap();
    let needles: Vec<u32> = found(&digests, hex(&[7; 32]).as_bytes())
        .iter()
        .map(|d| d.needle)
        .collect();
    assert_eq!(needles, [1, 2]);
    assert_eq!(digests.known(&[7; 32]).count(), 2);
}

#[test]
fn one_endless_token_is_looked_at_once() {
    let mut random = Random::new(7);
    let digests = Digests::compile(Pack::all(&some_digests(&mut random))).unwrap();
    let token: Vec<u8> = (0..1 << 20)
        .map(|_| b"aZ+/09-_"[random.below(8) as usize])
        .collect();
    assert_eq!(found(&digests, &token), []);
}

#[test]
fn lengths_outside_the_possible_are_refused() {
    for len in [0, 7, 65] {
        let digest = Digest {
            needle: 3,
            algorithm: "md5",
            bytes: vec![0; len],
        };
        assert!(Digests::compile(Pack::all(&[digest]))
            .err()
            .unwrap()
            .contains(&format!("has {len} bytes")));
    }
}

#[test]
fn bytes_that_are_not_as_many_digests_as_there_are_facts_are_refused() {
    for (facts, raw) in [(4, 15), (4, 32), (8, 16), (5, 16)] {
        let pack = Pack {
            first: 0,
            algorithm: "md5",
            size: 16,
            facts: Arc::new(vec![0; facts]),
            raw: Arc::new(vec![0; raw]),
        };
        assert!(Digests::compile(vec![pack]).err().unwrap().contains("md5"));
    }
}
