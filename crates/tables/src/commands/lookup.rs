//! Looking rows of a table up by their values: `LOOKUP JOIN` and `ENRICH`.
//!
//! Two functions do it: one gives the rows of the table that match, the other the values that a column has
//! there.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, ListBuilder, RecordBatch, UInt32Array, UInt32Builder,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Field, UInt32Type};
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::types::{item_type, list_of};
use crate::warnings::EsqlOptions;

/// The rows of a table by the values of their keys.
#[derive(Debug)]
pub(crate) struct LookupIndex {
    rows: RecordBatch,
    /// Whether any of several values may match, and all that match are taken together: `ENRICH`.
    is_policy: bool,
    /// As what keys are compared.
    types: Vec<DataType>,
    converter: RowConverter,
    rows_of: HashMap<Box<[u8]>, Vec<u32>>,
}

impl LookupIndex {
    /// Of the columns of these names, to be compared with columns of these types.
    pub(crate) fn new(
        rows: &RecordBatch,
        names: &[&str],
        types: &[DataType],
        is_policy: bool,
    ) -> Result<Self> {
        let mut keys = Vec::new();
        let mut common = Vec::new();
        for (name, ty) in names.iter().zip(types) {
            let Some(key) = rows.column_by_name(name) else {
                return plan_err!("the lookup table has no field `{name}`");
            };
            let (here, there) = (item_type(ty), item_type(key.data_type()));
            let Some(ty) = comparison_coercion(here, there) else {
                return plan_err!("`{name}` cannot be compared: {here} with {there}");
            };
            common.push(ty);
            keys.push(key.clone());
        }
        let fields = common.iter().cloned().map(SortField::new).collect();
        let converter = RowConverter::new(fields)?;
        let mut index =
            Self { rows: rows.clone(), is_policy, types: common, converter, rows_of: HashMap::new() };
        let keys = index.keys(&keys, rows.num_rows())?;
        for (row, occurrences) in keys.of_rows.iter().enumerate() {
            for key in occurrences.clone().filter_map(|occurrence| keys.get(occurrence)) {
                let of_key = index.rows_of.entry(key).or_default();
                let row = u32::try_from(row).unwrap_or(u32::MAX);
                if of_key.last() != Some(&row) {
                    of_key.push(row);
                }
            }
        }
        Ok(index)
    }

    /// The rows of the table that match, for each row: a list.
    pub(crate) fn matches(self: &Arc<Self>, keys: Vec<Expr>) -> Expr {
        let returns = list_of(DataType::UInt32);
        Lookup { index: self.clone(), place: None, returns, signature: any() }.call(keys)
    }

    /// The values of a column in the rows that match.
    pub(crate) fn values(self: &Arc<Self>, name: &str, matches: Expr) -> Result<Expr> {
        let Some((place, field)) = self.rows.schema_ref().column_with_name(name) else {
            return plan_err!("the lookup table has no field `{name}`");
        };
        let returns = match self.is_policy {
            true => list_of(item_type(field.data_type()).clone()),
            false => field.data_type().clone(),
        };
        let lookup = Lookup { index: self.clone(), place: Some(place), returns, signature: any() };
        Ok(lookup.call(vec![matches]))
    }

    /// The keys of rows. One of several values matches for a policy; for a join such rows have no key.
    fn keys(&self, columns: &[ArrayRef], rows: usize) -> Result<Keys> {
        let single = |column: &ArrayRef| Occurrences::of(column).of_single(rows);
        let (items, of_rows) = match columns {
            [column] if self.is_policy => {
                let occurrences = Occurrences::of(column);
                (vec![occurrences.items], occurrences.of_rows)
            }
            _ => {
                let items = columns.iter().map(single).collect::<Result<Vec<_>>>()?;
                (items, (0..rows).map(|row| row..row + 1).collect())
            }
        };
        let items = items.iter().zip(&self.types).map(|(items, ty)| Ok(cast(items, ty)?));
        let items = items.collect::<Result<Vec<_>>>()?;
        let nulls = items
            .iter()
            .fold(None, |nulls, items| NullBuffer::union(nulls.as_ref(), items.logical_nulls().as_ref()));
        Ok(Keys { rows: self.converter.convert_columns(&items)?, nulls, of_rows })
    }

    fn find(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let keys = self.keys(columns, rows)?;
        let mut lists = ListBuilder::new(UInt32Builder::new())
            .with_field(Arc::new(Field::new_list_field(DataType::UInt32, true)));
        for occurrences in &keys.of_rows {
            let found = occurrences.clone().filter_map(|occurrence| self.rows_of.get(&keys.get(occurrence)?));
            let mut found: Vec<u32> = found.flatten().copied().collect();
            found.sort_unstable();
            found.dedup();
            lists.values().append_slice(&found);
            lists.append(!found.is_empty());
        }
        Ok(Arc::new(lists.finish()))
    }

