//! What fields there are: the built-in catalogue, or an Elasticsearch mapping.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use crate::{Field, FieldType, MappingError, Parameters};
use crate::{catalogue, mapping};

/// A set of known fields with their types.
#[derive(Debug, Default)]
pub struct Schema {
    /// By full name. A name ending in `.*` stands for every name below that is not listed itself.
    entries: BTreeMap<Cow<'static, str>, Entry>,
    strict: bool,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// A field of its own.
    Field(FieldType, Option<Arc<Parameters>>),
    /// Another view of the values of the field that its name extends by one segment.
    MultiField(FieldType, Option<Arc<Parameters>>),
    /// Another name for the field at this path.
    Alias(String),
}

/// The type of a field that several mappings define in ways that do not compare alike.
const CONFLICT: FieldType = FieldType::Unsupported("conflict");

impl Schema {
    /// The built-in catalogue: ECS and the vendor fields that rules use. Not strict: an unknown
    /// field is a warning and its value null.
    pub fn catalogue() -> &'static Schema {
        static CATALOGUE: OnceLock<Schema> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            let mut schema = Schema::default();
            for (name, entry) in catalogue::entries() {
                schema.entries.entry(name).or_insert(entry);
            }
            schema
        })
    }

    /// Reads Elasticsearch index mappings and merges them. Strict: an unknown field is an error.
    ///
    /// Each text is a mapping (`{"properties": ...}`, also below `"mappings"`) or the response of
    /// `GET index/_mapping`; lines beginning with `#` are comments, and a type in brackets
    /// (`[any words]`) stands for `keyword`. Dynamic templates, `copy_to` and the scripts of runtime
    /// fields are not looked at.
    ///
    /// A field that two mappings give types that do not compare alike is no error until a query reads
    /// it, as in Elasticsearch: its type is `Unsupported("conflict")`.
    pub fn from_mappings<'a>(mappings: impl IntoIterator<Item = &'a str>) -> Result<Schema, MappingError> {
        let mut schema = Schema { strict: true, ..Schema::default() };
        schema.add_metadata_fields();
        for text in mappings {
            mapping::read(text, &mut |name, entry| schema.merge(name, entry))?;
        }
        for (name, entry) in &schema.entries {
            if let Entry::Alias(path) = entry
                && !matches!(
                    schema.entries.get(path.as_str()),
                    Some(Entry::Field(..) | Entry::MultiField(..))
                )
            {
                return Err(MappingError::Alias { field: name.to_string(), path: path.clone() });
            }
        }
        Ok(schema)
    }

    /// The same fields, and those of a mapping that it lacks.
    ///
    /// # Errors
    ///
    /// As for [`Self::from_mappings`].
    pub fn with_mapping(&self, text: &str) -> Result<Schema, MappingError> {
        let mut schema = Schema { entries: self.entries.clone(), strict: self.strict };
        mapping::read(text, &mut |name, entry| _ = schema.entries.entry(Cow::Owned(name)).or_insert(entry))?;
        Ok(schema)
    }

    /// The metadata fields that queries may read, which no mapping lists.
    fn add_metadata_fields(&mut self) {
        for name in ["_id", "_index"] {
            self.entries.insert(name.into(), Entry::Field(FieldType::Keyword, None));
        }
    }

    fn merge(&mut self, name: String, entry: Entry) {
        use std::collections::btree_map::Entry::{Occupied, Vacant};
        match self.entries.entry(Cow::Owned(name)) {
            Vacant(vacant) => {
                vacant.insert(entry);
            }
            Occupied(mut occupied) => {
                let merged = merge(occupied.get(), entry);
                occupied.insert(merged);
            }
        }
    }

    /// Whether an unknown field is an error (a mapping was given) or null (the catalogue).
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// The field a name stands for, aliases and multi-fields followed; `None` if unknown.
    ///
    /// Names below a `flattened` field are keywords, and a name that only is a prefix of fields is an
    /// [`FieldType::Object`].
    pub fn field(&self, name: &str) -> Option<Field> {
        match self.entries.get(name) {
            Some(Entry::Field(field_type, parameters)) => {
                Some(Field { name: name.into(), field_type: *field_type, parameters: parameters.clone() })
            }
            Some(Entry::MultiField(field_type, parameters)) => {
                let (parent, _) = name.rsplit_once('.')?;
                Some(Field { name: parent.into(), field_type: *field_type, parameters: parameters.clone() })
            }
            // The target is no alias: a mapping with a chain is refused.
            Some(Entry::Alias(path)) => match self.entries.get(path.as_str())? {
                Entry::Alias(_) => None,
                _ => self.field(path),
            },
            None if self.is_prefix(name) => Some(Field::new(name, FieldType::Object)),
            None => self.dynamic_type(name).map(|field_type| Field::new(name, field_type)),
        }
    }

    /// The type of a name, objects included (a name that is a prefix of fields is an `Object`).
    pub fn field_type(&self, name: &str) -> Option<FieldType> {
        Some(self.field(name)?.field_type)
    }

    /// The field that compares whole values in place of a name: the field itself, or if it is analysed
    /// text its keyword multi-field. EQL reads text fields so. `None` if unknown or if there is none.
    pub fn exact_field(&self, name: &str) -> Option<Field> {
        let field = self.field(name)?;
        if !field.field_type.is_text() {
            return Some(field);
        }
        // An alias of a text field has the multi-fields of its target.
        let name = match self.entries.get(name) {
            Some(Entry::Alias(path)) => path,
            _ => name,
        };
        self.below(name).find_map(|(child, entry)| match entry {
            Entry::MultiField(FieldType::Keyword | FieldType::Wildcard | FieldType::ConstantKeyword, _) => {
                self.field(child)
            }
            _ => None,
        })
    }

    /// The `nested` object that a field stands in, if any: its values belong to the elements of an array,
    /// and EQL cannot read them.
    pub fn nested_parent<'n>(&self, name: &'n str) -> Option<&'n str> {
        ancestors(name).find(|a| matches!(self.entries.get(*a), Some(Entry::Field(FieldType::Nested, _))))
    }

    /// All names, for near-miss suggestions; not those that stand for any name below (`labels.*`).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(AsRef::as_ref).filter(|name| !name.ends_with(".*"))
    }

    /// Known names that an unknown one may have been meant for, best first, three at most: those spelt
    /// much alike, and those that end in the same way under another parent.
    pub fn suggest(&self, name: &str) -> Vec<&str> {
        const LEAST: f64 = 0.75;
        let wanted = name.to_ascii_lowercase();
        let mut scored: Vec<(f64, &str)> = (self.names())
            // No name of much other length can be alike enough.
            .filter(|known| {
                known.len() * 3 >= wanted.len() * 2 && known.len() * 2 <= wanted.len() * 3
                    || is_suffix(known, &wanted)
            })
            .map(|known| {
                let score = strsim::normalized_damerau_levenshtein(&wanted, &known.to_ascii_lowercase());
                (if is_suffix(known, &wanted) { score.max(LEAST) } else { score }, known)
            })
            .filter(|(score, _)| *score >= LEAST)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1.len(), a.1).cmp(&(b.1.len(), b.1))));
        scored.into_iter().take(3).map(|(_, known)| known).collect()
    }

    /// The names below a name, in order.
    fn below(&self, name: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let prefix = format!("{name}.");
        let start: (Bound<&str>, Bound<&str>) = (Bound::Included(&prefix), Bound::Unbounded);
        let range = self.entries.range::<str, _>(start);
        range.map(|(key, entry)| (key.as_ref(), entry)).take_while(move |(key, _)| key.starts_with(&prefix))
    }

    fn is_prefix(&self, name: &str) -> bool {
        self.below(name).next().is_some()
    }

    /// The type that an ancestor gives to names below it.
    fn dynamic_type(&self, name: &str) -> Option<FieldType> {
        ancestors(name).find_map(|ancestor| {
            if let Some(Entry::Field(FieldType::Flattened, _)) = self.entries.get(ancestor) {
                return Some(FieldType::Keyword);
            }
            match self.entries.get(format!("{ancestor}.*").as_str()) {
                Some(Entry::Field(field_type, _)) => Some(*field_type),
                _ => None,
            }
        })
    }
}

