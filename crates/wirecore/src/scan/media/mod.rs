//! Images anywhere in any bytes, confirmed by their structure: a magic number alone is nothing.
//!
//! In: the bytes of one place, whole or in windows that may repeat the end of the one before. Out: an [`Image`]
//! for each JPEG and PNG, with its range, size in pixels and SHA-256; one that is cut or damaged is marked so.
//! Thumbnails inside an image's metadata are part of it. The work is linear in the bytes, whatever they are.

mod jpeg;
mod kept;
mod pixels;
mod png;

use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use ring::digest::{digest, Context, SHA256};

use super::picture::Looked;
use jpeg::Jpeg;
pub use kept::{Budget, Kept};
pub use pixels::pixels;
use png::Png;

/// Fewer bytes than this hold no image.
pub const MIN_IMAGE: usize = 57;

static JPEG_START: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\xFF\xD8\xFF"));
static PNG_START: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(png::SIGNATURE));

/// An image that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// "jpeg" or "png".
    pub format: &'static str,
    /// First byte, counted from the start of the place.
    pub start: u64,
    /// End, exclusive.
    pub end: u64,
    /// Pixels across.
    pub width: u32,
    /// Pixels down; 0 when a JPEG says so only later.
    pub height: u32,
    /// SHA-256 of `start..end`.
    pub sha256: [u8; 32],
    /// False when its end was not seen or its structure breaks off.
    pub complete: bool,
    /// What a look at its pixels said; the search itself does not look.
    pub looked: Looked,
}

/// What a format's machine says of the bytes it was fed; the number counts those of them that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// All taken, and the image goes on.
    More,
    /// The image ended here.
    Done(usize),
    /// This is no image, or a damaged one, from here on.
    Bad(usize),
}

/// A format's sans-IO machine: fed from the first byte of the candidate, in any pieces.
enum Machine {
    Jpeg(Jpeg),
    Png(Png),
}

impl Machine {
    fn feed(&mut self, bytes: &[u8]) -> Fate {
        match self {
            Machine::Jpeg(jpeg) => jpeg.feed(bytes),
            Machine::Png(png) => png.feed(bytes),
        }
    }

    /// Format, width and height, once the structure is beyond doubt.
    fn confirmed(&self) -> Option<(&'static str, u32, u32)> {
        match self {
            Machine::Jpeg(jpeg) => jpeg.size().map(|(width, height)| ("jpeg", width, height)),
            Machine::Png(png) => png.size().map(|(width, height)| ("png", width, height)),
        }
    }

    /// Is it sure that no other image can begin in what was taken? (Between a JPEG's scans none can; a PNG's
    /// chunk may claim any length.)
    fn hides_nothing(&self) -> bool {
        matches!(self, Machine::Jpeg(_)) && self.confirmed().is_some()
    }

    /// Bytes from the start whose structure was verified.
    fn verified(&self) -> u64 {
        match self {
            Machine::Jpeg(jpeg) => jpeg.taken(),
            Machine::Png(png) => png.verified(),
        }
    }
}

/// A candidate that goes on beyond the window.
struct Open {
    machine: Machine,
    start: u64,
    hash: Context,
    kept: Option<Kept>,
}

/// The search through one place.
#[derive(Default)]
pub struct Search {
    open: Vec<Open>,
    /// Nothing before this begins an image that was not reported.
    next: u64,
    /// Where the last window ended.
    seen: u64,
    /// Bytes that the next window will repeat.
    repeated: usize,
    /// Images seen while a candidate before them was not yet confirmed: perhaps its thumbnails.
    doubtful: Vec<Image>,
    /// A hostile place used up the work that false starts may cost; after it some images may stay unseen.
    exhausted: bool,
    /// Where the bytes of images that span windows may be kept.
    budget: Option<Arc<Budget>>,
    /// Those that ended, by where they began.
    kept: Vec<(u64, Kept)>,
}

