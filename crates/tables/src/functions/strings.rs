//! Functions of strings. After "ES|QL string functions" and the classes of the same names of Elasticsearch.
//!
//! Lengths and places count characters of Unicode, from 1. Null gives null; so do several values, with a
//! warning, but in `TO_LOWER` and `TO_UPPER`, which keep them. A string of more than a mebibyte is null, with
//! a warning.

mod replace;

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListBuilder, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type};
use datafusion::common::Result;
use unicode_segmentation::UnicodeSegmentation;

use super::rows::{Given, map1, map2, map3, on_items};
use super::{Call, Gives, Implementation, java};

pub(super) const FUNCTIONS: &[Implementation] = &[
    Implementation::of_values("bit_length", |call| count(call, |text| text.len().checked_mul(8))),
    Implementation::of_values("byte_length", |call| count(call, |text| Some(text.len()))),
    Implementation::of_values("length", |call| count(call, |text| Some(text.chars().count()))),
    Implementation::of_values("concat", concat),
    Implementation::of_values("contains", |call| ask(call, |text, part| text.contains(part))),
    Implementation::of_values("ends_with", |call| ask(call, |text, part| text.ends_with(part))),
    Implementation::of_values("starts_with", |call| ask(call, |text, part| text.starts_with(part))),
    // Less than no character is none.
    Implementation::of_values("left", |call| {
        part(call, |text, length| &text[..at_char(text, length.max(0))])
    }),
    Implementation::of_values("right", |call| {
        part(call, |text, length| &text[at_char(text, characters(text) - length.max(0))..])
    }),
    Implementation::of_values("substring", substring),
    Implementation::of_values("locate", locate),
    Implementation::of_values("trim", |call| shorten(call, |text| text.trim_matches(java::is_whitespace))),
    Implementation::of_values("ltrim", |call| {
        shorten(call, |text| text.trim_start_matches(java::is_whitespace))
    }),
    Implementation::of_values("rtrim", |call| {
        shorten(call, |text| text.trim_end_matches(java::is_whitespace))
    }),
    Implementation::of_values("repeat", |call| {
        let repeated = |text: &str, times: i32| repeated(text, times);
        call.strings_of(map2(&call.strings(0)?, &call.primitives::<Int32Type>(1)?, repeated))
    }),
    Implementation::of_values("space", |call| {
        call.strings_of(map1(&call.primitives::<Int32Type>(0)?, |times| repeated(" ", times)))
    }),
    Implementation::of_values("replace", replace::replace),
    // What belongs together for a reader stays together.
    Implementation::of_values("reverse", |call| {
        let reversed = |text: &str| Ok(Some(text.graphemes(true).rev().collect::<String>()));
        call.strings_of(map1(&call.strings(0)?, reversed))
    }),
    Implementation { gives: Gives::List, ..Implementation::of_values("split", split) },
    Implementation::of_items("to_lower", |call| change_case(call, str::to_lowercase)),
    Implementation::of_items("to_upper", |call| change_case(call, str::to_uppercase)),
];

/// Most bytes of a result.
const MOST_BYTES: usize = 1 << 20;
const TOO_LONG: &str = "the string would be longer than a mebibyte";
const NEGATIVE: &str = "the number is negative";
const NO_DELIMITER: &str = "the delimiter is not a single byte";

fn count(call: &Call<'_>, f: fn(&str) -> Option<usize>) -> Result<ArrayRef> {
    let counted = |text: &str| {
        let count = f(text).and_then(|count| i32::try_from(count).ok());
        count.map(Some).ok_or("integer overflow")
    };
    call.primitives_of::<Int32Type>(map1(&call.strings(0)?, counted))
}

fn ask(call: &Call<'_>, f: fn(&str, &str) -> bool) -> Result<ArrayRef> {
    call.booleans_of(map2(&call.strings(0)?, &call.strings(1)?, |text, part| Ok(Some(f(text, part)))))
}

fn shorten(call: &Call<'_>, f: fn(&str) -> &str) -> Result<ArrayRef> {
    call.strings_of(map1(&call.strings(0)?, |text| Ok(Some(f(text)))))
}

fn part(call: &Call<'_>, f: fn(&str, i64) -> &str) -> Result<ArrayRef> {
    let lengths = call.primitives::<Int32Type>(1)?;
    call.strings_of(map2(&call.strings(0)?, &lengths, |text, length| Ok(Some(f(text, length.into())))))
}

