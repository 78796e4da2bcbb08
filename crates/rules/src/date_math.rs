//! Date math (`now-9m`) and intervals (`5m`), as a rule's schedule has them.

mod resolve;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// A text that is no date math, or no interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Neither `now` nor a date at the start.
    #[error("date math starts with `now` or a date followed by `||`")]
    Anchor,
    /// Something other than `+1d`, `-1d` or `/d` after the start.
    #[error("after the start, date math has steps like `-9m`, `+1h` or `/d`, not `{0}`")]
    Step(String),
    /// A unit that there is not.
    #[error("`{0}` is no unit of time: use s, m, h, d, w, M or y")]
    Unit(String),
    /// An interval that is not a number and a unit.
    #[error("an interval is a number from 1 and a unit, one of s, m, h and d")]
    Interval,
    /// More than can be counted.
    #[error("the span of time is too long")]
    TooLong,
}

/// A moment relative to now, or to a date, in Elasticsearch's date math: `now-9m`, `now-1d/d`,
/// `2024-05-01||+1w`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DateMath {
    text: String,
    anchor: Anchor,
    steps: Vec<Step>,
}

/// Where date math starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Anchor {
    /// The moment of the run.
    Now,
    /// A date, in nanoseconds since the epoch, and the least unit that it names: `2024-05` names a month.
    Date(i128, Option<DateUnit>),
}

/// What follows the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// By so many of a unit.
    Move(i64, DateUnit),
    /// To the start of a unit, or its end.
    Round(DateUnit),
}

/// Which end of a stretch of time a moment is. A date without a time, and a rounded moment, mean a whole unit:
/// its first millisecond where the stretch begins, its last where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// The beginning.
    From,
    /// The end.
    To,
}

/// Units of date math.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum DateUnit {
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h` or `H`
    Hour,
    /// `d`
    Day,
    /// `w`
    Week,
    /// `M`
    Month,
    /// `y`
    Year,
}

impl DateUnit {
    fn from_letters(letters: &str) -> Option<Self> {
        Some(match letters {
            "s" => Self::Second,
            "m" => Self::Minute,
            "h" | "H" => Self::Hour,
            "d" => Self::Day,
            "w" => Self::Week,
            "M" => Self::Month,
            "y" => Self::Year,
            _ => return None,
        })
    }

    /// How long it is; a month counts 30 days and a year 365.
    fn seconds(self) -> i64 {
        const DAY: i64 = 24 * 3600;
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
            Self::Year => 365 * DAY,
        }
    }
}

impl DateMath {
    /// `now`.
    pub fn now() -> Self {
        Self { text: "now".to_owned(), anchor: Anchor::Now, steps: Vec::new() }
    }

    /// `now-6m`: how far a rule looks back that does not say.
    pub(crate) fn six_minutes_ago() -> Self {
        Self { text: "now-6m".to_owned(), steps: vec![Step::Move(-6, DateUnit::Minute)], ..Self::now() }
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How long before now the moment lies, rounding aside, with a month as 30 days and a year as 365; zero if
    /// it lies ahead or starts from a date.
    pub(crate) fn before_now(&self) -> Duration {
        if self.anchor != Anchor::Now {
            return Duration::ZERO;
        }
        let seconds = self.steps.iter().fold(0i64, |seconds, step| match step {
            Step::Move(count, unit) => seconds.saturating_add(count.saturating_mul(unit.seconds())),
            Step::Round(_) => seconds,
        });
        Duration::from_secs(seconds.min(0).unsigned_abs())
    }
}

impl FromStr for DateMath {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (anchor, mut rest) = match text.strip_prefix("now") {
            Some(rest) => (Anchor::Now, rest),
            None => {
                let (date, rest) = text.split_once("||").unwrap_or((text, ""));
                let moment = rulehound_schema::parse_date(date).ok_or(TimeError::Anchor)?;
                (Anchor::Date(moment, least_unit(date)), rest)
            }
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = split_step(rest)?;
            steps.push(step);
            rest = after;
        }
        Ok(Self { text: text.to_owned(), anchor, steps })
    }
}

/// The first step of `-9m/d` and what follows it.
fn split_step(text: &str) -> Result<(Step, &str), TimeError> {
    let mut chars = text.chars();
    let sign = chars.next();
    let (digits, rest) = split_while(chars.as_str(), |c| c.is_ascii_digit());
    let (letters, rest) = split_while(rest, |c| c.is_ascii_alphabetic());
    let unit = || DateUnit::from_letters(letters).ok_or_else(|| TimeError::Unit(letters.to_owned()));
    let step = match sign {
        Some('/') if digits.is_empty() => Step::Round(unit()?),
        Some(sign @ ('+' | '-')) => {
            let count: u32 =
                if digits.is_empty() { 1 } else { digits.parse().map_err(|_| TimeError::TooLong)? };
            let count = i64::from(count);
            Step::Move(if sign == '-' { -count } else { count }, unit()?)
        }
        _ => return Err(TimeError::Step(text.to_owned())),
    };
    Ok((step, rest))
}

/// The least unit that a date of ISO 8601 names: `2024-05` a month, `2024-05-01T10:00` a minute. `None` if it
/// names milliseconds, or counts them from the epoch.
fn least_unit(date: &str) -> Option<DateUnit> {
    let (day, time) = date.split_once('T').unwrap_or((date, ""));
    let time = time.split(['Z', '+', '-']).next().unwrap_or_default();
    match (time.len(), day.matches('-').count()) {
        (0, 0) if day.len() == 4 => Some(DateUnit::Year),
        (0, 1) => Some(DateUnit::Month),
        (0, 2) => Some(DateUnit::Day),
        (2, _) => Some(DateUnit::Hour),
        (5, _) => Some(DateUnit::Minute),
        (8, _) => Some(DateUnit::Second),
        _ => None,
    }
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// How often a rule runs: `5m`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Interval {
    text: String,
    duration: Duration,
}

impl Interval {
    /// `5m`: how often a rule runs that does not say.
    pub(crate) fn five_minutes() -> Self {
        Self { text: "5m".to_owned(), duration: Duration::from_secs(300) }
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its length.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl FromStr for Interval {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (digits, letters) = split_while(text, |c| c.is_ascii_digit());
        let unit = match letters {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(TimeError::Interval),
        };
        let number: u64 = digits.parse().ok().filter(|number| *number > 0).ok_or(TimeError::Interval)?;
        let seconds = number.checked_mul(unit).ok_or(TimeError::TooLong)?;
        Ok(Self { text: text.to_owned(), duration: Duration::from_secs(seconds) })
    }
}

impl fmt::Display for DateMath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for DateMath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