/// Candidates that may be open at a time.
const OPEN: usize = 4;
/// Images that may wait for a candidate before them.
const DOUBTFUL: usize = 1024;
/// Bytes that are read again because a candidate was none, per byte of the window, before candidates that
/// fail are skipped whole.
const WASTE_A_BYTE: u64 = 2;
/// What a failed candidate costs besides its bytes, in bytes.
const WASTE_A_CANDIDATE: u64 = 16;

impl Search {
    /// A search through windows of which each repeats so many bytes of the one before: 7 at least, for a
    /// signature may be cut.
    pub fn new(repeated: usize, budget: Option<Arc<Budget>>) -> Self {
        Search {
            repeated,
            budget,
            ..Search::default()
        }
    }

    /// The bytes of an image that began at `start` in an earlier window, once; none when they were too many.
    pub fn take_kept(&mut self, start: u64) -> Option<Kept> {
        let at = self.kept.iter().position(|(kept, _)| *kept == start)?;
        Some(self.kept.swap_remove(at).1)
    }

    /// Where the first image began that goes on beyond the last window.
    pub fn open_since(&self) -> Option<u64> {
        let confirmed = self
            .open
            .iter()
            .filter(|open| open.machine.confirmed().is_some());
        confirmed.map(|open| open.start).min()
    }

    /// Did false starts use up their share of work, so that images may be unseen?
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Searches a window that begins at `offset` of the place; `last` closes what is open.
    pub fn feed(&mut self, window: &[u8], offset: u64, last: bool, out: &mut dyn FnMut(Image)) {
        if offset > self.seen {
            self.close(out); // bytes are missing between the windows
            self.next = offset;
            self.seen = offset;
        }
        let from = (self.seen - offset) as usize;
        self.go_on(window.get(from..).unwrap_or_default(), out);
        self.search(window, offset, last, out);
        self.seen = self.seen.max(offset + window.len() as u64);
        if last {
            self.close(out);
        }
    }

    /// Feeds what is open.
    fn go_on(&mut self, fresh: &[u8], out: &mut dyn FnMut(Image)) {
        let mut covered = 0; // up to here an earlier candidate, now confirmed, owns the bytes
        for mut open in std::mem::take(&mut self.open) {
            if open.start < covered {
                continue;
            }
            let fate = open.machine.feed(fresh);
            let (taken, complete) = match fate {
                Fate::More => (fresh.len(), false),
                Fate::Done(taken) => (taken, true),
                Fate::Bad(taken) => (taken, false),
            };
            let end = self.seen + taken as u64;
            if open.machine.hides_nothing() {
                self.doubtful
                    .retain(|image| image.start < open.start || image.end > end);
                self.next = self.next.max(end);
                covered = end;
            }
            open.hash.update(&fresh[..taken]);
            open.kept = open.kept.take().and_then(|kept| kept.and(&fresh[..taken]));
            if fate == Fate::More {
                self.open.push(open);
            } else {
                if complete {
                    self.next = self.next.max(end);
                }
                self.keep(&mut open);
                self.doubtful.extend(finish(open, end, complete));
            }
        }
        self.settle(out);
    }

    /// Gives out what no candidate can claim any more.
    fn settle(&mut self, out: &mut dyn FnMut(Image)) {
        let in_doubt = |open: &Open| open.machine.confirmed().is_none();
        if self.doubtful.len() >= DOUBTFUL || !self.open.iter().any(in_doubt) {
            self.doubtful.drain(..).for_each(out);
        }
    }

    /// What ended can be asked for its bytes, also when it is only a part of an image.
    fn keep(&mut self, open: &mut Open) {
        let kept = open.kept.take().map(|kept| (open.start, kept));
        self.kept.extend(kept.filter(|_| self.kept.len() < OPEN));
    }

    fn show(&mut self, image: Image, out: &mut dyn FnMut(Image)) {
        self.doubtful.push(image);
        self.settle(out);
    }

