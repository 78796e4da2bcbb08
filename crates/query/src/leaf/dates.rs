//! Dates in queries: date math, formats and clocks that a query names itself. As `DateFieldMapper` reads them: `>` and
//! `<=` mean the end of what a date or a rounding step leaves open, `>=` and `<` its beginning.
//!
//! `now` is the time of the event that is asked (`@timestamp`): what a query says of an event depends on that event alone.

use rulehound_schema::{Bound, DateFormat, DateMath, Field, FieldType, Value};

use super::{Answer, LeafError, ask};
use crate::{CompareOp, Expr, Filter, Test};

/// How a query's dates are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct DateReading {
    /// The formats that the query names; none: those of the field.
    pub(crate) formats: Vec<DateFormat>,
    /// How far the query's clock is ahead of UTC, in seconds.
    pub(crate) offset: i32,
}

impl DateReading {
    fn is_plain(&self) -> bool {
        self.formats.is_empty() && self.offset == 0
    }

    /// `field == date`; `None` if the constant is a mere date.
    pub(super) fn equal(&self, field: &Field, value: &Value<'static>) -> Option<Answer> {
        let both = |math: DateMath| {
            let bounds = [(CompareOp::Gte, Bound::From), (CompareOp::Lte, Bound::To)];
            Filter::all(bounds.map(|(op, bound)| compare(field, op, &math, bound)))
        };
        Some(self.read(field, value)?.map(both))
    }

    /// `field < date` and its like; `None` if the constant is a mere date.
    pub(super) fn order(&self, field: &Field, op: CompareOp, value: &Value<'static>) -> Option<Answer> {
        let bound = match op {
            CompareOp::Gt | CompareOp::Lte => Bound::To,
            CompareOp::Gte | CompareOp::Lt => Bound::From,
        };
        Some(self.read(field, value)?.map(|math| compare(field, op, &math, bound)))
    }

    /// Date math, or a date that is not read as the field reads it.
    fn read(&self, field: &Field, value: &Value<'static>) -> Option<Result<DateMath, LeafError>> {
        if !matches!(field.field_type, FieldType::Date | FieldType::DateNanos) {
            return None;
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Long(_) if !self.formats.is_empty() => value.to_string().into(),
            _ => return None,
        };
        if self.is_plain() && !text.starts_with("now") && !text.contains("||") {
            return None;
        }
        let own = field.parameters.as_deref().map_or(&[][..], |parameters| &parameters.formats);
        let formats = if self.formats.is_empty() { own } else { &self.formats };
        let read = DateMath::parse(&text, formats, self.offset);
        Some(read.map_err(|source| LeafError::DateMath { value: text.into_owned(), source }))
    }
}

fn compare(field: &Field, op: CompareOp, math: &DateMath, bound: Bound) -> Filter {
    if let Some(steps) = math.from_now() {
        let now = Expr::Field(Field::new("@timestamp", FieldType::Date));
        let moment = Expr::DateMath { from: Box::new(now), steps: steps.clone(), bound };
        return Filter::Computed(Expr::Compare(op, Box::new(Expr::Field(field.clone())), Box::new(moment)));
    }
    // A moment beyond all that a field can hold is met by none.
    let Some(nanoseconds) = math.fixed(bound) else { return Filter::Constant(false) };
    let value = match field.field_type {
        FieldType::DateNanos => i64::try_from(nanoseconds).map(Value::DateNanos),
        _ => i64::try_from(nanoseconds.div_euclid(1_000_000)).map(Value::Date),
    };
    value.map_or(Filter::Constant(false), |value| ask(field, Test::Compare(op, value)))
}
