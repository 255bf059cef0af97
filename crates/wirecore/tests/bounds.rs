//! Hostile captures: each asks for more than a bound allows. Memory stays within its bound, what is cut off is said, and
//! the rest of the capture is still read. The page of bounds is made of this list.
#![allow(missing_docs, reason = "tests explain themselves by their names")]
#![allow(dead_code, reason = "the helpers serve several test binaries")]
#![allow(
    clippy::indexing_slicing,
    reason = "a test that indexes wrongly should fail"
)]

#[path = "bounds/attacks.rs"]
mod attacks;
#[path = "engine/listen.rs"]
mod listen;
#[path = "net/wire.rs"]
mod wire;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wirecore::anomaly::Kind;
use wirecore::capture::{Item, Reader};
use wirecore::engine::{Engine, Rows};
use wirecore::limits::Limits;
use wirecore::tls::KeyLog;

use attacks::{Attack, ATTACKS};
use listen::{add, engine_with, frame, talk, IMEI};

/// Memory that an attack may cost beyond what stood before it, MiB: the core's own bound of 80, with room for the allocator's and the tests' own.
const MIB: u64 = 128;
/// Rows are drained like the program drains them.
const PORTION: usize = 4096;

/// Peak and present memory of this process in MiB; None where the system does not tell.
fn memory() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
        Some(kib >> 10)
    };
    Some((of("VmHWM:")?, of("VmRSS:")?))
}

/// What is kept of the rows: those that a test asks for, the others counted.
#[derive(Default)]
struct Told {
    rows: Rows,
    messages: usize,
    flows: usize,
}

impl Told {
    fn take(&mut self, mut rows: Rows) {
        self.messages += rows.messages.len();
        self.flows += rows.flows.len();
        for flow in &rows.flows {
            for side in 0..2 {
                assert!(flow.readable_bytes[side] <= flow.app_bytes[side]);
            }
        }
        rows.messages.clear();
        rows.flows.clear();
        rows.names.clear();
        rows.hits.retain(|hit| hit.place == "target");
        let mut others = 0;
        rows.anomalies.retain(|one| {
            others += 1;
            one.odd.kind == Kind::BoundReached || others <= 1000
        });
        add(&mut self.rows, rows);
    }
}

/// A file's packets and what is odd in it.
fn read(file: &[u8], engine: &mut Engine) {
    if file.is_empty() {
        return;
    }
    let mut reader = Reader::open(file, &Limits::default()).expect("a capture");
    while let Some(item) = reader.next_item().expect("a file in memory") {
        match item {
            Item::Frame(frame) => engine.frame(&frame),
            Item::Secrets { kind, data } => engine.secrets(kind, data),
            Item::Odd(odd) => engine.odd(0, odd),
            _ => {}
        }
    }
}

fn suffer(attack: &Attack) -> Told {
    let mut limits = Limits::default();
    (attack.limits)(&mut limits);
    let mut keys = KeyLog::new();
    let lines = attack
        .keys
        .lines()
        .filter_map(|line| line.strip_prefix("key "));
    keys.add_text(lines.collect::<Vec<_>>().join("\n").as_bytes());
    let mut engine = engine_with(&[], keys, limits);
    let mut told = Told::default();
    let mut number = 0;
    engine.begin_capture(0);
    read(&(attack.file)(), &mut engine);
    let request = format!("GET /?imei={IMEI} HTTP/1.1\r\nHost: api.example\r\n\r\n");
    let mut one = |data: &[u8]| {
        number += 1;
        engine.frame(&frame(number, data));
        if engine.rows_waiting() > PORTION {
            told.take(engine.take_rows());
        }
    };
    (attack.frames)(&mut one);
    // The attack is over: the next connection is read like any.
    for data in talk(80, &[(true, request.as_bytes())]) {
        one(&data);
    }
    engine.end_capture();
    engine.finish(&mut |rows| told.take(rows));
    told
}

#[test]
fn every_attack_is_bounded_and_the_rest_of_the_capture_is_read() {
    for attack in ATTACKS {
        // The peak is counted anew from here on.
        let _unsupported = std::fs::write("/proc/self/clear_refs", "5");
        let before = memory();
        let told = suffer(attack);
        let after = memory();
        let name = attack.name;
        if let (Some((_, before)), Some((peak, _))) = (before, after) {
            println!("{name}: {} MiB", peak.saturating_sub(before));
            assert!(
                peak - before.min(peak) <= MIB,
                "{name}: {before} to {peak} MiB"
            );
        }
        let hits = told.rows.hits.len();
        assert_eq!(hits, 1, "{name}: the request behind it was not read");
        let odd = &told.rows.anomalies;
        let mut details = odd.iter().map(|one| &one.odd.detail);
        let said = attack.said.is_empty() || details.any(|detail| detail.contains(attack.said));
        let details: Vec<_> = odd.iter().take(5).map(|one| &one.odd.detail).collect();
        assert!(said, "{name}: {} is not said: {details:?}", attack.said);
    }
}

fn page() -> String {
    let mut page = String::from(
        "# The bounds\n\nEverything in a capture may be hostile. Each bound is named, tried by a capture that asks for more \
         (`crates/wirecore/tests/bounds.rs`, in every run of the\ntests), and what it cuts off is counted as unread. Made by \
         `WIREWITNESS_GOLDEN=write cargo test -p wirecore --test bounds`.\n\n## What was tried\n\nMemory grows by no more than ",
    );
    let _ = writeln!(
        page,
        "{MIB} MiB in each, and the request that follows is read.\n\n| capture | what holds it |\n|---|---|"
    );
    for Attack { what, held, .. } in ATTACKS {
        let _ = writeln!(page, "| {what} | {held} |");
    }
    page.push_str("\n## The bounds by name\n\n| bound | value | of what |\n|---|---|---|\n");
    let values = format!("{:#?}", Limits::default());
    for (name, what) in documented() {
        let line = format!("    {name}: ");
        let value = values.lines().find_map(|one| one.strip_prefix(&line));
        let value = value.unwrap_or_else(|| panic!("{name} has no value"));
        let _ = writeln!(
            page,
            "| `{name}` | {} | {what} |",
            value.trim_end_matches(',')
        );
    }
    page
}

/// Each field of the bounds with its words, as the source says them.
fn documented() -> Vec<(String, String)> {
    let source = include_str!("../src/limits.rs");
    let (mut rows, mut words) = (Vec::new(), String::new());
    for line in source.lines().map(str::trim) {
        if let Some(more) = line.strip_prefix("/// ") {
            words.push_str(more);
            words.push(' ');
        } else if let Some(field) = line.strip_prefix("pub ").and_then(|l| l.split_once(": ")) {
            rows.push((
                field.0.to_owned(),
                std::mem::take(&mut words).trim().to_owned(),
            ));
        } else {
            words.clear();
        }
    }
    rows
}

#[test]
fn the_page_says_what_is_bounded_and_what_was_tried() {
    let path: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/bounds.md");
    if std::env::var("WIREWITNESS_GOLDEN").is_ok_and(|how| how == "write") {
        std::fs::write(&path, page()).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        written,
        page(),
        "run: WIREWITNESS_GOLDEN=write cargo test -p wirecore --test bounds"
    );
    let fields = format!("{:#?}", Limits::default()).lines().count() - 2;
    assert_eq!(documented().len(), fields, "each bound has its words");
}