    fn search(&mut self, window: &[u8], offset: u64, last: bool, out: &mut dyn FnMut(Image)) {
        let mut waste = WASTE_A_BYTE * window.len() as u64 + (1 << 20);
        let mut jpeg = Start::new(&JPEG_START);
        let mut png = Start::new(&PNG_START);
        let mut from = self.next.saturating_sub(offset) as usize;
        // A signature may be cut by the window's end.
        let cut = window.len().saturating_sub(png::SIGNATURE.len() - 1);
        let mut deferred = None;
        loop {
            let (start, mut machine) = match (jpeg.after(window, from), png.after(window, from)) {
                (Some(jpeg), png) if png.is_none_or(|png| jpeg < png) => {
                    (jpeg, Machine::Jpeg(Jpeg::default()))
                }
                (_, Some(png)) => (png, Machine::Png(Png::default())),
                _ => break,
            };
            let rest = &window[start..];
            let fate = machine.feed(rest);
            let confirmed = machine.confirmed();
            if fate == Fate::More && !last {
                if confirmed.is_none() && rest.len() <= self.repeated {
                    deferred = Some(start); // the next window shows it again, with what follows
                    break;
                }
                from = if machine.hides_nothing() {
                    window.len()
                } else {
                    start + 1
                };
                if self.open.len() < OPEN {
                    let mut hash = Context::new(&SHA256);
                    hash.update(rest);
                    let kept = Kept::begin(self.budget.as_ref(), rest);
                    self.open.push(Open {
                        machine,
                        start: offset + start as u64,
                        hash,
                        kept,
                    });
                }
                continue;
            }
            let (taken, complete) = match fate {
                Fate::More => (rest.len(), false),
                Fate::Done(taken) => (taken, true),
                Fate::Bad(taken) => (taken, false),
            };
            let mut verified = 1;
            if let Some((format, width, height)) = confirmed {
                verified = if complete {
                    taken
                } else {
                    (machine.verified() as usize).clamp(1, taken)
                };
                let shown = if fate == Fate::More { taken } else { verified };
                let (start, sha256) = (offset + start as u64, sha256(&rest[..shown]));
                let end = start + shown as u64;
                let image = Image {
                    format,
                    start,
                    end,
                    width,
                    height,
                    sha256,
                    complete,
                    looked: Looked::Not,
                };
                self.show(image, out);
            }
            let wasted = (taken - verified.min(taken)) as u64 + WASTE_A_CANDIDATE;
            if wasted <= waste {
                waste -= wasted;
                from = start + verified;
            } else {
                self.exhausted = true;
                from = start + taken.max(1);
            }
        }
        self.next = self
            .next
            .max(offset + deferred.unwrap_or_else(|| from.max(cut)) as u64);
    }

    fn close(&mut self, out: &mut dyn FnMut(Image)) {
        for mut open in std::mem::take(&mut self.open) {
            self.keep(&mut open);
            self.doubtful.extend(finish(open, self.seen, false));
        }
        self.settle(out);
        self.next = self.seen;
    }
}

fn finish(open: Open, end: u64, complete: bool) -> Option<Image> {
    let (format, width, height) = open.machine.confirmed()?;
    let sha256 = to_array(open.hash.finish().as_ref());
    Some(Image {
        format,
        start: open.start,
        end,
        width,
        height,
        sha256,
        complete,
        looked: Looked::Not,
    })
}

/// The next place of a signature, looked for only once.
struct Start<'f> {
    finder: &'f Finder<'static>,
    found: Option<usize>,
    looked_from: Option<usize>,
}

impl<'f> Start<'f> {
    fn new(finder: &'f Finder<'static>) -> Self {
        Start {
            finder,
            found: None,
            looked_from: None,
        }
    }

    fn after(&mut self, window: &[u8], from: usize) -> Option<usize> {
        let still_good = self.looked_from.is_some() && self.found.is_none_or(|found| found >= from);
        if !still_good {
            self.looked_from = Some(from);
            self.found = window
                .get(from..)
                .and_then(|rest| self.finder.find(rest))
                .map(|at| from + at);
        }
        self.found
    }
}

/// Do the bytes begin as an image would that [`Search`] can confirm?
pub fn looks_like_image(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xD8\xFF") || bytes.starts_with(png::SIGNATURE)
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

/// All complete images in some bytes.
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
