//! Sums of doubles, and what follows from them.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, StructArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::EmitTo;

use super::Groups;

/// A sum with twice the digits of a double: what is lost in an addition is added up apart (Knuth's two-sum).
/// Elasticsearch's `CompensatedSum` is after the same end; here the order of the values does not show.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::aggregates) struct Precise {
    high: f64,
    low: f64,
}

impl Precise {
    fn add(&mut self, value: f64) {
        let sum = self.high + value;
        if !sum.is_finite() {
            *self = Self { high: sum, low: 0.0 };
            return;
        }
        let part = sum - self.high;
        let lost = (self.high - (sum - part)) + (value - part);
        self.low += lost;
        self.high = sum;
        self.settle();
    }

    /// Keeps the parts from overlapping.
    fn settle(&mut self) {
        let sum = self.high + self.low;
        self.low -= sum - self.high;
        self.high = sum;
    }

    fn add_precise(&mut self, other: Self) {
        self.add(other.high);
        self.add(other.low);
    }

    fn add_square(&mut self, value: f64) {
        let square = value * value;
        self.add(square);
        let lost = value.mul_add(value, -square);
        if lost.is_finite() {
            self.add(lost);
        }
    }

    fn value(self) -> f64 {
        self.high + self.low
    }
}

/// A total of values.
pub(in crate::aggregates) trait Total: Clone + Default + Send {
    /// A value.
    type Value: Copy;
    /// How many of [`Self::parts`] there are.
    const PARTS: usize;

    /// The values of a column without nulls.
    fn read(column: &ArrayRef) -> Result<Vec<Self::Value>>;

    /// Counts a value.
    fn add(&mut self, value: Self::Value);

    /// Counts what another has counted.
    fn add_total(&mut self, other: Self);

    /// What it is made of, those not needed 0.
    fn parts(&self) -> [f64; 5];

    /// From its parts.
    fn from_parts(parts: [f64; 5]) -> Self;

    /// What comes out, of this type; `None` for a group without values.
    fn give(totals: Vec<Option<Self>>, returns: &DataType) -> Result<ArrayRef>;
}

/// The types of the parts.
pub(super) fn state_types<T: Total>() -> Vec<DataType> {
    vec![DataType::Float64; T::PARTS]
}

/// `SUM` of doubles.
#[derive(Clone, Default)]
pub(in crate::aggregates) struct Sum(Precise);

impl Total for Sum {
    type Value = f64;
    const PARTS: usize = 2;

    fn read(column: &ArrayRef) -> Result<Vec<f64>> {
        doubles(column)
    }

    fn add(&mut self, value: f64) {
        self.0.add(value);
    }

    fn add_total(&mut self, other: Self) {
        self.0.add_precise(other.0);
    }

    fn parts(&self) -> [f64; 5] {
        [self.0.high, self.0.low, 0.0, 0.0, 0.0]
    }

    fn from_parts([high, low, ..]: [f64; 5]) -> Self {
        Self(Precise { high, low })
    }

    fn give(totals: Vec<Option<Self>>, _returns: &DataType) -> Result<ArrayRef> {
        Ok(column(totals.into_iter().map(|total| total.map(|total| total.0.value()))))
    }
}

/// `VARIANCE` and, as its root, `STD_DEV`: of all there is, not of a sample (`StdDevStates`).
#[derive(Clone, Default)]
pub(in crate::aggregates) struct Spread<const ROOT: bool> {
    count: f64,
    sum: Precise,
    squares: Precise,
}

impl<const ROOT: bool> Spread<ROOT> {
    /// The mean of the squares less the square of the mean, in the double digits.
    fn value(&self) -> f64 {
        let mean = self.sum.value() / self.count;
        // Σ(x-m)² = Σx² - 2mΣx + nm², for any m near the mean.
        let mut distances = self.squares;
        for (factor, part) in [(-2.0 * mean, self.sum.high), (-2.0 * mean, self.sum.low)] {
            let product = factor * part;
            distances.add(product);
            distances.add(factor.mul_add(part, -product));
        }
        let square = mean * mean;
        for part in [square, mean.mul_add(mean, -square)] {
            let product = part * self.count;
            distances.add(product);
            distances.add(part.mul_add(self.count, -product));
        }
        let variance = (distances.value() / self.count).max(0.0);
        if ROOT { variance.sqrt() } else { variance }
    }
}

impl<const ROOT: bool> Total for Spread<ROOT> {
    type Value = f64;
    const PARTS: usize = 5;

