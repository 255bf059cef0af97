//! The whole decoding of a list of captures, as an iterator of Arrow batches.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3_arrow::PyRecordBatch;
use wirecore::anomaly::{Kind, OpaqueReason};
use wirecore::capture::Rotation;
use wirecore::engine::{Config, Engine, Keep, Rows, PORTION_ROWS};
use wirecore::inspect::{Beside, FieldRule, Form, ValueTest, Watch};
use wirecore::limits::Limits;
use wirecore::record::Odd;
use wirecore::scan::digests::Pack;
use wirecore::scan::needles::{FileHash, Needles, Plain};
use wirecore::scan::pieces::{Pieces, Print};
use wirecore::scan::salted::Value;
use wirecore::tls::KeyLog;
use wirecore::unwrap::optin_chunk::Keys;

use crate::batches;
use crate::errors::{open, raise};
use crate::parts::{parts_of, tell_repeated, Bytes, Part, Reading};
use crate::pictures::album_of;
use crate::prescan::{Called, CaptureInfo};

/// Items between two looks at the number of waiting rows.
const LOOK_EVERY: usize = 4_096;

/// Needles by index, as Python gives them: `(needle, bytes, whole_token, digest)`; the digest is empty for the fact itself.
pub type PlainArgument = (u32, Vec<u8>, bool, String);
/// `(first, algorithm, size, facts, raw)`: digests of `size` bytes, end to end in `raw`, and whose each is as `u32` in the
/// machine's order. The needle of a digest is `first` and its fact.
pub type DigestsArgument = (u32, String, usize, PyBackedBytes, PyBackedBytes);
/// `(needle, sha256, length, print)`; the print is empty for a file of which no piece can be told.
pub type FileArgument = (u32, Vec<u8>, u64, Vec<u8>);
/// `(index, up, key, test, min, max)`; test is "any", "non_empty", "digits" or "text".
pub type RuleArgument = (
    u32,
    bool,
    String,
    String,
    usize,
    usize,
    Vec<(String, String)>,
    u32,
);

/// Decodes captures in the order given; iterate for `(table, record batch)`.
#[pyclass]
pub struct Decoder {
    parts: VecDeque<Part>,
    /// Where the first part's bytes come from, when not from its file.
    first: Option<Bytes>,
    /// The capture that is being read, and the file of it.
    capture: Option<u32>,
    current: Option<Reading>,
    rotation: Rotation,
    engine: Engine,
    ready: VecDeque<(&'static str, arrow_array::RecordBatch)>,
    bytes_before: u64,
    finished: bool,
}

#[pymethods]
impl Decoder {
    /// With `read` the bytes of the first path come from `read(most)`, which gives b"" at the end: a pipe is decoded as
    /// it comes.
    ///
    /// Errors: ValueError for a wrong argument; CaptureError for a key log that is not one.
    #[new]
    #[pyo3(signature = (paths, *, keylogs, plain, digests, files, pictures, salted, fact_of, rules, chunk_keys, phone_addresses, phone_macs, secrets_from=vec![], numbers=None, keylog_names=vec![], read=None))]
    // Reasons: the arguments are the call's documentation; PyO3 hands lists over by value.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn new(
        paths: Vec<String>,
        keylogs: Vec<Vec<u8>>,
        plain: Vec<PlainArgument>,
        digests: Vec<DigestsArgument>,
        files: Vec<FileArgument>,
        pictures: Vec<(u32, Vec<u8>)>,
        salted: Vec<(u32, Vec<u8>)>,
        fact_of: Vec<u32>,
        rules: Vec<RuleArgument>,
        chunk_keys: Vec<(String, Vec<u8>)>,
        phone_addresses: Vec<String>,
        phone_macs: Vec<String>,
        secrets_from: Vec<PyRef<'_, CaptureInfo>>,
        numbers: Option<Vec<u32>>,
        keylog_names: Vec<String>,
        read: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let (watch, wants_answers) =
            watch_of(plain, digests, files, pictures, salted, fact_of, rules)?;
        let mut keys = KeyLog::new();
        let mut odd_lines = Vec::new();
        for (number, log) in keylogs.iter().enumerate() {
            let name = keylog_names.get(number).map_or("a key log", String::as_str);
            odd_lines.extend(keys.add_text(log).into_iter().map(|odd| Odd {
                kind: Kind::KeyLogBadLine,
                offset: odd.line,
                detail: format!("{name}, line {}: {}", odd.line, odd.why),
            }));
        }
        for info in &secrets_from {
            info.add_secrets(&mut keys);
        }
        let mut engine = Engine::new(Config {
            limits: Limits::default(),
            phone_addresses: addresses(&phone_addresses)?,
            phone_macs: phone_macs
                .iter()
                .map(|text| mac(text))
                .collect::<PyResult<_>>()?,
            keys,
            watch: Arc::new(watch),
            chunk_keys: Arc::new(chunk_key_map(chunk_keys)?),
            wants_answers,
            keep: None,
        });
        for odd in odd_lines {
            engine.odd(0, odd);
        }
        let numbers = numbers.unwrap_or_else(|| (0..paths.len() as u32).collect());
        let spans: Vec<_> = secrets_from.iter().map(|info| info.span()).collect();
        Ok(Decoder {
            parts: parts_of(numbers, paths, &spans).into(),
            first: read.map(|read| -> Bytes { Box::new(Called::new(read)) }),
            capture: None,
            current: None,
            rotation: Rotation::default(),
            engine,
            ready: VecDeque::new(),
            bytes_before: 0,
            finished: false,
        })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// The next `(table, pyarrow.RecordBatch)`; stops after the last capture.
    fn __next__<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<Option<(&'static str, Bound<'py, PyAny>)>> {
        while self.ready.is_empty() {
            if self.finished {
                return Ok(None);
            }
            py.detach(|| self.read_on())?;
        }
        let Some((table, batch)) = self.ready.pop_front() else {
            return Ok(None);
        };
        Ok(Some((table, PyRecordBatch::new(batch).into_pyarrow(py)?)))
    }

