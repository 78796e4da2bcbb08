//! Functions that read and write encodings. After Elastic's "ES|QL string functions".

use super::STRINGS;
use super::signature::{Param, Returns, Signature};
use crate::esql::Type::*;

const STRING: &[Param] = &[Param::new("string", STRINGS)];

pub(super) const FUNCTIONS: &[Signature] = &[
    keyword("from_base64", STRING),
    keyword("hash", &[Param::new("algorithm", STRINGS), Param::new("input", STRINGS)]),
    keyword("json_extract", &[Param::new("string", &[Keyword, Text, Source]), Param::new("path", STRINGS)]),
    keyword("md5", STRING),
    keyword("sha1", STRING),
    keyword("sha256", STRING),
    keyword("to_base64", STRING),
    keyword("url_decode", STRING),
    keyword("url_encode", STRING),
    keyword("url_encode_component", STRING),
];

const fn keyword(name: &'static str, params: &'static [Param]) -> Signature {
    Signature::new(name, params, Returns::Fixed(Keyword))
}
