//! The owner's pictures, and which of them an image shows.

use super::decode::{Grey, Unseen};
use super::hash::Hash;
use super::part::{templates, Ground, Template};
use super::patch::{cut, turn, Details, Window, N, ORIENTATIONS};

/// Bits that may differ so that the details are worth comparing; unrelated pictures differ in 128.
const NEAR: u32 = 90;
/// Details weaker than this, in steps of brightness, tell no picture from another.
const PLAIN: f32 = 1.5;
/// Share of its points that must hold the details of an owner's picture. Where an edge or two are all that is to be seen,
/// fewer do, and the picture fits nearly every other with such an edge (docs/method/pictures.md).
const SPREAD: f32 = 0.12;
/// The same of an image that may be a copy: what is made small and saved again loses some.
const COPY_SPREAD: f32 = 0.1;
/// Correlation of details, and share of busy blocks, from which two pictures are the same.
const SAME: (f32, f32) = (0.7, 0.8);
/// The same of a part: of the many places and sizes that it may have the best is taken, so that chance has more tries. Of
/// 91,000 pairs of real pictures that have nothing to do with each other four came between 0.7 and 0.89.
const SAME_PART: f32 = 0.9;
/// Owner's pictures that the second look goes through.
const SECOND_LOOKS: usize = 4096;
/// Places of the second look that are looked at closely.
const CLOSE_LOOKS: usize = 12;
/// Points of a patch while its place is being adjusted.
const COARSE: usize = 24;

/// How an image shows an owner's picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The whole picture.
    Whole,
    /// A part of it.
    Part,
}

impl Likeness {
    /// The word in the table of hits, where a digest's name would stand.
    pub fn text(self) -> &'static str {
        match self {
            Likeness::Whole => "picture",
            Likeness::Part => "picture_part",
        }
    }
}

/// An owner's picture that an image shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Whose.
    pub needle: u32,
    /// How.
    pub likeness: Likeness,
    /// Correlation of their details, at most 1.
    pub agreement: f32,
}

/// One owner's picture, prepared.
struct Known {
    needle: u32,
    grey: Grey,
    hash: Hash,
    details: Details,
    ground: Ground,
}

/// The owner's pictures.
#[derive(Default)]
pub struct Album {
    known: Vec<Known>,
}

impl Album {
    /// Adds a picture. It is refused when it is too plain to be told from others.
    pub fn add(&mut self, needle: u32, grey: Grey) -> Result<(), Unseen> {
        let patch = cut(&grey, Window::whole(&grey), N);
        let details = Details::of(&patch);
        if is_plain(&details, SPREAD) {
            return Err(Unseen::Plain);
        }
        self.known.push(Known {
            needle,
            hash: Hash::of(&patch),
            ground: Ground::of(&grey),
            details,
            grey,
        });
        Ok(())
    }

    /// Would [`Album::add`] take it?
    pub fn takes(grey: &Grey) -> bool {
        !is_plain(&Details::of(&cut(grey, Window::whole(grey), N)), SPREAD)
    }

