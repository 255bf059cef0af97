//! What a format of images, sounds and films must tell of itself, and by which bytes each begins.
//!
//! A machine is sans-IO: it is fed from the first byte of the candidate, in any pieces, and never asked back. To add a
//! format: a file with its machine, and its rows in [`SIGNATURES`].

use std::ops::Range;

use super::frames::Frames;
use super::{adts, amr, avi, bmp, flac, gif, iso, jpeg, matroska, mp3, ogg, png, riff, tiff};
use crate::unwrap::look::is_random;

/// What a machine says of the bytes it was fed; the number counts those of them that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// All taken, and the file goes on.
    More,
    /// The file ended here, or [`Format::verified`] says where before.
    Done(usize),
    /// This is no such file, or a damaged one, from here on.
    Bad(usize),
}

/// Format, width and height (0 when unknown, or when there are none).
pub(super) type Head = (&'static str, u32, u32);

/// A format's machine.
pub(super) trait Format: Send + Sync {
    /// Takes the next bytes.
    fn feed(&mut self, bytes: &[u8]) -> Fate;
    /// The file's head, once the structure is beyond doubt.
    fn head(&self) -> Option<Head>;
    /// Bytes from the start whose structure was verified.
    fn verified(&self) -> u64;
    /// The file may end at [`Format::verified`].
    fn may_end(&self) -> bool {
        false
    }
    /// What bytes that do not belong to the file, up to `at`, make of it: whole as it is, or none.
    fn stopped(&self, at: usize) -> Fate {
        if self.head().is_some() {
            Fate::Done(at)
        } else {
            Fate::Bad(at)
        }
    }
    /// Is it sure that no other file can begin in what was taken, whatever follows?
    fn hides_nothing(&self) -> bool {
        false
    }
    /// What is inside a whole file is part of it. Of a container's, each is told as well.
    fn owns_inside(&self) -> bool {
        false
    }
    /// Each byte is verified as it passes; the others are judged when the file has ended.
    fn as_it_passes(&self) -> bool {
        false
    }
    /// What it read besides the bytes as they passed, in bytes.
    fn work(&self) -> u64 {
        0
    }
    /// All bytes of the file, when they are at hand: for what cannot be told as they pass.
    fn look(&mut self, _whole: &[u8]) {}
    /// Ranges of the file, up to `end`, that its structure does not explain.
    fn holes(&self, end: u64) -> Vec<Hole> {
        if self.verified() < end {
            return vec![(self.verified(), end)];
        }
        Vec::new()
    }
}

/// A range of a file that its structure does not explain, counted from the file's start.
pub(super) type Hole = (u64, u64);

/// By which bytes a file begins.
pub(super) struct Signature {
    /// The bytes.
    pub bytes: &'static [u8],
    /// How far behind the file's first byte they stand.
    pub back: usize,
    /// The file's first bytes, where `bytes` stand further behind.
    pub first: &'static [u8],
    /// A machine for it.
    pub machine: fn() -> Box<dyn Format>,
}

const fn at_start(bytes: &'static [u8], machine: fn() -> Box<dyn Format>) -> Signature {
    Signature {
        bytes,
        back: 0,
        first: b"",
        machine,
    }
}

/// What stands behind the name and length that WebP, WAV and AVI share.
const fn in_riff(bytes: &'static [u8], machine: fn() -> Box<dyn Format>) -> Signature {
    Signature {
        bytes,
        back: 8,
        first: b"RIFF",
        machine,
    }
}

/// A header's length, which stands behind the offset of the pixels, of which the upper half is zero.
const fn bitmap(bytes: &'static [u8]) -> Signature {
    Signature {
        bytes,
        back: 12,
        first: b"BM",
        machine: || Box::<bmp::Bmp>::default(),
    }
}

fn sound() -> Box<dyn Format> {
    Box::new(Frames::new(adts::Adts::default(), 0))
}

fn bare_mp3() -> Box<dyn Format> {
    Box::new(Frames::new(mp3::Layer3::default(), 0))
}

/// Every signature; at least three bytes each.
pub(super) const SIGNATURES: &[Signature] = &[
    at_start(b"\xFF\xD8\xFF", || Box::<jpeg::Jpeg>::default()),
    at_start(png::SIGNATURE, || Box::<png::Png>::default()),
    at_start(b"GIF87a", || Box::<gif::Gif>::default()),
    at_start(b"GIF89a", || Box::<gif::Gif>::default()),
    in_riff(b"WEBP", || Box::<riff::Riff>::default()),
    in_riff(b"WAVE", || Box::<riff::Riff>::default()),
    in_riff(b"AVI LIST", || Box::<avi::Avi>::default()),
    at_start(b"fLaC", || Box::<flac::Flac>::default()),
    Signature {
        bytes: b"ftyp",
        back: 4,
        first: b"\0\0",
        machine: || Box::<iso::Iso>::default(),
    },
    at_start(b"II*\0", || Box::<tiff::Tiff>::default()),
    at_start(b"MM\0*", || Box::<tiff::Tiff>::default()),
    bitmap(b"\0\0\x28\0\0\0"),
    bitmap(b"\0\0\x34\0\0\0"),
    bitmap(b"\0\0\x38\0\0\0"),
    bitmap(b"\0\0\x6C\0\0\0"),
    bitmap(b"\0\0\x7C\0\0\0"),
    at_start(b"#!AMR\n", || Box::new(Frames::new(amr::Amr(false), 6))),
    at_start(b"#!AMR-WB\n", || Box::new(Frames::new(amr::Amr(true), 9))),
    at_start(b"OggS\0", || Box::<ogg::Ogg>::default()),
    at_start(b"\x1A\x45\xDF\xA3", || Box::<matroska::Matroska>::default()),
    at_start(b"ID3\x02", || Box::<mp3::Mp3>::default()),
    at_start(b"ID3\x03", || Box::<mp3::Mp3>::default()),
    at_start(b"ID3\x04", || Box::<mp3::Mp3>::default()),
    // Of MP3 without a tag, the rates in use: 64 to 320 kbit/s at 44.1 and 48 kHz, 32 to 64 at half of these.
    at_start(b"\xFF\xFB\x50", bare_mp3),
    at_start(b"\xFF\xFB\x54", bare_mp3),
    at_start(b"\xFF\xFB\x70", bare_mp3),
    at_start(b"\xFF\xFB\x90", bare_mp3),
    at_start(b"\xFF\xFB\x94", bare_mp3),
    at_start(b"\xFF\xFB\xB0", bare_mp3),
    at_start(b"\xFF\xFB\xB4", bare_mp3),
    at_start(b"\xFF\xFB\xD0", bare_mp3),
    at_start(b"\xFF\xFB\xE0", bare_mp3),
    at_start(b"\xFF\xFB\xE4", bare_mp3),
    at_start(b"\xFF\xF3\x40", bare_mp3),
    at_start(b"\xFF\xF3\x44", bare_mp3),
    at_start(b"\xFF\xF3\x60", bare_mp3),
    at_start(b"\xFF\xF3\x64", bare_mp3),
    at_start(b"\xFF\xF3\x80", bare_mp3),
    at_start(b"\xFF\xF3\x84", bare_mp3),
    // Of AAC, the sampling rates that are in use (8 to 48 kHz), low complexity.
    at_start(b"\xFF\xF1\x4C", sound),
    at_start(b"\xFF\xF1\x50", sound),
    at_start(b"\xFF\xF1\x54", sound),
    at_start(b"\xFF\xF1\x58", sound),
    at_start(b"\xFF\xF1\x5C", sound),
    at_start(b"\xFF\xF1\x60", sound),
    at_start(b"\xFF\xF1\x64", sound),
    at_start(b"\xFF\xF1\x68", sound),
    at_start(b"\xFF\xF1\x6C", sound),
    at_start(b"\xFF\xF9\x4C", sound),
    at_start(b"\xFF\xF9\x50", sound),
    at_start(b"\xFF\xF9\x54", sound),
    at_start(b"\xFF\xF9\x58", sound),
    at_start(b"\xFF\xF9\x5C", sound),
    at_start(b"\xFF\xF9\x60", sound),
    at_start(b"\xFF\xF9\x64", sound),
    at_start(b"\xFF\xF9\x68", sound),
    at_start(b"\xFF\xF9\x6C", sound),
];

/// The longest way from a file's first byte to the end of its signature.
pub(super) const FARTHEST: usize = 18;

/// A stretch whose length is known beforehand, of which the middle is kept: is it as random as sealed bytes are?
#[derive(Default)]
pub(super) struct Sample {
    wanted: Range<u64>,
    at: u64,
    kept: Vec<u8>,
}

/// Bytes of a stretch that are looked at.
const SAMPLED: u64 = 4096;

impl Sample {
    /// Of a stretch of so many bytes.
    pub(super) fn of(len: u64) -> Self {
        let size = len.min(SAMPLED);
        let start = (len - size) / 2;
        Sample {
            wanted: start..start + size,
            at: 0,
            kept: Vec::new(),
        }
    }

    /// The next bytes of it.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len() as u64;
        let (from, to) = (self.wanted.start.max(self.at), self.wanted.end.min(end));
        if from < to {
            let inside = (from - self.at) as usize..(to - self.at) as usize;
            self.kept.extend_from_slice(&bytes[inside]);
        }
        self.at = end;
    }

    /// Does what was seen look sealed?
    pub(super) fn is_random(&self) -> bool {
        is_random(&self.kept)
    }

    /// The same of samples or pixels of so many bytes each.
    pub(super) fn is_sealed(&self, stride: usize) -> bool {
        is_sealed(&self.kept, stride)
    }
}

