//! Dates: from text to nanoseconds since the epoch, by the `format` of a mapping, and back.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// 1970-01-01T00:00:00.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Lengths in nanoseconds.
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// One format of a `date` field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DateFormat {
    /// `strict_date_optional_time`: ISO 8601 from the year alone down to the nanosecond, in UTC unless
    /// an offset is given.
    StrictDateOptionalTime,
    /// `epoch_millis`: milliseconds since the epoch, decimals allowed.
    EpochMillis,
    /// `epoch_second`: seconds since the epoch, decimals allowed.
    EpochSecond,
    /// A pattern of Java's `DateTimeFormatter`, such as `dd-MM-yyyy`.
    Pattern(Vec<PatternPart>),
}

/// A part of a date pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PatternPart {
    /// These characters.
    Literal(String),
    /// A number of the date or time: which, and its least number of digits.
    Number(Unit, usize),
    /// The three letters of an English month.
    MonthName,
    /// `Z` or an offset from UTC.
    Zone,
}

/// What a number of a date pattern counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Year.
    Year,
    /// Month, from 1.
    Month,
    /// Day of the month, from 1.
    Day,
    /// Hour, to 23.
    Hour,
    /// Minute.
    Minute,
    /// Second.
    Second,
    /// Decimals of the second, as many digits as given.
    Fraction,
}

/// A date format that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("date format [{0}] is not supported")]
pub struct UnknownDateFormat(pub String);

impl DateFormat {
    /// Reads the `format` of a mapping: formats by name or pattern, separated by `||`.
    pub fn parse_list(formats: &str) -> Result<Vec<Self>, UnknownDateFormat> {
        formats.split("||").map(|name| Self::parse(name.trim())).collect()
    }

    fn parse(name: &str) -> Result<Self, UnknownDateFormat> {
        let pattern = match name {
            "strict_date_optional_time"
            | "strict_date_optional_time_nanos"
            | "date_optional_time"
            | "iso8601" => {
                return Ok(Self::StrictDateOptionalTime);
            }
            "epoch_millis" => return Ok(Self::EpochMillis),
            "epoch_second" => return Ok(Self::EpochSecond),
            "basic_date" => "uuuuMMdd",
            "date" | "strict_date" => "uuuu-MM-dd",
            "date_time" | "strict_date_time" => "uuuu-MM-dd'T'HH:mm:ss.SSSXXX",
            "date_time_no_millis" | "strict_date_time_no_millis" => "uuuu-MM-dd'T'HH:mm:ssXXX",
            "date_hour_minute_second" | "strict_date_hour_minute_second" => "uuuu-MM-dd'T'HH:mm:ss",
            pattern => pattern,
        };
        compile_pattern(pattern).map(Self::Pattern).ok_or_else(|| UnknownDateFormat(name.to_owned()))
    }

    /// How far the last nanosecond that a text of this format stands for lies behind its first.
    fn trailing_nanoseconds(&self, text: &str) -> Option<i64> {
        match self {
            Self::StrictDateOptionalTime => trailing_nanoseconds(text),
            Self::EpochMillis => Some(0),
            Self::EpochSecond => Some(if text.contains('.') { 0 } else { SECOND - 1 }),
            Self::Pattern(parts) => {
                let numbers = parts.iter().filter_map(|part| match part {
                    PatternPart::Number(unit, _) => Some(*unit),
                    PatternPart::MonthName => Some(Unit::Month),
                    _ => None,
                });

                let days = |of: fn(jiff::civil::Date) -> i16| {
                    let since = SignedDuration::try_from_nanos_i128(self.read(text)?)?;
                    Some(i64::from(of(EPOCH.checked_add(since).ok()?.date())) * DAY - 1)
                };
                match numbers.max()? {
                    Unit::Year => days(jiff::civil::Date::days_in_year),
                    Unit::Month => days(|date| date.days_in_month().into()),
                    Unit::Day => Some(DAY - 1),
                    Unit::Hour => Some(3_600 * SECOND - 1),
                    Unit::Minute => Some(60 * SECOND - 1),
                    Unit::Second => Some(SECOND - 1),
                    Unit::Fraction => Some(0),
                }
            }
        }
    }

