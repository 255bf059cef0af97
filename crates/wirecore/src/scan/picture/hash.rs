//! 256 bits of a picture: whether each of its 16 by 16 lowest frequencies is above their median, as in PDQ
//! (Facebook, 2019). What is resized or saved again keeps nearly all of them.

use std::f32::consts::PI;
use std::sync::LazyLock;

use super::patch::N;

/// Frequencies of a side.
const LOW: usize = 16;

/// The bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hash([u64; 4]);

/// `COSINES[k][x]`: the frequency k + 1 (frequency 0 is light, not picture) at the place x.
static COSINES: LazyLock<Vec<[f32; N]>> = LazyLock::new(|| {
    (1..=LOW)
        .map(|k| std::array::from_fn(|x| (PI * (x as f32 + 0.5) * k as f32 / N as f32).cos()))
        .collect()
});

impl Hash {
    /// Of a patch of [`N`] by [`N`] values.
    pub(super) fn of(patch: &[f32]) -> Self {
        let mut rows = vec![0.0; N * LOW];
        for (line, row) in patch.chunks_exact(N).zip(rows.chunks_exact_mut(LOW)) {
            for (sum, wave) in row.iter_mut().zip(COSINES.iter()) {
                *sum = line.iter().zip(wave).map(|(a, b)| a * b).sum::<f32>();
            }
        }
        let mut values = [0.0; LOW * LOW];
        for (v, wave) in COSINES.iter().enumerate() {
            for u in 0..LOW {
                let column = rows.iter().skip(u).step_by(LOW);
                values[v * LOW + u] = column.zip(wave).map(|(a, b)| a * b).sum();
            }
        }
        let mut sorted = values;
        sorted.sort_unstable_by(f32::total_cmp);
        let median = sorted[LOW * LOW / 2];
        let mut bits = [0; 4];
        for (i, value) in values.iter().enumerate() {
            bits[i / 64] |= u64::from(*value > median) << (i % 64);
        }
        Hash(bits)
    }

    /// Bits that differ.
    pub(super) fn distance(&self, other: &Hash) -> u32 {
        let pairs = self.0.iter().zip(&other.0);
        pairs.map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}
