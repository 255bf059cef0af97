//! Findings derived again from the capture: the bytes of their messages, and of each decoding step.

use std::collections::HashMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wirecore::capture::Rotation;
use wirecore::engine::{Keep, Kept};
use wirecore::record::Step;
use wirecore::tls::KeyLog;
use wirecore::unwrap::optin_chunk::{Keys, CODEC as OPTIN_CHUNK};
use wirecore::unwrap::{self, CODECS};

use crate::decoder::{add_secrets, chunk_key_map, keeping_engine};
use crate::parts::{parts_of, Reading};

/// `(flow, stream, number, from_client)`.
type Which = (String, u64, u32, bool);
/// A message, the place in it, the steps from there.
type Finding = (Which, String, Vec<StepArgument>);
/// `(label, bytes)` for the message, its place, and the output of each step, in order; or why not, in a sentence.
type Derived<'py> = (Vec<(String, Bound<'py, PyBytes>)>, Option<String>);

/// Each finding derived again, in one reading of the capture (`paths`: its files in order). CaptureError for an unreadable file.
#[pyfunction]
#[pyo3(signature = (paths, *, keylogs, findings, chunk_keys))]
#[allow(clippy::needless_pass_by_value)] // reason: PyO3 hands arguments over by value
pub fn rederive_each(
    py: Python<'_>,
    paths: Vec<String>,
    keylogs: Vec<Vec<u8>>,
    findings: Vec<Finding>,
    chunk_keys: Vec<(String, Vec<u8>)>,
) -> PyResult<Vec<Derived<'_>>> {
    let chunk_keys = chunk_key_map(chunk_keys)?;
    let wanted = findings
        .iter()
        .map(|(which, _, _)| keep_of(which))
        .collect();
    let kept = read_kept(py, paths, &keylogs, wanted, &chunk_keys)?;
    let by_message: HashMap<&Keep, &Kept> = kept.iter().map(|one| (&one.of, one)).collect();
    Ok(findings
        .into_iter()
        .map(
            |(which, place, steps)| match by_message.get(&keep_of(&which)) {
                None => (
                    Vec::new(),
                    Some(
                        "the capture does not hold this message, or the keys do not open it"
                            .to_owned(),
                    ),
                ),
                Some(kept) => match derive_steps(py, kept, place, steps, &chunk_keys) {
                    Ok(stages) => (stages, None),
                    Err(error) => (Vec::new(), Some(error.value(py).to_string())),
                },
            },
        )
        .collect())
}

/// `(which, target, headers, body after content coding)` of each message that the capture holds.
type Whole<'py> = (
    Which,
    Bound<'py, PyBytes>,
    Vec<(String, Bound<'py, PyBytes>)>,
    Bound<'py, PyBytes>,
);

/// The bytes of chosen messages, in one reading of the capture (`paths`: its files in order); what it does not hold is left out.
#[pyfunction]
#[pyo3(signature = (paths, *, keylogs, messages))]
#[allow(clippy::needless_pass_by_value)] // reason: PyO3 hands arguments over by value
pub fn read_messages(
    py: Python<'_>,
    paths: Vec<String>,
    keylogs: Vec<Vec<u8>>,
    messages: Vec<Which>,
) -> PyResult<Vec<Whole<'_>>> {
    let wanted = messages.iter().map(keep_of).collect();
    let kept = read_kept(py, paths, &keylogs, wanted, &Keys::new())?;
    Ok(kept
        .into_iter()
        .map(|one| {
            let of = one.of;
            let headers = one.headers.into_iter();
            (
                (of.flow, of.stream, of.number, of.from_client),
                PyBytes::new(py, &one.target),
                headers
                    .map(|(name, value)| (name, PyBytes::new(py, &value)))
                    .collect(),
                PyBytes::new(py, &one.body),
            )
        })
        .collect())
}

fn keep_of((flow, stream, number, from_client): &Which) -> Keep {
    Keep {
        flow: flow.clone(),
        stream: *stream,
        number: *number,
        from_client: *from_client,
    }
}