    /// Bytes of the files read so far.
    #[getter]
    fn bytes_read(&self) -> u64 {
        self.bytes_before + self.current.as_ref().map_or(0, Reading::bytes_read)
    }

    /// Every table with an empty batch of its columns, so that an empty table can be written too.
    #[staticmethod]
    fn empty_tables(py: Python<'_>) -> PyResult<Vec<(&'static str, Bound<'_, PyAny>)>> {
        [
            ("flow", batches::flow_batch(&[])),
            ("message", batches::message_batch(&[])),
            ("hit", batches::hit_batch(&[])),
            ("media", batches::media_batch(&[])),
            ("name", batches::name_batch(&[])),
            ("volume", batches::volume_batch(&[])),
            ("tried", batches::tried_batch(&[])),
            ("token", batches::token_batch(&[])),
            ("anomaly", batches::anomaly_batch(&[])),
        ]
        .into_iter()
        .map(|(table, batch)| Ok((table, PyRecordBatch::new(batch).into_pyarrow(py)?)))
        .collect()
    }

    /// The same of what stands beside tables row by row: the bytes around hits and images, which are the owner's.
    #[staticmethod]
    fn empty_windows(py: Python<'_>) -> PyResult<Vec<(&'static str, Bound<'_, PyAny>)>> {
        [
            ("hit_window", batches::hit_window_batch(&[])),
            ("media_window", batches::media_window_batch(&[])),
        ]
        .into_iter()
        .map(|(table, batch)| Ok((table, PyRecordBatch::new(batch).into_pyarrow(py)?)))
        .collect()
    }
}

impl Decoder {
    /// Reads until enough rows wait or a file ends.
    fn read_on(&mut self) -> PyResult<()> {
        let mut reading = match self.current.take() {
            Some(reading) => reading,
            None => match self.parts.pop_front() {
                None => {
                    self.finished = true;
                    return Ok(());
                }
                Some(part) => self.begin(part)?,
            },
        };
        loop {
            if reading.pump(&mut self.engine, &mut self.rotation, LOOK_EVERY)? {
                self.bytes_before += reading.bytes_read();
                self.end_file();
                break;
            }
            if self.engine.rows_waiting() >= PORTION_ROWS {
                self.current = Some(reading);
                break;
            }
        }
        queue(self.engine.take_rows(), &mut self.ready);
        Ok(())
    }

    fn begin(&mut self, part: Part) -> PyResult<Reading> {
        if self.capture != Some(part.capture) {
            self.capture = Some(part.capture);
            self.rotation = Rotation::default();
            self.engine.begin_capture(part.capture);
        }
        Reading::open(part, self.first.take(), &mut self.rotation)
    }

