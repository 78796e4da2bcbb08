//! Functions of dates. After Elastic's "ES|QL date and time functions", and `BUCKET` of "ES|QL grouping
//! functions".

use super::STRINGS;
use super::signature::{Param, Returns, Signature};
use crate::esql::Type::{self, *};

const DATES: &[Type] = &[Date, DateNanos];
const DATE: Param = Param::new("date", DATES);

pub(super) const FUNCTIONS: &[Signature] = &[
    Signature::new(
        "bucket",
        &[
            Param::new("field", &[Date, DateNanos, Double, Integer, Long]),
            Param::new("buckets", &[Integer, Long, Double, DatePeriod, TimeDuration]).constant(),
            Param::new("from", BOUNDS).optional().constant(),
            Param::new("to", BOUNDS).optional().constant(),
        ],
        Returns::By(bucket),
    )
    .aliases(&["bin"]),
    Signature::new(
        "date_diff",
        &[
            Param::new("unit", STRINGS),
            Param::new("startTimestamp", DATES),
            Param::new("endTimestamp", DATES),
        ],
        Returns::Fixed(Integer),
    ),
    Signature::new("date_extract", &[Param::new("datePart", STRINGS), DATE], Returns::Fixed(Long)),
    // The format may be left out: the first is the date then.
    Signature::new(
        "date_format",
        &[Param::new("dateFormat", &[Date, DateNanos, Keyword, Text]), DATE.optional()],
        Returns::Fixed(Keyword),
    ),
    // The same.
    Signature::new(
        "date_parse",
        &[Param::new("datePattern", STRINGS), Param::new("dateString", STRINGS).optional()],
        Returns::Fixed(Date),
    ),
    Signature::new(
        "date_trunc",
        &[Param::new("interval", &[DatePeriod, TimeDuration]).constant(), DATE],
        Returns::Argument(1),
    ),
    Signature::new("day_name", &[DATE], Returns::Fixed(Keyword)),
    Signature::new("month_name", &[DATE], Returns::Fixed(Keyword)),
];

const BOUNDS: &[Type] = &[Integer, Long, Double, Date, DateNanos];

/// Buckets of dates begin at dates, those of numbers at doubles.
fn bucket(types: &[Type]) -> Option<Type> {
    match types.first()? {
        ty if ty.is_date() => Some(*ty),
        Null => Some(Null),
        _ => Some(Double),
    }
}
