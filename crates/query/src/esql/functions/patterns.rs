//! `LIKE` and `RLIKE`. After Elastic's "ES|QL operators", `WildcardLike(List)` and `RLike(List)`.

use super::STRINGS;
use super::signature::{Param, Returns, Signature};
use crate::esql::Type::{Boolean, Keyword};

const PARAMS: &[Param] = &[Param::new("str", STRINGS), Param::new("pattern", &[Keyword]).constant()];

pub(super) const FUNCTIONS: &[Signature] = &[
    Signature::new("like", PARAMS, Returns::Fixed(Boolean)).variadic(),
    Signature::new("rlike", PARAMS, Returns::Fixed(Boolean)).variadic(),
];
