//! The one exception of the core: an input that cannot be read.

use std::fs::File;
use std::io;

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use wirecore::capture::{CaptureError as Cause, CaptureErrorKind};

create_exception!(
    _core,
    CaptureError,
    PyException,
    "An input that cannot be read; args are (path, byte offset, kind, one sentence)."
);

/// Opens a file; the error is one sentence.
pub fn open(path: &str) -> PyResult<File> {
    let told = |text: String, kind: &'static str| {
        CaptureError::new_err((path.to_owned(), 0_u64, kind, text))
    };
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            return Err(told(
                "is a folder, not a capture file".to_owned(),
                "not_a_capture",
            ))
        }
        Ok(_) => {}
        Err(error) => return Err(told(sentence(&error), "io")),
    }
    File::open(path).map_err(|error| told(sentence(&error), "io"))
}

fn sentence(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read: no permission".to_owned(),
        _ => format!("cannot be opened: {error}"),
    }
}

/// The core's capture error as a Python exception.
pub fn raise(path: &str, cause: &Cause) -> PyErr {
    CaptureError::new_err((
        path.to_owned(),
        cause.offset,
        kind_text(cause.kind),
        cause.text.clone(),
    ))
}

fn kind_text(kind: CaptureErrorKind) -> &'static str {
    match kind {
        CaptureErrorKind::NotACapture => "not_a_capture",
        CaptureErrorKind::Empty => "empty",
        CaptureErrorKind::Io => "io",
        CaptureErrorKind::Compression => "compression",
    }
}
