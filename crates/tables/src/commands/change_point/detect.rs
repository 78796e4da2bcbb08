//! Whether and where a series of numbers changes.
//!
//! The method is that of Elasticsearch's machine learning (`ChangePointDetector`, as ES|QL 9 has it): a lone
//! extreme is looked for under a kernel density of the other values, a lasting change by comparing models of
//! the series, and what is the less likely to be chance counts.

use super::{excursion, shift};

/// So few values tell nothing.
pub(in crate::commands) const LEAST_POINTS: usize = 2 * LEAST_SIDE + 2;

/// What lies on either side of a change has at least so many values.
pub(super) const LEAST_SIDE: usize = 10;

/// As likely as this by chance is no finding.
pub(super) const SIGNIFICANCE: f64 = 0.01;

/// How a series changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Kind {
    /// A lone low.
    Dip,
    /// A lone high.
    Spike,
    /// From one level to another.
    StepChange,
    /// From one trend to another.
    TrendChange,
    /// The values are spread otherwise.
    DistributionChange,
}

impl Kind {
    /// As Elasticsearch calls it.
    pub(in crate::commands) fn name(self) -> &'static str {
        match self {
            Self::Dip => "dip",
            Self::Spike => "spike",
            Self::StepChange => "step_change",
            Self::TrendChange => "trend_change",
            Self::DistributionChange => "distribution_change",
        }
    }
}

/// A change that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::commands) struct Change {
    pub(in crate::commands) kind: Kind,
    /// The place of the first value that belongs to what is new.
    pub(in crate::commands) at: usize,
    /// How likely chance alone does as much.
    pub(in crate::commands) p_value: f64,
}

/// What one way of looking makes of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finding {
    pub(super) p_value: f64,
    /// A steady trend is found, but changes nowhere.
    pub(super) change: Option<(Kind, usize)>,
}

impl Finding {
    pub(super) const NOTHING: Self = Self { p_value: 1.0, change: None };
}

/// The change of a series of at least [`LEAST_POINTS`] values; shorter ones have none.
pub(in crate::commands) fn detect(values: &[f64]) -> Option<Change> {
    if values.len() < LEAST_POINTS {
        return None;
    }
    let excursion = excursion::find(values);
    let shift = shift::find(values);
    let found = if excursion.p_value < shift.p_value { excursion } else { shift };
    let (kind, at) = found.change?;
    Some(Change { kind, at, p_value: found.p_value })
}
