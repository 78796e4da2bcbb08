//! Functions of points. After Elastic's "ES|QL spatial functions".

use super::signature::{Param, Returns, Signature};
use crate::esql::Type::{self, *};

const POINTS: &[Type] = &[GeoPoint, CartesianPoint];
const POINT: &[Param] = &[Param::new("point", POINTS)];
const TWO_POINTS: &[Param] = &[Param::new("geomA", POINTS).common(), Param::new("geomB", POINTS).common()];

pub(super) const FUNCTIONS: &[Signature] = &[
    Signature::new("st_contains", TWO_POINTS, Returns::Fixed(Boolean)),
    Signature::new("st_disjoint", TWO_POINTS, Returns::Fixed(Boolean)),
    Signature::new("st_distance", TWO_POINTS, Returns::Fixed(Double)),
    Signature::new("st_intersects", TWO_POINTS, Returns::Fixed(Boolean)),
    Signature::new("st_within", TWO_POINTS, Returns::Fixed(Boolean)),
    Signature::new("st_x", POINT, Returns::Fixed(Double)),
    Signature::new("st_y", POINT, Returns::Fixed(Double)),
];
