//! The tables of ISO base media: in, the content of a box of tables; out, which bytes of the file are samples or items
//! (ISO/IEC 14496-12, sections 8.7, 8.8 and 8.11), how large the picture is, and how some samples are made.

use rustc_hash::FxHashMap;

/// What the tables of one file say.
#[derive(Default)]
pub(super) struct Index {
    /// Samples in a row, and items: first byte and end in the file, in no order.
    pub extents: Vec<(u64, u64)>,
    /// The largest picture, in pixels.
    pub size: (u32, u32),
    /// Some samples whose inside has an order of its own.
    probes: Vec<Probe>,
}

/// A sample that is looked at.
struct Probe {
    from: u64,
    end: u64,
    coding: Coding,
}

#[derive(Clone, Copy)]
enum Coding {
    /// Units with lengths of so many bytes before each (ISO/IEC 14496-15).
    Units(usize),
    /// Units of AV1, with lengths of seven bits a byte (AV1 specification, section 5.3).
    Av1,
}

/// Extents of one file: chunks of a film of hours.
const EXTENTS: usize = 1 << 17;
/// Samples that are looked at.
const PROBES: usize = 64;

/// The boxes in some bytes.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let &[a, b, c, d, kind @ ..] = rest.first_chunk::<8>()?;
        let size = u32::from_be_bytes([a, b, c, d]) as usize;
        let content = rest.get(8..size)?;
        rest = &rest[size..];
        Some((kind, content))
    })
}

/// Do boxes tile the bytes, also inside those that hold nothing else?
pub(super) fn are_boxes(bytes: &[u8]) -> bool {
    let mut len = 0;
    let whole = boxes(bytes).all(|(kind, content)| {
        len += content.len() + 8;
        let nested = matches!(
            &kind,
            b"trak" | b"mdia" | b"minf" | b"stbl" | b"edts" | b"traf" | b"mvex"
        );
        !nested || are_boxes(content)
    });
    // Some writers end a list with four zeros.
    whole && bytes.len() - len <= 4
}

/// The content of the box at the end of a way of boxes.
fn inside<'b>(bytes: &'b [u8], way: &[&[u8; 4]]) -> Option<&'b [u8]> {
    way.iter().try_fold(bytes, |bytes, name| {
        boxes(bytes)
            .find(|(kind, _)| kind == *name)
            .map(|(_, content)| content)
    })
}

fn be(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let raw = bytes.get(at..at.checked_add(len)?)?;
    Some(raw.iter().fold(0, |value, &b| value << 8 | u64::from(b)))
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    be(bytes, at, 4)
}

impl Index {
    fn add(&mut self, from: u64, len: u64) {
        if len > 0 && self.extents.len() < EXTENTS {
            self.extents.push((from, from.saturating_add(len)));
        }
    }

    fn probe(&mut self, from: u64, len: u64, coding: Option<Coding>) {
        if let Some(coding) = coding.filter(|_| self.probes.len() < PROBES && len > 0) {
            let end = from.saturating_add(len);
            self.probes.push(Probe { from, end, coding });
        }
    }

    fn sees(&mut self, width: u64, height: u64) {
        let (width, height) = (width as u32, height as u32);
        let area = |(w, h): (u32, u32)| u64::from(w) * u64::from(h);
        if area((width, height)) > area(self.size) {
            self.size = (width, height);
        }
    }

    /// Bytes that [`Index::is_true_of`] may read.
    pub(super) fn work(&self) -> u64 {
        self.probes.iter().map(|probe| probe.end - probe.from).sum()
    }

    /// Are the samples that can be looked at what their coding says? `some`: there must be such.
    pub(super) fn is_true_of(&self, file: &[u8], some: bool) -> bool {
        if some && self.probes.is_empty() {
            return false;
        }
        self.probes.iter().all(|probe| {
            let range = usize::try_from(probe.from)
                .ok()
                .zip(usize::try_from(probe.end).ok());
            let sample = range.and_then(|(from, end)| file.get(from..end));
            sample.is_none_or(|sample| match probe.coding {
                Coding::Units(size) => are_units(sample, size),
                Coding::Av1 => are_obus(sample),
            })
        })
    }
}

/// Do lengths and units tile the sample?
fn are_units(sample: &[u8], size: usize) -> bool {
    let mut at = 0;
    while at < sample.len() {
        let Some(len) = be(sample, at, size).filter(|&len| len > 0) else {
            return false;
        };
        at = at.saturating_add(size).saturating_add(len as usize);
    }
    at == sample.len()
}

