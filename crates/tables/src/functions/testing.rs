//! Calls of functions in tests: over columns and constants, without a query.
//!
//! ```text
//! let names = column(Keyword, values!["Ann", NULL, ["Bob", "Cid"]]);
//! assert_eq!(rows("length", &[names]), values![3, NULL, NULL]);
//! ```

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{
    DataType, DurationMillisecondType, Field, Float64Type, Int32Type, Int64Type, IntervalMonthDayNanoType,
    Schema, TimestampMillisecondType, TimestampNanosecondType, UInt64Type,
};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::create_physical_expr;
use datafusion::prelude::{SessionConfig, SessionContext, col};
use rulehound_query::esql::functions::{Argument, SignatureError};
use rulehound_query::esql::{Literal, Type, functions};

use super::{Typed, call, version};
use crate::lower::scalar;
use crate::types::{arrow_type, list_of};
use crate::warnings::EsqlOptions;

/// No value.
pub(crate) const NULL: Literal = Literal::Null;

/// Rows, or the values of a row.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        [$($crate::functions::testing::Value::literal($value)),*]
    };
}
pub(crate) use values;

/// What stands for a constant in tests.
pub(crate) trait Value {
    fn literal(self) -> Literal;
}

impl Value for Literal {
    fn literal(self) -> Literal {
        self
    }
}

impl Value for &str {
    fn literal(self) -> Literal {
        Literal::Keyword(self.into())
    }
}

impl Value for i32 {
    fn literal(self) -> Literal {
        Literal::Integer(self)
    }
}

impl Value for i64 {
    fn literal(self) -> Literal {
        Literal::Long(self)
    }
}

impl Value for u64 {
    fn literal(self) -> Literal {
        Literal::UnsignedLong(self)
    }
}

impl Value for f64 {
    fn literal(self) -> Literal {
        Literal::Double(self)
    }
}

impl Value for bool {
    fn literal(self) -> Literal {
        Literal::Boolean(self)
    }
}

impl<T: Value, const N: usize> Value for [T; N] {
    fn literal(self) -> Literal {
        Literal::List(self.into_iter().map(Value::literal).collect())
    }
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    Constant(Type, Literal),
    Column(Type, Vec<Literal>),
    Call(&'static str, Vec<Arg>),
}

/// A constant.
pub(crate) fn constant(ty: Type, value: impl Value) -> Arg {
    Arg::Constant(ty, value.literal())
}

/// A constant string.
pub(crate) fn text(value: &str) -> Arg {
    constant(Type::Keyword, value)
}

/// A column. If a row has several values, the column may have several values.
pub(crate) fn column(ty: Type, rows: impl IntoIterator<Item = Literal>) -> Arg {
    Arg::Column(ty, rows.into_iter().collect())
}

/// The result of another call.
pub(crate) fn nested(name: &'static str, args: &[Arg]) -> Arg {
    Arg::Call(name, args.to_vec())
}

/// What a call gives.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The type that its signature tells.
    pub(crate) ty: Type,
    /// The rows; one if all arguments are constant.
    pub(crate) rows: Vec<Literal>,
    /// Function, reason, number of rows.
    pub(crate) warnings: Vec<(String, String, u64)>,
}

/// Why a call does not fit its signature.
pub(crate) fn refused(name: &str, args: &[Arg]) -> SignatureError {
    check(name, args).expect_err("it fits")
}

/// The rows that a call gives.
pub(crate) fn rows(name: &'static str, args: &[Arg]) -> Vec<Literal> {
    run(name, args).rows
}

/// Calls a function. Arguments are converted as its signature wants them.
pub(crate) fn run(name: &'static str, args: &[Arg]) -> Outcome {
    let mut columns = Columns::default();
    let typed = columns.call(name, args);
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.0.into_iter().unzip();
    let count = arrays.first().map_or(1, |array| array.len());
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options).unwrap();

    let options = EsqlOptions::default();
    let warnings = Arc::clone(&options.warnings);
    let context = SessionContext::new_with_config(SessionConfig::new().with_option_extension(options));
    let schema = DFSchema::try_from(schema).unwrap();
    let mut props = context.state().execution_props().clone();
    props.mark_start_execution(Arc::clone(context.state().config_options()));
    let simplify = SimplifyContext::builder().with_schema(Arc::new(schema.clone())).build();
    let expr = ExprSimplifier::new(simplify).coerce(typed.expr.clone(), &schema).unwrap();
    let expr = create_physical_expr(&expr, &schema, &props, &PhysicalPlanningContext::default()).unwrap();
    let array = expr.evaluate(&batch).unwrap().into_array(count).unwrap();
    let wanted = typed.data_type();
    assert_eq!(*array.data_type(), wanted, "`{name}` gives another type than it said");
    let rows = (0..count).map(|row| at(&array, row, typed.ty)).collect();
    Outcome { ty: typed.ty, rows, warnings: warnings.list() }
}

fn check(name: &str, args: &[Arg]) -> Result<functions::Checked, SignatureError> {
    let function = functions::scalar(name).unwrap_or_else(|| panic!("there is no `{name}`"));
    let args: Vec<Argument<'_>> = args.iter().map(argument).collect();
    function.0.check(&args)
}