    /// A date in this format, as nanoseconds since the epoch.
    pub fn read(&self, text: &str) -> Option<i128> {
        match self {
            Self::StrictDateOptionalTime => iso8601(text),
            Self::EpochMillis => epoch(text, 6),
            Self::EpochSecond => epoch(text, 9),
            Self::Pattern(parts) => by_pattern(text, parts),
        }
    }
}

/// A date in the default format, `strict_date_optional_time||epoch_millis`, as nanoseconds since the
/// epoch. As in Elasticsearch the first format that fits wins: four digits are a year.
///
/// Not read, unlike there: zones by name other than `UTC` and `GMT`, and years before 0000.
pub fn parse_date(text: &str) -> Option<i128> {
    parse(text, &[])
}

/// A date in the first of the formats that fits; of the default formats if there are none.
pub(crate) fn parse(text: &str, formats: &[DateFormat]) -> Option<i128> {
    const DEFAULT: &[DateFormat] = &[DateFormat::StrictDateOptionalTime, DateFormat::EpochMillis];
    let formats = if formats.is_empty() { DEFAULT } else { formats };
    formats.iter().find_map(|format| format.read(text))
}

/// The first and the last nanosecond that a date stands for: `2024-05` is a whole month, `2024-05-01T10:00` a minute.
/// As Elasticsearch rounds dates, filling up what is missing with its most; `None` if no format fits.
pub fn date_span(text: &str, formats: &[DateFormat]) -> Option<(i128, i128)> {
    const DEFAULT: &[DateFormat] = &[DateFormat::StrictDateOptionalTime, DateFormat::EpochMillis];
    let formats = if formats.is_empty() { DEFAULT } else { formats };
    let (format, first) = formats.iter().find_map(|format| Some((format, format.read(text)?)))?;
    Some((first, first + i128::from(format.trailing_nanoseconds(text)?)))
}

/// Whether a date says by which clock it is.
pub(crate) fn names_zone(date: &str) -> bool {
    match date.split_once('T') {
        Some((_, time)) => time.contains(['Z', '+', '-']),
        // Milliseconds since the epoch know no clock; four digits are a year.
        None => date.len() > 4 && date.bytes().all(|b| b.is_ascii_digit() || b == b'.'),
    }
}

/// What was read of a date; the parts that were not stay at their least.
struct Parts {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    offset_seconds: i32,
}

impl Parts {
    const START: Self = Self {
        year: 1970,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        offset_seconds: 0,
    };

    fn set(&mut self, unit: Unit, n: u32) {
        let part = match unit {
            Unit::Year => &mut self.year,
            Unit::Month => &mut self.month,
            Unit::Day => &mut self.day,
            Unit::Hour => &mut self.hour,
            Unit::Minute => &mut self.minute,
            Unit::Second => &mut self.second,
            Unit::Fraction => &mut self.nanosecond,
        };
        *part = n;
    }

    /// Since the epoch. Every event has dates: this is arithmetic and no more.
    fn nanoseconds(&self) -> Option<i128> {
        let (month, day) = (self.month, self.day);
        if !(1..=12).contains(&month) || day < 1 || day > days_of_month(self.year, month) {
            return None;
        }
        if self.hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        let time_of_day = self.hour * 3600 + self.minute * 60 + self.second;
        let seconds = days_since_epoch(self.year, month, day) * 86_400 + i64::from(time_of_day)
            - i64::from(self.offset_seconds);
        Some(i128::from(seconds) * 1_000_000_000 + i128::from(self.nanosecond))
    }
}

