//! What importers tell, as Arrow batches: Python objects of `wirewitness.model.telling` in, the core's rows out.

use std::collections::VecDeque;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use pyo3_arrow::PyRecordBatch;
use wirecore::engine::{keep_told, Teller as Core, ToldMessage, PORTION_ROWS};
use wirecore::record::{Flow, Name};

use crate::decoder::{
    addresses, chunk_key_map, queue, watch_of, DigestsArgument, FileArgument, PlainArgument,
    RuleArgument,
};
use crate::rederive::{derive_steps, StepArgument};

/// Attributes of `telling.ToldFlow`.
#[derive(FromPyObject)]
pub struct FlowArgument {
    id: String,
    first_ns: i64,
    last_ns: i64,
    ip_proto: u8,
    client: String,
    client_port: u16,
    server: String,
    server_port: u16,
    packets: (u64, u64),
    sent: (u64, u64),
    unread: String,
    state: String,
    protocol: String,
    host: String,
    sni: String,
    alpn: String,
    tls_version: String,
    cipher: String,
    ja4: String,
    cert_subject: String,
    cert_issuer: String,
    cert_names: String,
    alert: String,
    client_mac: String,
    app: String,
}

/// Attributes of `telling.ToldMessage`.
#[derive(FromPyObject)]
pub struct MessageArgument {
    stream: u64,
    number: u32,
    from_client: bool,
    time_ns: i64,
    end_ns: i64,
    protocol: String,
    scheme: String,
    host: String,
    method: String,
    target: PyBackedBytes,
    status: u16,
    headers: Vec<(String, PyBackedBytes)>,
    body: PyBackedBytes,
    missing: u64,
    complete: bool,
    offset: u64,
}

/// Attributes of `telling.ToldName`.
#[derive(FromPyObject)]
pub struct NameArgument {
    flow: String,
    time_ns: i64,
    question: String,
    qtype: String,
    name: String,
    rtype: String,
    value: String,
    ttl: u32,
    rcode: u8,
    answered: bool,
    app: String,
}

impl From<MessageArgument> for ToldMessage {
    fn from(told: MessageArgument) -> Self {
        ToldMessage {
            stream: told.stream,
            number: told.number,
            from_client: told.from_client,
            time_ns: told.time_ns,
            end_ns: told.end_ns,
            protocol: told.protocol,
            scheme: told.scheme,
            host: told.host,
            method: told.method,
            target: told.target.to_vec(),
            status: told.status,
            headers: told
                .headers
                .into_iter()
                .map(|(name, value)| (name, value.to_vec()))
                .collect(),
            body: told.body.to_vec(),
            missing: told.missing,
            complete: told.complete,
            offset: told.offset,
        }
    }
}

/// States that a source may tell, with their stable text.
const STATES: [&str; 7] = [
    "established",
    "refused",
    "unanswered",
    "reset",
    "midstream",
    "aborted_handshake",
    "datagram",
];

impl FlowArgument {
    fn row(self) -> PyResult<Flow> {
        let state = STATES
            .into_iter()
            .find(|known| *known == self.state)
            .ok_or_else(|| PyValueError::new_err(format!("no state is called {}", self.state)))?;
        Ok(Flow {
            id: self.id,
            first_ns: self.first_ns,
            last_ns: self.last_ns,
            ip_proto: self.ip_proto,
            client: self.client,
            client_port: self.client_port,
            server: self.server,
            server_port: self.server_port,
            packets: [self.packets.0, self.packets.1],
            app_bytes: [self.sent.0, self.sent.1],
            opaque_reason: self.unread,
            state,
            protocol: self.protocol,
            host: self.host,
            sni: self.sni,
            alpn: self.alpn,
            tls_version: self.tls_version,
            cipher: self.cipher,
            ja4: self.ja4,
            cert_subject: self.cert_subject,
            cert_issuer: self.cert_issuer,
            cert_names: self.cert_names,
            alert: self.alert,
            client_mac: self.client_mac,
            app: self.app,
            ..Flow::default()
        })
    }
}

