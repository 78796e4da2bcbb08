//! Sums of doubles, and what follows from them.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, StructArray};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, exec_datafusion_err};
use datafusion::logical_expr::EmitTo;

use super::Groups;
use crate::precise::Precise;

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
        let [high, low] = self.0.parts();
        [high, low, 0.0, 0.0, 0.0]
    }

    fn from_parts([high, low, ..]: [f64; 5]) -> Self {
        Self(Precise::from_parts([high, low]))
    }

    fn give(totals: Vec<Option<Self>>, _returns: &DataType) -> Result<ArrayRef> {
        Ok(column(totals.into_iter().map(|total| total.map(|total| total.0.value()))))
    }
}

/// The count of numbers, and two sums.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    first: Precise,
    second: Precise,
}

impl Sums {
    fn add_sums(&mut self, other: Self) {
        self.count += other.count;
        self.first.add_precise(other.first);
        self.second.add_precise(other.second);
    }

    fn parts(&self) -> [f64; 5] {
        let ([a, b], [c, d]) = (self.first.parts(), self.second.parts());
        [self.count, a, b, c, d]
    }

    fn from_parts([count, a, b, c, d]: [f64; 5]) -> Self {
        Self { count, first: Precise::from_parts([a, b]), second: Precise::from_parts([c, d]) }
    }
}

/// `VARIANCE` and, as its root, `STD_DEV`: of all there is, not of a sample (`StdDevStates`). The sums are of
/// the numbers and of their squares.
#[derive(Clone, Default)]
pub(in crate::aggregates) struct Spread<const ROOT: bool>(Sums);

impl<const ROOT: bool> Spread<ROOT> {
    /// The mean square of the distances from the mean `m`, by Σ(x-m)² = Σx² - 2mΣx + nm²; no digit is lost by
    /// it.
    fn value(&self) -> f64 {
        let Sums { count, first: sum, second: squares } = self.0;
        let mean = sum.value() / count;
        let mut distances = squares;
        for part in sum.parts() {
            distances.add_product(-2.0 * mean, part);
        }
        let square = mean * mean;
        distances.add_product(square, count);
        distances.add_product(mean.mul_add(mean, -square), count);
        let variance = (distances.value() / count).max(0.0);
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
        self.0.count += 1.0;
        self.0.first.add(value);
        self.0.second.add_product(value, value);
    }

    fn add_total(&mut self, other: Self) {
        self.0.add_sums(other.0);
    }

    fn parts(&self) -> [f64; 5] {
        self.0.parts()
    }

    fn from_parts(parts: [f64; 5]) -> Self {
        Self(Sums::from_parts(parts))
    }

    fn give(totals: Vec<Option<Self>>, _returns: &DataType) -> Result<ArrayRef> {
        Ok(column(totals.into_iter().map(|total| total.map(|total| total.value()))))
    }
}

/// `ST_CENTROID_AGG`: the mean of each coordinate.
#[derive(Clone, Default)]
pub(in crate::aggregates) struct Centroid(Sums);

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
        self.0.count += 1.0;
        self.0.first.add(x);
        self.0.second.add(y);
    }

    fn add_total(&mut self, other: Self) {
        self.0.add_sums(other.0);
    }

    fn parts(&self) -> [f64; 5] {
        self.0.parts()
    }

    fn from_parts(parts: [f64; 5]) -> Self {
        Self(Sums::from_parts(parts))
    }

    fn give(totals: Vec<Option<Self>>, returns: &DataType) -> Result<ArrayRef> {
        let DataType::Struct(fields) = returns else { return Err(exec_datafusion_err!("no points")) };
        let nulls = totals.iter().map(Option::is_some).collect::<Vec<_>>().into();
        let mean = |of: fn(&Sums) -> Precise| -> ArrayRef {
            let mean =
                |total: &Option<Self>| total.as_ref().map_or(0.0, |Self(sums)| of(sums).value() / sums.count);
            Arc::new(Float64Array::from_iter_values(totals.iter().map(mean)))
        };
        let coordinates = vec![mean(|sums| sums.first), mean(|sums| sums.second)];
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

fn column(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}
