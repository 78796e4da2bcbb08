//! Functions of addresses. After Elastic's "ES|QL IP functions".

use super::STRINGS;
use super::signature::{Param, Returns, Signature};
use crate::esql::Type::*;

const ADDRESS: Param = Param::new("ip", &[Ip]);

pub(super) const FUNCTIONS: &[Signature] = &[
    Signature::new("cidr_match", &[ADDRESS, Param::new("blockX", STRINGS)], Returns::Fixed(Boolean))
        .variadic(),
    Signature::new(
        "ip_prefix",
        &[ADDRESS, Param::new("prefixLengthV4", &[Integer]), Param::new("prefixLengthV6", &[Integer])],
        Returns::Fixed(Ip),
    ),
];
