//! Speed of the whole core on one core, without Python:
//! `cargo run --release -p wirecore --example decode_speed -- CAPTURE [KEYS]`.
//!
//! Looks for 4,000 forms that do not occur. Prints MB/s of capture and packets/s by processor time.

use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use wirecore::capture::{Item, Reader};
use wirecore::engine::{Config, Engine};
use wirecore::inspect::Watch;
use wirecore::limits::Limits;
use wirecore::scan::needles::{Needles, Plain};
use wirecore::tls::KeyLog;
use wirecore::unwrap::Keys;

const FORMS: u32 = 4_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let capture = arguments.next().ok_or("which capture?")?;
    let mut keys = KeyLog::new();
    if let Some(path) = arguments.next() {
        keys.add_text(&std::fs::read(path)?);
    }
    let form = |i: u32| Plain {
        needle: i,
        bytes: format!("{:08}{}", i * 7919, "-unlikely".repeat(1 + i as usize % 3)).into(),
        whole_token: false,
    };
    let needles = Needles::compile((0..FORMS).map(form).collect(), vec![], vec![])?;
    let watch = Watch::new(needles, (0..FORMS).collect(), vec![])?;
    let limits = Limits::default();
    let mut engine = Engine::new(Config {
        limits: limits.clone(),
        phone_addresses: vec!["192.168.1.23".parse()?],
        phone_macs: vec![],
        keys,
        watch: Arc::new(watch),
        chunk_keys: Arc::new(Keys::new()),
        wants_answers: true,
        keep: None,
    });
    let start = Instant::now();
    let before = cpu_ns(start);
    let mut reader = Reader::open(File::open(&capture)?, &limits).map_err(|error| error.text)?;
    engine.begin_capture(0);
    let (mut packets, mut rows) = (0u64, 0);
    while let Some(item) = reader.next_item().map_err(|error| error.text)? {
        match item {
            Item::Frame(frame) => {
                packets += 1;
                engine.frame(&frame);
            }
            Item::Secrets { kind, data } => engine.secrets(kind, data),
            Item::AppName { uid, name } => engine.app_name(uid, name),
            Item::Dropped { .. } => {}
            Item::Odd(odd) => engine.odd(0, odd),
        }
        if engine.rows_waiting() > 10_000 {
            rows += engine.take_rows().len();
        }
    }
    engine.end_capture();
    engine.finish(&mut |rows| drop(rows));
    rows += engine.take_rows().len();
    let seconds = (cpu_ns(start) - before) as f64 / 1e9;
    println!(
        "{:.0} MB/s, {:.2} million packets/s, {rows} rows, {seconds:.2} s of processor time",
        reader.bytes_read() as f64 / seconds / 1e6,
        packets as f64 / seconds / 1e6
    );
    Ok(())
}

/// Processor time of this process in nanoseconds (Linux); elsewhere the clock.
fn cpu_ns(start: Instant) -> u64 {
    let read = std::fs::read_to_string("/proc/self/schedstat").ok();
    let first = read.and_then(|text| text.split(' ').next().and_then(|ns| ns.parse().ok()));
    first.unwrap_or_else(|| start.elapsed().as_nanos() as u64)
}
