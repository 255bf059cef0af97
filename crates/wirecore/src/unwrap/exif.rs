//! The metadata of photos: Exif (CIPA DC-008) wherever a JPEG, PNG, WebP, HEIC or TIFF has it, and the packet of XMP
//! beside it (ISO 16684-1).
//!
//! A child is the value of one tag, printed; its path is `=/group/Name` (`=/group/2/Name` where a tag stands there again),
//! its key the name. The place is printed as
//! people write it, under `=/GPS/place`. XMP is shown as it stands, under `/xmp`, for the codec of XML.

use super::look::{is_readable, BINARY};
use super::place;
use super::tree::{Tree, View};
use super::{Codec, Hint};
use memchr::memmem;
use std::io::Write as _;

pub(super) const CODEC: Codec = Codec {
    name: "exif",
    reason:
        "photos carry where, when and with which device they were taken (CIPA DC-008, ISO 16684-1)",
    wants: BINARY,
    recognise: |view| {
        !view.text && (blocks(view.bytes).next().is_some() || xmp(view.bytes).is_some())
    },
    open,
    derive: |raw, step, out| {
        if step.path == "/xmp" {
            out.extend_from_slice(raw);
            return true;
        }
        let mut found = false;
        tags(raw, &mut |path, value| {
            if !found && step.path == path {
                found = true;
                out.extend_from_slice(value);
            }
        });
        found
    },
};

/// Bytes in which a block may lie: writers put it first, but behind a container's head.
const NEAR: usize = 1 << 20;
/// A block's own length is at most that of a JPEG's segment, but in other formats.
const BLOCK: usize = 256 * 1024;
const BLOCKS: usize = 8;
/// Entries of one directory.
const ENTRIES: u64 = 256;
/// Bytes of one value.
const VALUE: u64 = 64 * 1024;

/// Where the blocks begin.
fn blocks(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let near = &bytes[..bytes.len().min(NEAR)];
    let bare = is_tiff(near).then_some(0);
    let marked = memmem::find_iter(near, b"Exif\0\0").map(|at| at + 6);
    let chunk = memmem::find_iter(near, b"eXIf").map(|at| at + 4);
    let riff = near
        .starts_with(b"RIFF")
        .then(|| memmem::find(bytes, b"EXIF"))
        .flatten();
    let others = chunk.chain(riff.map(|at| at + 8));
    bare.into_iter()
        .chain(marked)
        .chain(others)
        .filter(|&at| bytes.get(at..).is_some_and(is_tiff))
        .take(BLOCKS)
}

fn is_tiff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*")
}

/// Where a packet of XMP lies.
fn xmp(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let near = &bytes[..bytes.len().min(NEAR)];
    let start = memmem::find(near, b"<x:xmpmeta")?;
    let end = start + memmem::find(&bytes[start..], b"</x:xmpmeta>")?;
    Some(start..end + 12)
}

fn open(tree: &mut Tree<'_>, view: &View<'_>) -> bool {
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return false;
    };
    for start in blocks(view.bytes) {
        let end = view.bytes.len().min(start + BLOCK);
        tags(&view.bytes[start..end], &mut |path, value| {
            if !tree.spend(value.len()) {
                return;
            }
            tree.aim(step, &(start..end));
            let its = tree.path(step);
            its.clear();
            its.push_str(path);
            let name = tree.name_from(step, path.rfind('/').map_or(0, |at| at + 1));
            tree.show(value, false, name, &Hint::default());
        });
    }
    if let Some(range) = xmp(view.bytes) {
        tree.aim(step, &range);
        let path = tree.path(step);
        path.clear();
        path.push_str("/xmp");
        tree.show(&view.bytes[range], true, view.key, &Hint::default());
    }
    tree.pop();
    false
}

/// The tags that have names here: directory, number, name.
const NAMES: &[(&str, u64, &str)] = &[
    ("image", 0x010E, "ImageDescription"),
    ("image", 0x010F, "Make"),
    ("image", 0x0110, "Model"),
    ("image", 0x0131, "Software"),
    ("image", 0x0132, "DateTime"),
    ("image", 0x013B, "Artist"),
    ("image", 0x013C, "HostComputer"),
    ("image", 0x8298, "Copyright"),
    ("image", 0xC62F, "CameraSerialNumber"),
    ("exif", 0x9003, "DateTimeOriginal"),
    ("exif", 0x9004, "DateTimeDigitized"),
    ("exif", 0x9011, "OffsetTimeOriginal"),
    ("exif", 0x927C, "MakerNote"),
    ("exif", 0x9286, "UserComment"),
    ("exif", 0xA420, "ImageUniqueID"),
    ("exif", 0xA430, "CameraOwnerName"),
    ("exif", 0xA431, "BodySerialNumber"),
    ("exif", 0xA434, "LensModel"),
    ("exif", 0xA435, "LensSerialNumber"),
    ("GPS", 0x001B, "GPSProcessingMethod"),
    ("GPS", 0x001D, "GPSDateStamp"),
];

struct Reader<'b> {
    bytes: &'b [u8],
    little: bool,
}

