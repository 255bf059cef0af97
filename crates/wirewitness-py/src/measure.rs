//! Forms looked for in bodies that no capture holds: for the tools that measure how well the codecs do.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use wirecore::inspect::{Carry, Findings, Inspector, Piece, Watch};
use wirecore::limits::Limits;
use wirecore::scan::needles::{Needles, Plain};
use wirecore::unwrap::{optin_chunk::Keys, CODECS};

/// A form that was found, and the codecs on the way to it.
type Found = (u32, Vec<&'static str>);

/// For each body the forms that are found in it, each by its place in the list; `left_out` names a codec that is not
/// tried. ValueError for a form that cannot be looked for, or a codec that is none.
#[pyfunction]
#[pyo3(signature = (bodies, forms, left_out=None))]
#[allow(clippy::needless_pass_by_value)] // reason: PyO3 hands arguments over by value
pub fn find_in(
    py: Python<'_>,
    bodies: Vec<Vec<u8>>,
    forms: Vec<Vec<u8>>,
    left_out: Option<String>,
) -> PyResult<Vec<Vec<Found>>> {
    let wrong = |text: String| PyValueError::new_err(text);
    let left_out = match left_out {
        None => None,
        Some(name) => {
            let codec = CODECS.iter().find(|codec| codec.name == name);
            Some(
                codec
                    .ok_or_else(|| wrong(format!("no codec is called {name}")))?
                    .name,
            )
        }
    };
    let fact_of = (0..forms.len() as u32).collect();
    let plain = forms.into_iter().zip(0..).map(|(bytes, needle)| Plain {
        needle,
        bytes,
        whole_token: false,
    });
    let needles = Needles::compile(plain.collect(), vec![], vec![]).map_err(wrong)?;
    let watch = Watch::new(needles, fact_of, vec![]).map_err(wrong)?;
    let limits = Limits {
        left_out,
        ..Limits::default()
    };
    let mut inspector = Inspector::new(Arc::new(watch), Arc::new(Keys::new()), &limits);
    Ok(py.detach(|| {
        let look = |body: &Vec<u8>| look_in(&mut inspector, body);
        bodies.iter().map(look).collect()
    }))
}

fn look_in(inspector: &mut Inspector, bytes: &[u8]) -> Vec<Found> {
    let piece = Piece {
        place: "body",
        bytes,
        offset: 0,
        last: true,
        total: Some(bytes.len() as u64),
        content_type: "",
        up: true,
        chunk_name: None,
    };
    let mut found = Findings::default();
    inspector.inspect(&piece, &mut Carry::default(), &mut found);
    let hits = found.hits.into_iter();
    hits.map(|hit| {
        let ways = hit.steps.iter().map(|step| step.codec).collect();
        (hit.needle, ways)
    })
    .collect()
}