fn characters(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// Where the character of a number, from 0, begins; the end if there are not so many, the start below 0.
fn at_char(text: &str, number: i64) -> usize {
    let number = usize::try_from(number).unwrap_or(0);
    text.char_indices().nth(number).map_or(text.len(), |(at, _)| at)
}

/// Where a place, counted from 1 or, below 0, from the end, begins. 0 is as 1.
fn at_place(text: &str, place: i32) -> usize {
    match i64::from(place) {
        0 => 0,
        place if place > 0 => at_char(text, place - 1),
        place => at_char(text, characters(text) + place),
    }
}

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    let parts = (0..call.args.len()).map(|place| call.strings(place)).collect::<Result<Vec<_>>>()?;
    let mut text = String::new();
    let mut builder = StringViewBuilder::with_capacity(call.rows);
    let mut too_long = 0;
    for row in 0..call.rows {
        if parts.iter().any(|part| part.is_null(row)) {
            builder.append_null();
            continue;
        }
        text.clear();
        parts.iter().for_each(|part| text.push_str(part.value(row)));
        match text.len() > MOST_BYTES {
            true => {
                too_long += 1;
                builder.append_null();
            }
            false => builder.append_value(&text),
        }
    }
    if too_long > 0 {
        call.warn(TOO_LONG, too_long);
    }
    Ok(Arc::new(builder.finish()))
}

/// From a place on, so many characters or all.
fn substring(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, places) = (call.strings(0)?, call.primitives::<Int32Type>(1)?);
    if call.args.len() < 3 {
        return call.strings_of(map2(&texts, &places, |text, place| Ok(text.get(at_place(text, place)..))));
    }
    call.strings_of(map3(&texts, &places, &call.primitives::<Int32Type>(2)?, |text, place, length| {
        if length < 0 {
            return Err(NEGATIVE);
        }
        let rest = text.get(at_place(text, place)..).unwrap_or_default();
        Ok(rest.get(..at_char(rest, length.into())))
    }))
}

/// The place of a part, from a place on; 0 if it is not there.
fn locate(call: &Call<'_>) -> Result<ArrayRef> {
    let located = |text: &str, part: &str, from: i32| {
        let from = at_place(text, from);
        let at = text.get(from..).and_then(|rest| rest.find(part));
        let place = at.and_then(|at| text.get(..from + at)).map_or(0, |before| before.chars().count() + 1);
        Ok(i32::try_from(place).ok())
    };
    let (texts, parts) = (call.strings(0)?, call.strings(1)?);
    if call.args.len() < 3 {
        return call.primitives_of::<Int32Type>(map2(&texts, &parts, |text, part| located(text, part, 0)));
    }
    call.primitives_of::<Int32Type>(map3(&texts, &parts, &call.primitives::<Int32Type>(2)?, located))
}

fn repeated(text: &str, times: i32) -> Given<String> {
    let Ok(times) = usize::try_from(times) else { return Err(NEGATIVE) };
    match text.len().checked_mul(times) {
        Some(length) if length <= MOST_BYTES => Ok(Some(text.repeat(times))),
        _ => Err(TOO_LONG),
    }
}

fn split(call: &Call<'_>) -> Result<ArrayRef> {
    let item = Arc::new(Field::new_list_field(DataType::Utf8View, true));
    let mut builder = ListBuilder::new(StringViewBuilder::new()).with_field(item);
    let (texts, delimiters) = (call.strings(0)?, call.strings(1)?);
    let parts = map2(&texts, &delimiters, |text, delimiter| match delimiter.len() {
        1 => Ok(Some(text.split(delimiter).map(Cow::Borrowed).collect::<Vec<Cow<'_, str>>>())),
        _ => Err(NO_DELIMITER),
    });
    call.each(parts, |parts| match parts {
        Some(parts) => builder.append_value(parts.into_iter().map(Some)),
        None => builder.append_null(),
    });
    Ok(Arc::new(builder.finish()))
}

/// As Java does without a locale.
fn change_case(call: &Call<'_>, f: fn(&str) -> String) -> Result<ArrayRef> {
    on_items(&call.array(0)?, |items| match items.as_string_view_opt() {
        Some(texts) => call.strings_of(map1(texts, |text| Ok(Some(f(text))))),
        // Null.
        None => Ok(Arc::clone(items)),
    })
}

#[cfg(test)]
mod tests;