fn days_of_month(year: u32, month: u32) -> u32 {
    let is_leap_year = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(is_leap_year),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// By the Gregorian calendar, also before it was made. A year is counted from its March, so that the day of a
/// leap year is the last.
fn days_since_epoch(year: u32, month: u32, day: u32) -> i64 {
    // From 1 March of the year 400 before, for the year 0 begins in its January.
    let years = year + 400 - u32::from(month < 3);
    let months = (month + 9) % 12;
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1;
    i64::from(days) - 865_565
}

/// What is left of a text while it is read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.split_first().filter(|(first, _)| **first == byte)?.1;
        Some(())
    }

    fn eat_text(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal.as_bytes())?;
        Some(())
    }

    /// A number of `min` to `max` digits, nine at most, as many as there are; and how many there were.
    #[inline]
    fn number(&mut self, min: usize, max: usize) -> Option<(u32, usize)> {
        let (mut number, mut digits) = (0, 0);
        while digits < max && self.0.get(digits).is_some_and(u8::is_ascii_digit) {
            number = number * 10 + u32::from(self.0[digits] - b'0');
            digits += 1;
        }
        if digits < min || digits == 0 {
            return None;
        }
        self.0 = &self.0[digits..];
        Some((number, digits))
    }

    /// One to nine decimals of a second, as nanoseconds.
    fn fraction(&mut self) -> Option<u32> {
        let (n, digits) = self.number(1, 9)?;
        Some(n * 10_u32.pow(9 - u32::try_from(digits).ok()?))
    }

    /// `Z`, `UTC`, `GMT`, or `±hh`, `±hhmm`, `±hh:mm`, `±hh:mm:ss` up to 18 hours; in seconds.
    fn zone(&mut self) -> Option<i32> {
        if self.eat(b'Z').is_some() || self.eat_text("UTC").is_some() || self.eat_text("GMT").is_some() {
            return Some(0);
        }
        let sign = if self.eat(b'+').is_some() { 1 } else { -i32::from(self.eat(b'-').is_some()) };
        if sign == 0 {
            return None;
        }
        let (hours, _) = self.number(2, 2)?;
        let colon = self.eat(b':').is_some();
        let minutes = self.number(2, 2).map(|(n, _)| n);
        if colon && minutes.is_none() {
            return None;
        }
        let seconds = if colon && self.eat(b':').is_some() { self.number(2, 2)?.0 } else { 0 };
        let minutes = minutes.unwrap_or(0);
        let total = hours * 3600 + minutes * 60 + seconds;
        (minutes < 60 && seconds < 60 && total <= 18 * 3600).then_some(sign * i32::try_from(total).ok()?)
    }
}

/// `strict_date_optional_time`: `yyyy[-MM[-dd['T'[HH[:mm[:ss[(.|,)S{1,9}]]][zone]]]]]`.
fn iso8601(text: &str) -> Option<i128> {
    let mut cursor = Cursor::new(text);
    let mut parts = Parts::START;
    parts.set(Unit::Year, cursor.number(4, 4)?.0);
    for unit in [Unit::Month, Unit::Day] {
        if cursor.is_done() {
            return parts.nanoseconds();
        }
        cursor.eat(b'-')?;
        parts.set(unit, cursor.number(2, 2)?.0);
    }
    if !cursor.is_done() {
        cursor.eat(b'T')?;
    }
    if !cursor.is_done() {
        time_of_day(&mut cursor, &mut parts)?;
    }
    parts.nanoseconds()
}

fn time_of_day(cursor: &mut Cursor<'_>, parts: &mut Parts) -> Option<()> {
    parts.set(Unit::Hour, cursor.number(2, 2)?.0);
    if cursor.eat(b':').is_some() {
        parts.set(Unit::Minute, cursor.number(2, 2)?.0);
        if cursor.eat(b':').is_some() {
            parts.set(Unit::Second, cursor.number(2, 2)?.0);
            if cursor.eat(b'.').or_else(|| cursor.eat(b',')).is_some() {
                parts.set(Unit::Fraction, cursor.fraction()?);
            }
        }
    }
    if !cursor.is_done() {
        parts.offset_seconds = cursor.zone()?;
    }
    cursor.is_done().then_some(())
}

/// How far the last instant of a date in the format `strict_date_optional_time` lies behind its first.
fn trailing_nanoseconds(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    let mut parts = date.splitn(3, '-');
    let year: i16 = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month: Option<i8> = parts.next().map(str::parse).transpose().ok()?;
    let day = parts.next();
    let days = match (month, day) {
        (_, Some(_)) => 1,
        (Some(month), None) => i64::from(jiff::civil::Date::new(year, month, 1).ok()?.days_in_month()),
        (None, None) => i64::from(jiff::civil::Date::new(year, 1, 1).ok()?.days_in_year()),
    };
    let clock = time.trim_end_matches('Z');
    let clock = clock.find(['+', '-']).and_then(|zone| clock.get(..zone)).unwrap_or(clock);
    let span = match clock.len() {
        0 => days * DAY,
        1..=2 => 3_600 * SECOND,
        3..=5 => 60 * SECOND,
        6..=8 => SECOND,
        _ => {
            let fraction = clock.split(['.', ',']).nth(1)?;
            10_i64.checked_pow(9_u32.checked_sub(u32::try_from(fraction.len()).ok()?)?)?
        }
    };
    Some(span - 1)
}

