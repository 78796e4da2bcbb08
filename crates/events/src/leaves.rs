//! The quick way through a record: its bytes are walked once, straight to the values that a layout asks for,
//! and everything else is stepped over, with no tape and no tree.
//!
//! **What keeps it sound:** whatever is unusual, the walk gives up ([`GiveUp`]) and the record takes the other
//! way, through the parser and its tape, which alone says what is an error and what is mended. So the walk may
//! refuse what the parser takes, and must never take what the parser refuses, nor give another value. It looks
//! at every byte, also of what it steps over: strings and their escapes, numbers, the grammar, UTF-8.
//!
//! Only records that are ECS are walked. One that needs a normaliser gives up, and after some of them the next one is
//! not walked at all ([`crate::Shredder`]).

use rulehound_schema::Scalar;

use crate::layout::{PathId, PathTree};

pub(crate) mod cursor;
mod keys;
pub(crate) mod literal;
pub(crate) mod marks;
mod numbers;
mod sites;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod walk;

use marks::Marks;
use sites::Sites;
use text::{Escaped, Source, Text};

/// The walk gives up: the record is to be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GiveUp;

/// Walks records of one layout, and learns what follows what.
#[derive(Debug, Default)]
pub(crate) struct LeafScanner {
    sites: Sites,
    marks: Marks,
    leaves: Leaves,
}

impl LeafScanner {
    /// The values that `paths` ask for in a record, one JSON object.
    pub(crate) fn scan<'s>(&'s mut self, json: &'s [u8], paths: &PathTree) -> Result<Record<'s>, GiveUp> {
        self.leaves.clear();
        let source = Source::of(json, &mut self.marks)?;
        walk::walk(source, paths, &mut self.sites, &mut self.leaves)?;
        Ok(Record { source, leaves: &self.leaves })
    }
}

/// A record that was walked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'s> {
    source: Source<'s>,
    leaves: &'s Leaves,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leaf<'s> {
    Scalar(Scalar<'s>),
    /// A string with escapes.
    Escaped(Escaped<'s>),
    /// An object, where the layout has a field.
    Object,
}

impl<'s> Record<'s> {
    /// `_id`, where the record says.
    pub(crate) fn id(self) -> Option<&'s str> {
        self.text(self.leaves.id?)
    }

    /// `_index`, where the record says.
    pub(crate) fn index(self) -> Option<&'s str> {
        self.text(self.leaves.index?)
    }

    /// The values, in the order of the record. Those that an array holds come one by one.
    pub(crate) fn leaves(self) -> impl Iterator<Item = (PathId, Leaf<'s>)> {
        self.leaves.values.iter().map(move |&(path, found)| (path, self.leaf(found)))
    }

    #[inline]
    fn leaf(self, found: Found) -> Leaf<'s> {
        match found {
            Found::Text(text) => Leaf::Scalar(Scalar::Str(self.text(text).unwrap_or_default())),
            Found::Escaped { start, end } => Leaf::Escaped(Escaped { source: self.source, start, end }),
            Found::I64(n) => Leaf::Scalar(Scalar::I64(n)),
            Found::U64(n) => Leaf::Scalar(Scalar::U64(n)),
            Found::F64(n) => Leaf::Scalar(Scalar::F64(n)),
            Found::Bool(value) => Leaf::Scalar(Scalar::Bool(value)),
            Found::Null => Leaf::Scalar(Scalar::Null),
            Found::Object => Leaf::Object,
        }
    }

    fn text(self, text: Text) -> Option<&'s str> {
        match text {
            Text::Plain { start, end } => self.source.json.get(start..end),
            Text::Unescaped { start, end } => self.leaves.unescaped.get(start..end),
        }
    }
}

/// What a walk has found.
#[derive(Debug, Default)]
struct Leaves {
    values: Vec<(PathId, Found)>,
    /// Strings that had escapes, without them.
    unescaped: String,
    id: Option<Text>,
    index: Option<Text>,
}

/// A [`Leaf`], its text by place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    Text(Text),
    /// A string with escapes, by its place.
    Escaped {
        start: usize,
        end: usize,
    },
    I64(i64),
    U64(u64),
    F64(f64),
    Bool(bool),
    Null,
    Object,
}

impl Leaves {
    fn clear(&mut self) {
        self.values.clear();
        self.unescaped.clear();
        self.id = None;
        self.index = None;
    }
}
