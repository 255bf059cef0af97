//! Hostile bodies: every bound holds, is said, and nothing panics.

use super::seen::{shown, shown_with, Shown};
use super::wrap;
use std::collections::HashSet;
use wirecore::limits::Limits;
use wirecore::unwrap::{apply, walk, Hint, Keys, Node, Visitor, CODECS};

#[test]
fn the_list_of_codecs_is_whole() {
    let names: HashSet<_> = CODECS.iter().map(|codec| codec.name).collect();
    assert_eq!(names.len(), CODECS.len(), "names are unique");
    for codec in CODECS {
        assert!(
            codec.reason.len() > 20,
            "{} says why it is here",
            codec.name
        );
    }
}

#[test]
fn deep_json_neither_overflows_nor_hides_what_was_not_read() {
    let nested = |depth: usize| {
        [
            b"[".repeat(depth),
            b"\"the deepest leaf\"".to_vec(),
            b"]".repeat(depth),
        ]
        .concat()
    };
    let walked = |text: &[u8]| {
        let mut shown = Shown::default();
        walk(
            text,
            &Hint::default(),
            &Keys::default(),
            &Limits::default(),
            &mut shown,
        );
        shown
    };
    let seen = walked(&nested(9_000));
    assert!(seen.exactly(b"the deepest leaf").is_some() && seen.bounds.is_empty());
    let seen = walked(&nested(200_000));
    assert_eq!(
        seen.bounds,
        [("unwrap_depth".to_owned(), 190_000 + 18 + 200_000)]
    );
    walked(&[b"{\"a\":".repeat(200_000), b"1".to_vec()].concat());
}

#[test]
fn nesting_beyond_the_bound_is_said() {
    for wrap in [
        wrap::base64 as fn(&[u8]) -> Vec<u8>,
        wrap::gzip,
        wrap::hex,
        wrap::percent,
    ] {
        let mut sent = b"imei: 490154203237518".to_vec();
        for _ in 0..13 {
            sent = wrap(&sent);
        }
        let seen = shown(&sent, &Hint::default());
        assert_eq!(seen.bounds.len(), 1);
        assert_eq!(seen.bounds[0].0, "unwrap_depth");
        assert!(seen.bounds[0].1 > 0);
        assert_eq!(seen.nodes.iter().map(|n| n.steps.len()).max(), Some(12));
    }
}

#[test]
fn too_many_leaves_are_counted_as_unread() {
    let limits = Limits {
        unwrap_leaves: 100,
        ..Limits::default()
    };
    let text = format!("[{}\"the last one\"]", "\"0123456789\",".repeat(1000));
    let seen = shown_with(text.as_bytes(), &Hint::default(), &limits);
    assert_eq!(seen.nodes.len(), 100);
    assert_eq!(seen.bounds, [("unwrap_leaves".to_owned(), 901 * 10 + 12)]);
}

