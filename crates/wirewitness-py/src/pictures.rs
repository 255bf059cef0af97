//! Pictures: brightness of an image, and which of the owner's pictures an image shows.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wirecore::scan::media::images;
use wirecore::scan::picture::{decode, Album as Core, Grey, Unseen};
use wirecore::scan::pieces::Print;

/// What is kept of a picture to compare others with; or why not: "plain", "too_large", "undecodable".
#[pyfunction]
pub fn picture<'py>(py: Python<'py>, file: &[u8]) -> (Option<Bound<'py, PyBytes>>, &'static str) {
    let looked = py.detach(|| first(file));
    told(py, looked)
}

/// The first image of a file; of a format that is not decoded, the picture in it.
fn first(file: &[u8]) -> Option<Result<Grey, Unseen>> {
    let whole = images(file).into_iter().filter(|image| image.complete);
    let mut looked = whole.map(|image| {
        let range = image.start as usize..image.end as usize;
        decode(image.format, &file[range])
    });
    let first = looked.next()?;
    Some(first.or_else(|why| looked.find_map(Result::ok).ok_or(why)))
}

/// The same from the brightness of all pixels, as another decoder gave them.
#[pyfunction]
pub fn picture_of_pixels<'py>(
    py: Python<'py>,
    width: usize,
    height: usize,
    pixels: &[u8],
) -> (Option<Bound<'py, PyBytes>>, &'static str) {
    told(py, Some(Grey::of_pixels(width, height, pixels)))
}

fn told(
    py: Python<'_>,
    looked: Option<Result<Grey, Unseen>>,
) -> (Option<Bound<'_, PyBytes>>, &'static str) {
    match looked {
        Some(Ok(grey)) if Core::takes(&grey) => (Some(PyBytes::new(py, &grey.to_bytes())), ""),
        Some(Ok(_)) => (None, "plain"),
        Some(Err(why)) => (None, why.text()),
        None => (None, "undecodable"),
    }
}

/// What is kept of a file to recognise its pieces, in blocks of so many bytes at least; empty when it holds too
/// few compressed pixels of a known format.
#[pyfunction]
pub fn piece_print<'py>(py: Python<'py>, file: &[u8], block: usize) -> Bound<'py, PyBytes> {
    let print = py.detach(|| Print::of(file, block).map(|print| print.to_bytes()));
    PyBytes::new(py, &print.unwrap_or_default())
}

/// The album of `(needle, picture)` pairs.
pub fn album_of(pictures: Vec<(u32, Vec<u8>)>) -> PyResult<Core> {
    let mut album = Core::default();
    for (needle, bytes) in pictures {
        let grey = Grey::from_bytes(&bytes)
            .ok_or_else(|| PyValueError::new_err(format!("picture {needle} is not one")))?;
        album
            .add(needle, grey)
            .map_err(|why| PyValueError::new_err(format!("picture {needle}: {}", why.text())))?;
    }
    Ok(album)
}

/// The owner's pictures, to compare images with.
#[pyclass]
pub struct Album {
    album: Core,
}

#[pymethods]
impl Album {
    #[new]
    fn new(pictures: Vec<(u32, Vec<u8>)>) -> PyResult<Self> {
        Ok(Album {
            album: album_of(pictures)?,
        })
    }

    /// Which picture (`picture` made it of the image) this is: `(needle, "picture" or "picture_part",
    /// agreement)`; None when it is none of them.
    fn find(&self, py: Python<'_>, picture: &[u8]) -> PyResult<Option<(u32, &'static str, f32)>> {
        let wrong = |text: &str| PyValueError::new_err(text.to_owned());
        let grey = Grey::from_bytes(picture).ok_or_else(|| wrong("this is no picture"))?;
        let seen = py
            .detach(|| self.album.find(&grey))
            .map_err(|why| wrong(why.text()))?;
        Ok(seen.map(|seen| (seen.needle, seen.likeness.text(), seen.agreement)))
    }

    /// The same of an image's file, as it is looked at in traffic; the second is why it cannot be told, or empty.
    fn look(
        &self,
        py: Python<'_>,
        file: &[u8],
    ) -> (Option<(u32, &'static str, f32)>, &'static str) {
        let seen = py.detach(|| {
            let grey = first(file).unwrap_or(Err(Unseen::Undecodable))?;
            self.album.find(&grey)
        });
        match seen {
            Ok(seen) => (
                seen.map(|seen| (seen.needle, seen.likeness.text(), seen.agreement)),
                "",
            ),
            Err(why) => (None, why.text()),
        }
    }
}
