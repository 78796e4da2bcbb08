#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn date_math_counts_back_from_now() {
    let seconds = |text: &str| text.parse::<DateMath>().map(|math| math.before_now().as_secs());
    for (text, expected) in [
        ("now", Ok(0)),
        ("now-9m", Ok(540)),
        ("now-7205s", Ok(7205)),
        ("now-1d+2h", Ok(79_200)),
        ("now-H", Ok(3600)),
        ("now-1d/d", Ok(86_400)),
        ("now-1M", Ok(2_592_000)),
        ("now+5m", Ok(0)),
        ("9m", Err(DateMathError::Anchor)),
        ("now-9x", Err(DateMathError::Unit("x".into()))),
        ("now-9", Err(DateMathError::Unit("".into()))),
        ("now 9m", Err(DateMathError::Step(" 9m".into()))),
        ("nowx", Err(DateMathError::Step("x".into()))),
        ("now-ä", Err(DateMathError::Unit("".into()))),
        ("now-99999999999999y", Err(DateMathError::TooLong)),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}

#[test]
fn time_before_now_is_never_negative() {
    let before = |text: &str| text.parse::<DateMath>().unwrap().before_now();
    assert_eq!(before("now-9m"), Duration::from_secs(540));
    assert_eq!(before("now+9m"), Duration::ZERO);
    assert_eq!(before("2024-05-01||-9m"), Duration::ZERO);
}

#[test]
fn moments_follow_the_calendar() {
    let now: jiff::Timestamp = "2024-03-31T10:20:30.456Z".parse().unwrap();
    for (text, from, to) in [
        ("now", "2024-03-31T10:20:30.456Z", "2024-03-31T10:20:30.456Z"),
        ("now-9m", "2024-03-31T10:11:30.456Z", "2024-03-31T10:11:30.456Z"),
        ("now-1M", "2024-02-29T10:20:30.456Z", "2024-02-29T10:20:30.456Z"),
        ("now/d", "2024-03-31T00:00:00Z", "2024-03-31T23:59:59.999Z"),
        ("now-1d/d", "2024-03-30T00:00:00Z", "2024-03-30T23:59:59.999Z"),
        ("now/d-1h", "2024-03-30T23:00:00Z", "2024-03-31T22:59:59.999Z"),
        ("now/w", "2024-03-25T00:00:00Z", "2024-03-31T23:59:59.999Z"),
        ("now/M", "2024-03-01T00:00:00Z", "2024-03-31T23:59:59.999Z"),
        ("now/y", "2024-01-01T00:00:00Z", "2024-12-31T23:59:59.999Z"),
        ("now/h", "2024-03-31T10:00:00Z", "2024-03-31T10:59:59.999Z"),
        ("now/m", "2024-03-31T10:20:00Z", "2024-03-31T10:20:59.999Z"),
        ("now/s", "2024-03-31T10:20:30Z", "2024-03-31T10:20:30.999Z"),
        ("2024-05", "2024-05-01T00:00:00Z", "2024-05-31T23:59:59.999999999Z"),
        ("2024-05-01", "2024-05-01T00:00:00Z", "2024-05-01T23:59:59.999999999Z"),
        ("2024-05-01||+1w", "2024-05-08T00:00:00Z", "2024-05-08T00:00:00Z"),
        ("2024-05-01T10:00", "2024-05-01T10:00:00Z", "2024-05-01T10:00:59.999999999Z"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00Z", "2024-05-01T08:00:00.999999999Z"),
        ("2024-05-01T10:00:00.5Z", "2024-05-01T10:00:00.5Z", "2024-05-01T10:00:00.599999999Z"),
        ("1714557600000", "2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
    ] {
        let math: DateMath = text.parse().unwrap();
        let resolve = |bound| math.resolve(now, bound).map(|moment| moment.to_string());
        assert_eq!(
            (resolve(Bound::From).as_deref(), resolve(Bound::To).as_deref()),
            (Some(from), Some(to)),
            "{text}"
        );
    }
    let math: DateMath = "now+4000000000y".parse().unwrap();
    assert_eq!(math.resolve(now, Bound::From), None);
}
