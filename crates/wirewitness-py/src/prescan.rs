//! The first look at a capture: its hash, its span, who might be the phone.

use std::io::{self, Read};
use std::sync::Mutex;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wirecore::capture::{self, Prescan};
use wirecore::limits::Limits;
use wirecore::tls::KeyLog;

use crate::errors::{open, raise};

/// What one pass over a capture file tells.
#[pyclass(frozen)]
pub struct CaptureInfo {
    /// The path as given.
    #[pyo3(get)]
    path: String,
    /// SHA-256 of the file as stored, hex.
    #[pyo3(get)]
    sha256: String,
    /// Packets read.
    #[pyo3(get)]
    packets: u64,
    /// Bytes of the file as stored.
    #[pyo3(get)]
    bytes: u64,
    /// Time of the first packet, nanoseconds since 1970 UTC, or None.
    #[pyo3(get)]
    first_ns: Option<i64>,
    /// Time of the last packet, or None.
    #[pyo3(get)]
    last_ns: Option<i64>,
    /// Packets that the recorder says it lost, or None when it does not say.
    #[pyo3(get)]
    dropped: Option<u64>,
    /// TLS secrets blocks inside the file.
    #[pyo3(get)]
    secrets: usize,
    /// "pcap" or "pcapng".
    #[pyo3(get)]
    format: String,
    /// Link types of the packets, sorted.
    #[pyo3(get)]
    links: Vec<u16>,
    /// Spans (first, last nanosecond) in which interface statistics say that it was recorded.
    #[pyo3(get)]
    ran: Vec<(i64, i64)>,
    /// Recorded with a filter that may have left out traffic of any device.
    #[pyo3(get)]
    partial: bool,
    inner: Mutex<Prescan>,
}

impl CaptureInfo {
    /// Times of the first and the last packet.
    pub fn span(&self) -> (Option<i64>, Option<i64>) {
        (self.first_ns, self.last_ns)
    }

    /// The TLS secrets that stand anywhere in the file: they may come after the packets that need them.
    pub fn add_secrets(&self, keys: &mut KeyLog) {
        for (kind, data) in &self.inner.lock().expect("no panic holds it").secrets {
            keys.add_pcapng_secrets(*kind, data);
        }
    }
}

/// Reads a capture once: hash, packets, span, initiators, secrets.
///
/// With `read` the bytes come from `read(most)`, which gives b"" at the end: a pipe is looked at as it comes. `path` is
/// then only its name.
#[pyfunction]
#[pyo3(signature = (path, read=None))]
pub fn prescan(py: Python<'_>, path: String, read: Option<Py<PyAny>>) -> PyResult<CaptureInfo> {
    let from: Box<dyn Read + Send> = match read {
        Some(read) => Box::new(Called::new(read)),
        None => Box::new(open(&path)?),
    };
    let (result, digest) = py.detach(|| {
        let mut hash = wirecore::digest::Sha256::new();
        let result = capture::prescan(from, &Limits::default(), &mut |bytes| hash.update(bytes));
        (result, hash.finish())
    });
    let found = result.map_err(|cause| raise(&path, &cause))?;
    Ok(CaptureInfo {
        path,
        sha256: crate::batches::hex(&digest),
        packets: found.packets,
        bytes: found.stored_bytes,
        first_ns: found.first_ns,
        last_ns: found.last_ns,
        dropped: found.dropped,
        secrets: found.secrets.len(),
        format: found.format.text().to_owned(),
        ran: found.ran.clone(),
        partial: found.partial,
        links: found.links.keys().copied().collect(),
        inner: Mutex::new(found),
    })
}

/// Bytes that a Python function gives: `read(most)`, which gives b"" at the end.
pub struct Called {
    read: Py<PyAny>,
}

impl Called {
    /// Of this function.
    pub fn new(read: Py<PyAny>) -> Self {
        Called { read }
    }
}

impl Read for Called {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Python::attach(|py| {
            let given = self.read.call1(py, (into.len(),))?;
            let bytes = given.cast_bound::<PyBytes>(py)?.as_bytes();
            let room = into.get_mut(..bytes.len()).ok_or_else(|| {
                PyValueError::new_err("more bytes were given than there is room for")
            })?;
            room.copy_from_slice(bytes);
            Ok(bytes.len())
        })
        .map_err(|error: PyErr| io::Error::other(error.to_string()))
    }
}

/// Chooses the phone over several captures: (addresses, link-layer addresses, how it was chosen).
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // reason: PyO3 hands lists over by value
pub fn choose_phone(infos: Vec<PyRef<'_, CaptureInfo>>) -> (Vec<String>, Vec<String>, String) {
    let guards: Vec<_> = infos
        .iter()
        .map(|info| info.inner.lock().expect("no panic holds it"))
        .collect();
    let all: Vec<&Prescan> = guards.iter().map(|guard| &**guard).collect();
    let phone = capture::choose_phone_of(&all);
    let addresses = phone.addresses.iter().map(ToString::to_string).collect();
    let macs = phone
        .macs
        .iter()
        .map(|mac| mac.map(|byte| format!("{byte:02x}")).join(":"))
        .collect();
    (addresses, macs, phone.how.to_owned())
}

/// Reads a key log and tells (secrets, [(line, why)]).
#[pyfunction]
pub fn check_key_log(data: &[u8]) -> PyResult<(usize, Vec<(u64, String)>)> {
    let mut keys = KeyLog::new();
    let odd = keys
        .add_text(data)
        .into_iter()
        .map(|odd| (odd.line, odd.why.to_owned()))
        .collect();
    if data.len() as u64 > 1 << 32 {
        return Err(PyValueError::new_err("a key log of more than 4 GiB"));
    }
    Ok((keys.len(), odd))
}
