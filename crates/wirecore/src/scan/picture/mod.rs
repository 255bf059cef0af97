//! Pictures: is an image one of the owner's, though no byte of it is the same?
//!
//! In: the owner's pictures, then images. Out: which of them an image shows, resized, saved again, turned,
//! mirrored or cut. A hash of 256 bits says which may be the same, or a second look where a part of one may lie;
//! then their details must agree, all over the picture. Deterministic; nothing is kept between images.

mod album;
mod decode;
mod hash;
mod part;
mod patch;

pub use album::{Album, Likeness, Seen};
pub use decode::{decode, Grey, Unseen, LEAST_SIDE, MAX_PIXELS};

/// What a look at an image said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Looked {
    /// Nobody looked: there is nothing to compare with, or only a part of it was there.
    #[default]
    Not,
    /// It shows an owner's picture.
    Owners(u32, Likeness),
    /// It shows none of the owner's pictures.
    Stranger,
    /// It could not be told.
    Unseen(Unseen),
}

impl Looked {
    /// The word in the table of media.
    pub fn text(self) -> &'static str {
        match self {
            Looked::Not => "",
            Looked::Owners(..) => "owner",
            Looked::Stranger => "stranger",
            Looked::Unseen(why) => why.text(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
