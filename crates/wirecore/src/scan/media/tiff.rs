//! TIFF 6.0 and DNG: directories at any place, which say where the strips and tiles of pixels lie.
//!
//! The file is as long as its farthest part. The directories must stand in its first bytes or in what is at hand when
//! it is found; strips that are not compressed must not look sealed, the others must begin as their coding does, which
//! is known when all bytes are at hand.

use super::format::{complement, is_sealed, Fate, Format, Head, Hole};

/// Bytes of a file whose directories stand farther than what is at hand, that are kept for them.
const KEPT: usize = 256 * 1024;
/// Directories of one file, entries of one, strips of all, and how many of a directory's are looked at.
const DIRECTORIES: usize = 64;
const ENTRIES: usize = 512;
const STRIPS: usize = 1 << 16;
const LOOKED_AT: u64 = 64;

/// The machine of one TIFF file.
#[derive(Default)]
pub(super) struct Tiff {
    kept: Vec<u8>,
    layout: Option<Layout>,
    taken: u64,
    work: u64,
}

/// What the directories say.
#[derive(Default)]
struct Layout {
    size: (u32, u32),
    dng: bool,
    /// How many stretches of pixels there are.
    strips: usize,
    /// Directories, long values and pixels.
    extents: Vec<Hole>,
    len: u64,
    /// The strips that were looked at begin as their coding does.
    good: bool,
}

/// Numbers in the file's order of bytes.
struct Reader<'b> {
    bytes: &'b [u8],
    little: bool,
}

impl Reader<'_> {
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
}

/// Bytes of a value by its type; types are 1 to 13.
const WIDTHS: [u64; 14] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

/// One entry of a directory: its tag, and its values.
struct Entry {
    tag: u64,
    kind: u64,
    count: u64,
    /// Where the values stand.
    at: u64,
}

impl Entry {
    fn value(&self, reader: &Reader<'_>, n: u64) -> Option<u64> {
        let width = WIDTHS[self.kind as usize];
        (n < self.count).then(|| reader.number(self.at + n * width, width as usize))?
    }
}

fn read(bytes: &[u8], work: &mut u64) -> Option<Layout> {
    let little = bytes.first()? == &b'I';
    let reader = Reader { bytes, little };
    let mut layout = Layout {
        good: true,
        len: 8,
        ..Layout::default()
    };
    layout.extents.push((0, 8));
    let mut due = vec![reader.number(4, 4)?];
    let mut seen = Vec::new();
    while let Some(at) = due.pop() {
        if at == 0 || seen.contains(&at) {
            continue;
        }
        if seen.len() == DIRECTORIES {
            return None;
        }
        seen.push(at);
        *work += 32 * (1 + reader.number(at, 2)?.min(ENTRIES as u64));
        directory(&reader, at, &mut layout, &mut due)?;
    }
    layout.len = layout.extents.iter().map(|extent| extent.1).max()?;
    layout.extents.sort_unstable();
    (layout.size.0 > 0 && layout.strips > 0).then_some(layout)
}

