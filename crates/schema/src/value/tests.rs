use std::cmp::Ordering;

use proptest::prelude::*;

use super::Value::{self, Boolean, Date, DateNanos, Double, Long, UnsignedLong};

fn check(a: &Value<'_>, b: &Value<'_>, expected: impl Into<Option<Ordering>>) {
    let expected = expected.into();
    assert_eq!(a.compare(b), expected, "{a:?} with {b:?}");
    assert_eq!(b.compare(a), expected.map(Ordering::reverse), "{b:?} with {a:?}");
}

#[test]
fn numbers_compare_by_value_exactly() {
    check(&Long(1), &Double(1.0), Ordering::Equal);
    check(&Long(1), &Double(1.5), Ordering::Less);
    check(&Long(-1), &Double(-1.5), Ordering::Greater);
    check(&Long(-1), &UnsignedLong(u64::MAX), Ordering::Less);
    check(&UnsignedLong(7), &Long(7), Ordering::Equal);
    // 2^53 + 1 has no double: a cast would make these equal.
    check(&Long(9_007_199_254_740_993), &Double(9_007_199_254_740_992.0), Ordering::Greater);
    check(&Long(i64::MAX), &Double(9_223_372_036_854_775_807.0), Ordering::Less);
    check(&UnsignedLong(u64::MAX), &Double(1e300), Ordering::Less);
    check(&Double(f64::NEG_INFINITY), &Long(i64::MIN), Ordering::Less);
    check(&Double(0.0), &Double(-0.0), Ordering::Equal);
    check(&Double(f64::NAN), &Long(0), None);
}

#[test]
fn other_kinds_compare_among_themselves() {
    check(&Date(1), &DateNanos(1_000_000), Ordering::Equal);
    check(&Date(1), &DateNanos(1_000_001), Ordering::Less);
    check(&Boolean(false), &Boolean(true), Ordering::Less);
    check(&Value::String("Z".into()), &Value::String("a".into()), Ordering::Less);
    check(&Value::String("1".into()), &Long(1), None);
    check(&Date(1), &Long(1), None);
    check(&Boolean(true), &Long(1), None);
}

#[test]
fn values_are_shown_as_elasticsearch_does() {
    for (value, expected) in [
        (Date(1_577_836_800_000), "2020-01-01T00:00:00.000Z"),
        (Date(-1), "1969-12-31T23:59:59.999Z"),
        (Date(i64::MAX), "9223372036854775807"),
        (DateNanos(0), "1970-01-01T00:00:00.000Z"),
        (DateNanos(1_120_000), "1970-01-01T00:00:00.00112Z"),
        (Double(1.0), "1.0"),
        (Double(f64::NAN), "NaN"),
        (Value::Ip(std::net::Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped()), "10.0.0.1"),
        (Value::Ip(std::net::Ipv6Addr::LOCALHOST), "::1"),
        (Boolean(true), "true"),
    ] {
        assert_eq!(value.to_string(), expected);
    }
    assert_eq!(Long(3).to_json(), serde_json::json!(3));
    assert_eq!(Date(0).to_json(), serde_json::json!("1970-01-01T00:00:00.000Z"));
}

fn number() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        any::<i64>().prop_map(Long),
        any::<u64>().prop_map(UnsignedLong),
        any::<f64>().prop_map(Double),
        // Neighbours, so that equal and nearly equal ones meet.
        (-4_i64..4).prop_map(Long),
        (0_u64..4).prop_map(UnsignedLong),
        (-8_i32..8).prop_map(|n| Double(f64::from(n) / 2.0)),
    ]
}

proptest! {
    #[test]
    fn the_order_of_numbers_is_total(a in number(), b in number(), c in number()) {
        prop_assume!(!matches!(a, Double(x) if x.is_nan()));
        prop_assert_eq!(a.compare(&a), Some(Ordering::Equal));
        prop_assert_eq!(a.compare(&b), b.compare(&a).map(Ordering::reverse));
        if a.compare(&b) == Some(Ordering::Less) && b.compare(&c) == Some(Ordering::Less) {
            prop_assert_eq!(a.compare(&c), Some(Ordering::Less));
        }
    }
}
