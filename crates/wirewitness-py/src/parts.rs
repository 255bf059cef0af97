//! The files of one capture, one after the other: a rotated capture is read as one.

use std::io::Read;

use pyo3::prelude::*;
use wirecore::anomaly::Kind;
use wirecore::capture::{CaptureError, Item, Reader, Rotation};
use wirecore::engine::Engine;
use wirecore::limits::Limits;
use wirecore::record::Odd;

use crate::errors::{open, raise};

/// One file of a capture.
pub struct Part {
    /// Which capture it belongs to; files of one capture follow each other.
    pub capture: u32,
    /// Where it is.
    pub path: String,
    /// From when its packets may come again in the capture's next file.
    pub remember_from: Option<i64>,
}

/// Parts of captures from paths and spans (first, last): of one capture where the numbers are equal.
pub fn parts_of(
    numbers: Vec<u32>,
    paths: Vec<String>,
    spans: &[(Option<i64>, Option<i64>)],
) -> Vec<Part> {
    let overlaps = wirecore::capture::rotation::overlaps(spans);
    let next: Vec<u32> = numbers.iter().copied().skip(1).collect();
    numbers
        .into_iter()
        .zip(paths)
        .enumerate()
        .map(|(at, (capture, path))| Part {
            capture,
            path,
            remember_from: overlaps
                .get(at)
                .copied()
                .flatten()
                .filter(|_| next.get(at) == Some(&capture)),
        })
        .collect()
}

/// Where bytes come from: a file, or a function of Python's.
pub type Bytes = Box<dyn Read + Send + Sync>;

/// A file that is being read.
pub struct Reading {
    path: String,
    reader: Reader<Bytes>,
}

impl Reading {
    /// Opens a part, or reads it from where its bytes come; `rotation` carries on from the part before.
    pub fn open(part: Part, from: Option<Bytes>, rotation: &mut Rotation) -> PyResult<Self> {
        let from = match from {
            Some(from) => from,
            None => Box::new(open(&part.path)?),
        };
        let reader =
            Reader::open(from, &Limits::default()).map_err(|cause| raise(&part.path, &cause))?;
        rotation.begin_file(part.remember_from);
        Ok(Reading {
            path: part.path,
            reader,
        })
    }

    /// Bytes of the stored file read so far.
    pub fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }

    /// Gives up to `most` items to the engine; true at the end of the file.
    pub fn pump(
        &mut self,
        engine: &mut Engine,
        rotation: &mut Rotation,
        most: usize,
    ) -> PyResult<bool> {
        let Reading { path, reader } = self;
        pump(reader, engine, rotation, most).map_err(|cause| raise(path, &cause))
    }
}

fn pump(
    reader: &mut Reader<Bytes>,
    engine: &mut Engine,
    rotation: &mut Rotation,
    most: usize,
) -> Result<bool, CaptureError> {
    for _ in 0..most {
        match reader.next_item()? {
            None => return Ok(true),
            Some(Item::Frame(frame)) if rotation.passes(&frame) => engine.frame(&frame),
            Some(Item::Frame(frame)) => {
                if let Some(frame) = rotation.take(&frame) {
                    engine.frame(&frame);
                }
            }
            Some(Item::Secrets { kind, data }) => engine.secrets(kind, data),
            Some(Item::AppName { uid, name }) => engine.app_name(uid, name),
            Some(Item::Dropped { .. }) => {} // the prescan has counted them
            Some(Item::Odd(odd)) => engine.odd(0, odd),
        }
    }
    Ok(false)
}

/// After the last part of a capture: how many packets stood in two of its files.
pub fn tell_repeated(engine: &mut Engine, rotation: &Rotation) {
    let repeated = rotation.repeated();
    if repeated > 0 {
        engine.odd(
            0,
            Odd {
                kind: Kind::CaptureOverlap,
                offset: 0,
                detail: format!("{repeated} packets stand in two files of this capture"),
            },
        );
    }
}