#[test]
fn a_bomb_in_a_field_makes_no_more_than_allowed() {
    struct Count(usize, Vec<String>);
    impl Visitor for Count {
        fn node(&mut self, node: &Node<'_>) {
            self.0 += node.bytes.len();
        }
        fn bound(&mut self, what: &str, unread: u64) {
            assert!(unread > 0);
            self.1.push(what.to_owned());
        }
        fn opaque(&mut self, _: &Node<'_>) {}
    }
    let zeros = vec![0u8; 100 << 20];
    let bomb = wrap::gzip(&zeros);
    let twice = wrap::gzip(&bomb);
    let many = [
        b"[\"".to_vec(),
        vec![wrap::base64(&bomb); 40].join(&b"\",\""[..]),
        b"\"]".to_vec(),
    ]
    .concat();
    for sent in [bomb, twice, wrap::zstd(&zeros), many] {
        let mut count = Count(0, Vec::new());
        walk(
            &sent,
            &Hint::default(),
            &Keys::default(),
            &Limits::default(),
            &mut count,
        );
        assert!(
            count.0 < (64 << 20) + 2 * sent.len() + (1 << 20),
            "{} bytes were made",
            count.0
        );
        assert!(!count.1.is_empty());
    }
}

#[test]
fn what_a_bound_cut_is_derived_again_the_same() {
    let limits = Limits {
        unwrap_bytes: 10_000,
        ..Limits::default()
    };
    let seen = shown_with(
        &wrap::gzip(&b"all work and no play ".repeat(5000)),
        &Hint::default(),
        &limits,
    );
    assert_eq!(
        (seen.nodes[1].bytes.len(), seen.nodes[1].path()),
        (10_000, "first:10000")
    );
    let limits = Limits {
        coding_ratio: 2,
        ..Limits::default()
    };
    let seen = shown_with(&wrap::gzip(&vec![7; 8 << 20]), &Hint::default(), &limits);
    assert!(seen.nodes[1].path().starts_with("first:"));
    assert_eq!(seen.bounds[0].0, "coding_ratio");
}

#[test]
fn steps_that_do_not_fit_are_refused_with_a_sentence() {
    let seen = shown(&wrap::base64(b"some text to read"), &Hint::default());
    let step = seen.nodes[1].steps[0].clone();
    let keys = Keys::default();
    assert!(apply(&step, b"short", &keys)
        .unwrap_err()
        .contains("of only 5"));
    let mut other = step.clone();
    other.codec = "rot13";
    assert!(apply(&other, &[0; 100], &keys)
        .unwrap_err()
        .contains("no codec named rot13"));
    other.codec = "gzip";
    assert!(apply(&other, &[0; 100], &keys).is_err());
    other.codec = "optin_chunk";
    assert!(apply(&other, &[0; 100], &keys)
        .unwrap_err()
        .contains("no key"));
    other.start = u64::MAX;
    assert!(apply(&other, &[0; 100], &keys).is_err());
}

#[test]
fn changed_and_cut_bodies_never_panic_and_every_step_can_be_derived() {
    let seeds: Vec<Vec<u8>> = vec![
        wrap::json("Grüße {\"a\":[1,2,{\"b\":\"c\"}]}"),
        wrap::json(
            std::str::from_utf8(&wrap::base64(&wrap::gzip(&wrap::form(
                b"a=b&c=d&photo=xyz",
            ))))
            .unwrap(),
        ),
        wrap::xml("text & <tags> 你好"),
        wrap::multipart(&wrap::json("in a part")),
        wrap::form(&wrap::json("in a form, with 490154203237518")),
        wrap::utf16le("meet me at noon, or at one"),
        wrap::utf16be_marked("meet me at noon, or at one"),
        wrap::gzip(&wrap::json("squeezed")),
        wrap::zlib(&wrap::percent(b"squeezed & percent")),
        wrap::zstd(&wrap::xml("squeezed")),
        wrap::protobuf(&wrap::protobuf(&wrap::gzip(&wrap::json("a message")))),
        wrap::hex(&wrap::base64url(b"a token of tokens, long enough")),
    ];
    let hints = [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=frontier0",
        "text/xml",
    ];
    let places = ["body", "target", "header:Cookie", "header:X"];
    let dice = wrap::noise(400_000, 20_140_720);
    let mut dice = dice
        .chunks_exact(4)
        .map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]) as usize)
        .cycle();
    let mut roll = |sides: usize| dice.next().unwrap() % sides.max(1);
    for round in 0..6000 {
        let mut sent = seeds[round % seeds.len()].clone();
        for _ in 0..=roll(4) {
            let at = roll(sent.len());
            match roll(5) {
                0 => sent[at] = roll(256) as u8,
                1 => sent.truncate(at.max(1)),
                2 => drop(sent.drain(..at.min(sent.len() - 1))),
                3 => sent
                    .splice(at..at, b"\"\\{}[]<>&=%;--:,"[roll(16)..].to_vec())
                    .for_each(drop),
                _ => {
                    let piece = seeds[roll(seeds.len())].clone();
                    sent.splice(at..at, piece).for_each(drop);
                }
            }
        }
        shown(
            &sent,
            &Hint {
                content_type: hints[roll(hints.len())],
                place: places[roll(places.len())],
                parts: &[],
            },
        );
    }
}
