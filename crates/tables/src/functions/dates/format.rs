//! Dates as text, by the patterns of Java's `DateTimeFormatter`.

use std::fmt::Write;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::TimestampMillisecondType;
use datafusion::common::{Result, exec_datafusion_err};
use jiff::civil::DateTime;
use rulehound_schema::{DateFormat, parse_date};

use super::{calendar, weekday};
use crate::functions::Call;
use crate::functions::rows::{Given, map1};
use crate::functions::text;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A letter, and how often it stands there.
    Field(char, usize),
}

impl Pattern {
    /// Reads a pattern, or the name of a format; `None` if something in it is not known.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let pattern = match pattern {
            "strict_date_optional_time"
            | "date_optional_time"
            | "iso8601"
            | "strict_date_time"
            | "date_time" => "yyyy-MM-dd'T'HH:mm:ss.SSSX",
            "strict_date_optional_time_nanos" => "yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnnX",
            "strict_date_time_no_millis" | "date_time_no_millis" => "yyyy-MM-dd'T'HH:mm:ssX",
            "strict_date_hour_minute_second" | "date_hour_minute_second" => "yyyy-MM-dd'T'HH:mm:ss",
            "strict_date" | "date" => "yyyy-MM-dd",
            "basic_date" => "yyyyMMdd",
            "strict_year_month" | "year_month" => "yyyy-MM",
            "strict_year" | "year" => "yyyy",
            pattern => pattern,
        };
        let mut parts = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\'' => parts.push(Part::Text(quoted(&mut rest)?)),
                c if c.is_ascii_alphabetic() => {
                    let mut count = 1;
                    while rest.next_if_eq(&c).is_some() {
                        count += 1;
                    }
                    if !"uyMLdDHhKkmsSnaEeQXxZz".contains(c) {
                        return None;
                    }
                    parts.push(Part::Field(c, count));
                }
                '[' | ']' | '{' | '}' | '#' => return None,
                c => parts.push(Part::Text(c.to_string())),
            }
        }
        Some(Self(parts))
    }

    /// A date in this form.
    pub(super) fn write(&self, date: DateTime) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Field(letter, count) => field(&mut text, *letter, *count, date),
            }
        }
        text
    }
}

/// What stands up to the next apostrophe; two are one.
fn quoted(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match rest.next()? {
            '\'' if rest.next_if_eq(&'\'').is_some() => text.push('\''),
            '\'' if text.is_empty() => return Some("'".to_owned()),
            '\'' => return Some(text),
            c => text.push(c),
        }
    }
}

fn field(text: &mut String, letter: char, count: usize, date: DateTime) {
    let hour = i64::from(date.hour());
    let number = match letter {
        'u' | 'y' if count == 2 => i64::from(date.year().rem_euclid(100)),
        'u' | 'y' => i64::from(date.year()),
        'M' | 'L' if count > 2 => return name(text, &MONTHS, i64::from(date.month()), count),
        'M' | 'L' => date.month().into(),
        'd' => date.day().into(),
        'D' => date.date().day_of_year().into(),
        'H' => hour,
        'k' => {
            if hour == 0 {
                24
            } else {
                hour
            }
        }
        'K' => hour % 12,
        'h' => {
            if hour % 12 == 0 {
                12
            } else {
                hour % 12
            }
        }
        'm' => date.minute().into(),
        's' => date.second().into(),
        'n' => date.subsec_nanosecond().into(),
        'e' if count < 3 => weekday(date) % 7 + 1,
        'E' | 'e' => return name(text, &DAYS, weekday(date), count.max(3)),
        'Q' => (i64::from(date.month()) + 2) / 3,
        'a' => return text.push_str(if hour < 12 { "AM" } else { "PM" }),
        'S' => {
            let digits = format!("{:09}", date.subsec_nanosecond());
            let _ = write!(text, "{:0<count$}", digits.get(..count.min(9)).unwrap_or(&digits));
            return;
        }
        'X' => return text.push('Z'),
        'x' if count < 3 => return text.push_str(if count == 1 { "+00" } else { "+0000" }),
        'x' => return text.push_str("+00:00"),
        'Z' if count < 4 => return text.push_str("+0000"),
        'Z' => return text.push_str(if count == 4 { "GMT" } else { "Z" }),
        _ => return text.push('Z'),
    };
    let _ = write!(text, "{number:0count$}");
}

/// In full from four letters on, else three of it.
fn name(text: &mut String, names: &[&str], number: i64, count: usize) {
    let name =
        usize::try_from(number - 1).ok().and_then(|place| names.get(place)).copied().unwrap_or_default();
    let end = match count {
        3 => 3,
        5 => 1,
        _ => name.len(),
    };
    text.push_str(name.get(..end).unwrap_or(name));
}

/// `DateFormat`: by a pattern, or as a date is shown.
pub(super) fn format(call: &Call<'_>) -> Result<ArrayRef> {
    if call.args.len() == 1 {
        let shown = |date: i128| {
            calendar(date)?;
            Some(text::date(i64::try_from(date.div_euclid(1_000_000)).ok()?))
        };
        return call.strings_of(call.moments(0)?.into_iter().map(|date| Ok(date.and_then(shown))));
    }
    let dates = call.moments(1)?;
    if let Some(text) = call.text(0) {
        let pattern = Pattern::parse(text);
        let pattern =
            pattern.ok_or_else(|| exec_datafusion_err!("the date format `{text}` is not supported"))?;
        return call.strings_of(
            dates.into_iter().map(|date| Ok(date.and_then(calendar).map(|date| pattern.write(date)))),
        );
    }
    let patterns = call.strings(0)?;
    let rows = patterns.iter().zip(dates).map(|(pattern, date)| -> Given<String> {
        let (Some(pattern), Some(date)) = (pattern, date.and_then(calendar)) else { return Ok(None) };
        Pattern::parse(pattern).map(|pattern| Some(pattern.write(date))).ok_or("no such date format")
    });
    call.strings_of(rows)
}

/// `DateParse`: by a pattern, or by `strict_date_optional_time`.
pub(super) fn parse(call: &Call<'_>) -> Result<ArrayRef> {
    let milliseconds = |nanoseconds: Option<i128>| -> Given<i64> {
        let date = nanoseconds.and_then(|date| i64::try_from(date.div_euclid(1_000_000)).ok());
        date.map(Some).ok_or("failed to parse date field")
    };
    if call.args.len() == 1 {
        let texts = call.strings(0)?;
        return call
            .primitives_of::<TimestampMillisecondType>(map1(&texts, |text| milliseconds(parse_date(text))));
    }
    let texts = call.strings(1)?;
    let read = |formats: &[DateFormat], text: &str| {
        milliseconds(formats.iter().find_map(|format| format.read(text)))
    };
    if let Some(pattern) = call.text(0) {
        let formats = DateFormat::parse_list(pattern).map_err(|problem| exec_datafusion_err!("{problem}"))?;
        return call.primitives_of::<TimestampMillisecondType>(map1(&texts, |text| read(&formats, text)));
    }
    let patterns = call.strings(0)?;
    let rows = patterns.iter().zip(texts.iter()).map(|row| {
        let (Some(pattern), Some(text)) = row else { return Ok(None) };
        read(&DateFormat::parse_list(pattern).map_err(|_| "no such date format")?, text)
    });
    call.primitives_of::<TimestampMillisecondType>(rows)
}
