//! `GROK` and `DISSECT` as expressions: one function gives all parts of a string as a struct, of which each column
//! takes its own.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, StructArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_datafusion_err, internal_err};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use rulehound_query::esql::{Column, ColumnId, Dissect, Grok};

use super::extract;
use crate::functions::Typed;
use crate::lower::name_of;
use crate::types::{arrow_type, list_of};
use crate::warnings::EsqlOptions;

/// The columns of a `GROK`.
pub(crate) fn grok(input: Typed, patterns: &[Arc<str>], output: &[Column]) -> Result<Vec<(ColumnId, Typed)>> {
    let grok = Grok::new(patterns).map_err(|error| exec_datafusion_err!("{error}"))?;
    let lists = grok.outputs().iter().map(|output| input.is_list || output.is_multiple).collect();
    parts(input, Parser::Grok(grok), patterns.join("\0"), output, lists)
}

/// The columns of a `DISSECT`.
pub(crate) fn dissect(
    input: Typed,
    pattern: &Arc<str>,
    append_separator: &Arc<str>,
    output: &[Column],
) -> Result<Vec<(ColumnId, Typed)>> {
    let dissect = Dissect::new(pattern, append_separator).map_err(|error| exec_datafusion_err!("{error}"))?;
    let source = format!("{pattern}\0{append_separator}");
    let lists = vec![input.is_list; output.len()];
    parts(input, Parser::Dissect(dissect), source, output, lists)
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
        let mut input = input.to_array(args.number_rows)?;
        if !matches!(input.data_type(), DataType::List(_)) {
            input = cast(&input, &DataType::Utf8View)?;
        }
        let columns = match &self.parser {
            Parser::Grok(grok) => {
                let found = extract::grok(grok, &input)?;
                if let Some(options) = args.config_options.extensions.get::<EsqlOptions>() {
                    options.warnings.add("grok", "matching takes too many steps", found.given_up);
                    options.warnings.add("grok", "no number of the type", found.not_numbers);
                }
                found.columns
            }
            Parser::Dissect(dissect) => extract::dissect(dissect, &input)?,
        };
        let parts = StructArray::try_new_with_length(self.fields.clone(), columns, None, input.len())?;
        Ok(ColumnarValue::Array(Arc::new(parts)))
    }
}