fn directory(reader: &Reader<'_>, at: u64, layout: &mut Layout, due: &mut Vec<u64>) -> Option<()> {
    let count = reader.number(at, 2)?;
    if count == 0 || count as usize > ENTRIES {
        return None;
    }
    let mut before = 0;
    let (mut width, mut height, mut how) = (
        0,
        0,
        How {
            method: 1,
            stride: 1,
        },
    );
    let (mut bits, mut samples) = (8, 1);
    let (mut offsets, mut counts, mut tiles) = (None, None, Vec::new());
    for n in 0..count {
        let entry = at + 2 + n * 12;
        let (tag, kind) = (reader.number(entry, 2)?, reader.number(entry + 2, 2)?);
        let values = reader.number(entry + 4, 4)?;
        let width_of = *WIDTHS.get(usize::try_from(kind).ok()?)?;
        let len = values.checked_mul(width_of)?;
        // In order, and of a known type.
        if width_of == 0 || tag < before {
            return None;
        }
        before = tag;
        let place = if len <= 4 {
            entry + 8
        } else {
            reader.number(entry + 8, 4)?
        };
        if len > 4 {
            layout.extents.push((place, place.checked_add(len)?));
        }
        let entry = Entry {
            tag,
            kind,
            count: values,
            at: place,
        };
        let first = || entry.value(reader, 0);
        match entry.tag {
            256 => width = first()?,
            257 => height = first()?,
            258 => bits = first()?,
            259 => how.method = first()?,
            277 => samples = first()?,
            330 | 34_665 | 34_853 => {
                for n in 0..values.min(DIRECTORIES as u64) {
                    due.push(entry.value(reader, n)?);
                }
            }
            273 | 324 => offsets = Some(entry),
            279 | 325 => counts = Some(entry),
            513 | 514 => tiles.push(first()?),
            50_706 => layout.dng = true,
            _ => {}
        }
    }
    due.push(reader.number(at + 2 + count * 12, 4)?);
    layout.extents.push((at, at + 6 + count * 12));
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    if u64::from(width) * u64::from(height) > u64::from(layout.size.0) * u64::from(layout.size.1) {
        layout.size = (width, height);
    }
    if let (Some(offsets), Some(counts)) = (offsets, counts) {
        if offsets.count > STRIPS as u64 {
            return None;
        }
        how.stride = (bits.div_ceil(8).min(8) * samples.min(8)) as usize;
        let step = offsets.count / LOOKED_AT + 1;
        for n in 0..offsets.count {
            let place = (offsets.value(reader, n)?, counts.value(reader, n)?);
            strip(reader, place, &how, n % step == 0, layout)?;
        }
    }
    if let [from, len] = tiles[..] {
        let how = How {
            method: 6,
            stride: 1,
        }; // a thumbnail in JPEG
        strip(reader, (from, len), &how, true, layout)?;
    }
    Some(())
}

/// How pixels are written.
struct How {
    method: u64,
    /// Bytes of a pixel.
    stride: usize,
}

fn strip(
    reader: &Reader<'_>,
    (from, len): (u64, u64),
    how: &How,
    looked_at: bool,
    layout: &mut Layout,
) -> Option<()> {
    let end = from.checked_add(len)?;
    layout.extents.push((from, end));
    layout.strips += 1;
    if layout.strips > STRIPS {
        return None;
    }
    if looked_at {
        let range = usize::try_from(from).ok()?..usize::try_from(end).ok()?;
        layout.good &= reader
            .bytes
            .get(range)
            .is_some_and(|bytes| match how.method {
                6 | 7 | 34_892 => bytes.starts_with(b"\xFF\xD8"),
                8 | 32_946 => bytes.first().is_some_and(|b| b & 15 == 8),
                5 => bytes.first() == Some(&0x80),
                _ => !is_sealed(bytes, how.stride),
            });
    }
    Some(())
}

impl Tiff {
    fn goes_on(&self) -> Fate {
        match &self.layout {
            None if self.taken as usize > KEPT => Fate::Bad(0),
            _ => Fate::More,
        }
    }
}

impl Format for Tiff {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        if self.layout.is_none() {
            self.layout = if self.kept.is_empty() {
                read(bytes, &mut self.work)
            } else {
                let room = KEPT.saturating_sub(self.kept.len());
                self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
                read(&self.kept, &mut self.work)
            };
            if self.layout.is_some() {
                self.kept = Vec::new();
            } else if self.kept.is_empty() {
                self.kept = bytes[..bytes.len().min(KEPT)].to_vec();
            }
        }
        let before = self.taken;
        self.taken += bytes.len() as u64;
        match &self.layout {
            Some(layout) if self.taken >= layout.len => {
                self.taken = layout.len.max(before);
                Fate::Done((self.taken - before) as usize)
            }
            _ => self.goes_on(),
        }
    }

    fn head(&self) -> Option<Head> {
        let layout = self.layout.as_ref()?;
        let (width, height) = layout.size;
        Some((if layout.dng { "dng" } else { "tiff" }, width, height))
    }

    fn verified(&self) -> u64 {
        self.taken
    }

    fn look(&mut self, whole: &[u8]) {
        self.layout = read(whole, &mut self.work);
    }

    fn work(&self) -> u64 {
        self.work
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        let mut holes = Vec::new();
        match &self.layout {
            Some(layout) if layout.good && end >= layout.len => {
                complement(&layout.extents, (0, end), &mut holes);
            }
            _ => holes.push((0, end)),
        }
        holes
    }
}
