//! What many rounds say together.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

const RESAMPLES: usize = 2_000;

/// A median of per-round ratios, with its 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Ratio {
    /// Of one ratio per round; the resampling is seeded, so that the same rounds say the same.
    pub(crate) fn of(ratios: &[f64]) -> Ratio {
        let mut rng = StdRng::seed_from_u64(1);
        let mut medians: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let drawn = (0..ratios.len()).map(|_| ratios[rng.random_range(0..ratios.len())]);
                median(drawn)
            })
            .collect();
        medians.sort_by(f64::total_cmp);
        let at = |share: usize| medians[(medians.len() - 1) * share / 1_000];
        Ratio { median: median(ratios.iter().copied()), low: at(25), high: at(975) }
    }
}

/// The middle one; the mean of the two in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_lies_within_its_interval_and_the_interval_within_the_rounds() {
        let rounds = [0.8, 0.7, 0.9, 0.75, 0.85, 0.8, 0.78];
        let ratio = Ratio::of(&rounds);
        assert!((ratio.median - 0.8).abs() < 1e-9);
        assert!(0.7 <= ratio.low && ratio.low < ratio.median, "{ratio:?}");
        assert!(ratio.median < ratio.high && ratio.high <= 0.9, "{ratio:?}");
        assert!((median([1.0, 2.0].into_iter()) - 1.5).abs() < 1e-9);
    }
}
