//! How likely chance does as much.

use statrs::function::beta::checked_beta_reg;

/// That one of so many independent trials comes out, each as likely as this.
pub(super) fn of_any(p_value: f64, trials: usize) -> f64 {
    // As Elasticsearch rounds it: results are compared digit by digit.
    if p_value > 1e-10 { 1.0 - (1.0 - p_value).powf(trials as f64) } else { trials as f64 * p_value }
}

/// What a model leaves of the variance of a series, with so many parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unexplained {
    pub(super) variance: f64,
    pub(super) parameters: f64,
}

/// The two-sided F-test of a model of so many values against one that has it within.
pub(super) fn of_nested(count: f64, plain: Unexplained, richer: Unexplained) -> f64 {
    if richer.variance == plain.variance {
        return 1.0;
    }
    if richer.variance == 0.0 {
        return 0.0;
    }
    let more = richer.parameters - plain.parameters;
    let left = count - richer.parameters;
    let ratio = (plain.variance - richer.variance) / more * left / richer.variance;
    (2.0 * above_f(more, left, ratio)).min(1.0)
}

/// How much of an F-distribution lies above a value.
fn above_f(numerator: f64, denominator: f64, value: f64) -> f64 {
    if value.is_nan() || value <= 0.0 {
        return 1.0;
    }
    let x = denominator / (denominator + numerator * value);
    checked_beta_reg(0.5 * denominator, 0.5 * numerator, x).unwrap_or(1.0)
}

/// The two-sample Kolmogorov-Smirnov test: that two samples of one distribution differ as much.
///
/// Their order when put together is a path over a grid, one step to the right or up a value, and all paths
/// are equally likely. The samples differ as far as the path leaves the diagonal; what is summed is how
/// likely a path first leaves the band about it at each point of the grid. That is exact where no values are
/// equal.
pub(super) fn of_same_distribution(one: &[f64], other: &[f64]) -> f64 {
    let furthest = furthest_apart(one, other);
    let (columns, rows) = (one.len(), other.len());
    let is_inside = |column: usize, row: usize| (column * rows).abs_diff(row * columns) < furthest;
    if !is_inside(0, 0) {
        return 1.0;
    }
    let mut outside = 0.0;
    // How likely a path comes to each point of a row without having left the band.
    let mut below = vec![0.0; columns + 1];
    for row in 0..=rows {
        let mut left = if row == 0 { 1.0 } else { 0.0 };
        for (column, chance) in below.iter_mut().enumerate() {
            let steps = |column: usize, row: usize| (columns + rows - column - row) as f64;
            if row > 0 {
                left += *chance * (rows + 1 - row) as f64 / steps(column, row - 1);
            }
            if !is_inside(column, row) {
                outside += left;
                left = 0.0;
            }
            *chance = left;
            left *= if column < columns { (columns - column) as f64 / steps(column, row) } else { 0.0 };
        }
    }
    outside
}

/// The greatest difference of the shares of two samples that lie below a value, times the size of both.
fn furthest_apart(one: &[f64], other: &[f64]) -> usize {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let (one, other) = (sorted(one), sorted(other));
    let apart = |value: &f64| {
        let place = |values: &[f64]| values.partition_point(|other| other.total_cmp(value).is_le());
        (place(&one) * other.len()).abs_diff(place(&other) * one.len())
    };
    one.iter().chain(&other).map(apart).max().unwrap_or(0)
}
