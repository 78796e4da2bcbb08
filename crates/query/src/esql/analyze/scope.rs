//! The columns that a name may stand for, at one place of a query.

use std::collections::BTreeSet;

use super::super::ast::NamePattern;
use super::super::plan::Column;

/// The columns at one place, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    columns: Vec<Column>,
    /// How many of the first columns are those of the source: fields that are first read later come behind them.
    source: usize,
    /// Names of fields that were dropped or renamed; `None` if no name stands for a field of the source any more.
    hidden: Option<BTreeSet<String>>,
}

impl Scope {
    /// The columns of a source, of whose fields any may be read.
    pub(super) fn of_source(columns: Vec<Column>) -> Self {
        Self { source: columns.len(), columns, hidden: Some(BTreeSet::new()) }
    }

    /// These columns and no others.
    pub(super) fn closed(columns: Vec<Column>) -> Self {
        Self { columns, source: 0, hidden: None }
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(super) fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| *column.name == *name)
    }

    /// Whether a name that is no column yet may be a field of the source.
    pub(super) fn may_read(&self, name: &str) -> bool {
        self.hidden.as_ref().is_some_and(|hidden| !hidden.contains(name))
    }

    /// Whether fields of the source may be read at all.
    pub(super) fn is_open(&self) -> bool {
        self.hidden.is_some()
    }

    /// A field of the source that is read for the first time.
    pub(super) fn add_field(&mut self, column: Column) {
        self.columns.insert(self.source, column);
        self.source += 1;
    }

    /// A new column at the end. One of the same name is hidden.
    pub(super) fn set(&mut self, column: Column) {
        self.remove(&column.name);
        self.columns.push(column);
    }

    /// Takes a column away.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(place) = self.columns.iter().position(|column| *column.name == *name) {
            self.columns.remove(place);
            self.source -= usize::from(place < self.source);
        }
        if let Some(hidden) = &mut self.hidden {
            hidden.insert(name.to_owned());
        }
    }

    /// Another column in the place of one.
    pub(super) fn replace(&mut self, name: &str, by: Column) {
        if *by.name != *name {
            self.remove_column(&by.name);
        }
        if let Some(column) = self.columns.iter_mut().find(|column| *column.name == *name) {
            *column = by;
        }
        if let Some(hidden) = &mut self.hidden {
            hidden.insert(name.to_owned());
        }
    }

    fn remove_column(&mut self, name: &str) {
        if self.get(name).is_some() {
            self.remove(name);
        }
    }

    /// Those columns that match one of the patterns, in the order of the patterns. A column that matches several
    /// belongs to a whole name before a pattern, to a pattern before a lone star, and of equals to the last. The
    /// places of the patterns that match nothing are told.
    ///
    /// Source: Elastic's documentation of `KEEP`, "precedence rules".
    pub(super) fn keep(&mut self, patterns: &[NamePattern]) -> Vec<usize> {
        let mut of_pattern: Vec<Vec<Column>> = vec![Vec::new(); patterns.len()];
        let mut matched = vec![false; patterns.len()];
        for column in std::mem::take(&mut self.columns) {
            let mut best: Option<(u8, usize)> = None;
            for (place, pattern) in patterns.iter().enumerate().filter(|(_, one)| matches(one, &column.name))
            {
                matched[place] = true;
                let rank = precedence(pattern);
                if best.is_none_or(|(best, _)| rank <= best) {
                    best = Some((rank, place));
                }
            }
            if let Some((_, place)) = best {
                of_pattern[place].push(column);
            }
        }
        self.columns = of_pattern.into_iter().flatten().collect();
        self.source = 0;
        self.hidden = None;
        (0..patterns.len()).filter(|place| !matched[*place]).collect()
    }

    /// The names that match a pattern.
    pub(super) fn matching(&self, pattern: &NamePattern) -> Vec<String> {
        let names = self.columns.iter().map(|column| &*column.name);
        names.filter(|name| matches(pattern, name)).map(str::to_owned).collect()
    }
}

fn precedence(pattern: &NamePattern) -> u8 {
    match pattern.parts.as_slice() {
        [_] => 0,
        [first, second] if first.is_empty() && second.is_empty() => 2,
        _ => 1,
    }
}

/// Whether a name is what a pattern says: its parts with anything between them.
fn matches(pattern: &NamePattern, name: &str) -> bool {
    let Some((first, rest)) = pattern.parts.split_first() else { return false };
    let Some((last, middle)) = rest.split_last() else { return name == first };
    let Some(mut name) = name.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        match name.find(part.as_str()) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esql::{ColumnId, Type};

    fn scope(names: &[&str]) -> Scope {
        let columns = names.iter().zip(0..);
        let column =
            |(name, id): (&&str, u32)| Column { id: ColumnId(id), name: (*name).into(), ty: Type::Long };
        Scope::of_source(columns.map(column).collect())
    }

    fn pattern(text: &str) -> NamePattern {
        NamePattern { parts: text.split('*').map(str::to_owned).collect(), span: 0..0 }
    }

    fn kept(names: &[&str], patterns: &[&str]) -> Vec<String> {
        let mut scope = scope(names);
        scope.keep(&patterns.iter().map(|text| pattern(text)).collect::<Vec<_>>());
        scope.columns.iter().map(|column| column.name.to_string()).collect()
    }

    #[test]
    fn keep_follows_the_precedence_rules() {
        let names = ["first_name", "height", "last_name", "salary"];
        assert_eq!(kept(&names, &["salary", "first_name"]), ["salary", "first_name"]);
        // A whole name comes before a pattern, wherever it stands.
        assert_eq!(kept(&names, &["*_name", "first_name"]), ["last_name", "first_name"]);
        // Of two patterns the last.
        assert_eq!(kept(&names, &["first*", "*name"]), ["first_name", "last_name"]);
        assert_eq!(kept(&names, &["f*", "first*", "h*"]), ["first_name", "height"]);
        assert_eq!(kept(&names, &["*", "first_name"]), ["height", "last_name", "salary", "first_name"]);
        assert_eq!(kept(&names, &["salary", "*"]), ["salary", "first_name", "height", "last_name"]);
    }

    #[test]
    fn stars_stand_for_any_run() {
        let matches = |text: &str, name: &str| matches(&pattern(text), name);
        assert!(
            matches("a*c", "abc")
                && matches("a*c", "ac")
                && matches("*", "")
                && matches("*.name", "process.name")
        );
        assert!(!matches("a*c", "acb") && !matches("aa*a", "aa") && !matches("a", "ab"));
    }
}
