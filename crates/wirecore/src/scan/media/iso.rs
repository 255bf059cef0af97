//! ISO base media (ISO/IEC 14496-12): MP4, MOV, 3GP, M4A, HEIC and AVIF. Boxes with lengths from a box of brands on.
//!
//! What lies in `mdat` has no order of its own: the tables of `moov`, `moof` or `meta` say which bytes of it are
//! samples. So it is judged when the file has ended: what no table names stays unexplained, and where all bytes are at
//! hand, samples of a known coding are looked at too (`iso_tables.rs`).

use super::format::{complement, Fate, Format, Head, Hole, Sample};
use super::iso_tables::{self, Index};
use crate::unwrap::look::is_random;

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    /// Eight bytes of a box, sixteen when it is long.
    #[default]
    Head,
    /// A box of tables, which is kept.
    Tables,
    Skip,
}

/// The machine of one such file.
#[derive(Default)]
pub(super) struct Iso {
    state: State,
    small: [u8; 16],
    have: usize,
    kind: [u8; 4],
    left: u64,
    /// The box reaches to the end of the file, wherever that is.
    endless: bool,
    tables: Vec<u8>,
    tables_at: u64,
    brand: Option<&'static str>,
    boxes: u32,
    index: Index,
    data: Vec<Hole>,
    sample: Option<(Hole, Sample)>,
    holes: Vec<Hole>,
    taken: u64,
    boundary: u64,
}

/// Bytes of the tables of one box: those of a film of many hours.
const TABLES: u64 = 8 << 20;
/// Boxes of one file: each second of a fragmented film has two.
const BOXES: u32 = 1 << 16;

const KNOWN: [&[u8; 4]; 20] = [
    b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"moof", b"sidx", b"styp",
    b"mfra", b"udta", b"pdin", b"emsg", b"ssix", b"prft", b"pnot", b"idat", b"mpvd", b"jp2h",
];

/// The format by the main brand.
fn format_of(brand: [u8; 4]) -> &'static str {
    match &brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"hevc" | b"hevx" => "heic",
        b"avif" | b"avis" => "avif",
        b"qt  " => "mov",
        [b'3', b'g', ..] => "3gp",
        b"M4A " | b"M4B " => "m4a",
        _ => "mp4",
    }
}

impl Iso {
    /// Reads a box's header, whose content begins at `content`; none when no such box can stand here.
    fn read_head(&mut self, content: u64) -> Option<()> {
        let [a, b, c, d, k0, k1, k2, k3, wide @ ..] = self.small;
        self.kind = [k0, k1, k2, k3];
        let first = self.boxes == 0;
        let size = match u32::from_be_bytes([a, b, c, d]) {
            1 if self.have == 8 => return Some(()),
            1 => u64::from_be_bytes(wide),
            0 => u64::MAX,
            size => size.into(),
        };
        self.left = size.checked_sub(self.have as u64)?;
        self.endless = size == u64::MAX;
        self.have = 0;
        self.boxes += 1;
        let possible = if first {
            &self.kind == b"ftyp" && (16..=1024).contains(&size) && size % 4 == 0
        } else {
            KNOWN.contains(&&self.kind)
        };
        if !possible || self.boxes > BOXES {
            return None;
        }
        let end = content.saturating_add(self.left);
        match &self.kind {
            b"ftyp" | b"moov" | b"moof" | b"meta" if self.left <= TABLES => {
                self.state = State::Tables;
                self.tables_at = content;
                self.tables.clear();
            }
            b"mdat" => {
                self.state = State::Skip;
                self.data.push((content, end));
            }
            _ => {
                self.state = State::Skip;
                self.sample = Some(((content, end), Sample::of(self.left)));
            }
        }
        if self.left == 0 {
            self.end_box()?;
        }
        Some(())
    }