/// A decimal number of a unit that has `scale` decimals down to the nanosecond.
fn epoch(text: &str, scale: u32) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let decimals = u32::try_from(fraction.len()).ok().filter(|n| *n <= scale)?;
    let number = |s: &str| -> Option<i128> {
        // 19 digits: a long.
        (!s.is_empty() && s.len() <= 19 && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse().ok())?
    };
    Some(sign * (number(whole)? * 10_i128.pow(scale) + number(fraction)? * 10_i128.pow(scale - decimals)))
}

/// Compiles the letters of `DateTimeFormatter` that log formats use; `None` for others.
fn compile_pattern(pattern: &str) -> Option<Vec<PatternPart>> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let run = rest.chars().take_while(|next| *next == c).count();
        let taken = match c {
            '\'' => {
                let quoted = rest[1..].split_once('\'')?.0;
                parts.push(PatternPart::Literal(if quoted.is_empty() { "'" } else { quoted }.to_owned()));
                quoted.len() + 2
            }
            _ if !c.is_ascii_alphabetic() && !matches!(c, '[' | ']' | '{' | '}' | '#') => {
                parts.push(PatternPart::Literal(c.to_string()));
                c.len_utf8()
            }
            _ => {
                parts.push(match (c, run) {
                    ('y' | 'u', 1..=4) => PatternPart::Number(Unit::Year, run),
                    ('M', 3) => PatternPart::MonthName,
                    ('M', 1..=2) => PatternPart::Number(Unit::Month, run),
                    ('d', 1..=2) => PatternPart::Number(Unit::Day, run),
                    ('H', 1..=2) => PatternPart::Number(Unit::Hour, run),
                    ('m', 1..=2) => PatternPart::Number(Unit::Minute, run),
                    ('s', 1..=2) => PatternPart::Number(Unit::Second, run),
                    ('S', 1..=9) => PatternPart::Number(Unit::Fraction, run),
                    ('X' | 'x' | 'Z', _) => PatternPart::Zone,
                    _ => return None,
                });
                run
            }
        };
        rest = rest.get(taken..)?;
    }
    (!parts.is_empty()).then_some(parts)
}

fn by_pattern(text: &str, pattern: &[PatternPart]) -> Option<i128> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut cursor = Cursor::new(text);
    let mut parts = Parts::START;
    for part in pattern {
        match part {
            PatternPart::Literal(literal) => cursor.eat_text(literal)?,
            PatternPart::Zone => parts.offset_seconds = cursor.zone()?,
            PatternPart::MonthName => {
                let month = (1..).zip(MONTHS).find(|(_, name)| cursor.eat_text(name).is_some())?.0;
                parts.set(Unit::Month, month);
            }
            PatternPart::Number(Unit::Fraction, digits) => {
                let (n, _) = cursor.number(*digits, *digits)?;
                parts.set(Unit::Fraction, n * 10_u32.pow(9 - u32::try_from(*digits).ok()?));
            }
            PatternPart::Number(Unit::Year, 2) => parts.set(Unit::Year, 2000 + cursor.number(2, 2)?.0),
            PatternPart::Number(Unit::Year, digits) => parts.set(Unit::Year, cursor.number(*digits, 4)?.0),
            PatternPart::Number(unit, digits) => parts.set(*unit, cursor.number(*digits, 2)?.0),
        }
    }
    if cursor.is_done() { parts.nanoseconds() } else { None }
}

/// Writes nanoseconds since the epoch as Elasticsearch does, with three to `decimals` decimals:
/// `2020-01-01T00:00:00.000Z`.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, nanoseconds: i128, decimals: usize) -> fmt::Result {
    let time =
        SignedDuration::try_from_nanos_i128(nanoseconds).and_then(|since| EPOCH.checked_add(since).ok());
    let Some(time) = time else {
        // Beyond the year 9999: only `epoch_millis` reads such a date.
        return write!(f, "{}", nanoseconds.div_euclid(1_000_000));
    };
    let fraction = format!("{:09}", time.subsec_nanosecond());
    let fraction = fraction.get(..decimals).unwrap_or(&fraction);
    let fraction = fraction.trim_end_matches('0');
    write!(
        f,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{fraction:0<3}Z",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

#[cfg(test)]
mod tests;
