//! Date math: `now-9m`, `2024-05-01||+1M/d`, as Elasticsearch's `JavaDateMathParser` reads it.

mod resolve;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::DateFormat;
use crate::date::{date_span, names_zone};

/// A text that is no date math.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateMathError {
    /// Neither `now` nor a date at the start.
    #[error("date math starts with `now` or a date followed by `||`")]
    Anchor,
    /// Something other than `+1d`, `-1d` or `/d` after the start.
    #[error("after the start, date math has steps like `-9m`, `+1h` or `/d`, not `{0}`")]
    Step(String),
    /// A unit that there is not.
    #[error("`{0}` is no unit of time: use s, m, h, d, w, M or y")]
    Unit(String),
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
    steps: DateSteps,
}

/// Where date math starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Anchor {
    /// The moment of the run.
    Now,
    /// A date: the first and the last nanosecond since the epoch that it names. Before `||` it is its first alone.
    Date(i128, i128),
}

/// What follows the start: `-30d/d`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DateSteps {
    steps: Vec<Step>,
    /// How far the clock by which units begin and end is ahead of UTC, in seconds.
    offset: i32,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// By so many of a unit.
    Move(i64, DateUnit),
    /// To the start of a unit, or its end.
    Round(DateUnit),
}

/// Which end of a stretch of time a moment is. A date without a time, and a rounded moment, mean a whole unit:
/// its first moment where the stretch begins, its last where it ends.
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

    fn letter(self) -> char {
        match self {
            Self::Second => 's',
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Week => 'w',
            Self::Month => 'M',
            Self::Year => 'y',
        }
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
        Self { text: "now".to_owned(), anchor: Anchor::Now, steps: DateSteps::default() }
    }

    /// `now-6m`: how far a rule looks back that does not say.
    pub fn six_minutes_ago() -> Self {
        let steps = DateSteps { steps: vec![Step::Move(-6, DateUnit::Minute)], offset: 0 };
        Self { text: "now-6m".to_owned(), steps, ..Self::now() }
    }

    /// Reads date math whose date is in one of `formats` (the default ones if there are none), by a clock that is
    /// so many seconds ahead of UTC where the text does not say.
    pub fn parse(text: &str, formats: &[DateFormat], offset: i32) -> Result<Self, DateMathError> {
        let (anchor, rest) = match text.strip_prefix("now") {
            Some(rest) => (Anchor::Now, rest),
            None => {
                let (date, rest) = text.split_once("||").unwrap_or((text, ""));
                let (first, last) = date_span(date, formats).ok_or(DateMathError::Anchor)?;
                let shift = if names_zone(date) { 0 } else { i128::from(offset) * 1_000_000_000 };
                let last = if text.contains("||") { first } else { last };
                (Anchor::Date(first - shift, last - shift), rest)
            }
        };
        let steps = DateSteps { steps: read_steps(rest)?, offset };
        Ok(Self { text: text.to_owned(), anchor, steps })
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is done to `now`; `None` if it starts from a date.
    pub fn from_now(&self) -> Option<&DateSteps> {
        (self.anchor == Anchor::Now).then_some(&self.steps)
    }

    /// How long before now the moment lies, rounding aside, with a month as 30 days and a year as 365; zero if
    /// it lies ahead or starts from a date.
    pub fn before_now(&self) -> Duration {
        if self.anchor != Anchor::Now {
            return Duration::ZERO;
        }
        let seconds = self.steps.steps.iter().fold(0i64, |seconds, step| match step {
            Step::Move(count, unit) => seconds.saturating_add(count.saturating_mul(unit.seconds())),
            Step::Round(_) => seconds,
        });
        Duration::from_secs(seconds.min(0).unsigned_abs())
    }
}

impl FromStr for DateMath {
    type Err = DateMathError;

    fn from_str(text: &str) -> Result<Self, DateMathError> {
        Self::parse(text, &[], 0)
    }
}

fn read_steps(mut rest: &str) -> Result<Vec<Step>, DateMathError> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = split_step(rest)?;
        steps.push(step);
        rest = after;
    }
    Ok(steps)
}

/// The first step of `-9m/d` and what follows it.
fn split_step(text: &str) -> Result<(Step, &str), DateMathError> {
    let mut chars = text.chars();
    let sign = chars.next();
    let (digits, rest) = split_while(chars.as_str(), |c| c.is_ascii_digit());
    let (letters, rest) = split_while(rest, |c| c.is_ascii_alphabetic());
    let unit = || DateUnit::from_letters(letters).ok_or_else(|| DateMathError::Unit(letters.to_owned()));
    let step = match sign {
        Some('/') if digits.is_empty() => Step::Round(unit()?),
        Some(sign @ ('+' | '-')) => {
            let count: u32 =
                if digits.is_empty() { 1 } else { digits.parse().map_err(|_| DateMathError::TooLong)? };
            let count = i64::from(count);
            Step::Move(if sign == '-' { -count } else { count }, unit()?)
        }
        _ => return Err(DateMathError::Step(text.to_owned())),
    };
    Ok((step, rest))
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

impl fmt::Display for DateMath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The steps as they are written.
impl fmt::Display for DateSteps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| match step {
            Step::Move(count, unit) => write!(f, "{count:+}{}", unit.letter()),
            Step::Round(unit) => write!(f, "/{}", unit.letter()),
        })
    }
}

impl Serialize for DateMath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
