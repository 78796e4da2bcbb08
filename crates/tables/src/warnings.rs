//! What a query says beside its result.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::config::{ConfigEntry, ConfigExtension, ExtensionOptions};
use datafusion::common::{DataFusionError, Result};

/// Counts of what gave null where a value was to be expected, as Elasticsearch's `Warning` headers tell.
#[derive(Debug, Default)]
pub struct Warnings(Mutex<BTreeMap<(String, String), u64>>);

impl Warnings {
    /// Counts so many rows for which a function gave null, and why.
    pub fn add(&self, function: &str, reason: &str, rows: u64) {
        if rows > 0 {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry((function.to_owned(), reason.to_owned())).or_default() += rows;
        }
    }

    /// Function, reason and number of rows, in order.
    pub fn list(&self) -> Vec<(String, String, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|((function, reason), rows)| (function.clone(), reason.clone(), *rows)).collect()
    }
}

/// What functions find in the options of their session.
#[derive(Clone, Debug, Default)]
pub struct EsqlOptions {
    /// Where they say what went wrong.
    pub warnings: Arc<Warnings>,
}

impl ConfigExtension for EsqlOptions {
    const PREFIX: &'static str = "esql";
}

impl ExtensionOptions for EsqlOptions {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, _value: &str) -> Result<()> {
        Err(DataFusionError::Configuration(format!("there is no option `{key}`")))
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        Vec::new()
    }
}
