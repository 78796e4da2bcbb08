//! `GROK` and `DISSECT` as expressions: one function gives all parts of a string as a struct, of which each column
//! takes its own.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StructArray, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, internal_err};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use rulehound_query::esql::{Column, ColumnId};

use super::dissect::Dissect;
use super::grok::Grok;
use crate::functions::Typed;
use crate::lower::name_of;
use crate::types::{arrow_type, list_of};

/// The columns of a `GROK`.
pub(crate) fn grok(input: Typed, patterns: &[Arc<str>], output: &[Column]) -> Result<Vec<(ColumnId, Typed)>> {
    let grok = Grok::new(patterns, output)?;
    let lists = output.iter().enumerate().map(|(place, _)| grok.gives_list(place)).collect();
    parts(input, Parser::Grok(grok), patterns.join("\0"), output, lists)
}

/// The columns of a `DISSECT`.
pub(crate) fn dissect(
    input: Typed,
    pattern: &Arc<str>,
    append_separator: &Arc<str>,
    output: &[Column],
) -> Result<Vec<(ColumnId, Typed)>> {
    let dissect = Dissect::new(pattern, append_separator, output)?;
    let source = format!("{pattern}\0{append_separator}");
    parts(input, Parser::Dissect(dissect), source, output, vec![false; output.len()])
}

/// What takes a string apart.
#[derive(Debug)]
enum Parser {
    Grok(Grok),
    Dissect(Dissect),
}

fn parts(
    input: Typed,
    parser: Parser,
    source: String,
    output: &[Column],
    lists: Vec<bool>,
) -> Result<Vec<(ColumnId, Typed)>> {
    let field = |(column, is_list): (&Column, &bool)| {
        let item = arrow_type(column.ty);
        Field::new(name_of(column.id), if *is_list { list_of(item) } else { item }, true)
    };
    let fields: Fields = output.iter().zip(&lists).map(field).collect();
    let function = Parts { parser, source, fields, signature: Signature::any(1, Volatility::Immutable) };
    let all = ScalarUDF::new_from_impl(function).call(vec![input.expr]);
    let part = |(column, is_list): (&Column, bool)| {
        let expr = get_field(all.clone(), name_of(column.id));
        (column.id, Typed { expr, ty: column.ty, is_list })
    };
    Ok(output.iter().zip(lists).map(part).collect())
}

#[derive(Debug)]
struct Parts {
    parser: Parser,
    /// The patterns: what tells one from another.
    source: String,
    fields: Fields,
    signature: Signature,
}

impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.source == other.source && self.fields == other.fields
    }
}

impl Eq for Parts {}

impl Hash for Parts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
        self.fields.hash(state);
    }
}

impl ScalarUDFImpl for Parts {
    fn name(&self) -> &str {
        match self.parser {
            Parser::Grok(_) => "grok",
            Parser::Dissect(_) => "dissect",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _args: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(self.fields.clone()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [input] = args.args.as_slice() else {
            return internal_err!("`{}` takes one argument", self.name());
        };
        let input = cast(&input.to_array(args.number_rows)?, &DataType::Utf8View)?;
        let columns: Vec<ArrayRef> = match &self.parser {
            Parser::Grok(grok) => grok.apply(input.as_string_view())?,
            Parser::Dissect(dissect) => dissect.apply(input.as_string_view())?,
        };
        let whole = |(column, field): (ArrayRef, &Arc<Field>)| match column.data_type() == field.data_type() {
            true => column,
            false => new_null_array(field.data_type(), input.len()),
        };
        let columns = columns.into_iter().zip(&self.fields).map(whole).collect();
        let parts = StructArray::try_new_with_length(self.fields.clone(), columns, None, input.len())?;
        Ok(ColumnarValue::Array(Arc::new(parts)))
    }
}
