//! The scalar functions of ES|QL as DataFusion's. One file a family, as their signatures are.
//!
//! A function is computed over Arrow arrays of the types that [`crate::types::arrow_type`] gives. That a row
//! may have several values is seen to here, once for all: most functions of several values are null, with a
//! warning; the `mv_` functions and few others take them whole.

mod arithmetic;
mod conditional;
mod conversions;
mod dates;
mod encoding;
mod geo;
mod ip;
mod java;
mod logic;
mod math;
pub(crate) mod multivalue;
mod patterns;
mod rows;
mod strings;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod text;
mod udf;
pub(crate) mod version;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, Expr};
use rulehound_query::esql::Type;
use rulehound_query::esql::functions::Function;

use crate::types::{arrow_type, item_type, list_of};
use crate::warnings::Warnings;

/// The families.
const FAMILIES: &[&[Implementation]] = &[
    arithmetic::FUNCTIONS,
    conditional::FUNCTIONS,
    conversions::FUNCTIONS,
    dates::FUNCTIONS,
    encoding::FUNCTIONS,
    geo::FUNCTIONS,
    ip::FUNCTIONS,
    logic::FUNCTIONS,
    math::FUNCTIONS,
    multivalue::FUNCTIONS,
    patterns::FUNCTIONS,
    strings::FUNCTIONS,
];

/// What DataFusion has for arguments, if anything.
pub(crate) type Native = fn(&[Typed]) -> Option<Expr>;

/// How a function is computed.
#[derive(Debug)]
pub(crate) struct Implementation {
    /// The name of its signature.
    pub(crate) name: &'static str,
    /// What it gets of a row with several values.
    pub(crate) takes: Takes,
    /// Whether it gives several values.
    pub(crate) gives: Gives,
    /// The array of results, of the type [`Call::returns`].
    pub(crate) compute: fn(&Call<'_>) -> Result<ArrayRef>,
    /// DataFusion's own expression that does the same, if there is one for these arguments: it can be
    /// optimised.
    pub(crate) native: Option<Native>,
}

/// What a function gets of a row with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Null, with a warning: its arguments are arrays of single values.
    Values,
    /// All of them: arguments that may have several values are lists.
    Lists,
}

/// Whether a function gives several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    /// At most one.
    Value,
    /// A list.
    List,
    /// A list, if an argument is one.
    AsArguments,
}

/// A call, while it is computed.
pub(crate) struct Call<'a> {
    /// The function.
    pub(crate) name: &'static str,
    /// Constants are scalars.
    pub(crate) args: &'a [ColumnarValue],
    /// Number of rows; 1 if all arguments are constant.
    pub(crate) rows: usize,
    /// The type of the result.
    pub(crate) returns: &'a DataType,
    /// Where to say what went wrong.
    pub(crate) warnings: &'a Warnings,
}

impl Implementation {
    /// Of single values.
    const fn of_values(name: &'static str, compute: fn(&Call<'_>) -> Result<ArrayRef>) -> Self {
        Self { name, takes: Takes::Values, gives: Gives::Value, compute, native: None }
    }

    /// Of each value of a column.
    const fn of_items(name: &'static str, compute: fn(&Call<'_>) -> Result<ArrayRef>) -> Self {
        Self { name, takes: Takes::Lists, gives: Gives::AsArguments, compute, native: None }
    }

    /// Done by DataFusion where it can.
    const fn or_native(self, native: Native) -> Self {
        Self { native: Some(native), ..self }
    }
}

impl Call<'_> {
    /// An argument, a value a row.
    pub(crate) fn array(&self, place: usize) -> Result<ArrayRef> {
        match self.args.get(place) {
            Some(arg) => arg.to_array(self.rows),
            None => datafusion::common::internal_err!("`{}` has no argument {place}", self.name),
        }
    }

    /// An argument that is the same for all rows.
    pub(crate) fn constant(&self, place: usize) -> Option<&ScalarValue> {
        match self.args.get(place)? {
            ColumnarValue::Scalar(value) => Some(value),
            ColumnarValue::Array(_) => None,
        }
    }

    /// Counts rows that gave null, and why.
    pub(crate) fn warn(&self, reason: &str, rows: usize) {
        self.warnings.add(self.name, reason, rows as u64);
    }
}

/// An expression, and what its values are.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    /// The expression, of the type [`Self::data_type`].
    pub(crate) expr: Expr,
    /// What ES|QL takes it for.
    pub(crate) ty: Type,
    /// Whether rows may have several values: it is a list then.
    pub(crate) is_list: bool,
}

impl Typed {
    /// The Arrow type.
    pub(crate) fn data_type(&self) -> DataType {
        let item = arrow_type(self.ty);
        if self.is_list { list_of(item) } else { item }
    }

    /// The same as a list.
    pub(crate) fn list(self) -> Self {
        if self.is_list {
            return self;
        }
        let expr = udf::list(list_of(arrow_type(self.ty)), self.expr);
        Self { expr, is_list: true, ..self }
    }

    /// A null of no type as one of a type; the same otherwise.
    pub(crate) fn of_type(self, ty: Type) -> Self {
        match (self.ty, ScalarValue::try_from(arrow_type(ty))) {
            (Type::Null, Ok(null)) => Self { expr: Expr::Literal(null, None), ty, is_list: false },
            _ => self,
        }
    }

    /// With at most one value a row: several are null, with a warning in the name of a function.
    pub(crate) fn single(self, function: &'static str) -> Self {
        if !self.is_list {
            return self;
        }
        let expr = udf::single(function, item_type(&self.data_type()).clone(), self.expr);
        Self { expr, is_list: false, ..self }
    }
}

/// A call of a function. The arguments have the types that its signature wants.
pub(crate) fn call(function: Function, args: Vec<Typed>, returns: Type) -> Result<Typed> {
    let Some(implementation) = find(function.name()) else {
        return datafusion::common::not_impl_err!("the function `{}` is not computed", function.name());
    };
    let args: Vec<Typed> = match implementation.takes {
        Takes::Values => args.into_iter().map(|arg| arg.single(implementation.name)).collect(),
        Takes::Lists => args,
    };
    let is_list = match implementation.gives {
        Gives::Value => false,
        Gives::List => true,
        Gives::AsArguments => args.iter().any(|arg| arg.is_list),
    };
    if let Some(expr) = implementation.native.and_then(|native| native(&args)) {
        return Ok(Typed { expr, ty: returns, is_list });
    }
    let item = arrow_type(returns);
    let data_type = if is_list { list_of(item) } else { item };
    let args = args.into_iter().map(|arg| arg.expr).collect();
    Ok(Typed { expr: udf::call(implementation, data_type, args), ty: returns, is_list })
}

/// A call of something that is no function of the language.
pub(crate) fn internal(implementation: &'static Implementation, returns: DataType, args: Vec<Expr>) -> Expr {
    udf::call(implementation, returns, args)
}

fn find(name: &str) -> Option<&'static Implementation> {
    FAMILIES.iter().copied().flatten().find(|one| one.name == name)
}