/// Takes what importers tell; `take` gives the rows made since.
#[pyclass]
pub struct Teller {
    inner: Core,
}

#[pymethods]
impl Teller {
    /// Errors: ValueError for a wrong argument.
    #[new]
    #[pyo3(signature = (*, plain, digests, files, pictures, salted, fact_of, rules, chunk_keys, phone_addresses))]
    // Reasons: the arguments are the call's documentation; PyO3 hands lists over by value.
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)]
    fn new(
        plain: Vec<PlainArgument>,
        digests: Vec<DigestsArgument>,
        files: Vec<FileArgument>,
        pictures: Vec<(u32, Vec<u8>)>,
        salted: Vec<(u32, Vec<u8>)>,
        fact_of: Vec<u32>,
        rules: Vec<RuleArgument>,
        chunk_keys: Vec<(String, Vec<u8>)>,
        phone_addresses: Vec<String>,
    ) -> PyResult<Self> {
        let (watch, wants_answers) =
            watch_of(plain, digests, files, pictures, salted, fact_of, rules)?;
        Ok(Teller {
            inner: Core::new(
                Arc::new(watch),
                Arc::new(chunk_key_map(chunk_keys)?),
                wants_answers,
                addresses(&phone_addresses)?,
            ),
        })
    }

    /// Begins a source: `index` is its place among the captures.
    fn begin_capture(&mut self, index: u32) {
        self.inner.begin_capture(index);
    }

    /// Opens a flow under a key of the caller's.
    fn flow(&mut self, key: u64, told: FlowArgument) -> PyResult<()> {
        self.inner.flow(key, told.row()?);
        Ok(())
    }

    /// A message of an open flow.
    fn message(&mut self, py: Python<'_>, key: u64, told: MessageArgument) {
        let told = ToldMessage::from(told);
        py.detach(|| self.inner.message(key, &told));
    }

    /// A DNS question or answer.
    fn name(&mut self, told: NameArgument) {
        self.inner.name(Name {
            flow: told.flow,
            time_ns: told.time_ns,
            question: told.question,
            qtype: told.qtype,
            name: told.name,
            rtype: told.rtype,
            value: told.value,
            ttl: told.ttl,
            rcode: told.rcode,
            answered: told.answered,
            app: told.app,
            ..Name::default()
        });
    }

    /// A record that could not be read.
    fn skipped(&mut self, offset: u64, detail: String) {
        self.inner.skipped(offset, detail);
    }

    /// Ends a flow.
    fn end_flow(&mut self, key: u64) {
        self.inner.end_flow(key);
    }

    /// Ends a source with all its open flows.
    fn end_capture(&mut self) {
        self.inner.end_capture();
    }

    /// True when enough rows wait to be taken.
    #[getter]
    fn full(&self) -> bool {
        self.inner.rows_waiting() >= PORTION_ROWS
    }

    /// `(table, pyarrow.RecordBatch)` of the rows made since the last call.
    fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<(&'static str, Bound<'py, PyAny>)>> {
        let mut ready = VecDeque::new();
        queue(self.inner.take_rows(), &mut ready);
        ready
            .into_iter()
            .map(|(table, batch)| Ok((table, PyRecordBatch::new(batch).into_pyarrow(py)?)))
            .collect()
    }
}

/// As `rederive`, for a message that an importer has read again from its source.
#[pyfunction]
#[pyo3(signature = (told, *, place, steps, chunk_keys))]
pub fn rederive_told(
    py: Python<'_>,
    told: MessageArgument,
    place: String,
    steps: Vec<StepArgument>,
    chunk_keys: Vec<(String, Vec<u8>)>,
) -> PyResult<Vec<(String, Bound<'_, PyBytes>)>> {
    let chunk_keys = chunk_key_map(chunk_keys)?;
    let kept = keep_told(&ToldMessage::from(told)).map_err(PyValueError::new_err)?;
    derive_steps(py, &kept, place, steps, &chunk_keys)
}
