//! Speed of the scanners on one core: `cargo run --release -p wirecore --example scan_speed
//! [find|digests|images|inspect]`.
//!
//! Prints MB/s for needles, digests and the image search on random text, JSON-like text and random bytes.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use wirecore::inspect::{Carry, Findings, Inspector, Piece, Watch};
use wirecore::limits::Limits;
use wirecore::scan::digests::{Digest, Pack};
use wirecore::scan::media::Search;
use wirecore::scan::needles::{Needles, Plain};
use wirecore::unwrap::Keys;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn text(&mut self, len: usize, alphabet: &[u8]) -> Vec<u8> {
        (0..len)
            .map(|_| alphabet[(self.next() >> 33) as usize % alphabet.len()])
            .collect()
    }
}

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789      ";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn needles(random: &mut Random, count: usize, lens: &[usize], digests: usize) -> Needles {
    let plain = (0..count).map(|i| {
        let len = lens[i % lens.len()];
        Plain {
            needle: i as u32,
            bytes: random.text(len, &LETTERS[..36]),
            whole_token: len < 8,
        }
    });
    let plain = plain.collect();
    let digest = |i| Digest {
        needle: i,
        algorithm: "sha256",
        bytes: random.text(32, BASE64),
    };
    let digests: Vec<_> = (0..digests as u32).map(digest).collect();
    Needles::compile(plain, Pack::all(&digests), vec![]).expect("well-formed needles")
}

/// Processor time of this process in nanoseconds (Linux), so that a busy machine does not blur the figures.
fn cpu_ns(start: Instant) -> u64 {
    let read = std::fs::read_to_string("/proc/self/schedstat").ok();
    let first = read.and_then(|text| text.split(' ').next().and_then(|ns| ns.parse().ok()));
    first.unwrap_or_else(|| start.elapsed().as_nanos() as u64)
}

fn measure(what: &str, bytes: usize, mut run: impl FnMut() -> usize) {
    let start = Instant::now();
    let (mut runs, before) = (0, cpu_ns(start));
    while cpu_ns(start) - before < 300_000_000 {
        black_box(run());
        runs += 1;
    }
    let ns = cpu_ns(start) - before;
    println!(
        "{what:<58} {:>7.0} MB/s",
        (bytes * runs) as f64 * 1e3 / ns as f64
    );
}

fn main() {
    let only = std::env::args().nth(1);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let len = 32 << 20;
    let text = random.text(len, LETTERS);
    let base64 = random.text(len, BASE64);
    let binary: Vec<u8> = (0..len / 8)
        .flat_map(|_| random.next().to_le_bytes())
        .collect();
    let mut json = Vec::new();
    while json.len() < len {
        let words = random.text(60, LETTERS);
        json.extend_from_slice(b"{\"id\":");
        json.extend_from_slice(format!("{}", random.next() % 100_000).as_bytes());
        json.extend_from_slice(b",\"event\":\"screen_view\",\"title\":\"");
        json.extend_from_slice(&words);
        json.extend_from_slice(b"\",\"ok\":true},");
    }
    let hays: [(&str, &[u8]); 4] = [
        ("text", &text),
        ("json", &json),
        ("base64", &base64),
        ("random bytes", &binary),
    ];

    for (section, run) in SECTIONS {
        if only.as_deref().is_none_or(|only| only == *section) {
            run(&mut random, &hays);
        }
    }
}

type Hays<'a> = [(&'a str, &'a [u8]); 4];
type Section = fn(&mut Random, &Hays<'_>);

const SECTIONS: &[(&str, Section)] = &[
    ("find", measure_find),
    ("digests", measure_digests),
    ("images", measure_images),
    ("inspect", measure_inspect),
];

const LONG: [usize; 5] = [15, 18, 24, 32, 64];
const MIXED: [usize; 9] = [8, 10, 11, 12, 15, 18, 24, 32, 64];
const WITH_SHORT: [usize; 11] = [4, 6, 8, 10, 11, 12, 15, 18, 24, 32, 64];

fn measure_find(random: &mut Random, hays: &Hays<'_>) {
    for (name, lens) in [
        ("15 bytes up", &LONG[..]),
        ("8 bytes up", &MIXED),
        ("4 bytes up", &WITH_SHORT),
    ] {
        for count in [4_000, 50_000] {
            let needles = needles(random, count, lens, 0);
            for (hay_name, hay) in *hays {
                measure(
                    &format!("find, {count} forms of {name}, {hay_name}"),
                    hay.len(),
                    || {
                        let mut hits = 0;
                        needles.find(hay, &mut |_, _, _| hits += 1);
                        hits
                    },
                );
            }
        }
    }
}

fn measure_digests(random: &mut Random, hays: &Hays<'_>) {
    for count in [1_000, 1_000_000] {
        let needles = needles(random, 0, &LONG, count);
        for (hay_name, hay) in *hays {
            measure(&format!("digests, {count}, {hay_name}"), hay.len(), || {
                let mut hits = 0;
                needles.find_digests(hay, &mut |_| hits += 1);
                hits
            });
        }
    }
}

fn measure_images(_: &mut Random, hays: &Hays<'_>) {
    let len = hays[0].1.len();
    for (hay_name, hay) in *hays {
        measure(&format!("image search, {hay_name}"), hay.len(), || {
            let mut images = 0;
            Search::default().feed(hay, 0, true, &mut |_| images += 1);
            images
        });
    }
    let starts: Vec<u8> = b"\xFF\xD8\xFF".iter().copied().cycle().take(len).collect();
    measure("image search, nothing but starts of images", len, || {
        let mut images = 0;
        Search::default().feed(&starts, 0, true, &mut |_| images += 1);
        images
    });
}

fn measure_inspect(random: &mut Random, hays: &Hays<'_>) {
    let watched = needles(random, 4_000, &WITH_SHORT, 1_000);
    let watch = Arc::new(
        Watch::new(watched, (0..4_000).collect(), vec![]).expect("a fact for each needle"),
    );
    let mut inspector = Inspector::new(watch, Arc::new(Keys::new()), &Limits::default());
    for (hay_name, hay) in *hays {
        for size in [2_000, 4 << 20] {
            measure(
                &format!("inspect whole, pieces of {size}, {hay_name}"),
                hay.len(),
                || {
                    let mut found = Findings::default();
                    for bytes in hay.chunks(size) {
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
                        inspector.inspect(&piece, &mut Carry::default(), &mut found);
                    }
                    found.hits.len()
                },
            );
        }
    }
}
