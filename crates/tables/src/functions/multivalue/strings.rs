//! Strings of several values.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, ListBuilder, StringViewArray, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_datafusion_err};

use super::Values;
use crate::functions::Call;

/// The strings of a column.
struct Strings {
    items: StringViewArray,
    rows: Vec<Range<usize>>,
}

impl Strings {
    fn of(call: &Call<'_>, place: usize) -> Result<Self> {
        let values = Values::of(call, place)?.with_type(&DataType::Utf8View);
        let items = values.items.as_string_view_opt().cloned();
        let items = items.ok_or_else(|| exec_datafusion_err!("`{}` takes strings", call.name))?;
        Ok(Self { items, rows: values.rows })
    }

    fn row(&self, row: usize) -> Vec<&str> {
        self.rows.get(row).cloned().unwrap_or_default().map(|item| self.items.value(item)).collect()
    }
}

/// `MvConcat`: the values with a delimiter between them; null if there are none or not one delimiter.
pub(super) fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    let (values, delimiters) = (Strings::of(call, 0)?, Strings::of(call, 1)?);
    let mut builder = StringViewBuilder::with_capacity(call.rows);
    for row in 0..values.rows.len() {
        match (values.row(row).as_slice(), delimiters.row(row).as_slice()) {
            ([], _) => builder.append_null(),
            (parts, [delimiter]) => builder.append_value(parts.join(delimiter)),
            _ => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// `MvZip`: the first values with a delimiter between them, then the second ones, and so on; what is left of
/// the longer as it is. The delimiter is a comma if it is left out.
pub(super) fn zip(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (Strings::of(call, 0)?, Strings::of(call, 1)?);
    let delimiters = if call.args.len() > 2 { Some(Strings::of(call, 2)?) } else { None };
    let field = Field::new_list_field(DataType::Utf8View, true);
    let mut lists = ListBuilder::new(StringViewBuilder::new()).with_field(field);
    for row in 0..left.rows.len() {
        let (left, right) = (left.row(row), right.row(row));
        let delimiters = delimiters.as_ref().map_or_else(|| vec![","], |delimiters| delimiters.row(row));
        let &[delimiter] = delimiters.as_slice() else {
            lists.append_null();
            continue;
        };
        let length = left.len().max(right.len());
        for place in 0..length {
            match (left.get(place), right.get(place)) {
                (Some(left), Some(right)) => lists.values().append_value([*left, *right].join(delimiter)),
                (one, other) => lists.values().append_option(one.or(other)),
            }
        }
        lists.append(length > 0);
    }
    Ok(Arc::new(lists.finish()))
}
