//! Sums of doubles in which next to nothing is lost.

/// A sum with twice the digits of a double: what is lost in an addition is added up apart (Knuth's two-sum).
/// Elasticsearch's `CompensatedSum` is after the same end; here the order of the values does not show.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Precise {
    high: f64,
    low: f64,
}

impl Precise {
    /// Its parts, which do not overlap.
    pub(crate) fn parts(self) -> [f64; 2] {
        [self.high, self.low]
    }

    /// From its parts.
    pub(crate) fn from_parts([high, low]: [f64; 2]) -> Self {
        Self { high, low }
    }

    /// Adds a number.
    pub(crate) fn add(&mut self, number: f64) {
        let sum = self.high + number;
        if !sum.is_finite() {
            *self = Self { high: sum, low: 0.0 };
            return;
        }
        let part = sum - self.high;
        let lost = (self.high - (sum - part)) + (number - part);
        let low = self.low + lost;
        self.high = sum + low;
        self.low = low - (self.high - sum);
    }

    /// Adds a product, with the digits that a double has no room for.
    pub(crate) fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        self.add(product);
        let lost = a.mul_add(b, -product);
        if lost.is_finite() {
            self.add(lost);
        }
    }

    /// Adds another sum.
    pub(crate) fn add_precise(&mut self, other: Self) {
        self.add(other.high);
        self.add(other.low);
    }

    /// The nearest double.
    pub(crate) fn value(self) -> f64 {
        self.high + self.low
    }
}
