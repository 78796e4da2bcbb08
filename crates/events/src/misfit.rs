//! Values that do not fit the type of their field.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Origin;

/// Values that did not fit the type of their field, counted by field. They stay in the document and match
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Misfits {
    by_field: BTreeMap<Arc<str>, MisfitCount>,
}

/// The misfits of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MisfitCount {
    /// How many values.
    pub values: u64,
    /// The event of the first of them, in order of file and position.
    pub first: Origin,
}

impl Misfits {
    pub(crate) fn add(&mut self, field: &Arc<str>, origin: impl Fn() -> Origin) {
        self.merge_one(field, || MisfitCount { values: 1, first: origin() });
    }

    fn merge_one(&mut self, field: &Arc<str>, count: impl FnOnce() -> MisfitCount) {
        let count = count();
        match self.by_field.get_mut(field) {
            None => drop(self.by_field.insert(field.clone(), count)),
            Some(total) => {
                total.values += count.values;
                if count.first < total.first {
                    total.first = count.first;
                }
            }
        }
    }

    /// Adds the misfits of another part of the same scan.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (field, count) in &other.by_field {
            self.merge_one(field, || count.clone());
        }
    }

    /// The fields that had any, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MisfitCount)> {
        self.by_field.iter().map(|(field, count)| (&**field, count))
    }

    /// All misfits together.
    pub fn total(&self) -> u64 {
        self.by_field.values().map(|count| count.values).sum()
    }
}