    fn read(column: &ArrayRef) -> Result<Vec<f64>> {
        doubles(column)
    }

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum.add(value);
        self.squares.add_square(value);
    }

    fn add_total(&mut self, other: Self) {
        self.count += other.count;
        self.sum.add_precise(other.sum);
        self.squares.add_precise(other.squares);
    }

    fn parts(&self) -> [f64; 5] {
        [self.count, self.sum.high, self.sum.low, self.squares.high, self.squares.low]
    }

    fn from_parts([count, sum_high, sum_low, squares_high, squares_low]: [f64; 5]) -> Self {
        Self {
            count,
            sum: Precise { high: sum_high, low: sum_low },
            squares: Precise { high: squares_high, low: squares_low },
        }
    }

    fn give(totals: Vec<Option<Self>>, _returns: &DataType) -> Result<ArrayRef> {
        Ok(column(totals.into_iter().map(|total| total.map(|total| total.value()))))
    }
}

/// `ST_CENTROID_AGG`: the mean of each coordinate.
#[derive(Clone, Default)]
pub(in crate::aggregates) struct Centroid {
    count: f64,
    x: Precise,
    y: Precise,
}

impl Total for Centroid {
    type Value = (f64, f64);
    const PARTS: usize = 5;

    fn read(column: &ArrayRef) -> Result<Vec<(f64, f64)>> {
        let points = column.as_struct_opt().ok_or_else(|| exec_datafusion_err!("no points"))?;
        match points.columns() {
            [x, y] => Ok(doubles(x)?.into_iter().zip(doubles(y)?).collect()),
            _ => Err(exec_datafusion_err!("points have two coordinates")),
        }
    }

    fn add(&mut self, (x, y): (f64, f64)) {
        self.count += 1.0;
        self.x.add(x);
        self.y.add(y);
    }

    fn add_total(&mut self, other: Self) {
        self.count += other.count;
        self.x.add_precise(other.x);
        self.y.add_precise(other.y);
    }

    fn parts(&self) -> [f64; 5] {
        [self.count, self.x.high, self.x.low, self.y.high, self.y.low]
    }

    fn from_parts([count, x_high, x_low, y_high, y_low]: [f64; 5]) -> Self {
        Self { count, x: Precise { high: x_high, low: x_low }, y: Precise { high: y_high, low: y_low } }
    }

    fn give(totals: Vec<Option<Self>>, returns: &DataType) -> Result<ArrayRef> {
        let DataType::Struct(fields) = returns else { return Err(exec_datafusion_err!("no points")) };
        let nulls = totals.iter().map(Option::is_some).collect::<Vec<_>>().into();
        let mean = |of: fn(&Self) -> f64| -> ArrayRef {
            let mean = |total: &Option<Self>| total.as_ref().map_or(0.0, |total| of(total) / total.count);
            Arc::new(totals.iter().map(mean).collect::<Float64Array>())
        };
        let coordinates = vec![mean(|total| total.x.value()), mean(|total| total.y.value())];
        Ok(Arc::new(StructArray::try_new(fields.clone(), coordinates, Some(nulls))?))
    }
}

/// A total a group, `None` before the first value.
pub(in crate::aggregates) struct Totals<T> {
    totals: Vec<Option<T>>,
    returns: DataType,
}

impl<T> Default for Totals<T> {
    fn default() -> Self {
        Self::new(DataType::Float64)
    }
}

impl<T> Totals<T> {
    pub(super) fn new(returns: DataType) -> Self {
        Self { totals: Vec::new(), returns }
    }
}

impl<T: Total> Groups for Totals<T> {
    fn update(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.totals.resize(total, None);
        let Some(column) = values.first() else { return Ok(()) };
        for (value, &group) in T::read(column)?.into_iter().zip(groups) {
            if let Some(total) = self.totals.get_mut(group) {
                total.get_or_insert_default().add(value);
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.totals.resize(total, None);
        let columns: Vec<&Float64Array> =
            states.iter().filter_map(|column| column.as_primitive_opt::<Float64Type>()).collect();
        for (row, &group) in groups.iter().enumerate() {
            let mut parts = [0.0; 5];
            for (part, column) in parts.iter_mut().zip(&columns).filter(|(_, column)| column.is_valid(row)) {
                *part = column.value(row);
            }
            let is_seen = columns.first().is_some_and(|column| column.is_valid(row));
            if let Some(total) = self.totals.get_mut(group).filter(|_| is_seen) {
                total.get_or_insert_default().add_total(T::from_parts(parts));
            }
        }
        Ok(())
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let totals = emit.take_needed(&mut self.totals);
        let part = |nth: usize| {
            let part =
                move |total: &Option<T>| total.as_ref().and_then(|total| total.parts().get(nth).copied());
            column(totals.iter().map(part))
        };
        Ok((0..T::PARTS).map(part).collect())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        T::give(emit.take_needed(&mut self.totals), &self.returns)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.totals.capacity() * size_of::<Option<T>>()
    }
}

fn doubles(column: &ArrayRef) -> Result<Vec<f64>> {
    let doubles = column.as_primitive_opt::<Float64Type>();
    Ok(doubles.ok_or_else(|| exec_datafusion_err!("no doubles"))?.values().to_vec())
}

/// Doubles that are none are null.
fn column(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}
