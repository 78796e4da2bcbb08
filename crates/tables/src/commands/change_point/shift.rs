//! Lasting changes: models of the whole series are compared.
//!
//! A series is stationary, or has one trend (a parabola), or a level before a point and another after it, or
//! a trend before and another after. The richer model counts if an F-test says that it explains more than
//! chance would, and if it explains half the variance. Where none explains much, the values before and after
//! a point may still be spread differently.

use std::collections::BTreeSet;
use std::ops::Range;

use super::detect::{Finding, Kind, LEAST_POINTS, LEAST_SIDE, SIGNIFICANCE};
use super::moments::{Moments, variance_about_parabola};
use super::probability::{Unexplained, of_any, of_nested, of_same_distribution};
use super::sample;

/// What the few values at either end of the order weigh.
const OUTLIER_WEIGHT: f64 = 0.01;

/// Tests of distributions find differences that nobody sees if they have more values than this.
const MOST_COMPARED: usize = 500;

/// A model that is less likely chance than this needs no other beside it.
const CERTAIN: f64 = 1e-5;

/// The lasting change of a series, or its trend.
pub(super) fn find(values: &[f64]) -> Finding {
    let series = Series::new(values);
    if series.is_constant() {
        return Finding::NOTHING;
    }
    let mut points = BTreeSet::new();
    let best = series.best_model(&mut points);
    let p_value = series.p_value(best);
    if p_value > CERTAIN {
        let (at, of_distribution) = series.distribution_change(points);
        if of_distribution < series.significance.min(0.1 * p_value) {
            return Finding { p_value: of_distribution, change: Some((Kind::DistributionChange, at)) };
        }
    }
    Finding { p_value, change: best.change }
}

/// A model of a series.
#[derive(Clone, Copy, Debug)]
struct Model {
    leaves: Unexplained,
    change: Option<(Kind, usize)>,
}

struct Series<'a> {
    values: &'a [f64],
    weights: Vec<f64>,
    whole: Moments,
    /// Where the change may be.
    candidates: Range<usize>,
    /// What a p-value must be below: the more values, the smaller a difference would do.
    significance: f64,
}

impl<'a> Series<'a> {
    fn new(values: &'a [f64]) -> Self {
        let weights = weights(values);
        let whole = Moments::of(values, &weights);
        let count = values.len() as f64;
        let side = ((0.1 * count).round() as usize).max(LEAST_SIDE);
        let significance = SIGNIFICANCE * (-0.04 * (count - LEAST_POINTS as f64)).exp();
        Self { values, weights, whole, candidates: side..values.len().saturating_sub(side), significance }
    }

    /// Whether the variance is what rounding could make of equal values.
    fn is_constant(&self) -> bool {
        let scale = (2.0 * self.whole.weight * self.whole.mean).abs();
        self.whole.variance < (scale.next_up() - scale).sqrt()
    }

    /// The plainest model that no other improves on. Of the points where a change was tried, those whose
    /// distributions are worth a look are added to `points`.
    fn best_model(&self, points: &mut BTreeSet<usize>) -> Model {
        let mut tried = |model: Model| {
            points.extend(model.change.map(|(_, at)| at));
            model
        };
        let stationary = self.stationary();
        let trend = self.trend();
        if self.improves(stationary, trend) {
            let trend_change = tried(self.trend_change());
            if !self.improves(trend, trend_change) {
                return trend;
            }
            let step = self.step_change();
            let is_needed =
                of_nested(self.whole.weight, step.leaves, trend_change.leaves) < self.significance;
            return if is_needed { trend_change } else { step };
        }
        let step = tried(self.step_change());
        let plainer = if self.improves(stationary, step) { step } else { stationary };
        let trend_change = self.trend_change();
        if self.improves(plainer, trend_change) { trend_change } else { plainer }
    }

    fn stationary(&self) -> Model {
        Model { leaves: Unexplained { variance: self.whole.variance, parameters: 1.0 }, change: None }
    }

