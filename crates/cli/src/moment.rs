//! Moments as the command line names them: dates, or date math such as `now-1d`.

use jiff::Timestamp;
use rulehound_rules::{Bound, DateMath};

/// What is no moment.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no moment: write a date such as `2026-10-01T12:00:00Z`, or date math such as `now-1d`")]
pub(crate) struct MomentError(String);

/// Milliseconds since the epoch. A whole day or another unit means its first or its last millisecond.
pub(crate) fn parse(text: &str, now: Timestamp, bound: Bound) -> Result<i64, MomentError> {
    let math: Option<DateMath> = text.parse().ok();
    let moment = math.and_then(|math| math.resolve(now, bound));
    moment.map(Timestamp::as_millisecond).ok_or_else(|| MomentError(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use rulehound_rules::Bound;

    use super::parse;

    #[test]
    fn moments_are_dates_or_date_math() {
        let now = Timestamp::from_millisecond(1_000_000_000).unwrap();
        for (text, expected) in [
            ("1970-01-01T00:00:01Z", Some(1000)),
            ("1970-01-02", Some(86_400_000)),
            ("now", Some(1_000_000_000)),
            ("now-1s", Some(999_999_000)),
            ("now/d", Some(950_400_000)),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse(text, now, Bound::From).ok(), expected, "{text}");
        }
    }
}