fn are_obus(sample: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&header) = sample.get(at) {
        // Two bits are always zero, and in a file each unit has its length.
        if header & 0x83 != 2 || !matches!(header >> 3 & 15, 1..=8 | 15) {
            return false;
        }
        at += if header & 4 == 0 { 1 } else { 2 };
        let mut len = 0;
        for n in 0..8 {
            let Some(&b) = sample.get(at) else {
                return false;
            };
            at += 1;
            len |= u64::from(b & 0x7F) << (7 * n);
            if b < 0x80 {
                break;
            }
        }
        at = at.saturating_add(len as usize);
    }
    at == sample.len()
}

/// The content of `moov`.
pub(super) fn movie(moov: &[u8], index: &mut Index) {
    for (kind, track) in boxes(moov) {
        if &kind != b"trak" {
            continue;
        }
        if let Some(head) = inside(track, &[b"tkhd"]) {
            let at = if head.first() == Some(&1) { 88 } else { 76 };
            if let (Some(width), Some(height)) = (number(head, at), number(head, at + 4)) {
                index.sees(width >> 16, height >> 16);
            }
        }
        if let Some(tables) = inside(track, &[b"mdia", b"minf", b"stbl"]) {
            samples(tables, index);
        }
    }
}

/// Size of a sample, by its number.
enum Sizes<'t> {
    All(u64),
    Each { table: &'t [u8], bits: usize },
}

impl Sizes<'_> {
    fn of(tables: &[u8]) -> Option<(Sizes<'_>, u64)> {
        if let Some(table) = inside(tables, &[b"stsz"]) {
            let count = number(table, 8)?;
            let sizes = match number(table, 4)? {
                0 => Sizes::Each {
                    table: table.get(12..)?,
                    bits: 32,
                },
                size => Sizes::All(size),
            };
            return Some((sizes, count));
        }
        let table = inside(tables, &[b"stz2"])?;
        let bits = usize::from(*table.get(7)?);
        let wide = matches!(bits, 8 | 16).then_some(bits)?;
        Some((
            Sizes::Each {
                table: table.get(12..)?,
                bits: wide,
            },
            number(table, 8)?,
        ))
    }

    fn get(&self, sample: u64) -> Option<u64> {
        match self {
            Sizes::All(size) => Some(*size),
            Sizes::Each { table, bits } => be(table, sample as usize * (bits / 8), bits / 8),
        }
    }
}

/// Chunks and what is in them.
fn samples(tables: &[u8], index: &mut Index) -> Option<()> {
    let (sizes, count) = Sizes::of(tables)?;
    let coding = inside(tables, &[b"stsd"]).and_then(coding_of);
    let runs = inside(tables, &[b"stsc"])?;
    let (offsets, wide) = match inside(tables, &[b"co64"]) {
        Some(offsets) => (offsets, 8),
        None => (inside(tables, &[b"stco"])?, 4),
    };
    let chunks = number(offsets, 4)?;
    let (mut run, mut a_chunk) = (0, 0);
    let mut sample = 0;
    for chunk in 0..chunks {
        while number(runs, 8 + run * 12) == Some(chunk + 1) {
            a_chunk = number(runs, 12 + run * 12)?;
            run += 1;
        }
        let from = be(offsets, 8 + chunk as usize * wide, wide)?;
        let here = a_chunk.min(count - sample);
        let first = sizes.get(sample)?;
        let len = match sizes {
            Sizes::All(size) => size.saturating_mul(here),
            Sizes::Each { .. } => {
                let mut sum = 0_u64;
                for at in sample..sample + here {
                    sum += sizes.get(at)?;
                }
                sum
            }
        };
        sample += here;
        index.add(from, len);
        if here > 0 {
            index.probe(from, first, coding);
        }
        if sample == count || index.extents.len() == EXTENTS {
            break;
        }
    }
    Some(())
}

/// How the samples are made, by their description.
fn coding_of(description: &[u8]) -> Option<Coding> {
    let (kind, entry) = boxes(description.get(8..)?).next()?;
    let (name, at) = match &kind {
        b"avc1" | b"avc3" => (b"avcC", 4),
        b"hvc1" | b"hev1" => (b"hvcC", 21),
        b"av01" => return Some(Coding::Av1),
        _ => return None,
    };
    let config = inside(entry.get(78..)?, &[name])?;
    Some(Coding::Units(usize::from(config.get(at)? & 3) + 1))
}

/// The content of a `moof` that begins at `start` of the file.
pub(super) fn fragment(moof: &[u8], start: u64, index: &mut Index) {
    for (kind, track) in boxes(moof) {
        if &kind == b"traf" {
            runs_of(track, start, index);
        }
    }
}

