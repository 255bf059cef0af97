//! The second look: is a picture a part of another one? Slides it over the other, small, at every size at which
//! it covers enough of it.
//!
//! The cost is bounded by the number of pictures that are looked at and the size of the small ones.

use super::decode::Grey;
use super::patch::{cut, Window};

/// Points of the longer side of the picture that is slid over.
pub(super) const SMALL: usize = 32;
/// A part covers at least this share of the picture.
const LEAST_AREA: f32 = 0.45;
/// Points of the part's shorter side at least.
const LEAST_POINTS: usize = 10;
/// Correlation from which a place is worth a closer look.
const WORTH: f32 = 0.75;

/// A picture in [`SMALL`] points, for sliding over.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    width: usize,
    height: usize,
    points: Vec<i16>,
    /// Sums of values and of their squares, above and to the left.
    sums: Vec<(i64, i64)>,
}

/// A place where a part may lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub correlation: f32,
    /// In points of the [`Ground`].
    pub window: Window,
}

/// The part at one size: its values without their mean, and their length.
pub(super) struct Template {
    width: usize,
    height: usize,
    points: Vec<i16>,
    length: f32,
}

impl Ground {
    pub(super) fn of(grey: &Grey) -> Self {
        let longer = grey.width.max(grey.height);
        let side = |points: usize| (points * SMALL).div_ceil(longer).clamp(1, SMALL);
        let (width, height) = (side(grey.width), side(grey.height));
        let points: Vec<i16> = resize(grey, width, height)
            .iter()
            .map(|&v| v.round() as i16 - 128)
            .collect();
        let mut sums = vec![(0, 0); (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = (0, 0);
            for x in 0..width {
                let value = i64::from(points[y * width + x]);
                row = (row.0 + value, row.1 + value * value);
                let above = sums[y * (width + 1) + x + 1];
                sums[(y + 1) * (width + 1) + x + 1] = (above.0 + row.0, above.1 + row.1);
            }
        }
        Ground {
            width,
            height,
            points,
            sums,
        }
    }

    /// Points of the whole picture for one of the ground.
    pub(super) fn scale(&self, grey: &Grey) -> (f32, f32) {
        (
            grey.width as f32 / self.width as f32,
            grey.height as f32 / self.height as f32,
        )
    }

    /// The best place of the part, if any is worth a closer look.
    pub(super) fn best(&self, templates: &[Template]) -> Option<Place> {
        let mut best: Option<Place> = None;
        let area = (self.width * self.height) as f32;
        for template in templates {
            let (width, height) = (template.width, template.height);
            let fits = width <= self.width && height <= self.height;
            if !fits || ((width * height) as f32) < LEAST_AREA * area {
                continue;
            }
            for y in 0..=self.height - height {
                for x in 0..=self.width - width {
                    let correlation = self.correlate(template, x, y);
                    if correlation > best.map_or(WORTH, |best| best.correlation) {
                        let window = Window {
                            x: x as f32,
                            y: y as f32,
                            width: width as f32,
                            height: height as f32,
                        };
                        best = Some(Place {
                            correlation,
                            window,
                        });
                    }
                }
            }
        }
        best
    }

    fn correlate(&self, template: &Template, x: usize, y: usize) -> f32 {
        let (width, height) = (template.width, template.height);
        let corner = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        let (a, b, c, d) = (
            corner(x, y),
            corner(x + width, y),
            corner(x, y + height),
            corner(x + width, y + height),
        );
        let (sum, squares) = (a.0 + d.0 - b.0 - c.0, a.1 + d.1 - b.1 - c.1);
        let spread = squares as f32 - (sum as f32).powi(2) / (width * height) as f32;
        if spread < 1.0 {
            return 0.0;
        }
        let mut product = 0;
        for (row, line) in template.points.chunks_exact(width).enumerate() {
            let start = (y + row) * self.width + x;
            product += dot(line, &self.points[start..start + width]);
        }
        product as f32 / (template.length * spread.sqrt())
    }
}

fn dot(a: &[i16], b: &[i16]) -> i32 {
    let pairs = a.iter().zip(b);
    pairs.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

/// The part at every size, largest first.
pub(super) fn templates(grey: &Grey) -> Vec<Template> {
    let (w, h) = (grey.width as f32, grey.height as f32);
    let longer = w.max(h);
    let mut templates = Vec::new();
    for side in (LEAST_POINTS..=SMALL).rev() {
        let shrink = side as f32 / longer;
        let (width, height) = ((w * shrink).round() as usize, (h * shrink).round() as usize);
        if width.min(height) < LEAST_POINTS {
            break;
        }
        let values = resize(grey, width, height);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let points: Vec<i16> = values.iter().map(|v| (v - mean).round() as i16).collect();
        let length = dot(&points, &points) as f32;
        if length > 0.0 {
            templates.push(Template {
                width,
                height,
                points,
                length: length.sqrt(),
            });
        }
    }
    templates
}

/// Means of boxes.
fn resize(grey: &Grey, width: usize, height: usize) -> Vec<f32> {
    // Cut at a multiple first, so that every point of the picture counts.
    let n = width.max(height) * 3;
    let fine = cut(grey, Window::whole(grey), n);
    let mut values = Vec::with_capacity(width * height);
    for y in 0..height {
        let (top, bottom) = (y * n / height, ((y + 1) * n / height));
        for x in 0..width {
            let (left, right) = (x * n / width, ((x + 1) * n / width));
            let mut sum = 0.0;
            for line in top..bottom {
                sum += fine[line * n + left..line * n + right].iter().sum::<f32>();
            }
            values.push(sum / ((bottom - top) * (right - left)) as f32);
        }
    }
    values
}
