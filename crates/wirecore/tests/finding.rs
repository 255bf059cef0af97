//! A fact wrapped in encodings, one in another, at random: found at the deepest leaf, re-derived from the body
//! by the steps alone, and nothing else is found.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use wirecore::inspect::{Carry, Findings, FoundHit, Inspector, Piece, Watch};
use wirecore::limits::Limits;
use wirecore::scan::needles::{Needles, Plain};
use wirecore::unwrap::{apply, Keys};

/// SplitMix64 with a fixed seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn word(&mut self) -> String {
        let len = 2 + self.below(9);
        (0..len)
            .map(|_| (b'a' + self.below(26) as u8) as char)
            .collect()
    }
}

const FACTS: [&str; 5] = [
    "490154203237518",
    "ada.lovelace@example.org",
    "I will be late \u{2013} don't wait, caf\u{e9} \"Nord\"",
    "+33 6 12 34 56 78",
    "02:1a:3b:4c:5d:6e",
];

fn watch() -> Arc<Watch> {
    let plain = FACTS.iter().zip(0..).map(|(fact, needle)| Plain {
        needle,
        bytes: fact.as_bytes().to_vec(),
        whole_token: false,
    });
    let needles = Needles::compile(plain.collect(), vec![], vec![]).unwrap();
    let facts = (0..FACTS.len() as u32).collect();
    Arc::new(Watch::new(needles, facts, vec![]).unwrap())
}

fn base64(raw: &[u8], alphabet: &[u8; 64], padded: bool) -> String {
    let mut text = String::new();
    for group in raw.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..=group.len() {
            text.push(alphabet[(bits >> (18 - 6 * i) & 63) as usize] as char);
        }
        if padded {
            text.push_str(&"=="[..3 - group.len()]);
        }
    }
    text
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn hex(raw: &[u8]) -> String {
    let mut out = String::new();
    for byte in raw {
        write!(out, "{byte:02x}").unwrap();
    }
    out
}

fn percent(text: &[u8], all: bool) -> String {
    let mut out = String::new();
    for &b in text {
        if !all && (b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            out.push(b as char);
        } else {
            write!(out, "%{b:02X}").unwrap();
        }
    }
    out
}

fn json_string(text: &str, ascii: bool) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{0}'..='\u{1f}' => write!(out, "\\u{:04x}", c as u32).unwrap(),
            c if ascii && !c.is_ascii() => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Wraps bytes in one encoding; gives its name too. Only text is put where only text may stand.
