//! What functions and operators compute, by folding constants.

use super::filter;
use crate::{Filter, Function};

/// An expression, and a constant that it equals (`null`: is null).
const CASES: &[(&str, &str)] = &[
    // Arithmetic: integers stay integers; a remainder has the sign of the dividend.
    ("7 / 2", "3"),
    ("-7 / 2", "-3"),
    ("-7 % 3", "-1"),
    ("7 % -3", "1"),
    ("7.5 % 2", "1.5"),
    ("7 / 2.0", "3.5"),
    ("-(1 + 2)", "-3"),
    ("+ - + 3", "-3"),
    ("2 + 3 * 4 - 10 / 5", "12"),
    ("10 - 4 - 3", "3"),
    ("100 / 10 / 5", "2"),
    ("-2 * 3", "-6"),
    ("1 / 0", "null"),
    ("1 % 0", "null"),
    ("string(1 / 0.0)", "\"Infinity\""),
    ("9223372036854775807 + 1", "null"),
    ("9223372036854775807 * 2", "null"),
    ("9223372036854775807 + 1.0", "9223372036854775808"),
    ("add(1, 2) + subtract(5, 3) * multiply(2, 2) - divide(9, 2) + modulo(9, 5)", "11"),
    ("1 + null", "null"),
    ("-null", "null"),
    // Comparisons of constants
    ("1 == 1.0", "true"),
    ("9007199254740993 == 9007199254740992.0", "false"),
    ("\"b\" > \"a\"", "true"),
    ("(1 < null) == null", "true"),
    ("null in (1, null)", "null"),
    ("3 in (1, 2 + 1)", "true"),
    ("\"A\" in~ (\"b\", \"a\")", "true"),
    ("\"CMD.EXE\" : \"cmd*\"", "true"),
    ("\"CMD.EXE\" like \"cmd*\"", "false"),
    ("\"CMD.EXE\" like~ (\"x\", \"c?d.*\")", "true"),
    ("\"É\" : \"é\"", "false"),
    ("\"a1\" regex \"[a-z]\\\\d\"", "true"),
    ("null : \"a\"", "null"),
    ("not (1 == 2)", "true"),
    // length, substring and indexOf count UTF-16 units.
    ("length(\"é\")", "1"),
    ("length(\"\\u{1f600}\")", "2"),
    ("substring(\"\\u{1f600}abc\", 2, 4)", "\"ab\""),
    ("substring(\"abc\", 1)", "\"bc\""),
    ("substring(\"abc\", -1)", "\"c\""),
    ("substring(\"abc\", 2, 1)", "\"\""),
    ("substring(\"abc\", -9, -1)", "\"ab\""),
    ("indexOf(\"\\u{1f600}abc\", \"b\")", "3"),
    ("indexOf(\"abcabc\", \"a\", 1)", "3"),
    ("indexOf(\"abc\", \"C\")", "null"),
    ("indexOf~(\"abc\", \"C\")", "2"),
    ("indexOf(\"abc\", \"\")", "0"),
    ("indexOf(\"abc\", \"a\", 100)", "null"),
    ("indexOf(\"abc\", \"a\", -5)", "0"),
    // Forms that ignore case do so in all of Unicode.
    ("startsWith~(\"ÉCOLE\", \"éco\")", "true"),
    ("endsWith~(\"TEMP.EXE\", \".exe\")", "true"),
    ("endsWith(\"TEMP.EXE\", \".exe\")", "false"),
    ("stringContains~(\"aBc\", \"Bc\")", "true"),
    ("stringContains(\"aBc\", \"bc\")", "false"),
    ("startsWith(null, \"a\")", "null"),
    // between
    ("between(\"<a><b>\", \"<\", \">\")", "\"a\""),
    ("between(\"<a><b>\", \"<\", \">\", true)", "\"a><b\""),
    ("between(\"xAy\", \"X\", \"Y\")", "null"),
    ("between~(\"xAy\", \"X\", \"Y\")", "\"A\""),
    ("between(\"ab\", \"b\", \"a\")", "null"),
    // number
    ("number(\"0x1F\")", "31"),
    ("number(\"1f\", 16)", "31"),
    ("number(\"-101\", 2)", "-5"),
    ("number(\"z\", 36)", "35"),
    ("number(\"1.5e3\")", "1500"),
    ("number(\" 1.5 \")", "1.5"),
    ("number(\"9223372036854775808\")", "9223372036854775808"),
    ("number(\"many\")", "null"),
    ("number(\"\")", "null"),
    ("number(\"inf\")", "null"),
    ("number(\"12\", 1)", "null"),
    ("number(null, 10)", "null"),
    // string and concat print as Java does.
    ("string(1.0)", "\"1.0\""),
    ("string(0.001)", "\"0.001\""),
    ("string(0.0001)", "\"1.0E-4\""),
    ("string(12345678.0)", "\"1.2345678E7\""),
    ("string(1e21)", "\"1.0E21\""),
    ("string(-0.0)", "\"-0.0\""),
    ("string(123456.789)", "\"123456.789\""),
    ("string(1 == 1)", "\"true\""),
    ("concat(1, \"-\", 2.0, \"-\", true)", "\"1-2.0-true\""),
    ("concat(\"a\", null)", "null"),
    ("CONCAT(\"a\")", "\"a\""),
    // Strings
    (r#"length("\b\t\n\f\r\"\'\\\u{e9}")"#, "9"),
    (r#"length("""\n""")"#, "2"),
    (r#""""a"b""""""#, r#""a\"b\"\"""#),
    ("\"\"", "\"\"\"\"\"\""),
];

#[test]
fn constants() {
    let mut wrong = Vec::new();
    for (expression, expected) in CASES {
        let condition = format!("({expression}) == {expected}");
        if filter(&condition) != Filter::Constant(true) {
            wrong.push(condition);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_function_has_a_signature() {
    use Function as F;
    for function in [
        F::Add,
        F::Between,
        F::CidrMatch,
        F::Concat,
        F::Divide,
        F::EndsWith,
        F::IndexOf,
        F::Length,
        F::Modulo,
        F::Multiply,
        F::Number,
        F::StartsWith,
        F::String,
        F::StringContains,
        F::Substring,
        F::Subtract,
    ] {
        assert_eq!(Function::from_name(&function.name().to_uppercase()), Some(function));
        assert_eq!(Function::from_name(&function.name().to_lowercase()), Some(function));
    }
    assert_eq!(Function::names().count(), 16);
}