fn argument(arg: &Arg) -> Argument<'_> {
    match arg {
        Arg::Constant(ty, literal) => {
            let text = if let Literal::Keyword(text) = literal { Some(&**text) } else { None };
            Argument { ty: *ty, is_constant: true, text }
        }
        Arg::Column(ty, _) => Argument { ty: *ty, is_constant: false, text: None },
        Arg::Call(name, args) => {
            Argument { ty: check(name, args).unwrap().returns, is_constant: false, text: None }
        }
    }
}

/// The columns of a batch, as they are needed.
#[derive(Default)]
struct Columns(Vec<(Field, datafusion::arrow::array::ArrayRef)>);

impl Columns {
    fn call(&mut self, name: &str, args: &[Arg]) -> Typed {
        let checked = check(name, args).unwrap_or_else(|error| panic!("{error}"));
        let args = args.iter().zip(&checked.args).map(|(arg, ty)| convert(self.typed(arg), *ty)).collect();
        call(functions::scalar(name).unwrap(), args, checked.returns).unwrap()
    }

    fn typed(&mut self, arg: &Arg) -> Typed {
        let (ty, values, is_constant) = match arg {
            Arg::Call(name, args) => return self.call(name, args),
            Arg::Constant(ty, value) => (*ty, std::slice::from_ref(value), true),
            Arg::Column(ty, rows) => (*ty, &**rows, false),
        };
        let is_list = values.iter().any(|value| matches!(value, Literal::List(_)));
        let mut scalars = values.iter().map(|value| match value {
            Literal::List(_) => scalar(value, ty).unwrap(),
            Literal::Null if is_list => ScalarValue::try_from(list_of(arrow_type(ty))).unwrap(),
            value if is_list => scalar(&Literal::List(vec![value.clone()]), ty).unwrap(),
            value => scalar(value, ty).unwrap(),
        });
        let expr = match is_constant {
            true => Expr::Literal(scalars.next().unwrap(), None),
            false => {
                let array = ScalarValue::iter_to_array(scalars).unwrap();
                let name = format!("c{}", self.0.len());
                self.0.push((Field::new(&name, array.data_type().clone(), true), array));
                col(name)
            }
        };
        Typed { expr, ty, is_list }
    }
}

/// As the analysis of a query does.
fn convert(arg: Typed, to: Type) -> Typed {
    let is_same = arg.ty == to || to == Type::Null || (arg.ty.is_string() && to.is_string());
    let name = match to {
        _ if is_same => return arg,
        _ if arg.ty == Type::Null => return arg.of_type(to),
        Type::Date => "to_datetime".to_owned(),
        Type::DatePeriod => "to_dateperiod".to_owned(),
        Type::TimeDuration => "to_timeduration".to_owned(),
        to => format!("to_{to}"),
    };
    call(functions::scalar(&name).unwrap_or_else(|| panic!("there is no `{name}`")), vec![arg], to).unwrap()
}

/// A row of an array; points as Well-Known Text.
fn at(array: &dyn Array, row: usize, ty: Type) -> Literal {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return Literal::Null;
    }
    match array.data_type() {
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items: Vec<Literal> = (0..items.len()).map(|row| at(&items, row, ty)).collect();
            assert!(!items.is_empty(), "a row without a value must be null");
            assert!(!items.contains(&Literal::Null), "items must not be null");
            match <[Literal; 1]>::try_from(items) {
                Ok([only]) => only,
                Err(items) => Literal::List(items),
            }
        }
        DataType::Boolean => Literal::Boolean(array.as_boolean().value(row)),
        DataType::Int32 => Literal::Integer(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => Literal::Long(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => Literal::UnsignedLong(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float64 => Literal::Double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8View => Literal::Keyword(array.as_string_view().value(row).into()),
        DataType::Binary => Literal::Version((&*version::decode(array.as_binary::<i32>().value(row))).into()),
        DataType::FixedSizeBinary(_) => {
            let octets: [u8; 16] = array.as_fixed_size_binary().value(row).try_into().unwrap();
            Literal::Ip(octets.into())
        }
        DataType::Timestamp(..) if ty == Type::Date => {
            Literal::Date(array.as_primitive::<TimestampMillisecondType>().value(row))
        }
        DataType::Timestamp(..) => {
            Literal::DateNanos(array.as_primitive::<TimestampNanosecondType>().value(row))
        }
        DataType::Duration(_) => {
            Literal::TimeDuration(array.as_primitive::<DurationMillisecondType>().value(row))
        }
        DataType::Interval(_) => {
            let interval = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            Literal::DatePeriod { months: interval.months, days: interval.days }
        }
        DataType::Struct(_) => {
            let coordinate =
                |column: usize| array.as_struct().column(column).as_primitive::<Float64Type>().value(row);
            Literal::Keyword(format!("POINT ({:?} {:?})", coordinate(0), coordinate(1)).into())
        }
        other => panic!("{other} has no constants"),
    }
}

#[test]
fn every_signature_has_an_implementation() {
    let missing: Vec<&str> = functions::scalars()
        .map(|function| function.name())
        .filter(|name| super::find(name).is_none())
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_implementation_has_a_signature() {
    for implementation in super::FAMILIES.iter().copied().flatten() {
        let function = functions::scalar(implementation.name);
        assert!(
            function.is_some_and(|function| function.name() == implementation.name),
            "{implementation:?}"
        );
    }
}
