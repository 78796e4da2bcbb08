//! Spikes and dips: a lone value that the others make unlikely.
//!
//! The others are all but the tenth of the series about the extreme and the extreme on the other side. Their
//! kernel density is smoothed more than would be best for an estimate, so that only what the eye would see is
//! found.

use std::ops::Range;

use libm::erfc;

use super::detect::{Finding, Kind, SIGNIFICANCE};
use super::probability::of_any;

/// Silverman's rule has 1.06.
const SMOOTHING: f64 = 1.36;

/// Kernels further off than so many bandwidths count as wholly on one side.
const REACH: f64 = 3.0;

/// The spike or dip of a series.
pub(super) fn find(values: &[f64]) -> Finding {
    let negated: Vec<f64> = values.iter().map(|value| -value).collect();
    let (spike, dip) = (highest(values), highest(&negated));
    let above = tail(values, spike, dip);
    let below = tail(&negated, dip, spike);
    let of_tail = |tail: Tail, kind, at| {
        let p_value = of_any(tail.mass, values.len());
        (p_value < SIGNIFICANCE).then_some(Finding { p_value, change: Some((kind, at)) })
    };
    let spike = of_tail(above, Kind::Spike, spike);
    let dip = of_tail(below, Kind::Dip, dip);
    match (spike, dip) {
        (Some(_), Some(dip)) if below.is_beyond(above) => dip,
        (Some(found), _) | (None, Some(found)) => found,
        (None, None) => Finding::NOTHING,
    }
}

/// The place of the highest value, of equal ones the first.
fn highest(values: &[f64]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if values.get(best).is_some_and(|highest| value > highest) {
            best = at;
        }
    }
    best
}

/// The highest stretch of about a tenth of the series that has `peak` in it.
fn about(values: &[f64], peak: usize) -> Range<usize> {
    let length = ((0.1 * values.len() as f64).round() as usize).max(2) - 1;
    let mut best = 0..0;
    let mut most = f64::NEG_INFINITY;
    for start in (peak + 1).saturating_sub(length)..=peak {
        let Some(stretch) = values.get(start..start + length) else { break };
        let sum: f64 = stretch.iter().sum();
        if best.is_empty() || sum > most {
            (best, most) = (start..start + length, sum);
        }
    }
    best
}

/// What is left of a density beyond a value.
#[derive(Clone, Copy, Debug)]
struct Tail {
    mass: f64,
    /// How far the value is from the nearest other.
    gap: f64,
}

impl Tail {
    fn is_beyond(self, other: Self) -> bool {
        self.mass < other.mass || (self.mass == other.mass && self.gap > other.gap)
    }
}

/// How much of the density of the others lies above the peak of a series.
fn tail(values: &[f64], peak: usize, opposite: usize) -> Tail {
    let without = about(values, peak);
    let kept = values.iter().enumerate().filter(|(at, _)| !without.contains(at) && *at != opposite);
    let mut others: Vec<f64> = kept.map(|(_, value)| *value).collect();
    others.sort_by(f64::total_cmp);
    let (Some(highest), Some(last)) = (values.get(peak), others.len().checked_sub(1)) else {
        return Tail { mass: 1.0, gap: 0.0 };
    };
    let count = others.len() as f64;
    let bandwidth = SMOOTHING * count.powf(-0.2) * deviation(&others);
    // The nearest is always looked at, however far it is.
    let from = others.partition_point(|value| *value < highest - REACH * bandwidth).min(last);
    let to = others.partition_point(|value| *value < highest + REACH * bandwidth).max(from + 1);
    let mut mass = (others.len() - to) as f64;
    let mut gap = f64::INFINITY;
    for value in others.get(from..to).unwrap_or_default() {
        mass += beyond(highest - value, bandwidth);
        gap = gap.min((highest - value).abs());
    }
    Tail { mass: mass / count, gap }
}

/// How much of a normal distribution lies more than `distance` above its mean.
fn beyond(distance: f64, deviation: f64) -> f64 {
    if distance.abs() > 40.0 * deviation {
        return if distance > 0.0 { 0.0 } else { 1.0 };
    }
    if deviation == 0.0 {
        return 0.5;
    }
    0.5 * erfc(distance / (deviation * std::f64::consts::SQRT_2))
}

/// The standard deviation of a sample.
fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    if values.len() < 2 { 0.0 } else { (squares / (count - 1.0)).sqrt() }
}
