//! Weighted means, variances and fits.

/// Of weighted values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    /// The sum of the weights.
    pub(super) weight: f64,
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Moments {
    pub(super) fn of(values: &[f64], weights: &[f64]) -> Self {
        let weight: f64 = weights.iter().sum();
        // About one of the values, so that equal ones have no variance at all.
        let origin = values.first().copied().unwrap_or_default();
        let sum: f64 = values.iter().zip(weights).map(|(value, weight)| weight * (value - origin)).sum();
        let mean = origin + sum / weight;
        let squares = values.iter().zip(weights).map(|(value, weight)| weight * (value - mean).powi(2));
        Self { weight, mean, variance: squares.sum::<f64>() / weight }
    }
}

/// The variance that the best parabola leaves.
///
/// It is put together of polynomials that are orthogonal over the weighted places, each from the two before
/// it (Forsythe's method): the powers of the places themselves would lose most digits.
pub(super) fn variance_about_parabola(values: &[f64], weights: &[f64]) -> f64 {
    let centre = (values.len() as f64 - 1.0) / 2.0;
    let places: Vec<f64> = (0..values.len()).map(|at| (at as f64 - centre) / (centre + 1.0)).collect();
    let origin = values.first().copied().unwrap_or_default();
    let mut residuals: Vec<f64> = values.iter().map(|value| value - origin).collect();
    let mut before = vec![0.0; values.len()];
    let mut polynomial = vec![1.0; values.len()];
    let mut norm_before = 1.0;
    for _ in 0..3 {
        let sum = |term: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
            let rows = polynomial.iter().zip(&places).zip(&residuals).zip(weights);
            rows.map(|(((p, x), r), weight)| weight * term(*p, *x, *r)).sum()
        };
        let norm = sum(&|p, _, _| p * p);
        let scale = sum(&|p, _, r| p * r) / norm;
        let shift = sum(&|p, x, _| x * p * p) / norm;
        for (((r, p), x), old) in residuals.iter_mut().zip(&mut polynomial).zip(&places).zip(&mut before) {
            *r -= scale * *p;
            (*p, *old) = ((x - shift) * *p - norm / norm_before * *old, *p);
        }
        norm_before = norm;
    }
    let squares: f64 = residuals.iter().zip(weights).map(|(r, weight)| weight * r * r).sum();
    let variance = squares / weights.iter().sum::<f64>();
    // What rounding leaves of values that are a parabola.
    let largest = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let rounding = 16.0 * f64::EPSILON * largest;
    if variance <= rounding * rounding { 0.0 } else { variance }
}
