//! `JSON_EXTRACT`.
//!
//! After `JsonExtract` and `JsonPath` of Elasticsearch: dots and brackets, no wildcards. Strings come without
//! quotes, everything else as it is written in the document.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use serde_json::Value;

use crate::functions::Call;
use crate::functions::rows::{Given, map2};

/// A step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

const MALFORMED: &str = "invalid JSON path";
const INVALID: &str = "invalid JSON input";
const MISSING: &str = "path does not exist";

/// The value at a path.
pub(super) fn extract(call: &Call<'_>) -> Result<ArrayRef> {
    let documents = cast(&call.array(0)?, &DataType::Utf8View)?;
    let documents: &StringViewArray = documents.as_string_view();
    let paths = call.strings(1)?;
    if call.constant(1).is_some() && paths.is_valid(0) {
        let path = parse(paths.value(0));
        return call.strings_of(documents.iter().map(|document| match (document, &path) {
            (None, _) => Ok(None),
            (Some(document), Ok(path)) => at(document, path),
            (Some(_), Err(fault)) => Err(*fault),
        }));
    }
    call.strings_of(map2(documents, &paths, |document, path| at(document, &parse(path)?)))
}

/// `a.b`, `a['b']`, `a[0]`, with or without `$` before it.
fn parse(path: &str) -> std::result::Result<Vec<Step>, &'static str> {
    let mut rest = path.trim();
    let mut steps = Vec::new();
    if let Some(behind) =
        rest.strip_prefix('$').filter(|behind| behind.is_empty() || behind.starts_with(['.', '[']))
    {
        rest = behind;
    } else if !rest.is_empty() && !rest.starts_with('[') {
        rest = key(rest, &mut steps)?;
    }
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('.') {
            rest = key(behind, &mut steps)?;
        } else if let Some(inside) = rest.strip_prefix('[') {
            rest = bracket(inside.trim_start(), &mut steps)?;
        } else {
            return Err(MALFORMED);
        }
    }
    Ok(steps)
}

/// A key up to a dot or bracket; gives what is behind it.
fn key<'a>(text: &'a str, steps: &mut Vec<Step>) -> std::result::Result<&'a str, &'static str> {
    let (key, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    if key.is_empty() || key.contains([']', '*']) {
        return Err(MALFORMED);
    }
    steps.push(Step::Key(key.to_owned()));
    Ok(rest)
}

/// What stands in brackets; gives what is behind them.
fn bracket<'a>(text: &'a str, steps: &mut Vec<Step>) -> std::result::Result<&'a str, &'static str> {
    let Some(quote @ ('\'' | '"')) = text.chars().next() else {
        let (index, rest) = text.split_once(']').ok_or(MALFORMED)?;
        steps.push(Step::Index(index.trim().parse().map_err(|_| MALFORMED)?));
        return Ok(rest);
    };
    let mut key = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((place, c)) = chars.next() {
        match c {
            '\\' => key.push(chars.next().ok_or(MALFORMED)?.1),
            c if c == quote => {
                steps.push(Step::Key(key));
                let behind = text.get(place + 1..).unwrap_or_default();
                return behind.trim_start().strip_prefix(']').ok_or(MALFORMED);
            }
            c => key.push(c),
        }
    }
    Err(MALFORMED)
}

/// Follows a path, and reads no further than it must.
fn at(document: &str, path: &[Step]) -> Given<String> {
    let mut rest = document.trim_start();
    for step in path {
        rest = match step {
            Step::Key(key) => member(rest, key)?,
            Step::Index(index) => item(rest, *index)?,
        };
    }
    let (value, _) = split_value(rest).ok_or(INVALID)?;
    match serde_json::from_str(value).map_err(|_| INVALID)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Ok(Some(value.to_owned())),
    }
}

/// From an object on, the text from the value of a key on.
fn member<'a>(object: &'a str, wanted: &str) -> std::result::Result<&'a str, &'static str> {
    let mut rest = object.strip_prefix('{').ok_or(MISSING)?.trim_start();
    while !rest.starts_with('}') {
        let (key, behind) = split_value(rest).ok_or(INVALID)?;
        let key: String = serde_json::from_str(key).map_err(|_| INVALID)?;
        let value = behind.trim_start().strip_prefix(':').ok_or(INVALID)?.trim_start();
        if key == wanted {
            return Ok(value);
        }
        rest = next(split_value(value).ok_or(INVALID)?.1)?;
    }
    Err(MISSING)
}

/// From an array on, the text from an item on.
fn item(array: &str, index: usize) -> std::result::Result<&str, &'static str> {
    let mut rest = array.strip_prefix('[').ok_or(MISSING)?.trim_start();
    for _ in 0..index {
        if rest.starts_with(']') {
            break;
        }
        rest = next(split_value(rest).ok_or(INVALID)?.1)?;
    }
    if rest.starts_with(']') { Err("array index out of bounds") } else { Ok(rest) }
}

/// What comes after a member or an item: another, or the end.
fn next(behind: &str) -> std::result::Result<&str, &'static str> {
    let behind = behind.trim_start();
    match behind.strip_prefix(',') {
        Some(next) => Ok(next.trim_start()),
        None if behind.starts_with(['}', ']']) => Ok(behind),
        None => Err(INVALID),
    }
}

/// The value that a text begins with, as far as quotes and brackets tell where it ends, and what is behind
/// it.
fn split_value(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (place, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => continue,
            }
            if in_string || depth > 0 {
                continue;
            }
            return text.split_at_checked(place + 1);
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return text.split_at_checked(place),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return text.split_at_checked(place + 1);
                }
            }
            b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return text.split_at_checked(place),
            _ => {}
        }
    }
    (depth == 0 && !in_string && !text.is_empty()).then_some((text, ""))
}