    /// Ends the capture with its last file: until then its connections go on.
    fn end_file(&mut self) {
        if self.parts.front().map(|part| part.capture) == self.capture {
            return;
        }
        tell_repeated(&mut self.engine, &self.rotation);
        self.engine.end_capture();
        let ready = &mut self.ready;
        self.engine.finish(&mut |rows| queue(rows, ready));
        if self.parts.is_empty() {
            self.engine.tell_unused_keys();
        }
    }
}

/// What to look for, compiled; and whether some rule looks at what comes down.
pub fn watch_of(
    plain: Vec<PlainArgument>,
    digests: Vec<DigestsArgument>,
    files: Vec<FileArgument>,
    pictures: Vec<(u32, Vec<u8>)>,
    salted: Vec<(u32, Vec<u8>)>,
    fact_of: Vec<u32>,
    rules: Vec<RuleArgument>,
) -> PyResult<(Watch, bool)> {
    let wrong = |text: String| PyValueError::new_err(text);
    let known = |algorithm: &str| {
        wirecore::scan::digests::algorithm(algorithm)
            .ok_or_else(|| wrong(format!("no digest is called {algorithm}")))
    };
    let prints = plain
        .iter()
        .filter(|(_, _, _, digest)| !digest.is_empty())
        .map(|(needle, _, _, digest)| Ok((*needle, known(digest)?)))
        .collect::<PyResult<Vec<_>>>()?;
    let plain = plain
        .into_iter()
        .map(|(needle, bytes, whole_token, _)| Plain {
            needle,
            bytes,
            whole_token,
        })
        .collect();
    let digests = digests
        .into_iter()
        .map(|(first, algorithm, size, facts, raw)| {
            Ok(Pack {
                first,
                algorithm: known(&algorithm)?,
                size,
                facts: Arc::new(facts),
                raw: Arc::new(raw),
            })
        })
        .collect::<PyResult<Vec<_>>>()?;
    let pieces = files
        .iter()
        .filter(|(_, _, _, print)| !print.is_empty())
        .map(|(needle, _, _, print)| {
            let read = Print::from_bytes(print);
            read.map(|print| (*needle, print))
                .ok_or_else(|| wrong(format!("the print of file {needle} is not one")))
        })
        .collect::<PyResult<Vec<_>>>()?;
    let files = files
        .into_iter()
        .map(|(needle, sha256, len, _)| {
            let sha256 = sha256
                .try_into()
                .map_err(|_| wrong("a SHA-256 has 32 bytes".to_owned()))?;
            Ok(FileHash {
                needle,
                sha256,
                len,
            })
        })
        .collect::<PyResult<Vec<_>>>()?;
    let needles = Needles::compile(plain, digests, files).map_err(wrong)?;
    let album = album_of(pictures)?;
    let salted = salted
        .into_iter()
        .map(|(needle, bytes)| Value { needle, bytes })
        .collect();
    let rules = rules.into_iter().map(rule).collect::<PyResult<Vec<_>>>()?;
    let wants_answers = rules.iter().any(|rule| !rule.up);
    let watch = Watch::new(needles, fact_of, rules)
        .map(|watch| watch.with_prints(prints))
        .and_then(|watch| watch.with_album(album))
        .and_then(|watch| watch.with_salted(salted))
        .and_then(|watch| watch.with_pieces(Pieces::new(pieces)))
        .map_err(wrong)?;
    Ok((watch, wants_answers))
}

/// Rows as Arrow batches, table by table; the windows of hits and images as tables beside them. The rows of a table are
/// freed before the next is made.
pub fn queue(rows: Rows, ready: &mut VecDeque<(&'static str, arrow_array::RecordBatch)>) {
    add("flow", &rows.flows, batches::flow_batch, ready);
    drop(rows.flows);
    add("message", &rows.messages, batches::message_batch, ready);
    drop(rows.messages);
    add("hit", &rows.hits, batches::hit_batch, ready);
    add("media", &rows.media, batches::media_batch, ready);
    add("hit_window", &rows.hits, batches::hit_window_batch, ready);
    add(
        "media_window",
        &rows.media,
        batches::media_window_batch,
        ready,
    );
    add("name", &rows.names, batches::name_batch, ready);
    add("volume", &rows.volumes, batches::volume_batch, ready);
    add("tried", &rows.tried, batches::tried_batch, ready);
    add("token", &rows.tokens, batches::token_batch, ready);
    add("anomaly", &rows.anomalies, batches::anomaly_batch, ready);
}

fn add<T>(
    table: &'static str,
    rows: &[T],
    make: impl FnOnce(&[T]) -> arrow_array::RecordBatch,
    ready: &mut VecDeque<(&'static str, arrow_array::RecordBatch)>,
) {
    if !rows.is_empty() {
        ready.push_back((table, make(rows)));
    }
}

/// Adds the secrets that stand anywhere in a pcapng file: they may come after the packets that need them. Gives the
/// times of its first and last packet.
pub fn add_secrets(keys: &mut KeyLog, path: &str) -> PyResult<(Option<i64>, Option<i64>)> {
    let found = wirecore::capture::prescan(open(path)?, &Limits::default(), &mut |_| {})
        .map_err(|cause| raise(path, &cause))?;
    for (kind, data) in found.secrets {
        keys.add_pcapng_secrets(kind, &data);
    }
    Ok((found.first_ns, found.last_ns))
}

/// Chunk names and keys from the owner's audit export.
pub fn chunk_key_map(pairs: Vec<(String, Vec<u8>)>) -> PyResult<Keys> {
    let mut keys = Keys::new();
    for (name, key) in pairs {
        let key = key.try_into().map_err(|_| {
            PyValueError::new_err(format!("the key of chunk {name} has not 32 bytes"))
        })?;
        keys.add(&name, key);
    }
    Ok(keys)
}

fn rule((index, up, key, test, min, max, beside, times): RuleArgument) -> PyResult<FieldRule> {
    let test_of = |name: &str| match name {
        "any" => Ok(ValueTest::Any),
        "nonempty" => Ok(ValueTest::NonEmpty),
        "digits" => Ok(ValueTest::Digits { min, max }),
        "text" => Ok(ValueTest::Text),
        other => Form::named(other)
            .map(ValueTest::Form)
            .ok_or_else(|| PyValueError::new_err(format!("no value test is called {other}"))),
    };
    let other = |(key, test): (String, String)| {
        let value = test_of(&test)?;
        Ok(Beside { key, value })
    };
    Ok(FieldRule {
        index,
        up,
        key,
        value: test_of(&test)?,
        beside: beside.into_iter().map(other).collect::<PyResult<_>>()?,
        times,
    })
}

/// Address texts to addresses.
pub fn addresses(texts: &[String]) -> PyResult<Vec<IpAddr>> {
    texts
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|_| PyValueError::new_err(format!("{text} is not an IP address")))
        })
        .collect()
}

