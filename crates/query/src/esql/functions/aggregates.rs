//! Aggregates: what `STATS` says of the rows of a group.
//!
//! After Elastic's "ES|QL aggregation functions". Values that are null do not count, and of rows with several
//! values all do. A group without values gives null, but counts 0.

use super::VALUES;
use super::signature::{Param, Returns, Signature};
use crate::esql::Type::{self, *};

const NUMBERS: &[Type] = &[Double, Integer, Long];
const ORDERED: &[Type] =
    &[Boolean, Double, Integer, Long, UnsignedLong, Date, DateNanos, Ip, Keyword, Text, Version];
const TIMES: &[Type] = &[Date, DateNanos, Long];

const NUMBER: Param = Param::new("number", NUMBERS);
const FIELD: Param = Param::new("field", VALUES);

/// The aggregates.
pub(super) const FUNCTIONS: &[Signature] = &[
    // Rows, without an argument.
    Signature::new("count", &[FIELD.optional()], Returns::Fixed(Long)),
    Signature::new(
        "count_distinct",
        &[
            Param::new("field", ORDERED),
            Param::new("precision", &[Integer, Long, UnsignedLong]).optional().constant(),
        ],
        Returns::Fixed(Long),
    ),
    Signature::new("sum", &[NUMBER], Returns::By(sum)),
    Signature::new("avg", &[NUMBER], Returns::Fixed(Double)),
    Signature::new("weighted_avg", &[NUMBER, Param::new("weight", NUMBERS)], Returns::Fixed(Double)),
    Signature::new("min", &[Param::new("field", ORDERED)], Returns::Argument(0)),
    Signature::new("max", &[Param::new("field", ORDERED)], Returns::Argument(0)),
    Signature::new("median", &[NUMBER], Returns::Fixed(Double)),
    Signature::new("median_absolute_deviation", &[NUMBER], Returns::Fixed(Double)),
    Signature::new(
        "percentile",
        &[NUMBER, Param::new("percentile", NUMBERS).constant()],
        Returns::Fixed(Double),
    ),
    Signature::new("std_dev", &[NUMBER], Returns::Fixed(Double)),
    Signature::new("variance", &[NUMBER], Returns::Fixed(Double)),
    Signature::new("values", &[FIELD], Returns::Argument(0)),
    Signature::new(
        "top",
        &[
            Param::new("field", ORDERED),
            Param::new("limit", &[Integer]).constant(),
            Param::new("order", &[Keyword]).optional().constant(),
            Param::new("outputField", ORDERED).optional(),
        ],
        Returns::By(top),
    ),
    Signature::new("first", &[FIELD, Param::new("sortField", TIMES)], Returns::Argument(0)),
    Signature::new("last", &[FIELD, Param::new("sortField", TIMES)], Returns::Argument(0)),
    Signature::new("present", &[FIELD], Returns::Fixed(Boolean)),
    Signature::new("absent", &[FIELD], Returns::Fixed(Boolean)),
    Signature::new(
        "st_centroid_agg",
        &[Param::new("field", &[GeoPoint, CartesianPoint])],
        Returns::Argument(0),
    ),
];

/// Of whole numbers a `long`.
fn sum(types: &[Type]) -> Option<Type> {
    match types.first()? {
        Double => Some(Double),
        _ => Some(Long),
    }
}

/// That of what is put out, else of what is put in order.
fn top(types: &[Type]) -> Option<Type> {
    match types.get(3).or(types.first())? {
        Text => Some(Keyword),
        ty => Some(*ty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esql::functions::{Argument, SignatureError, aggregation};

    fn check(name: &str, types: &[Type]) -> Result<Type, SignatureError> {
        let args: Vec<Argument<'_>> =
            types.iter().map(|&ty| Argument { ty, is_constant: true, text: None }).collect();
        aggregation(name).unwrap().0.check(&args).map(|checked| checked.returns)
    }

    #[test]
    fn the_type_of_a_result_follows_the_argument() {
        assert_eq!(check("count", &[]), Ok(Long));
        assert_eq!(check("sum", &[Integer]), Ok(Long));
        assert_eq!(check("sum", &[Double]), Ok(Double));
        assert_eq!(check("max", &[Text]), Ok(Keyword));
        assert_eq!(check("values", &[Ip]), Ok(Ip));
        assert_eq!(check("top", &[Text, Integer, Keyword]), Ok(Keyword));
        assert_eq!(check("top", &[Date, Integer, Keyword, Long]), Ok(Long));
        assert_eq!(check("st_centroid_agg", &[GeoPoint]), Ok(GeoPoint));
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        assert!(matches!(check("sum", &[Keyword]), Err(SignatureError::Type { place: 0, .. })));
        assert!(matches!(check("avg", &[Ip]), Err(SignatureError::Type { place: 0, .. })));
        assert!(matches!(check("first", &[Keyword, Ip]), Err(SignatureError::Type { place: 1, .. })));
        assert!(matches!(check("min", &[GeoPoint]), Err(SignatureError::Type { place: 0, .. })));
        assert!(matches!(check("sum", &[]), Err(SignatureError::Count { given: 0, .. })));
    }
}
