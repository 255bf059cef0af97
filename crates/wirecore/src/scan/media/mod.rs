//! Images, sounds and films anywhere in any bytes, confirmed by their structure: a magic number alone is nothing.
//!
//! In: the bytes of one place, whole or in windows that may repeat the end of the one before. Out: an [`Image`]
//! for each file of a known format (`format.rs`), with its range, size in pixels and SHA-256; one that is cut or
//! damaged is marked so, and what its structure does not explain is told. Thumbnails inside a JPEG's metadata are part
//! of it; what a film, a TIFF or a HEIC holds is told as well. The work is linear in the bytes, whatever they are.

mod adts;
mod amr;
mod avi;
mod avi_streams;
mod bmp;
mod flac;
mod flac_frame;
mod format;
mod frames;
mod gif;
mod iso;
mod iso_tables;
mod jpeg;
mod kept;
mod matroska;
mod matroska_tracks;
mod mp3;
mod ogg;
mod pixels;
mod png;
mod riff;
mod search;
mod tiff;
mod webp;

use ring::digest::{digest, SHA256};

use super::picture::Looked;
pub use kept::{Budget, Kept};
pub use pixels::pixels;
pub use search::Search;

/// Fewer bytes than this hold no image.
pub const MIN_IMAGE: usize = 57;

/// A file of a known format (an image, a sound, a film) that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// "jpeg", "png", "gif", "webp", "bmp", "tiff", "dng", "heic", "avif", "mp4", "mov", "3gp", "m4a", "mkv", "webm",
    /// "mka", "weba", "avi", "wav", "flac", "opus", "ogg", "amr", "aac" or "mp3".
    pub format: &'static str,
    /// First byte, counted from the start of the place.
    pub start: u64,
    /// End, exclusive.
    pub end: u64,
    /// Pixels across; 0 when there are none, or nothing says how many.
    pub width: u32,
    /// Pixels down; 0 also when a JPEG says so only later.
    pub height: u32,
    /// SHA-256 of `start..end`.
    pub sha256: [u8; 32],
    /// False when its end was not seen or its structure breaks off.
    pub complete: bool,
    /// What a look at its pixels said; the search itself does not look.
    pub looked: Looked,
    /// Ranges in it that its structure does not explain.
    pub holes: Vec<(u64, u64)>,
}

impl Image {
    /// The same, counted from a place `shift` bytes before.
    #[must_use]
    pub fn moved_on(&self, shift: u64) -> Image {
        self.moved(|at| at + shift)
    }

    /// The same, counted from a place `shift` bytes behind, which does not lie behind its start.
    #[must_use]
    pub fn moved_back(&self, shift: u64) -> Image {
        self.moved(|at| at - shift)
    }

    fn moved(&self, to: impl Fn(u64) -> u64) -> Image {
        Image {
            start: to(self.start),
            end: to(self.end),
            holes: self
                .holes
                .iter()
                .map(|&(from, end)| (to(from), to(end)))
                .collect(),
            ..self.clone()
        }
    }

    /// The ranges that its structure explains.
    pub fn explained(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut from = self.start;
        let last = (self.end, self.end);
        self.holes
            .iter()
            .copied()
            .chain([last])
            .filter_map(move |(hole, end)| {
                let range = (from, hole.min(self.end));
                from = from.max(end);
                (range.0 < range.1).then_some(range)
            })
    }
}

/// SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    to_array(digest(&SHA256, bytes).as_ref())
}

fn to_array(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(bytes);
    array
}

/// All files of known formats in some bytes.
pub fn images(bytes: &[u8]) -> Vec<Image> {
    let mut found = Vec::new();
    Search::default().feed(bytes, 0, true, &mut |image| found.push(image));
    found
}

/// How an owner's file can be recognised in traffic: SHA-256 and length of the whole, and of each complete image
/// that structure finds in it. They differ when bytes follow the image's end (motion photos, makers' trailers).
pub fn fingerprints(file: &[u8]) -> Vec<([u8; 32], u64)> {
    let mut prints = vec![(sha256(file), file.len() as u64)];
    let whole = images(file).into_iter().filter(|image| image.complete);
    prints.extend(whole.map(|image| (image.sha256, image.end - image.start)));
    prints.dedup();
    prints
}

#[cfg(test)]
#[path = "../media_tests.rs"]
mod tests;

#[cfg(test)]
mod files_tests;