    fn trend(&self) -> Model {
        let variance = variance_about_parabola(self.values, &self.weights);
        Model { leaves: Unexplained { variance, parameters: 3.0 }, change: None }
    }

    fn step_change(&self) -> Model {
        self.split(Kind::StepChange, 2.0, |values, weights| Moments::of(values, weights).variance)
    }

    fn trend_change(&self) -> Model {
        self.split(Kind::TrendChange, 6.0, variance_about_parabola)
    }

    /// The point that leaves the least variance on both sides.
    fn split(&self, kind: Kind, parameters: f64, variance: impl Fn(&[f64], &[f64]) -> f64) -> Model {
        let mut best = Model { leaves: Unexplained { variance: f64::MAX, parameters }, change: None };
        for at in self.candidates.clone() {
            let side = |range: Range<usize>| {
                let values = self.values.get(range.clone()).unwrap_or_default();
                let weights = self.weights.get(range).unwrap_or_default();
                weights.iter().sum::<f64>() * variance(values, weights)
            };
            let variance = (side(0..at) + side(at..self.values.len())) / self.whole.weight;
            if variance < best.leaves.variance {
                best = Model { leaves: Unexplained { variance, parameters }, change: Some((kind, at)) };
            }
        }
        best
    }

    fn improves(&self, plain: Model, richer: Model) -> bool {
        let p_value = of_nested(self.whole.weight, plain.leaves, richer.leaves);
        // With a point to choose there are as many tests as points.
        let trials = if richer.change.is_some() { self.candidates.len() } else { 1 };
        of_any(p_value, trials) < self.significance && richer.leaves.variance <= 0.5 * self.whole.variance
    }

    /// That a stationary series looks as much like the model.
    fn p_value(&self, model: Model) -> f64 {
        of_any(of_nested(self.whole.weight, self.stationary().leaves, model.leaves), self.candidates.len())
    }

    /// The point before and after which values are spread most differently, and how likely that is chance.
    fn distribution_change(&self, mut points: BTreeSet<usize>) -> (usize, f64) {
        let most_different = self.most_different();
        points.insert(most_different);
        let places = sample::places(self.values.len(), MOST_COMPARED);
        let sampled: Vec<f64> = places.iter().filter_map(|place| self.values.get(*place).copied()).collect();
        let mut best = (most_different, 1.0);
        for at in points {
            let (before, after) = sampled.split_at(places.partition_point(|place| *place < at));
            let p_value = of_same_distribution(before, after);
            if p_value < best.1 {
                best = (at, p_value);
            }
        }
        // The points are no independent trials: a fiftieth of the values is a good number, as simulations
        // show.
        (best.0, of_any(best.1, sampled.len().div_ceil(50)))
    }

    fn most_different(&self) -> usize {
        let mut best = (self.candidates.start, 0.0);
        for at in self.candidates.clone() {
            let ((before, after), weights) = (self.values.split_at(at), self.weights.split_at(at));
            let (before, after) = (Moments::of(before, weights.0), Moments::of(after, weights.1));
            let of_deviations = (before.variance.sqrt() - after.variance.sqrt()).abs();
            let difference = (before.mean - after.mean).abs() + of_deviations;
            let scaled = at.min(self.values.len() - at) as f64 * difference;
            if scaled >= best.1 {
                best = (at, scaled);
            }
        }
        best.0
    }
}

/// Next to nothing for the fortieth at either end of the order, unless it is equal to what is not at the end.
fn weights(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = (0.025 * values.len() as f64).ceil() as usize;
    let low = sorted.get(cut).copied().unwrap_or(f64::NEG_INFINITY);
    let high = sorted.iter().rev().nth(cut).copied().unwrap_or(f64::INFINITY);
    let weight = |value: &f64| if (low..=high).contains(value) { 1.0 } else { OUTLIER_WEIGHT };
    values.iter().map(weight).collect()
}
