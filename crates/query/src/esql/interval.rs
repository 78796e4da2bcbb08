//! Amounts of time as they are written: `5 minutes`. After `EsqlDataTypeConverter.INTERVALS`.

use super::plan::Literal;

/// An amount and its unit; a `date_period` from days on, a `time_duration` below. `None` if there is no such
/// unit, or the amount is too great.
pub fn interval(amount: i64, unit: &str) -> Option<Literal> {
    let days = |days: i64| {
        let days = i32::try_from(amount.checked_mul(days)?).ok()?;
        Some(Literal::DatePeriod { months: 0, days })
    };
    let months = |months: i64| {
        let months = i32::try_from(amount.checked_mul(months)?).ok()?;
        Some(Literal::DatePeriod { months, days: 0 })
    };
    let milliseconds = |each: i64| Some(Literal::TimeDuration(amount.checked_mul(each)?));
    match unit.to_ascii_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => milliseconds(1),
        "s" | "sec" | "second" | "seconds" => milliseconds(1_000),
        "m" | "min" | "minute" | "minutes" => milliseconds(60_000),
        "h" | "hour" | "hours" => milliseconds(3_600_000),
        "d" | "day" | "days" => days(1),
        "w" | "week" | "weeks" => days(7),
        "mo" | "month" | "months" => months(1),
        "q" | "quarter" | "quarters" => months(3),
        "y" | "yr" | "year" | "years" => months(12),
        _ => None,
    }
}

/// An amount of time as a string has it, such as `"5 minutes"`.
pub fn parse_interval(text: &str) -> Option<Literal> {
    let (amount, unit) = text.trim().split_once(' ')?;
    interval(amount.parse::<i32>().ok()?.into(), unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        for (text, amount) in [
            ("5 minutes", Some(Literal::TimeDuration(300_000))),
            (" 1   H ", Some(Literal::TimeDuration(3_600_000))),
            ("5 m", Some(Literal::TimeDuration(300_000))),
            ("-2 ms", Some(Literal::TimeDuration(-2))),
            ("1 Week", Some(Literal::DatePeriod { months: 0, days: 7 })),
            ("2 quarters", Some(Literal::DatePeriod { months: 6, days: 0 })),
            ("3 yr", Some(Literal::DatePeriod { months: 36, days: 0 })),
            ("1 fortnight", None),
            ("1.5 days", None),
            ("1day", None),
            ("1 2 days", None),
            ("2147483647 years", None),
            ("", None),
        ] {
            assert_eq!(parse_interval(text), amount, "{text}");
        }
    }
}
