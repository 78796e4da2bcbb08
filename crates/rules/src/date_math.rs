//! Date math (`now-9m`) and intervals (`5m`), as a rule's schedule has them.

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
    offset_ms: i64,
    rounding: Option<DateUnit>,
}

/// Where date math starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// The moment of the run.
    Now,
    /// A fixed moment, in nanoseconds since the epoch.
    At(i128),
}

/// Units of date math.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateUnit {
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

    fn milliseconds(self) -> i64 {
        const SECOND: i64 = 1000;
        const DAY: i64 = 24 * 3600 * SECOND;
        match self {
            Self::Second => SECOND,
            Self::Minute => 60 * SECOND,
            Self::Hour => 3600 * SECOND,
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
        Self { text: "now".to_owned(), anchor: Anchor::Now, offset_ms: 0, rounding: None }
    }

    /// `now-6m`: how far a rule looks back that does not say.
    pub fn six_minutes_ago() -> Self {
        Self { text: "now-6m".to_owned(), offset_ms: -6 * DateUnit::Minute.milliseconds(), ..Self::now() }
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it starts from.
    pub fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// The sum of the steps, in milliseconds; negative for the past. A month counts 30 days and a year 365:
    /// rules look back by minutes to weeks, and a window may be longer than needed but not depend on the
    /// calendar.
    pub fn offset_milliseconds(&self) -> i64 {
        self.offset_ms
    }

    /// The unit that the moment is rounded to (`/d`), if any.
    pub fn rounding(&self) -> Option<DateUnit> {
        self.rounding
    }

    /// How long before now the moment lies; zero if it lies ahead or is anchored to a date.
    pub fn before_now(&self) -> Duration {
        match self.anchor {
            Anchor::Now => Duration::from_millis(self.offset_ms.min(0).unsigned_abs()),
            Anchor::At(_) => Duration::ZERO,
        }
    }
}

impl FromStr for DateMath {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (anchor, mut rest) = match text.strip_prefix("now") {
            Some(rest) => (Anchor::Now, rest),
            None => {
                let (date, rest) = text.split_once("||").unwrap_or((text, ""));
                (Anchor::At(rulehound_schema::parse_date(date).ok_or(TimeError::Anchor)?), rest)
            }
        };
        let (mut offset_ms, mut rounding) = (0i64, None);
        while !rest.is_empty() {
            let (step, after) = split_step(rest)?;
            match step {
                Step::Move(distance) => {
                    offset_ms = offset_ms.checked_add(distance).ok_or(TimeError::TooLong)?
                }
                Step::Round(unit) => rounding = Some(unit),
            }
            rest = after;
        }
        Ok(Self { text: text.to_owned(), anchor, offset_ms, rounding })
    }
}

enum Step {
    /// By so many milliseconds.
    Move(i64),
    Round(DateUnit),
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
            let number: i64 =
                if digits.is_empty() { 1 } else { digits.parse().map_err(|_| TimeError::TooLong)? };
            let distance = number.checked_mul(unit()?.milliseconds()).ok_or(TimeError::TooLong)?;
            Step::Move(if sign == '-' { -distance } else { distance })
        }
        _ => return Err(TimeError::Step(text.to_owned())),
    };
    Ok((step, rest))
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
    pub fn five_minutes() -> Self {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn date_math_counts_back_from_now() {
        let seconds = |text: &str| text.parse::<DateMath>().map(|math| math.offset_milliseconds() / 1000);
        for (text, expected) in [
            ("now", Ok(0)),
            ("now-9m", Ok(-540)),
            ("now-7205s", Ok(-7205)),
            ("now-1d+2h", Ok(-79_200)),
            ("now-H", Ok(-3600)),
            ("now-1d/d", Ok(-86_400)),
            ("now-1M", Ok(-2_592_000)),
            ("now+5m", Ok(300)),
            ("9m", Err(TimeError::Anchor)),
            ("now-9x", Err(TimeError::Unit("x".into()))),
            ("now-9", Err(TimeError::Unit("".into()))),
            ("now 9m", Err(TimeError::Step(" 9m".into()))),
            ("nowx", Err(TimeError::Step("x".into()))),
            ("now-ä", Err(TimeError::Unit("".into()))),
            ("now-99999999999999y", Err(TimeError::TooLong)),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn time_before_now_is_never_negative() {
        let before = |text: &str| text.parse::<DateMath>().unwrap().before_now();
        assert_eq!(before("now-9m"), Duration::from_secs(540));
        assert_eq!(before("now+9m"), Duration::ZERO);
        assert_eq!("now-1d/d".parse::<DateMath>().unwrap().rounding(), Some(DateUnit::Day));
    }

    #[test]
    fn intervals_are_a_number_and_a_unit() {
        let seconds = |text: &str| text.parse::<Interval>().map(|interval| interval.duration().as_secs());
        for (text, expected) in [
            ("5m", Ok(300)),
            ("1h", Ok(3600)),
            ("2d", Ok(172_800)),
            ("m", Err(TimeError::Interval)),
            ("5", Err(TimeError::Interval)),
            ("5 m", Err(TimeError::Interval)),
            ("-5m", Err(TimeError::Interval)),
            ("0m", Err(TimeError::Interval)),
            ("999999999999999999d", Err(TimeError::TooLong)),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
