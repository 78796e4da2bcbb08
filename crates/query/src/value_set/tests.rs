#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rulehound_schema::{FieldType, Schema};

use super::*;

fn set(field_type: FieldType, texts: &[&str]) -> ValueSet {
    let (set, misfits) = ValueSet::of_field("list", &Field::new("f", field_type), texts.iter().copied());
    assert_eq!(misfits, [""; 0]);
    set
}

fn ip(text: &str) -> Value<'static> {
    Value::Ip(parse_ip(text).unwrap())
}

#[test]
fn strings_are_compared_whole_and_by_case() {
    let set = set(FieldType::Keyword, &["b", "", "ab", "a", "b", "é"]);
    assert_eq!(set.len(), 5);
    for (text, expected) in [("a", true), ("ab", true), ("abc", false), ("A", false), ("", true), ("é", true)]
    {
        assert_eq!(set.contains(&Value::String(text.into())), expected, "{text}");
    }
    assert!(!set.contains(&Value::Long(1)));
}

#[test]
fn a_caseless_field_ignores_case() {
    let field = Schema::catalogue().field("host.os.name.caseless").unwrap();
    assert!(field.is_caseless());
    let (set, _) = ValueSet::of_field("list", &field, ["Windows"]);
    assert!(set.contains(&Value::String("wINDOWS".into())));
}

#[test]
fn addresses_are_single_networks_or_ranges() {
    let texts = ["10.0.0.1", "10.1.0.0/16", "10.2.0.5-10.2.0.7", "2001:db8::/32", "10.0.0.2"];
    let set = set(FieldType::Ip, &texts);
    assert_eq!(set.len(), 4, "two of them touch");
    for inside in ["10.0.0.1", "10.0.0.2", "10.1.255.255", "10.2.0.5", "10.2.0.7", "2001:db8::1"] {
        assert!(set.contains(&ip(inside)), "{inside}");
    }
    for outside in ["10.0.0.0", "10.0.0.3", "10.2.0.4", "10.2.0.8", "10.0.255.255", "2001:db9::"] {
        assert!(!set.contains(&ip(outside)), "{outside}");
    }
    let bad = ["10.0.0", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "x"];
    let (set, misfits) = ValueSet::of_field("list", &Field::new("f", FieldType::Ip), bad);
    assert!(set.is_empty());
    assert_eq!(misfits, bad);
}

#[test]
fn other_types_are_compared_by_value() {
    let longs = set(FieldType::Long, &["5", "-3", "5"]);
    assert_eq!(longs.len(), 2);
    assert!(longs.contains(&Value::Long(-3)) && !longs.contains(&Value::Long(3)));
    assert!(longs.contains(&Value::Double(5.0)) && !longs.contains(&Value::Double(f64::NAN)));
    let dates = set(FieldType::Date, &["2026-01-02T03:04:05Z"]);
    assert!(dates.contains(&Value::Date(1_767_323_045_000)));
    let (_, misfits) = ValueSet::of_field("list", &Field::new("f", FieldType::Boolean), ["true", "maybe"]);
    assert_eq!(misfits, ["maybe"]);
}

#[test]
fn a_million_values_are_compact_and_found() {
    let texts: Vec<String> = (0..1_000_000_u32).map(|n| format!("value-{:07}", n * 7 % 1_000_003)).collect();
    let (set, _) =
        ValueSet::of_field("l", &Field::new("f", FieldType::Keyword), texts.iter().map(String::as_str));
    let Content::Strings(strings) = &set.content else { unreachable!() };
    assert_eq!((strings.text.len(), strings.ends.len()), (13_000_000, 1_000_000));
    assert!(texts.iter().step_by(1000).all(|text| set.contains(&Value::String(text.as_str().into()))));
    let addresses: Vec<String> =
        (0..1_000_000_u32).map(|n| Ipv6Addr::from(u128::from(n) * 2).to_string()).collect();
    let (set, _) =
        ValueSet::of_field("l", &Field::new("f", FieldType::Ip), addresses.iter().map(String::as_str));
    assert_eq!(set.len(), 1_000_000);
    assert!((0..2000_u128).all(|n| set.contains(&Value::Ip(Ipv6Addr::from(n))) == (n % 2 == 0)));
}

proptest! {
    #[test]
    fn a_set_holds_what_a_plain_list_holds(
        texts in prop::collection::vec("[abAB]{0,3}", 0..12),
        longs in prop::collection::vec(-5..5_i64, 0..12),
        networks in prop::collection::vec((0..64_u128, 120..=128_u8), 0..8),
        text in "[abAB]{0,3}",
        number in -6..6_i64,
        address in 0..80_u128,
    ) {
        let strings = set(FieldType::Keyword, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(strings.contains(&Value::String(text.as_str().into())), texts.contains(&text));
        let of_longs: Vec<String> = longs.iter().map(i64::to_string).collect();
        let of_longs = set(FieldType::Long, &of_longs.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(of_longs.contains(&Value::Long(number)), longs.contains(&number));
        let of_networks: Vec<String> =
            networks.iter().map(|(bits, prefix)| format!("{}/{prefix}", Ipv6Addr::from(*bits))).collect();
        let of_networks = set(FieldType::Ip, &of_networks.iter().map(String::as_str).collect::<Vec<_>>());
        let inside = networks.iter().any(|(bits, prefix)| (bits ^ address).checked_shr(128 - u32::from(*prefix)) == Some(0));
        prop_assert_eq!(of_networks.contains(&Value::Ip(Ipv6Addr::from(address))), inside);
    }
}