    /// The values of a column in rows of the table, one each, or all of a list of them together.
    fn gather(&self, place: usize, matches: &ArrayRef) -> Result<ArrayRef> {
        let column = self.rows.column(place);
        let Some(lists) = matches.as_list_opt::<i32>() else { return Ok(take(column, matches, None)?) };
        let there = Occurrences::of(column);
        let mut places: Vec<u32> = Vec::new();
        let mut lengths = Vec::new();
        for list in lists.iter() {
            let before = places.len();
            let list = list.as_ref().map(|list| list.as_primitive::<UInt32Type>().values());
            for row in list.into_iter().flat_map(|list| list.iter()) {
                let of_row = there.of_rows.get(*row as usize).cloned().unwrap_or_default();
                let valid = of_row.filter(|place| there.items.is_valid(*place));
                places.extend(valid.filter_map(|place| u32::try_from(place).ok()));
            }
            lengths.push(places.len() - before);
        }
        let nulls: NullBuffer = lengths.iter().map(|length| *length > 0).collect();
        let items = take(&there.items, &UInt32Array::from(places), None)?;
        let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
        let list = ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), items, Some(nulls))?;
        Ok(Arc::new(list))
    }
}

/// Keys, and which of them are those of each row.
struct Keys {
    rows: Rows,
    nulls: Option<NullBuffer>,
    of_rows: Vec<Range<usize>>,
}

impl Keys {
    /// Null is equal to nothing.
    fn get(&self, occurrence: usize) -> Option<Box<[u8]>> {
        let is_null = self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(occurrence));
        (!is_null).then(|| self.rows.row(occurrence).as_ref().into())
    }
}

/// The values of a column, and which of them are those of each row.
struct Occurrences {
    items: ArrayRef,
    of_rows: Vec<Range<usize>>,
}

impl Occurrences {
    fn of(column: &ArrayRef) -> Self {
        let Some(lists) = column.as_list_opt::<i32>() else {
            return Self {
                items: column.clone(),
                of_rows: (0..column.len()).map(|row| row..row + 1).collect(),
            };
        };
        let of_rows =
            (0..lists.len()).map(|row| match (lists.is_valid(row), lists.offsets().get(row..row + 2)) {
                (true, Some(&[start, end])) => start as usize..end as usize,
                _ => 0..0,
            });
        Self { of_rows: of_rows.collect(), items: lists.values().clone() }
    }

    /// The values of those rows that have one.
    fn of_single(&self, rows: usize) -> Result<ArrayRef> {
        let place = |range: &Range<usize>| u32::try_from(range.start).ok().filter(|_| range.len() == 1);
        let places: UInt32Array = self.of_rows.iter().map(place).collect();
        debug_assert_eq!(places.len(), rows);
        Ok(take(&self.items, &places, None)?)
    }
}

/// A call of one of the two functions.
#[derive(Debug)]
struct Lookup {
    index: Arc<LookupIndex>,
    /// The column whose values are taken; none where the rows that match are looked for.
    place: Option<usize>,
    returns: DataType,
    signature: Signature,
}

fn any() -> Signature {
    Signature::variadic_any(Volatility::Immutable)
}

impl Lookup {
    fn call(self, args: Vec<Expr>) -> Expr {
        ScalarUDF::new_from_impl(self).call(args)
    }
}

impl PartialEq for Lookup {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.index, &other.index) && self.place == other.place
    }
}

impl Eq for Lookup {}

impl Hash for Lookup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.index).hash(state);
        self.place.hash(state);
    }
}

impl ScalarUDFImpl for Lookup {
    fn name(&self) -> &str {
        if self.place.is_some() { "lookup_values" } else { "lookup_matches" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _args: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<_>>>()?;
        let (Some(place), [matches]) = (self.place, arrays.as_slice()) else {
            if let (false, Some(options)) =
                (self.index.is_policy, args.config_options.extensions.get::<EsqlOptions>())
            {
                let several = arrays.iter().map(several).sum();
                options.warnings.add("lookup join", "LOOKUP JOIN encountered multi-value", several);
            }
            return Ok(ColumnarValue::Array(self.index.find(&arrays, rows)?));
        };
        Ok(ColumnarValue::Array(self.index.gather(place, matches)?))
    }
}

/// How many rows have more than one value.
fn several(column: &ArrayRef) -> u64 {
    Occurrences::of(column).of_rows.iter().filter(|range| range.len() > 1).count() as u64
}

/// A column as one of single values, if no row has several.
pub(crate) fn narrowed(column: &ArrayRef) -> Result<ArrayRef> {
    let is_narrow = column.as_list_opt::<i32>().is_some() && several(column) == 0;
    if is_narrow { Occurrences::of(column).of_single(column.len()) } else { Ok(column.clone()) }
}