/// Bytes of one sample or pixel of which the lanes are told apart.
const STRIDE: usize = 8;

/// Do samples or pixels of `stride` bytes look sealed? Loud sounds and grainy pictures have every value about as
/// often, but each is near the one before, at least in its upper byte.
pub(super) fn is_sealed(bytes: &[u8], stride: usize) -> bool {
    let stride = stride.clamp(1, STRIDE);
    let bytes = &bytes[..bytes.len().min(SAMPLED as usize)];
    let steps = |lane: usize| -> Vec<u8> {
        let values = bytes.iter().skip(lane).step_by(stride);
        let next = bytes.iter().skip(lane + stride).step_by(stride);
        values.zip(next).map(|(a, b)| b.wrapping_sub(*a)).collect()
    };
    is_random(bytes) && (0..stride).all(|lane| is_random(&steps(lane)))
}

/// Adds what lies in `from..end` and in none of the sorted `extents`, when it is long enough to hold anything.
pub(super) fn complement(extents: &[Hole], (from, end): Hole, holes: &mut Vec<Hole>) {
    let mut at = from;
    for &(first, last) in extents {
        if first > at && at < end {
            push_hole(holes, (at, first.min(end)));
        }
        at = at.max(last);
    }
    if at < end {
        push_hole(holes, (at, end));
    }
}

