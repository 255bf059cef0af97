use super::*;
use crate::scan::random::Random;

fn plain(needle: u32, bytes: &[u8], whole_token: bool) -> Plain {
    Plain {
        needle,
        bytes: bytes.to_vec(),
        whole_token,
    }
}

fn found(needles: &Needles, hay: &[u8]) -> Vec<(u32, usize, usize)> {
    let mut hits = Vec::new();
    needles.find(hay, &mut |needle, start, end| {
        hits.push((needle, start, end));
    });
    hits.sort_unstable();
    hits
}

/// The same question asked in the most obvious way.
fn naive(forms: &[Plain], hay: &[u8]) -> Vec<(u32, usize, usize)> {
    let mut hits = Vec::new();
    for form in forms {
        let len = form.bytes.len();
        for (start, window) in hay.windows(len).enumerate() {
            let end = start + len;
            let before = start > 0 && hay[start - 1].is_ascii_alphanumeric();
            let after = end < hay.len() && hay[end].is_ascii_alphanumeric();
            if window == form.bytes && !(form.whole_token && (before || after)) {
                hits.push((form.needle, start, end));
            }
        }
    }
    hits.sort_unstable();
    hits
}

#[test]
fn a_form_of_any_length_is_found_at_any_place_and_nothing_else_is() {
    let mut random = Random::new(1);
    for len in (MIN_PLAIN..40).chain([63, 64, 65, 200]) {
        let bytes: Vec<u8> = (0..len).map(|_| b'A' + random.below(26) as u8).collect();
        let needles =
            Needles::compile(vec![plain(7, &bytes, len < MIN_FREE)], vec![], vec![]).unwrap();
        for start in 0..20 {
            for after in [0, 1, 2, 3, 9, 17] {
                let hay = [&vec![b'.'; start], &bytes[..], &vec![b'-'; after]].concat();
                assert_eq!(
                    found(&needles, &hay),
                    [(7, start, start + len)],
                    "{len} at {start}"
                );
                let mut broken = hay.clone();
                broken[start + len / 2] ^= 1;
                assert_eq!(found(&needles, &broken), [], "{len} at {start}");
            }
        }
    }
}

#[test]
fn many_forms_of_mixed_lengths_in_small_alphabets_are_found_as_a_naive_search_finds_them() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let letters = 2 + random.below(3) as u8;
        let mut word = |len: usize| -> Vec<u8> {
            (0..len)
                .map(|_| b"ab1 "[random.below(letters.into()) as usize])
                .collect()
        };
        // Sets with and without each class of length, for each has its own path.
        let lens: &[usize] = match seed % 5 {
            0 => &[15, 16, 20, 31],
            1 => &[8, 9, 10],
            2 => &[8, 10, 15, 17],
            3 => &[2, 3, 4, 5, 7],
            _ => &[2, 4, 7, 8, 9, 11, 12, 14, 15, 18],
        };
        let mut forms = Vec::new();
        for (i, &len) in lens.iter().cycle().take(40).enumerate() {
            forms.push(plain(i as u32, &word(len), len < MIN_FREE || i % 7 == 0));
        }
        let hay = word(3000);
        let needles = Needles::compile(forms.clone(), vec![], vec![]).unwrap();
        for from in 0..9 {
            assert_eq!(
                found(&needles, &hay[from..]),
                naive(&forms, &hay[from..]),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn short_numbers_count_only_as_whole_tokens() {
    let needles = Needles::compile(
        vec![plain(0, b"1234", true), plain(1, b"+33", true)],
        vec![],
        vec![],
    )
    .unwrap();
    assert_eq!(found(&needles, b"1234"), [(0, 0, 4)]);
    assert_eq!(found(&needles, b"\"pin\":1234,"), [(0, 6, 10)]);
    for hay in ["12345", "01234", "a1234", "1234z", "123 4"] {
        assert_eq!(found(&needles, hay.as_bytes()), [], "{hay}");
    }
    assert_eq!(found(&needles, b"a +33 +331 x+33"), [(1, 2, 5)]);
}

#[test]
fn a_number_in_utf_16_is_no_piece_of_a_longer_one() {
    let wide = |text: &str, big: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        let bytes = units.map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        });
        bytes.flatten().collect()
    };
    let forms = [false, true].map(|big| plain(u32::from(big), &wide("612231688", big), true));
    let needles = Needles::compile(forms.to_vec(), vec![], vec![]).unwrap();
    for (big, needle) in [(false, 0), (true, 1)] {
        for hay in [
            "612231688",
            "\"612231688\"",
            "no 612231688, no",
            "\u{e9}612231688\u{e9}",
        ] {
            // Between other zero bytes the text reads in the other order as well, one byte further on.
            let seen = found(&needles, &wide(hay, big));
            assert!(seen.iter().any(|one| one.0 == needle), "{hay} {big}");
        }
        for hay in [
            "+49151612231688",
            "6122316880",
            "x612231688",
            "612231688z",
            "16122316881",
        ] {
            assert_eq!(found(&needles, &wide(hay, big)), [], "{hay} {big}");
        }
    }
}

#[test]
fn two_needles_may_share_a_form() {
    let form = b"same bytes for both";
    let needles = Needles::compile(
        vec![plain(3, form, false), plain(4, form, false)],
        vec![],
        vec![],
    )
    .unwrap();
    assert_eq!(found(&needles, form), [(3, 0, 19), (4, 0, 19)]);
}

#[test]
fn nothing_to_look_for_finds_nothing() {
    let needles = Needles::compile(vec![], vec![], vec![]).unwrap();
    assert_eq!(found(&needles, b"anything at all, of any length"), []);
    assert_eq!(needles.find_digest(&[0; 16]), None);
}

#[test]
fn wrong_forms_are_refused_in_one_sentence() {
    for (bytes, whole) in [
        (vec![], true),
        (vec![1], true),
        (vec![1; 7], false),
        (vec![1; MAX_PLAIN + 1], false),
    ] {
        let error = Needles::compile(vec![plain(5, &bytes, whole)], vec![], vec![])
            .err()
            .unwrap();
        assert!(error.contains("needle 5"), "{error}");
    }
}

#[test]
fn a_file_is_known_by_hash_and_length_together() {
    let files = vec![FileHash {
        needle: 9,
        sha256: [1; 32],
        len: 100,
    }];
    let needles = Needles::compile(vec![], vec![], files).unwrap();
    assert!(needles.has_file_of(100) && !needles.has_file_of(101));
    assert_eq!(needles.find_file(&[1; 32], 100), Some(9));
    assert_eq!(needles.find_file(&[1; 32], 101), None);
    assert_eq!(needles.find_file(&[2; 32], 100), None);
}