impl<'b> Reader<'b> {
    fn number(&self, at: u64, len: usize) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let raw = self.bytes.get(at..at.checked_add(len)?)?;
        let add = |value: u64, b: &u8| value << 8 | u64::from(*b);
        Some(if self.little {
            raw.iter().rev().fold(0, add)
        } else {
            raw.iter().fold(0, add)
        })
    }

    fn bytes(&self, at: u64, len: u64) -> Option<&'b [u8]> {
        let at = usize::try_from(at).ok()?;
        self.bytes
            .get(at..at.checked_add(usize::try_from(len).ok()?)?)
    }

    /// Degrees, minutes and seconds as fractions.
    fn degrees(&self, at: u64) -> Option<f64> {
        let mut sum = 0.0;
        for (n, unit) in [(0, 1.0), (1, 60.0), (2, 3600.0)] {
            let (above, below) = (self.number(at + n * 8, 4)?, self.number(at + n * 8 + 4, 4)?);
            if below > 0 {
                sum += above as f64 / below as f64 / unit;
            }
        }
        (sum <= 180.0).then_some(sum)
    }
}

/// One entry of a directory.
struct Entry {
    tag: u64,
    kind: u64,
    /// Where the value stands, and how many bytes of it there are.
    at: u64,
    len: u64,
}

/// The entries of the directory at `at`, and where the next one is.
fn entries(reader: &Reader<'_>, at: u64) -> Option<Vec<Entry>> {
    let count = reader.number(at, 2)?.min(ENTRIES);
    let mut entries = Vec::new();
    for n in 0..count {
        let entry = at + 2 + n * 12;
        let (tag, kind) = (reader.number(entry, 2)?, reader.number(entry + 2, 2)?);
        let width = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => continue,
        };
        let len = reader.number(entry + 4, 4)? * width;
        let at = if len <= 4 {
            entry + 8
        } else {
            reader.number(entry + 8, 4)?
        };
        entries.push(Entry { tag, kind, at, len });
    }
    Some(entries)
}

/// Shows the value of every tag of a block with its path.
fn tags(block: &[u8], each: &mut dyn FnMut(&str, &[u8])) -> Option<()> {
    let reader = Reader {
        bytes: block,
        little: block.first()? == &b'I',
    };
    let first = entries(&reader, reader.number(4, 4)?)?;
    let inner = |tag: u64| {
        let entry = first.iter().find(|entry| entry.tag == tag)?;
        entries(&reader, reader.number(entry.at, 4)?)
    };
    show("image", &reader, &first, each);
    if let Some(exif) = inner(0x8769) {
        show("exif", &reader, &exif, each);
    }
    if let Some(gps) = inner(0x8825) {
        show("GPS", &reader, &gps, each);
        show_place(&reader, &gps, each);
    }
    Some(())
}

fn show(group: &str, reader: &Reader<'_>, entries: &[Entry], each: &mut dyn FnMut(&str, &[u8])) {
    let mut path = String::new();
    for (n, entry) in entries.iter().enumerate() {
        let Some(value) = reader.bytes(entry.at, entry.len.min(VALUE)) else {
            continue;
        };
        let known = NAMES
            .iter()
            .find(|(its, tag, _)| *its == group && *tag == entry.tag);
        path.clear();
        path.push_str("=/");
        path.push_str(group);
        path.push('/');
        // A tag that stands there twice has two paths.
        let before = entries[..n].iter().filter(|one| one.tag == entry.tag);
        let before = before.count();
        if before > 0 {
            let _ = std::fmt::Write::write_fmt(&mut path, format_args!("{}/", before + 1));
        }
        match known {
            Some((_, _, name)) => path.push_str(name),
            None if matches!(entry.kind, 1 | 2 | 7) && value.len() >= 8 => {
                let _ = std::fmt::Write::write_fmt(&mut path, format_args!("{:#06x}", entry.tag));
            }
            None => continue,
        }
        // A comment begins with the name of its alphabet, and texts end with a zero.
        let value = [&b"ASCII\0\0\0"[..], b"UNICODE\0", b"\0\0\0\0\0\0\0\0"]
            .iter()
            .find_map(|prefix| value.strip_prefix(*prefix))
            .unwrap_or(value);
        let text = value
            .split(|b| *b == 0)
            .next()
            .unwrap_or_default()
            .trim_ascii();
        if is_readable(text) && (entry.kind == 2 || value.len() <= text.len() + 1) {
            each(&path, text);
        } else if entry.kind != 2 && !value.is_empty() {
            each(&path, value);
        }
    }
}

fn show_place(reader: &Reader<'_>, gps: &[Entry], each: &mut dyn FnMut(&str, &[u8])) {
    let side = |tag: u64, negative: u8| {
        let at = |tag: u64| gps.iter().find(|entry| entry.tag == tag);
        let degrees = reader.degrees(at(tag)?.at)?;
        let sign = at(tag - 1).and_then(|entry| reader.bytes(entry.at, 1));
        let is_negative = sign.is_some_and(|sign| sign[0].eq_ignore_ascii_case(&negative));
        Some(if is_negative { -degrees } else { degrees })
    };
    let (Some(latitude), Some(longitude)) = (side(2, b's'), side(4, b'w')) else {
        return;
    };
    if !place::is_place(latitude, longitude) {
        return;
    }
    let mut printed = Vec::new();
    for (path, value) in [
        ("=/GPS/GPSLatitude", latitude),
        ("=/GPS/GPSLongitude", longitude),
    ] {
        printed.clear();
        // Writing to a vector cannot fail.
        let _ = write!(printed, "{value:.6}");
        each(path, &printed);
    }
    printed.clear();
    place::print(latitude, longitude, &mut printed);
    each("=/GPS/place", &printed);
}
