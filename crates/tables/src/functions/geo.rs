//! Functions of points.
//!
//! After Elastic's "ES|QL spatial functions", of which those of points are here: a point contains, meets and
//! is within a point that is the same.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, StructArray, new_null_array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{Result, exec_datafusion_err};

use super::{Call, Implementation};
use crate::types::arrow_type;

pub(super) const FUNCTIONS: &[Implementation] = &[
    Implementation::of_values("st_contains", |call| same(call, true)),
    Implementation::of_values("st_disjoint", |call| same(call, false)),
    Implementation::of_values("st_distance", distance),
    Implementation::of_values("st_intersects", |call| same(call, true)),
    Implementation::of_values("st_within", |call| same(call, true)),
    Implementation::of_values("st_x", |call| coordinate(call, 0)),
    Implementation::of_values("st_y", |call| coordinate(call, 1)),
];

/// Lucene's `EARTH_MEAN_RADIUS_METERS`.
const EARTH_RADIUS: f64 = 6_371_008.771_4;

impl Call<'_> {
    fn points(&self, place: usize) -> Result<StructArray> {
        let column = self.array(place)?;
        let column = match column.data_type() {
            DataType::Null => new_null_array(&arrow_type(rulehound_query::esql::Type::GeoPoint), self.rows),
            _ => column,
        };
        column.as_struct_opt().cloned().ok_or_else(|| exec_datafusion_err!("`{}` takes points", self.name))
    }
}

/// Points as pairs.
fn pairs(points: &StructArray) -> Result<impl Iterator<Item = Option<(f64, f64)>>> {
    let (x, y) = (of(points, 0)?, of(points, 1)?);
    let pairs = (0..points.len()).map(|row| points.is_valid(row).then(|| (x.value(row), y.value(row))));
    Ok(pairs.collect::<Vec<_>>().into_iter())
}

fn of(points: &StructArray, nth: usize) -> Result<Float64Array> {
    let column = points.columns().get(nth).and_then(|column| column.as_primitive_opt::<Float64Type>());
    column.cloned().ok_or_else(|| exec_datafusion_err!("points have two coordinates"))
}

/// `StX`, `StY`: the longitude, the latitude.
fn coordinate(call: &Call<'_>, nth: usize) -> Result<ArrayRef> {
    let points = call.points(0)?;
    let coordinates = of(&points, nth)?;
    let value = |row: usize| points.is_valid(row).then(|| coordinates.value(row));
    Ok(Arc::new((0..points.len()).map(value).collect::<Float64Array>()))
}

/// `StDistance`: in metres over the earth, by the haversine formula (`SloppyMath` of Lucene); of cartesian
/// points the straight line.
fn distance(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.points(0)?, call.points(1)?);
    let is_geo = left.column_names().first() == Some(&"lon");
    let metres = |(left, right)| -> Option<f64> {
        let (left, right): ((f64, f64), (f64, f64)) = (left?, right?);
        Some(if is_geo { haversine(left, right) } else { (left.0 - right.0).hypot(left.1 - right.1) })
    };
    Ok(Arc::new(pairs(&left)?.zip(pairs(&right)?).map(metres).collect::<Float64Array>()))
}

fn haversine((lon1, lat1): (f64, f64), (lon2, lat2): (f64, f64)) -> f64 {
    let half_chord = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let h =
        half_chord(lat2 - lat1) + lat1.to_radians().cos() * lat2.to_radians().cos() * half_chord(lon2 - lon1);
    2.0 * EARTH_RADIUS * h.sqrt().min(1.0).asin()
}

/// Whether the points are the same, or are not.
fn same(call: &Call<'_>, wanted: bool) -> Result<ArrayRef> {
    let (left, right) = (call.points(0)?, call.points(1)?);
    let rows = pairs(&left)?.zip(pairs(&right)?).map(|points| match points {
        (Some(left), Some(right)) => Ok(Some((left == right) == wanted)),
        _ => Ok(None),
    });
    call.booleans_of(rows)
}

#[cfg(test)]
mod tests {
    use rulehound_query::esql::Literal;
    use rulehound_query::esql::Type::*;

    use super::haversine;
    use crate::functions::testing::{NULL, column, constant, nested, refused, rows, values};

    /// The page "ST_DISTANCE": Copenhagen's airport to its centre is 7 km and some.
    #[test]
    fn distances_are_in_metres() {
        let points = |texts: [Literal; 3]| nested("to_geopoint", &[column(Keyword, texts)]);
        let left = points(values!["POINT(12.565 55.673)", "POINT(0 0)", NULL]);
        let right = points(values!["POINT(12.6493508684508 55.6285017221528)", "POINT(0 1)", "POINT(1 1)"]);
        let found = rows("st_distance", &[left, right]);
        let metres = |place: usize| match &found[place] {
            Literal::Double(metres) => *metres,
            other => panic!("{other:?}"),
        };
        assert!((metres(0) - 7252.0).abs() < 10.0, "{}", metres(0));
        // A sixtieth of a degree is a nautical mile and a little more.
        assert!((metres(1) / 60.0 - 1853.2).abs() < 0.1, "{}", metres(1));
        assert_eq!(found[2], NULL);
        assert!((haversine((0.0, 0.0), (180.0, 0.0)) - std::f64::consts::PI * 6_371_008.771_4).abs() < 1e-6);
    }

    /// The pages "ST_X", "ST_Y", "ST_INTERSECTS", "ST_DISJOINT".
    #[test]
    fn points_are_the_same_or_not() {
        let point = |text: &str| nested("to_geopoint", &[column(Keyword, values![text, NULL])]);
        assert_eq!(rows("st_x", &[point("POINT(42.5 -7)")]), values![42.5, NULL]);
        assert_eq!(rows("st_y", &[point("POINT(42.5 -7)")]), values![-7.0, NULL]);
        for (name, wanted) in
            [("st_intersects", true), ("st_within", true), ("st_contains", true), ("st_disjoint", false)]
        {
            assert_eq!(
                rows(name, &[point("POINT(1 2)"), point("POINT(1 2)")]),
                values![wanted, NULL],
                "{name}"
            );
            assert_eq!(
                rows(name, &[point("POINT(1 2)"), point("POINT(1 3)")]),
                values![!wanted, NULL],
                "{name}"
            );
        }
        refused("st_x", &[constant(Integer, 1)]);
    }
}
