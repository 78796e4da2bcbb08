//! Moments as the command line names them: dates, or date math such as `now-1d`.

use jiff::Timestamp;
use rulehound_rules::{Anchor, DateMath};

/// What is no moment.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no moment: write a date such as `2026-10-01T12:00:00Z`, or date math such as `now-1d`")]
pub(crate) struct MomentError(String);

/// Milliseconds since the epoch.
pub(crate) fn parse(text: &str, now: Timestamp) -> Result<i64, MomentError> {
    milliseconds(text, now).ok_or_else(|| MomentError(text.to_owned()))
}

fn milliseconds(text: &str, now: Timestamp) -> Option<i64> {
    let math: DateMath = text.parse().ok()?;
    let anchor = match math.anchor() {
        Anchor::Now => now.as_millisecond(),
        Anchor::At(nanoseconds) => i64::try_from(nanoseconds.div_euclid(1_000_000)).ok()?,
    };
    // Rounding is for calendars, which the rules of a hunt have no need of.
    math.rounding().is_none().then(|| anchor.checked_add(math.offset_milliseconds()))?
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::parse;

    #[test]
    fn moments_are_dates_or_date_math() {
        let now = Timestamp::from_millisecond(1_000_000_000).unwrap();
        for (text, expected) in [
            ("1970-01-01T00:00:01Z", Some(1000)),
            ("1970-01-02", Some(86_400_000)),
            ("now", Some(1_000_000_000)),
            ("now-1s", Some(999_999_000)),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse(text, now).ok(), expected, "{text}");
        }
    }
}