fn wrap(random: &mut Random, bytes: &[u8]) -> (&'static str, Vec<u8>) {
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'));
    let Some(text) = text else {
        return match random.below(2) {
            0 => ("base64", base64(bytes, STANDARD, true).into()),
            _ => ("hex", hex(bytes).into()),
        };
    };
    let (a, b, c) = (random.word(), random.word(), random.word());
    match random.below(8) {
        0 => (
            "json",
            format!(
                "{{\"{a}\":1,\"{b}\":{},\"{c}\":[true]}}",
                json_string(text, false)
            )
            .into(),
        ),
        1 => (
            "json",
            format!("[\"{a}\",{{\"{b}\":{}}}]", json_string(text, true)).into(),
        ),
        2 => (
            "form",
            format!("{a}=1&{b}={}&{c}=x", percent(bytes, false)).into(),
        ),
        3 => ("base64", base64(bytes, STANDARD, true).into()),
        4 => ("base64", base64(bytes, URL, false).into()),
        5 => ("hex", hex(bytes).into()),
        6 => ("gzip", gzip(bytes)),
        _ => (
            "utf16",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
    }
}

fn inspect(inspector: &mut Inspector, bytes: &[u8]) -> Vec<FoundHit> {
    let piece = Piece {
        place: "body",
        bytes,
        offset: 0,
        last: true,
        total: None,
        content_type: "",
        up: true,
        chunk_name: None,
    };
    let mut found = Findings::default();
    inspector.inspect(&piece, &mut Carry::default(), &mut found);
    found.hits
}

#[test]
fn a_fact_in_nested_encodings_is_found_and_derived_again() {
    let mut inspector = Inspector::new(watch(), Arc::new(Keys::new()), &Limits::default());
    let mut random = Random(6);
    let mut missed = Vec::new();
    for round in 0..10_000 {
        let which = random.below(FACTS.len());
        let depth = random.below(7);
        let mut body = FACTS[which].as_bytes().to_vec();
        let mut ways = Vec::new();
        for _ in 0..depth {
            let (name, wrapped) = wrap(&mut random, &body);
            ways.insert(0, name);
            body = wrapped;
        }
        let hits = inspect(&mut inspector, &body);
        for hit in &hits {
            assert_eq!(hit.needle as usize, which, "round {round} {ways:?}");
            let mut bytes = body.clone();
            let mut sizes = vec![body.len() as u64];
            for step in &hit.steps {
                bytes = apply(step, &bytes, &Keys::new()).unwrap();
                sizes.push(bytes.len() as u64);
            }
            let shown = &bytes[hit.start as usize..hit.end as usize];
            assert_eq!(shown, FACTS[which].as_bytes(), "round {round} {ways:?}");
            let begin = (hit.start as usize).saturating_sub(48) / 16 * 16;
            let stop = (hit.end as usize + 48).min(begin + 256).min(bytes.len());
            assert_eq!(hit.window.begin, begin as u64, "round {round} {ways:?}");
            assert_eq!(
                hit.window.bytes,
                bytes[begin..stop],
                "round {round} {ways:?}"
            );
            assert_eq!(hit.window.sizes, sizes, "round {round} {ways:?}");
        }
        assert!(hits.len() <= 1, "round {round} {ways:?}: {hits:?}");
        if hits.is_empty() {
            missed.push((ways, FACTS[which]));
        }
    }
    assert!(
        missed.is_empty(),
        "{} missed: {:#?}",
        missed.len(),
        &missed[..missed.len().min(40)]
    );
}

#[test]
fn without_a_fact_nothing_is_found_however_it_is_wrapped() {
    let mut inspector = Inspector::new(watch(), Arc::new(Keys::new()), &Limits::default());
    let mut random = Random(7);
    for round in 0..10_000 {
        let mut body: Vec<u8> = match random.below(3) {
            0 => (0..random.below(200))
                .map(|_| random.next() as u8)
                .collect(),
            1 => (0..random.below(20))
                .map(|_| random.word() + " ")
                .collect::<String>()
                .into(),
            _ => format!("{}{}", random.next(), random.next()).into(),
        };
        for _ in 0..random.below(7) {
            body = wrap(&mut random, &body).1;
        }
        assert_eq!(inspect(&mut inspector, &body), [], "round {round}");
    }
}

/// Inspects in windows of `window` bytes that repeat `overlap` each.
fn inspect_in_windows(bytes: &[u8], window: usize, overlap: usize) -> Vec<FoundHit> {
    let limits = Limits {
        body_window_bytes: window,
        body_overlap_bytes: overlap,
        ..Limits::default()
    };
    let mut inspector = Inspector::new(watch(), Arc::new(Keys::new()), &limits);
    let (mut carry, mut found) = (Carry::default(), Findings::default());
    let mut from = 0;
    loop {
        let end = (from + window).min(bytes.len());
        let last = end == bytes.len();
        let piece = Piece {
            place: "body",
            bytes: &bytes[from..end],
            offset: from as u64,
            last,
            total: None,
            content_type: "",
            up: true,
            chunk_name: None,
        };
        inspector.inspect(&piece, &mut carry, &mut found);
        if last {
            return found.hits;
        }
        from = end - overlap;
    }
}

#[test]
fn damaged_bodies_whole_and_in_windows_never_panic_and_every_hit_is_true() {
    let mut random = Random(8);
    for round in 0..3000 {
        let mut body = Vec::new();
        for _ in 0..=random.below(6) {
            let mut part = FACTS[random.below(FACTS.len())].as_bytes().to_vec();
            for _ in 0..random.below(4) {
                part = wrap(&mut random, &part).1;
            }
            body.extend_from_slice(&part);
            body.extend_from_slice([&b"\r\n"[..], b"&x=", b",", b"\0\x01"][random.below(4)]);
        }
        for _ in 0..random.below(4) {
            let at = random.below(body.len());
            match random.below(3) {
                0 => body[at] = random.next() as u8,
                1 => body.truncate(at.max(1)),
                _ => body.insert(at, b"\\%\"{=\0\xff"[random.below(7)]),
            }
        }
        let overlap = 100 + random.below(100);
        let window = overlap + 1 + random.below(300);
        for hit in inspect_in_windows(&body, window, overlap) {
            let mut bytes = body.clone();
            for step in &hit.steps {
                bytes = apply(step, &bytes, &Keys::new())
                    .unwrap_or_else(|error| panic!("round {round}: {error}: {hit:?}"));
            }
            let shown = &bytes[hit.start as usize..hit.end as usize];
            assert_eq!(
                shown,
                FACTS[hit.needle as usize].as_bytes(),
                "round {round}: {hit:?}"
            );
        }
    }
}
