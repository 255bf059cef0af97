//! Square patches of a picture, and how alike two of them are in their details.

use super::decode::Grey;

/// Points of a patch's side.
pub(super) const N: usize = 64;
/// A point's neighbourhood, whose mean is taken off: what is left are details, not light.
const RADIUS: usize = 6;
/// Blocks of a side, of which each is compared by itself.
const BLOCKS: usize = 4;
/// A block whose details are weaker than this share of the patch's says nothing.
const BUSY_SHARE: f32 = 0.1;

/// A rectangle of a [`Grey`], in its points; may begin and end between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Window {
    pub(super) fn whole(grey: &Grey) -> Self {
        Window {
            x: 0.0,
            y: 0.0,
            width: grey.width as f32,
            height: grey.height as f32,
        }
    }

    pub(super) fn fits(&self, grey: &Grey) -> bool {
        const SLACK: f32 = 0.75;
        self.x >= -SLACK
            && self.y >= -SLACK
            && self.x + self.width <= grey.width as f32 + SLACK
            && self.y + self.height <= grey.height as f32 + SLACK
    }
}

/// The window as `n` by `n` values: means of its boxes, of four samples each where it is made smaller.
pub(super) fn cut(grey: &Grey, window: Window, n: usize) -> Vec<f32> {
    let (step_x, step_y) = (window.width / n as f32, window.height / n as f32);
    let samples: &[f32] = if step_x.max(step_y) > 1.25 {
        &[0.25, 0.75]
    } else {
        &[0.5]
    };
    let mut values = vec![0.0; n * n];
    let share = 1.0 / (samples.len() * samples.len()) as f32;
    for &dy in samples {
        for (row, line) in values.chunks_exact_mut(n).enumerate() {
            let (top, bottom, fy) = between(window.y + (row as f32 + dy) * step_y, grey.height);
            for &dx in samples {
                for (column, value) in line.iter_mut().enumerate() {
                    let (left, right, fx) =
                        between(window.x + (column as f32 + dx) * step_x, grey.width);
                    let at = |x: usize, y: usize| f32::from(grey.points[y * grey.width + x]);
                    let upper = at(left, top) * (1.0 - fx) + at(right, top) * fx;
                    let lower = at(left, bottom) * (1.0 - fx) + at(right, bottom) * fx;
                    *value += (upper * (1.0 - fy) + lower * fy) * share;
                }
            }
        }
    }
    values
}

/// The points on both sides of a place (points have their value in their middle), and how far it is from the first.
fn between(place: f32, len: usize) -> (usize, usize, f32) {
    let place = (place - 0.5).clamp(0.0, (len - 1) as f32);
    let first = place as usize;
    (first, (first + 1).min(len - 1), place - first as f32)
}

/// A patch without its light.
#[derive(Clone, Debug)]
pub(super) struct Details {
    values: Vec<f32>,
}

impl Details {
    pub(super) fn of(patch: &[f32]) -> Self {
        let sums = integral(patch);
        let mut values = Vec::with_capacity(N * N);
        for y in 0..N {
            let (top, bottom) = (y.saturating_sub(RADIUS), (y + RADIUS + 1).min(N));
            for x in 0..N {
                let (left, right) = (x.saturating_sub(RADIUS), (x + RADIUS + 1).min(N));
                let at = |x: usize, y: usize| sums[y * (N + 1) + x];
                let sum = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
                let count = ((bottom - top) * (right - left)) as f64;
                values.push(patch[y * N + x] - (sum / count) as f32);
            }
        }
        Details { values }
    }

    /// Root mean square of the details, in steps of brightness.
    pub(super) fn strength(&self) -> f32 {
        (self.values.iter().map(|v| v * v).sum::<f32>() / (N * N) as f32).sqrt()
    }

    /// Share of the points that hold four fifths of the details' energy.
    pub(super) fn spread(&self) -> f32 {
        let mut energies: Vec<f32> = self.values.iter().map(|v| v * v).collect();
        energies.sort_unstable_by(|a, b| b.total_cmp(a));
        let mut left = 0.8 * energies.iter().sum::<f32>();
        let few = energies.iter().take_while(|&&energy| {
            left -= energy;
            left > 0.0
        });
        few.count() as f32 / (N * N) as f32
    }

    /// Correlation of two patches' details, and the share of their busy blocks that agree.
    pub(super) fn compare(&self, other: &Details) -> (f32, f32) {
        let mut blocks = [[0.0f32; 3]; BLOCKS * BLOCKS];
        for (y, (a, b)) in self
            .values
            .chunks_exact(N)
            .zip(other.values.chunks_exact(N))
            .enumerate()
        {
            for (x, (a, b)) in a.iter().zip(b).enumerate() {
                let block = &mut blocks[y * BLOCKS / N * BLOCKS + x * BLOCKS / N];
                block[0] += a * a;
                block[1] += b * b;
                block[2] += a * b;
            }
        }
        let total = |i: usize| blocks.iter().map(|b| b[i]).sum::<f32>();
        let (aa, bb, ab) = (total(0), total(1), total(2));
        let least = BUSY_SHARE / blocks.len() as f32;
        let (mut busy, mut agree) = (0.0, 0.0);
        for [a, b, both] in blocks {
            if a > least * aa || b > least * bb {
                busy += 1.0;
                if both > 0.4 * (a * b).sqrt() && both > 0.0 {
                    agree += 1.0;
                }
            }
        }
        let correlation = if aa * bb > 0.0 {
            ab / (aa * bb).sqrt()
        } else {
            0.0
        };
        (correlation, if busy > 0.0 { agree / busy } else { 0.0 })
    }
}

/// Sums of all values above and to the left, with a line of zeros on both sides.
fn integral(patch: &[f32]) -> Vec<f64> {
    let mut sums = vec![0.0; (N + 1) * (N + 1)];
    for (y, line) in patch.chunks_exact(N).enumerate() {
        let mut row = 0.0;
        for (x, &value) in line.iter().enumerate() {
            row += f64::from(value);
            sums[(y + 1) * (N + 1) + x + 1] = sums[y * (N + 1) + x + 1] + row;
        }
    }
    sums
}

/// The eight ways in which a picture may lie: turned by quarters, and mirrored.
pub(super) const ORIENTATIONS: u8 = 8;

/// The picture as it lies in the `which`th orientation.
pub(super) fn turn(grey: &Grey, which: u8) -> Grey {
    let (width, height) = if which & 1 == 1 {
        (grey.height, grey.width)
    } else {
        (grey.width, grey.height)
    };
    let mut points = Vec::with_capacity(grey.points.len());
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (
                if which & 2 == 2 { width - 1 - x } else { x },
                if which & 4 == 4 { height - 1 - y } else { y },
            );
            let (x, y) = if which & 1 == 1 { (y, x) } else { (x, y) };
            points.push(grey.points[y * grey.width + x]);
        }
    }
    Grey {
        width,
        height,
        points,
    }
}
