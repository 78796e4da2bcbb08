//! Type conversions, also those that the analysis puts in. After Elastic's "ES|QL type conversion functions".

use super::signature::{Param, Returns, Signature};
use crate::esql::Type::{self, *};

const NUMBER_SOURCES: &[Type] = &[Boolean, Date, Double, Integer, Keyword, Long, Text, UnsignedLong];
const LONG_SOURCES: &[Type] = &[Boolean, Date, DateNanos, Double, Integer, Keyword, Long, Text, UnsignedLong];
const DATE_SOURCES: &[Type] = &[Date, DateNanos, Double, Integer, Keyword, Long, Text, UnsignedLong];
const STRING_SOURCES: &[Type] = &[
    Boolean,
    CartesianPoint,
    Date,
    DateNanos,
    Double,
    GeoPoint,
    Integer,
    Ip,
    Keyword,
    Long,
    Text,
    UnsignedLong,
    Version,
    Source,
];
const BASE: Param = Param::new("base", &[Integer]).optional().constant();

pub(super) const FUNCTIONS: &[Signature] = &[
    to(
        "to_boolean",
        &["to_bool"],
        &[Param::new("field", &[Boolean, Double, Integer, Keyword, Long, Text, UnsignedLong])],
        Boolean,
    ),
    to("to_cartesianpoint", &[], &[Param::new("field", &[CartesianPoint, Keyword, Text])], CartesianPoint),
    to("to_dateperiod", &[], &[Param::new("field", &[DatePeriod, Keyword, Text]).constant()], DatePeriod),
    to("to_datetime", &["to_dt"], &[Param::new("field", DATE_SOURCES)], Date),
    to("to_date_nanos", &["to_datenanos"], &[Param::new("field", DATE_SOURCES)], DateNanos),
    to("to_double", &["to_dbl"], &[Param::new("field", NUMBER_SOURCES)], Double),
    to("to_geopoint", &[], &[Param::new("field", &[GeoPoint, Keyword, Text])], GeoPoint),
    to("to_integer", &["to_int"], &[Param::new("field", NUMBER_SOURCES), BASE], Integer),
    to("to_ip", &[], &[Param::new("field", &[Ip, Keyword, Text])], Ip),
    to("to_long", &[], &[Param::new("field", LONG_SOURCES), BASE], Long),
    to("to_string", &["to_str"], &[Param::new("field", STRING_SOURCES)], Keyword),
    to(
        "to_timeduration",
        &[],
        &[Param::new("field", &[TimeDuration, Keyword, Text]).constant()],
        TimeDuration,
    ),
    to("to_unsigned_long", &["to_ul", "to_ulong"], &[Param::new("field", NUMBER_SOURCES)], UnsignedLong),
    to("to_version", &["to_ver"], &[Param::new("field", &[Keyword, Text, Version])], Version),
];

const fn to(
    name: &'static str,
    aliases: &'static [&'static str],
    params: &'static [Param],
    returns: Type,
) -> Signature {
    Signature::new(name, params, Returns::Fixed(returns)).aliases(aliases)
}