/// The names above a name, nearest first: `a.b.c` has `a.b` and `a`.
fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    name.rmatch_indices('.').map(move |(dot, _)| &name[..dot])
}

/// Whether `known` is `wanted` below some parent.
fn is_suffix(known: &str, wanted: &str) -> bool {
    known.strip_suffix(wanted).is_some_and(|parent| parent.ends_with('.'))
}

/// Merges two entries of one name. Dates of several formats take all of them.
fn merge(known: &Entry, new: Entry) -> Entry {
    let (Entry::Field(known_type, known_parameters), Entry::Field(new_type, new_parameters)) = (known, &new)
    else {
        let alike = match (known, &new) {
            (Entry::MultiField(a, _), Entry::MultiField(b, _)) => compare_alike(*a, *b),
            _ => *known == new,
        };
        return if alike { known.clone() } else { Entry::Field(CONFLICT, None) };
    };
    if !compare_alike(*known_type, *new_type) {
        return Entry::Field(CONFLICT, None);
    }
    let parameters = match (known_parameters, new_parameters) {
        (Some(a), Some(b)) if a != b => {
            let mut both = Parameters::clone(a);
            both.formats.extend(b.formats.iter().filter(|format| !a.formats.contains(format)).cloned());
            Some(Arc::new(both))
        }
        (a, b) => a.clone().or_else(|| b.clone()),
    };
    // The wider of the two holds the values of both.
    let field_type = if *new_type == FieldType::Long { FieldType::Long } else { *known_type };
    Entry::Field(field_type, parameters)
}

/// Whether Elasticsearch reads fields of these types as one: it merges types of a family.
fn compare_alike(a: FieldType, b: FieldType) -> bool {
    use FieldType::{ConstantKeyword, Integer, Keyword, Long, MatchOnlyText, Text, Wildcard};
    let family = |t| match t {
        Keyword | ConstantKeyword | Wildcard => Keyword,
        Text | MatchOnlyText => Text,
        Integer | Long => Long,
        other => other,
    };
    family(a) == family(b)
}

#[cfg(test)]
mod tests;