fn runs_of(track: &[u8], start: u64, index: &mut Index) -> Option<()> {
    let head = inside(track, &[b"tfhd"])?;
    let flags = number(head, 0)?;
    let mut at = 8;
    let mut next = |present: bool, len: usize| {
        let value = present.then(|| be(head, at, len)).flatten();
        at += if present { len } else { 0 };
        value
    };
    let base = next(flags & 1 != 0, 8).unwrap_or(start);
    next(flags & 2 != 0, 4);
    next(flags & 8 != 0, 4);
    let usual = next(flags & 16 != 0, 4);
    let mut from = base;
    for (kind, run) in boxes(track) {
        if &kind != b"trun" {
            continue;
        }
        let flags = number(run, 0)?;
        let count = number(run, 4)?;
        let mut at = 8;
        if flags & 1 != 0 {
            let offset = number(run, at)? as u32 as i32;
            from = base.checked_add_signed(offset.into())?;
            at += 4;
        }
        at += if flags & 4 != 0 { 4 } else { 0 };
        let fields = [0x100, 0x200, 0x400, 0x800].map(|bit| usize::from(flags & bit != 0) * 4);
        let stride: usize = fields.iter().sum();
        let len = if flags & 0x200 == 0 {
            usual?.saturating_mul(count)
        } else {
            let mut sum = 0_u64;
            for sample in 0..count {
                let place =
                    at.checked_add(usize::try_from(sample).ok()?.checked_mul(stride)?)? + fields[0];
                sum += number(run, place)?;
            }
            sum
        };
        index.add(from, len);
        from = from.saturating_add(len);
    }
    Some(())
}

/// The content of a `meta` of the top level: the items of HEIC and AVIF.
pub(super) fn items(meta: &[u8], index: &mut Index) {
    let Some(meta) = meta.get(4..) else {
        return;
    };
    if let Some(properties) = inside(meta, &[b"iprp", b"ipco"]) {
        for (kind, property) in boxes(properties) {
            if let (b"ispe", Some(w), Some(h)) = (&kind, number(property, 4), number(property, 8)) {
                index.sees(w, h);
            }
        }
    }
    locations(meta, index);
}

fn locations(meta: &[u8], index: &mut Index) -> Option<()> {
    let table = inside(meta, &[b"iloc"])?;
    let version = *table.first()?;
    let (first, more) = (*table.get(4)?, *table.get(5)?);
    let (offset_size, len_size) = (usize::from(first >> 4), usize::from(first & 15));
    let (base_size, index_size) = (usize::from(more >> 4), usize::from(more & 15));
    let sizes = [offset_size, len_size, base_size, index_size];
    if sizes.iter().any(|&size| size > 8) || offset_size + len_size == 0 {
        return None;
    }
    let mut at = 6;
    let mut next = |len: usize| {
        let value = be(table, at, len);
        at += len;
        value
    };
    let id_size = if version < 2 { 2 } else { 4 };
    let codings = item_codings(meta);
    for _ in 0..next(id_size)? {
        let id = next(id_size)?;
        let in_file = version == 0 || next(2)?.trailing_zeros() >= 4;
        next(2)?;
        let base = next(base_size)?;
        let extents = next(2)?;
        for _ in 0..extents {
            if version > 0 {
                next(index_size)?;
            }
            let (offset, len) = (next(offset_size)?, next(len_size)?);
            if in_file {
                let from = base.saturating_add(offset);
                index.add(from, len);
                let coding = codings.get(&id).filter(|_| extents == 1);
                index.probe(from, len, coding.copied());
            }
        }
    }
    Some(())
}

/// How the pictures among the items are made.
fn item_codings(meta: &[u8]) -> FxHashMap<u64, Coding> {
    let mut codings = FxHashMap::default();
    let Some(list) = inside(meta, &[b"iinf"]) else {
        return codings;
    };
    let skip = if list.first() == Some(&0) { 6 } else { 8 };
    for (_, entry) in boxes(list.get(skip..).unwrap_or_default()) {
        let wide = entry.first() == Some(&3);
        let id = be(entry, 4, if wide { 4 } else { 2 });
        let kind = entry.get(if wide { 10..14 } else { 8..12 });
        let coding = match kind {
            Some(b"hvc1") => Coding::Units(4),
            Some(b"av01") => Coding::Av1,
            _ => continue,
        };
        codings.extend(id.map(|id| (id, coding)));
    }
    codings
}