    /// A box has ended.
    fn end_box(&mut self) -> Option<()> {
        if let Some((range, sample)) = self.sample.take() {
            if sample.is_random() {
                self.holes.push(range);
            }
        }
        if self.state == State::Tables {
            let tables = std::mem::take(&mut self.tables);
            match &self.kind {
                b"ftyp" => {
                    let brands = tables.chunks_exact(4);
                    let printable = |brand: &[u8]| brand.iter().all(|b| (b' '..=b'~').contains(b));
                    // The second is the version of the first.
                    let spare = |brand: &[u8]| printable(brand) || brand == [0; 4];
                    let whole = brands
                        .clone()
                        .enumerate()
                        .all(|(at, brand)| at == 1 || spare(brand));
                    let first = tables
                        .first_chunk::<4>()
                        .filter(|brand| whole && printable(*brand))?;
                    self.brand = Some(format_of(*first));
                }
                b"moov" => iso_tables::movie(&tables, &mut self.index),
                // The box before its content: a fragment counts from there.
                b"moof" => iso_tables::fragment(&tables, self.tables_at - 8, &mut self.index),
                _ => iso_tables::items(&tables, &mut self.index),
            }
            let nested = matches!(&self.kind, b"moov" | b"moof");
            if is_random(&tables) || nested && !iso_tables::are_boxes(&tables) {
                let len = tables.len() as u64;
                self.holes.push((self.tables_at, self.tables_at + len));
            }
            self.tables = tables;
        }
        self.state = State::Head;
        Some(())
    }

    fn extents(&self) -> Vec<Hole> {
        let mut extents = self.index.extents.clone();
        extents.sort_unstable();
        extents
    }
}

impl Format for Iso {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        let mut at = 0;
        while at < bytes.len() {
            if self.state != State::Head {
                let step = self.left.min((bytes.len() - at) as u64) as usize;
                let part = &bytes[at..at + step];
                if self.state == State::Tables {
                    self.tables.extend_from_slice(part);
                } else if let Some((_, sample)) = &mut self.sample {
                    sample.feed(part);
                }
                if !self.endless {
                    self.left -= step as u64;
                }
                at += step;
                if self.left == 0 {
                    self.boundary = self.taken + at as u64;
                    if self.end_box().is_none() {
                        return Fate::Bad(at);
                    }
                }
                continue;
            }
            self.small[self.have] = bytes[at];
            self.have += 1;
            at += 1;
            if matches!(self.have, 8 | 16) && self.read_head(self.taken + at as u64).is_none() {
                self.state = State::Head;
                return self.stopped(at);
            }
            if self.state == State::Head && self.have == 0 {
                self.boundary = self.taken + at as u64; // an empty box
            }
        }
        self.taken += bytes.len() as u64;
        if self.endless {
            self.boundary = self.taken;
        }
        Fate::More
    }

    fn head(&self) -> Option<Head> {
        let format = self.brand.filter(|_| self.boxes > 1)?;
        let (width, height) = self.index.size;
        Some((format, width, height))
    }

    fn verified(&self) -> u64 {
        self.boundary
    }

    fn may_end(&self) -> bool {
        self.state == State::Head || self.endless
    }

    fn look(&mut self, whole: &[u8]) {
        // Of a picture it must be known how it is made.
        let picture = matches!(self.brand, Some("heic" | "avif"));
        if !self.index.is_true_of(whole, picture) {
            self.index.extents.clear();
        }
    }

    fn work(&self) -> u64 {
        self.index.work().min(self.taken.saturating_mul(64))
    }

    fn holes(&self, end: u64) -> Vec<Hole> {
        let mut holes = self.holes.clone();
        let extents = self.extents();
        for &(from, last) in &self.data {
            complement(&extents, (from, last.min(end)), &mut holes);
        }
        let cut = self.sample.as_ref().map(|(range, _)| range.0);
        holes.extend(
            cut.map(|from| (from, end))
                .filter(|_| self.left > 0 && !self.endless),
        );
        holes
    }
}
