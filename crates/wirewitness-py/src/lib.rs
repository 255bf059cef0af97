//! PyO3 bindings of `wirecore`: arguments, errors, Arrow batches. No logic.

mod batches;
mod decoder;
mod errors;
mod measure;
mod parts;
mod pictures;
mod prescan;
mod rederive;
mod teller;

use pyo3::prelude::*;

/// The Rust core of wirewitness.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("SCHEMA_VERSION", wirecore::record::SCHEMA_VERSION)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add(
        "CaptureError",
        module.py().get_type::<errors::CaptureError>(),
    )?;
    module.add_class::<prescan::CaptureInfo>()?;
    module.add_class::<decoder::Decoder>()?;
    module.add_class::<teller::Teller>()?;
    module.add_class::<pictures::Album>()?;
    module.add_function(wrap_pyfunction!(pictures::picture, module)?)?;
    module.add_function(wrap_pyfunction!(pictures::piece_print, module)?)?;
    module.add_function(wrap_pyfunction!(pictures::picture_of_pixels, module)?)?;
    module.add_function(wrap_pyfunction!(prescan::prescan, module)?)?;
    module.add_function(wrap_pyfunction!(prescan::choose_phone, module)?)?;
    module.add_function(wrap_pyfunction!(prescan::check_key_log, module)?)?;
    module.add_function(wrap_pyfunction!(rederive::rederive_each, module)?)?;
    module.add_function(wrap_pyfunction!(rederive::read_messages, module)?)?;
    module.add_function(wrap_pyfunction!(rederive::fingerprints, module)?)?;
    module.add_function(wrap_pyfunction!(measure::find_in, module)?)?;
    module.add_function(wrap_pyfunction!(teller::rederive_told, module)?)?;
    module.add_function(wrap_pyfunction!(decoder::closed_lists, module)?)?;
    Ok(())
}
