//! Looking for what is known (needles) and for what has a shape (media) in any bytes.

pub(crate) mod blocks;
pub mod digests;
mod free;
pub(crate) mod grams;
pub mod media;
pub mod needles;
pub mod picture;
pub mod pieces;
#[cfg(test)]
pub(crate) mod printed;
#[cfg(test)]
pub(crate) mod random;
pub mod salted;
mod salted_times;
pub mod shaped;
pub mod tally;
mod tokens;
pub(crate) mod words;
