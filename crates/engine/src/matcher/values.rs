//! Tests of values that are no strings, in the form in which they are put to one value after another.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int64Type, TimestampMillisecondType, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, BooleanArray, FixedSizeBinaryArray};
use arrow_schema::{DataType, TimeUnit};
use rulehound_query::Test;
use rulehound_schema::{FieldType, Value};

use crate::interpret::test_holds;

/// A test, compiled. What names many constants finds its answer by bisection.
#[derive(Debug)]
pub(super) enum ValueTest {
    /// An address in one of these ranges: ascending, both ends included, none touching another.
    Networks(Vec<(u128, u128)>),
    /// One of these longs, ascending.
    Longs(Vec<i64>),
    /// Any other.
    Plain(Test),
}

impl ValueTest {
    pub(super) fn compile(test: &Test) -> Self {
        match test {
            Test::Cidr(networks) => {
                let mut ranges: Vec<(u128, u128)> = networks
                    .iter()
                    .map(|(network, prefix)| {
                        // A shift by all 128 bits (`::/0`) leaves nothing to differ.
                        let host = u128::MAX.checked_shr(u32::from(*prefix)).unwrap_or(0);
                        (network.to_bits() & !host, network.to_bits() | host)
                    })
                    .collect();
                ranges.sort_unstable();
                ranges.dedup_by(|next, range| {
                    let touches = next.0 <= range.1.saturating_add(1);
                    if touches {
                        range.1 = range.1.max(next.1);
                    }
                    touches
                });
                Self::Networks(ranges)
            }
            Test::In(constants) => {
                let longs = constants.iter().map(|constant| match constant {
                    Value::Long(number) => Some(*number),
                    _ => None,
                });
                match longs.collect::<Option<Vec<i64>>>() {
                    Some(mut longs) => {
                        longs.sort_unstable();
                        Self::Longs(longs)
                    }
                    None => Self::Plain(test.clone()),
                }
            }
            _ => Self::Plain(test.clone()),
        }
    }

    /// Whether a value of a field of some type passes, as [`test_holds`] says.
    pub(super) fn holds(&self, field_type: FieldType, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Networks(ranges), Value::Ip(address)) => {
                let address = address.to_bits();
                let after = ranges.partition_point(|(start, _)| *start <= address);
                after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, end)| address <= *end)
            }
            (Self::Networks(_), _) => false,
            (Self::Longs(longs), Value::Long(number)) => longs.binary_search(number).is_ok(),
            (Self::Longs(longs), value) => longs.iter().any(|long| value.equals(&Value::Long(*long))),
            (Self::Plain(test), value) => test_holds(test, field_type, value),
        }
    }
}

/// The items of a column that is not of strings.
#[derive(Debug)]
pub(super) enum Items<'a> {
    Longs(&'a [i64]),
    UnsignedLongs(&'a [u64]),
    Doubles(&'a [f64]),
    Booleans(&'a BooleanArray),
    Dates(&'a [i64]),
    DateNanos(&'a [i64]),
    Addresses(&'a FixedSizeBinaryArray),
    /// Of no type that a batch's layout has.
    Unknown,
}

impl<'a> Items<'a> {
    pub(super) fn of(items: &'a dyn Array) -> Self {
        match items.data_type() {
            DataType::Int64 => Self::Longs(items.as_primitive::<Int64Type>().values()),
            DataType::UInt64 => Self::UnsignedLongs(items.as_primitive::<UInt64Type>().values()),
            DataType::Float64 => Self::Doubles(items.as_primitive::<Float64Type>().values()),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                Self::Dates(items.as_primitive::<TimestampMillisecondType>().values())
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                Self::DateNanos(items.as_primitive::<TimestampNanosecondType>().values())
            }
            DataType::Boolean => Self::Booleans(items.as_boolean()),
            DataType::FixedSizeBinary(16) => Self::Addresses(items.as_fixed_size_binary()),
            _ => Self::Unknown,
        }
    }

    pub(super) fn value(&self, item: usize) -> Option<Value<'static>> {
        Some(match self {
            Self::Longs(items) => Value::Long(*items.get(item)?),
            Self::UnsignedLongs(items) => Value::UnsignedLong(*items.get(item)?),
            Self::Doubles(items) => Value::Double(*items.get(item)?),
            Self::Booleans(items) => Value::Boolean(items.value(item)),
            Self::Dates(items) => Value::Date(*items.get(item)?),
            Self::DateNanos(items) => Value::DateNanos(*items.get(item)?),
            Self::Addresses(items) => Value::Ip(<[u8; 16]>::try_from(items.value(item)).ok()?.into()),
            Self::Unknown => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_hold_what_networks_hold(
            networks in prop::collection::vec((0..40_u128, 118..=128_u8), 1..30),
            everything in any::<bool>(),
            address in 0..60_u128,
        ) {
            let mut networks: Vec<_> =
                networks.into_iter().map(|(bits, prefix)| (Ipv6Addr::from(bits), prefix)).collect();
            if everything {
                networks.push((Ipv6Addr::from(u128::MAX), 0));
            }
            let test = Test::Cidr(networks);
            for bits in [address, u128::MAX - address, address << 100] {
                let value = Value::Ip(Ipv6Addr::from(bits));
                let expected = test_holds(&test, FieldType::Ip, &value);
                prop_assert_eq!(ValueTest::compile(&test).holds(FieldType::Ip, &value), expected);
            }
        }

        #[test]
        fn longs_are_found(longs in prop::collection::vec(-20..20_i64, 1..20), number in -30..30_i64) {
            let test = Test::In(longs.into_iter().map(Value::Long).collect());
            let values = [Value::Long(number), Value::Double(number as f64), Value::UnsignedLong(number.unsigned_abs())];
            for value in values {
                let expected = test_holds(&test, FieldType::Long, &value);
                prop_assert_eq!(ValueTest::compile(&test).holds(FieldType::Long, &value), expected);
            }
        }
    }
}
