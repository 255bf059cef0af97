//! The fuzz targets in the ordinary tests: each parser's seeds are replayed, whole and damaged from fixed dice.
//!
//! `make fuzz-smoke` lets the fuzzer go on from the same seeds; what it finds becomes a seed called `found-...`.
#![allow(missing_docs, reason = "tests explain themselves by their names")]
#![allow(
    dead_code,
    reason = "the targets use parts of the other tests' helpers"
)]

#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use targets::{Target, TARGETS};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The names in a folder, without their endings.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let stem = |entry: std::fs::DirEntry| {
        let path = entry.path();
        path.file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    entries
        .map(|entry| stem(entry.expect("an entry")))
        .collect()
}

fn seeds(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = folder().join("seeds").join(target.name);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("seeds")
        .map(|entry| entry.expect("a seed").path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("a seed");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_parser_has_its_target_and_its_seeds() {
    let listed: BTreeSet<String> = TARGETS.iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(listed.len(), TARGETS.len(), "each name once");
    assert_eq!(listed, names(&folder().join("fuzz_targets")));
    assert_eq!(listed, names(&folder().join("seeds")));
    for target in TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{} has no seed", target.name);
        for (path, bytes) in seeds {
            assert!(
                bytes.len() <= 8 << 10,
                "{} is no small seed",
                path.display()
            );
        }
    }
}

/// xorshift64*, enough to place damage.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }

    fn damage(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.roll(5) {
            let at = self.roll(bytes.len());
            let end = (at + self.roll(40)).min(bytes.len());
            match self.roll(5) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let part = bytes[at..end].to_vec();
                    let to = self.roll(bytes.len() + 1);
                    bytes.splice(to..to, part).for_each(drop);
                }
                _ if bytes.is_empty() => {}
                3 => bytes[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][self.roll(6)],
                _ => bytes[at] ^= 1 << self.roll(8),
            }
        }
        bytes
    }
}

/// Says which input it was when a target panics.
struct Named<'a>(&'a Path, &'a [u8]);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("from {}: {:02x?}", self.0.display(), self.1);
        }
    }
}

#[test]
fn every_seed_is_survived_whole_and_damaged() {
    for target in TARGETS {
        let mut dice = Dice(2014);
        for (path, seed) in seeds(target) {
            {
                let _named = Named(&path, &seed);
                (target.run)(&seed);
            }
            for _ in 0..100 {
                let damaged = dice.damage(&seed);
                let _named = Named(&path, &damaged);
                (target.run)(&damaged);
            }
        }
    }
}