fn mac(text: &str) -> PyResult<[u8; 6]> {
    let wrong = || {
        PyValueError::new_err(format!(
            "{text} is not a link-layer address such as 02:00:5e:10:00:01"
        ))
    };
    let mut out = [0; 6];
    let mut parts = text.split([':', '-']);
    for byte in &mut out {
        *byte = u8::from_str_radix(parts.next().ok_or_else(wrong)?, 16).map_err(|_| wrong())?;
    }
    if parts.next().is_some() {
        return Err(wrong());
    }
    Ok(out)
}

/// The closed lists: `{"anomaly": [(kind, meaning)], "opaque_reason": [...], "codec": [...]}`.
#[pyfunction]
pub fn closed_lists() -> Vec<(&'static str, Vec<(String, String)>)> {
    let pair = |text: &str, meaning: &str| (text.to_owned(), meaning.trim().to_owned());
    vec![
        (
            "anomaly",
            Kind::ALL
                .iter()
                .map(|kind| pair(kind.text(), kind.meaning()))
                .collect(),
        ),
        (
            "opaque_reason",
            OpaqueReason::ALL
                .iter()
                .map(|reason| pair(reason.text(), reason.meaning()))
                .collect(),
        ),
        (
            "codec",
            wirecore::unwrap::CODECS
                .iter()
                .map(|codec| pair(codec.name, codec.reason))
                .collect(),
        ),
        (
            "httpdns",
            wirecore::dns::httpdns::FORMS
                .iter()
                .map(|form| pair(form.name, form.reason))
                .collect(),
        ),
    ]
}

/// An engine that keeps one message's bytes and makes no rows.
pub fn keeping_engine(keys: KeyLog, keep: Vec<Keep>, chunk_keys: Keys) -> PyResult<Engine> {
    let wrong = |text: String| PyValueError::new_err(text);
    let needles = Needles::compile(Vec::new(), Vec::new(), Vec::new()).map_err(wrong)?;
    let watch = Watch::new(needles, Vec::new(), Vec::new()).map_err(wrong)?;
    Ok(Engine::new(Config {
        limits: Limits::default(),
        phone_addresses: Vec::new(),
        phone_macs: Vec::new(),
        keys,
        watch: Arc::new(watch),
        chunk_keys: Arc::new(chunk_keys),
        wants_answers: false,
        keep: Some(keep),
    }))
}