fn read_kept(
    py: Python<'_>,
    paths: Vec<String>,
    keylogs: &[Vec<u8>],
    wanted: Vec<Keep>,
    chunk_keys: &Keys,
) -> PyResult<Vec<Kept>> {
    let mut keys = KeyLog::new();
    for log in keylogs {
        keys.add_text(log);
    }
    py.detach(|| -> PyResult<Vec<Kept>> {
        let spans = paths
            .iter()
            .map(|path| add_secrets(&mut keys, path))
            .collect::<PyResult<Vec<_>>>()?;
        let mut engine = keeping_engine(keys, wanted, chunk_keys.clone())?;
        let mut rotation = Rotation::default();
        engine.begin_capture(0);
        for part in parts_of(vec![0; paths.len()], paths, &spans) {
            let mut reading = Reading::open(part, None, &mut rotation)?;
            while !reading.pump(&mut engine, &mut rotation, usize::MAX)? {}
        }
        engine.end_capture();
        engine.finish(&mut |_| {});
        Ok(engine.take_kept())
    })
}

/// `(codec, start, end, path)`.
pub type StepArgument = (String, u64, u64, String);

/// The bytes of a place of a kept message, then of each step.
pub fn derive_steps<'py>(
    py: Python<'py>,
    kept: &Kept,
    place: String,
    steps: Vec<StepArgument>,
    chunk_keys: &Keys,
) -> PyResult<Vec<(String, Bound<'py, PyBytes>)>> {
    let wrong = |text: String| PyValueError::new_err(text);
    let mut stages = Vec::new();
    let mut bytes = place_bytes(kept, &place, &mut stages)
        .ok_or_else(|| wrong(format!("the message has no {place}")))?;
    stages.push((place, bytes.clone()));
    for (codec, start, end, path) in steps {
        let name = CODECS
            .iter()
            .map(|known| known.name)
            .chain([OPTIN_CHUNK])
            .find(|name| *name == codec)
            .ok_or_else(|| wrong(format!("no codec is called {codec}")))?;
        let step = Step {
            codec: name,
            start,
            end,
            path,
        };
        bytes = unwrap::apply(&step, &bytes, chunk_keys).map_err(wrong)?;
        stages.push((step_label(&step), bytes.clone()));
    }
    Ok(stages
        .into_iter()
        .map(|(label, bytes)| (label, PyBytes::new(py, &bytes)))
        .collect())
}

fn step_label(step: &Step) -> String {
    if step.path.is_empty() {
        step.codec.to_owned()
    } else {
        format!("{} {}", step.codec, step.path)
    }
}

/// The bytes of a place; the body as it was sent is told first where a content coding was undone.
fn place_bytes(kept: &Kept, place: &str, stages: &mut Vec<(String, Vec<u8>)>) -> Option<Vec<u8>> {
    match place.split_once(':') {
        Some(("header", name)) => field(&kept.headers, name),
        Some(("trailer", name)) => field(&kept.trailers, name),
        _ if place == "target" => Some(kept.target.clone()),
        _ if place == "body" || place == "name" || place == "stream" => {
            if kept.body != kept.body_as_sent && !kept.body_as_sent.is_empty() {
                stages.push(("body as sent".to_owned(), kept.body_as_sent.clone()));
            }
            Some(kept.body.clone())
        }
        _ => None,
    }
}

/// The value of a field; `Name#2` is the second one of that name.
fn field(fields: &[(String, Vec<u8>)], name: &str) -> Option<Vec<u8>> {
    let nth = |name: &str, skipped: usize| {
        let mut same = fields
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        same.nth(skipped).map(|(_, value)| value.clone())
    };
    nth(name, 0).or_else(|| {
        let (name, number) = name.rsplit_once('#')?;
        nth(name, number.parse::<usize>().ok()?.checked_sub(1)?)
    })
}

/// `(sha256, length)` of a photo file and of each whole image that structure finds in it.
#[pyfunction]
pub fn fingerprints<'py>(py: Python<'py>, file: &[u8]) -> Vec<(Bound<'py, PyBytes>, u64)> {
    wirecore::scan::media::fingerprints(file)
        .into_iter()
        .map(|(sha256, len)| (PyBytes::new(py, &sha256), len))
        .collect()
}
