//! Functions of strings. After Elastic's "ES|QL string functions".

use super::STRINGS;
use super::signature::{Param, Returns, Signature};
use crate::esql::Type::{self, *};

const STRING: Param = Param::new("string", STRINGS);
const LENGTH: Param = Param::new("length", &[Integer]);

pub(super) const FUNCTIONS: &[Signature] = &[
    gives(Integer, "bit_length", &[STRING]),
    gives(Integer, "byte_length", &[STRING]),
    gives(Keyword, "concat", &[STRING, Param::new("string2", STRINGS)]).variadic(),
    gives(Boolean, "contains", &[STRING, Param::new("substring", STRINGS)]),
    gives(Boolean, "ends_with", &[STRING, Param::new("suffix", STRINGS)]),
    gives(Keyword, "left", &[STRING, LENGTH]),
    gives(Integer, "length", &[STRING]).aliases(&["char_length"]),
    gives(
        Integer,
        "locate",
        &[STRING, Param::new("substring", STRINGS), Param::new("start", &[Integer]).optional()],
    ),
    gives(Keyword, "ltrim", &[STRING]),
    gives(Keyword, "repeat", &[STRING, Param::new("number", &[Integer])]),
    gives(Keyword, "replace", &[STRING, Param::new("regex", STRINGS), Param::new("newString", STRINGS)]),
    gives(Keyword, "reverse", &[STRING]),
    gives(Keyword, "right", &[STRING, LENGTH]),
    gives(Keyword, "rtrim", &[STRING]),
    gives(Keyword, "space", &[Param::new("number", &[Integer])]),
    gives(Keyword, "split", &[STRING, Param::new("delim", STRINGS)]),
    gives(Boolean, "starts_with", &[STRING, Param::new("prefix", STRINGS)]),
    gives(Keyword, "substring", &[STRING, Param::new("start", &[Integer]), LENGTH.optional()]),
    gives(Keyword, "to_lower", &[STRING]),
    gives(Keyword, "to_upper", &[STRING]),
    gives(Keyword, "trim", &[STRING]),
];

const fn gives(returns: Type, name: &'static str, params: &'static [Param]) -> Signature {
    Signature::new(name, params, Returns::Fixed(returns))
}
