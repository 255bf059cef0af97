//! The whole engine over a capture, for these tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wirecore::capture::{Item, Reader};
use wirecore::engine::{Config, Engine, Rows};
use wirecore::inspect::Watch;
use wirecore::limits::Limits;
use wirecore::scan::needles::Needles;
use wirecore::tls::KeyLog;
use wirecore::unwrap::optin_chunk::Keys;

/// The corpus folder, or None with a word on why the test is skipped.
pub fn corpus(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("WIREWITNESS_CORPUS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let path = root.join(part);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!(
        "skipped: no corpus at {} (set WIREWITNESS_CORPUS)",
        path.display()
    );
    None
}

pub fn engine(limits: Limits, keys: KeyLog) -> Engine {
    let needles = Needles::compile(Vec::new(), Vec::new(), Vec::new()).expect("no needle");
    Engine::new(Config {
        limits,
        phone_addresses: Vec::new(),
        phone_macs: Vec::new(),
        keys,
        watch: Arc::new(Watch::new(needles, Vec::new(), Vec::new()).expect("no fact")),
        chunk_keys: Arc::new(Keys::new()),
        wants_answers: false,
        keep: None,
    })
}

/// Everything that the engine says of a capture file; None when it is no capture.
pub fn rows_of(path: &Path) -> Option<Rows> {
    let limits = Limits::default();
    let mut engine = engine(limits.clone(), KeyLog::new());
    let mut all = Rows::default();
    let file = std::fs::File::open(path).ok()?;
    let mut reader = Reader::open(file, &limits).ok()?;
    engine.begin_capture(0);
    while let Ok(Some(item)) = reader.next_item() {
        match item {
            Item::Frame(frame) => engine.frame(&frame),
            Item::Secrets { kind, data } => engine.secrets(kind, data),
            Item::AppName { uid, name } => engine.app_name(uid, name),
            Item::Dropped { .. } => {}
            Item::Odd(odd) => engine.odd(0, odd),
        }
    }
    engine.end_capture();
    engine.finish(&mut |mut rows| {
        all.flows.append(&mut rows.flows);
        all.messages.append(&mut rows.messages);
        all.anomalies.append(&mut rows.anomalies);
    });
    Some(all)
}