    /// Is there nothing to compare with?
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The needles of its pictures.
    pub fn needles(&self) -> impl Iterator<Item = u32> + '_ {
        self.known.iter().map(|known| known.needle)
    }

    /// The owner's picture that an image shows best, or that it shows none; an error when the image cannot be
    /// told from others.
    pub fn find(&self, image: &Grey) -> Result<Option<Seen>, Unseen> {
        let turned: Vec<Turned> = (0..ORIENTATIONS)
            .map(|which| Turned::of(turn(image, which)))
            .collect();
        if is_plain(&turned[0].details, COPY_SPREAD) {
            return Err(Unseen::Plain);
        }
        Ok(self.whole(&turned).or_else(|| self.part(&turned)))
    }

    fn whole(&self, turned: &[Turned]) -> Option<Seen> {
        let mut best: Option<Seen> = None;
        for known in &self.known {
            for image in turned {
                if known.hash.distance(&image.hash) > NEAR {
                    continue;
                }
                keep_best(&mut best, known, Likeness::Whole, &known.details, image);
            }
        }
        best
    }

    fn part(&self, turned: &[Turned]) -> Option<Seen> {
        let templates: Vec<Vec<Template>> = turned.iter().map(|t| templates(&t.grey)).collect();
        let mut places = Vec::new();
        for known in self.known.iter().take(SECOND_LOOKS) {
            for (image, templates) in turned.iter().zip(&templates) {
                if let Some(place) = known.ground.best(templates) {
                    places.push((place, known, image));
                }
            }
        }
        places.sort_by(|a, b| b.0.correlation.total_cmp(&a.0.correlation));
        places.truncate(CLOSE_LOOKS);
        let mut best = None;
        for (place, known, image) in places {
            let (sx, sy) = known.ground.scale(&known.grey);
            let window = place.window;
            let window = Window {
                x: window.x * sx,
                y: window.y * sy,
                width: window.width * sx,
                height: window.height * sy,
            };
            let window = adjust(&known.grey, window, image, sx.max(sy));
            let details = Details::of(&cut(&known.grey, window, N));
            keep_best(&mut best, known, Likeness::Part, &details, image);
        }
        best
    }

    /// Owner's pictures beyond what the second look goes through.
    pub fn without_second_look(&self) -> usize {
        self.known.len().saturating_sub(SECOND_LOOKS)
    }
}

/// Are there too few details to tell it from other pictures?
fn is_plain(details: &Details, spread: f32) -> bool {
    details.strength() < PLAIN || details.spread() < spread
}

fn keep_best(
    best: &mut Option<Seen>,
    known: &Known,
    likeness: Likeness,
    details: &Details,
    image: &Turned,
) {
    let (agreement, blocks) = details.compare(&image.details);
    let least = match likeness {
        Likeness::Whole => SAME.0,
        Likeness::Part => SAME_PART,
    };
    if agreement < least || blocks < SAME.1 {
        return;
    }
    if best.is_none_or(|best| best.agreement < agreement) {
        *best = Some(Seen {
            needle: known.needle,
            likeness,
            agreement,
        });
    }
}

/// An image in one of its orientations.
struct Turned {
    grey: Grey,
    hash: Hash,
    details: Details,
    coarse: Vec<f32>,
}

impl Turned {
    fn of(grey: Grey) -> Self {
        let whole = Window::whole(&grey);
        let patch = cut(&grey, whole, N);
        Turned {
            hash: Hash::of(&patch),
            details: Details::of(&patch),
            coarse: cut(&grey, whole, COARSE),
            grey,
        }
    }
}

/// Moves and stretches a window until it fits the image best, by ever smaller steps.
fn adjust(grey: &Grey, window: Window, image: &Turned, step: f32) -> Window {
    let score = |window: Window| correlation(&cut(grey, window, COARSE), &image.coarse);
    let (mut best, mut step) = (window, step);
    let mut best_score = score(best);
    while step > 0.2 {
        let mut moved = false;
        let moves = [
            (step, 0.0, 0.0, 0.0),
            (-step, 0.0, 0.0, 0.0),
            (0.0, step, 0.0, 0.0),
            (0.0, -step, 0.0, 0.0),
            (-step / 2.0, 0.0, step, 0.0),
            (step / 2.0, 0.0, -step, 0.0),
            (0.0, -step / 2.0, 0.0, step),
            (0.0, step / 2.0, 0.0, -step),
        ];
        for (x, y, width, height) in moves {
            let next = Window {
                x: best.x + x,
                y: best.y + y,
                width: best.width + width,
                height: best.height + height,
            };
            if !next.fits(grey) || next.width.min(next.height) < 8.0 {
                continue;
            }
            let next_score = score(next);
            if next_score > best_score + 1e-4 {
                (best, best_score, moved) = (next, next_score, true);
            }
        }
        if !moved {
            step /= 2.0;
        }
    }
    best
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        aa += a * a;
        bb += b * b;
        ab += a * b;
    }
    if aa * bb > 0.0 {
        ab / (aa * bb).sqrt()
    } else {
        0.0
    }
}
