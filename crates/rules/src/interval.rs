//! Intervals (`5m`), as a rule's schedule has them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// A text that is no interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// Not a number and a unit.
    #[error("an interval is a number from 1 and a unit, one of s, m, h and d")]
    Form,
    /// More than can be counted.
    #[error("the span of time is too long")]
    TooLong,
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
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let (digits, letters) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let unit = match letters {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return Err(IntervalError::Form),
        };
        let number: u64 = digits.parse().ok().filter(|number| *number > 0).ok_or(IntervalError::Form)?;
        let seconds = number.checked_mul(unit).ok_or(IntervalError::TooLong)?;
        Ok(Self { text: text.to_owned(), duration: Duration::from_secs(seconds) })
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_a_number_and_a_unit() {
        let seconds = |text: &str| text.parse::<Interval>().map(|interval| interval.duration().as_secs());
        for (text, expected) in [
            ("5m", Ok(300)),
            ("1h", Ok(3600)),
            ("2d", Ok(172_800)),
            ("m", Err(IntervalError::Form)),
            ("5", Err(IntervalError::Form)),
            ("5 m", Err(IntervalError::Form)),
            ("-5m", Err(IntervalError::Form)),
            ("0m", Err(IntervalError::Form)),
            ("999999999999999999d", Err(IntervalError::TooLong)),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