/// Holes of one file that are told apart; the last one takes in all that follow.
const HOLES: usize = 64;

fn push_hole(holes: &mut Vec<Hole>, hole: Hole) {
    if hole.1 - hole.0 >= HOLE_MIN {
        add_hole(holes, hole, false);
    }
}

/// Adds a hole behind the others; one with the last where it begins less than `near` bytes behind that one's end.
pub(super) fn join_hole(holes: &mut Vec<Hole>, hole: Hole, near: u64) {
    let joins = holes.last().is_some_and(|last| hole.0 < last.1 + near);
    add_hole(holes, hole, joins);
}

fn add_hole(holes: &mut Vec<Hole>, hole: Hole, joins: bool) {
    let joins = joins || holes.len() >= HOLES;
    match holes.last_mut().filter(|_| joins) {
        Some(last) => last.1 = last.1.max(hole.1),
        None => holes.push(hole),
    }
}

/// Holes in what was verified, and what lies behind it up to `end`.
pub(super) fn with_rest(holes: &[Hole], verified: u64, end: u64) -> Vec<Hole> {
    let known = holes.iter().filter(|hole| hole.0 < verified);
    let known = known.map(|hole| (hole.0, hole.1.min(verified)));
    let rest = Some((verified, end)).filter(|rest| rest.0 < rest.1);
    known.chain(rest).collect()
}

/// Shorter stretches are what writers leave between their records.
pub(super) const HOLE_MIN: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_signature_is_farther_than_said() {
        let far = SIGNATURES.iter().map(|one| one.back + one.bytes.len());
        assert_eq!(far.max(), Some(FARTHEST));
        assert!(SIGNATURES.iter().all(|one| one.bytes.len() >= 3));
    }

    #[test]
    fn what_no_extent_covers_is_a_hole() {
        let mut holes = Vec::new();
        complement(
            &[(100, 300), (200, 400), (410, 1000)],
            (0, 2000),
            &mut holes,
        );
        assert_eq!(holes, [(0, 100), (1000, 2000)]);
    }

    #[test]
    fn a_sample_is_the_middle_however_it_comes() {
        let bytes: Vec<u8> = (0..10_000_u32).map(|n| (n / 7) as u8).collect();
        let mut whole = Sample::of(10_000);
        whole.feed(&bytes);
        let mut pieces = Sample::of(10_000);
        bytes.chunks(13).for_each(|piece| pieces.feed(piece));
        assert_eq!(whole.kept, pieces.kept);
        assert_eq!(whole.kept, bytes[2952..7048]);
    }
}
