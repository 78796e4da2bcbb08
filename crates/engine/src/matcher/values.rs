//! A column of values that are no strings. Those of one type have an order, so most tests are ranges of it.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int64Type, TimestampMillisecondType, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, BooleanArray, FixedSizeBinaryArray, ListArray};
use arrow_schema::{DataType as ArrowType, TimeUnit};
use rulehound_query::{CompareOp, Test};
use rulehound_schema::{DataType, Field, FieldType, Value};

use super::column::{items_by_row, items_of};
use super::rows::RowSet;
use crate::interpret::test_holds;

/// So many tests are put to all values of a batch before it pays to sort these.
const PASSES: usize = 16;

/// Where a value stands in the order of its type: of two values of one type, ranks compare as
/// [`Value::compare`] does. What has no order has no rank.
fn rank(value: &Value<'_>) -> Option<u128> {
    const SIGN: u64 = 1 << 63;
    let of_signed = |number: i64| u128::from(number.cast_unsigned() ^ SIGN);
    match value {
        Value::Long(number) | Value::Date(number) | Value::DateNanos(number) => Some(of_signed(*number)),
        Value::UnsignedLong(number) => Some(u128::from(*number)),
        Value::Double(number) if number.is_nan() => None,
        Value::Double(number) => {
            // Adding 0 makes one zero of two.
            let bits = (number + 0.0).to_bits();
            Some(u128::from(if bits & SIGN == 0 { bits | SIGN } else { !bits }))
        }
        Value::Boolean(truth) => Some(u128::from(*truth)),
        Value::Ip(address) => Some(address.to_bits()),
        Value::String(_) => None,
    }
}

/// The type of a value.
fn type_of(value: &Value<'_>) -> DataType {
    match value {
        Value::String(_) => DataType::String,
        Value::Long(_) => DataType::Long,
        Value::UnsignedLong(_) => DataType::UnsignedLong,
        Value::Double(_) => DataType::Double,
        Value::Boolean(_) => DataType::Boolean,
        Value::Date(_) => DataType::Date,
        Value::DateNanos(_) => DataType::DateNanos,
        Value::Ip(_) => DataType::Ip,
    }
}

/// A test, compiled for the values of a field.
#[derive(Debug)]
pub(super) enum ValueTest {
    /// A value of one of these ranks: ascending, both ends included, none touching another.
    Ranks(Vec<(u128, u128)>),
    /// Any other.
    Plain(FieldType, Test),
}

impl ValueTest {
    pub(super) fn compile(field: &Field, test: &Test) -> Self {
        match Self::ranges(field, test) {
            Some(ranges) => Self::Ranks(joined(ranges)),
            None => Self::Plain(field.field_type, test.clone()),
        }
    }

    /// The ranks that pass, if the test's constants are of the field's type.
    fn ranges(field: &Field, test: &Test) -> Option<Vec<(u128, u128)>> {
        let data_type = field.field_type.data_type()?;
        let rank = |constant: &Value<'_>| rank(constant).filter(|_| type_of(constant) == data_type);
        Some(match test {
            Test::Compare(op, constant) => {
                let rank = rank(constant)?;
                let range = match op {
                    CompareOp::Lt => rank.checked_sub(1).map(|end| (0, end)),
                    CompareOp::Lte => Some((0, rank)),
                    CompareOp::Gt => rank.checked_add(1).map(|start| (start, u128::MAX)),
                    CompareOp::Gte => Some((rank, u128::MAX)),
                };
                range.into_iter().collect()
            }
            Test::Between(least, most) => vec![(rank(least)?, rank(most)?)],
            Test::In(constants) => constants
                .iter()
                .map(|constant| rank(constant).map(|rank| (rank, rank)))
                .collect::<Option<_>>()?,
            Test::Cidr(networks) if data_type == DataType::Ip => networks
                .iter()
                .map(|(network, prefix)| {
                    // A shift by all 128 bits (`::/0`) leaves nothing to differ.
                    let host = u128::MAX.checked_shr(u32::from(*prefix)).unwrap_or(0);
                    (network.to_bits() & !host, network.to_bits() | host)
                })
                .collect(),
            // It is shared, and bisects by itself.
            Test::Among(_) => return None,
            Test::Cidr(_) | Test::Exists | Test::Matches(_) | Test::Phrases(_) | Test::Index(_) => {
                return None;
            }
        })
    }

    /// Whether a value of the field passes, as [`test_holds`] says.
    fn holds(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Ranks(ranges) => rank(value).is_some_and(|rank| {
                let after = ranges.partition_point(|(start, _)| *start <= rank);
                after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, end)| rank <= *end)
            }),
            Self::Plain(field_type, test) => test_holds(test, *field_type, value),
        }
    }
}

/// Ranges in order, without empty ones and with those that touch made one.
fn joined(mut ranges: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    ranges.retain(|(start, end)| start <= end);
    ranges.sort_unstable();
    ranges.dedup_by(|next, range| {
        let touches = next.0 <= range.1.saturating_add(1);
        if touches {
            range.1 = range.1.max(next.1);
        }
        touches
    });
    ranges
}

/// The values of a batch.
pub(super) struct OpenValues<'a> {
    /// Where the items of each row begin.
    offsets: &'a [i32],
    items: Items<'a>,
    /// How many tests were put to all items.
    passes: usize,
    /// Ranks, in order, with their rows.
    sorted: Vec<(u128, u32)>,
}

impl<'a> OpenValues<'a> {
    pub(super) fn open(list: &'a ListArray) -> Self {
        let (offsets, items) = (list.value_offsets(), Items::of(list.values()));
        Self { offsets, items, passes: 0, sorted: Vec::new() }
    }

    /// Where the items of each row begin.
    pub(super) fn offsets(&self) -> &'a [i32] {
        self.offsets
    }

    /// Whether a row has a value that passes.
    pub(super) fn holds(&self, test: &ValueTest, row: usize) -> bool {
        self.passes(test, items_of(self.offsets, row))
    }

    /// The rows that have a value that passes.
    pub(super) fn rows(&mut self, test: &ValueTest) -> RowSet {
        let len = self.offsets.len().saturating_sub(1);
        match test {
            ValueTest::Ranks(ranges) if self.passes >= PASSES => {
                let mut rows = RowSet::empty(len);
                for (start, end) in ranges {
                    let from = self.sorted().partition_point(|(rank, _)| rank < start);
                    let within = self.sorted().get(from..).unwrap_or_default().iter();
                    rows.extend(within.take_while(|(rank, _)| rank <= end).map(|(_, row)| *row as usize));
                }
                rows
            }
            _ => {
                self.passes += 1;
                RowSet::of(len, items_by_row(self.offsets).map(|items| self.passes(test, items)))
            }
        }
    }

    fn passes(&self, test: &ValueTest, mut items: Range<usize>) -> bool {
        items.any(|item| self.items.value(item).is_some_and(|value| test.holds(&value)))
    }

    fn sorted(&mut self) -> &[(u128, u32)] {
        if self.sorted.is_empty() {
            for (row, items) in (0..).zip(items_by_row(self.offsets)) {
                let values = items.filter_map(|item| self.items.value(item));
                self.sorted.extend(values.filter_map(|value| Some((rank(&value)?, row))));
            }
            self.sorted.sort_unstable();
        }
        &self.sorted
    }
}

enum Items<'a> {
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
    fn of(items: &'a dyn Array) -> Self {
        match items.data_type() {
            ArrowType::Int64 => Self::Longs(items.as_primitive::<Int64Type>().values()),
            ArrowType::UInt64 => Self::UnsignedLongs(items.as_primitive::<UInt64Type>().values()),
            ArrowType::Float64 => Self::Doubles(items.as_primitive::<Float64Type>().values()),
            ArrowType::Timestamp(TimeUnit::Millisecond, _) => {
                Self::Dates(items.as_primitive::<TimestampMillisecondType>().values())
            }
            ArrowType::Timestamp(TimeUnit::Nanosecond, _) => {
                Self::DateNanos(items.as_primitive::<TimestampNanosecondType>().values())
            }
            ArrowType::Boolean => Self::Booleans(items.as_boolean()),
            ArrowType::FixedSizeBinary(16) => Self::Addresses(items.as_fixed_size_binary()),
            _ => Self::Unknown,
        }
    }

    fn value(&self, item: usize) -> Option<Value<'static>> {
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
    #![allow(clippy::unwrap_used)]

    use std::net::Ipv6Addr;
    use std::sync::Arc;

    use proptest::prelude::*;
    use rulehound_events::{EventBatch, Layout, Origin, Shredder};

    use super::*;

    const TYPES: [FieldType; 6] = [
        FieldType::Long,
        FieldType::UnsignedLong,
        FieldType::Double,
        FieldType::Date,
        FieldType::DateNanos,
        FieldType::Boolean,
    ];

    /// Values around the borders of what a type holds, and a few that are near each other.
    fn value(field_type: FieldType) -> BoxedStrategy<Value<'static>> {
        let long = prop_oneof![-5..5_i64, Just(i64::MIN), Just(i64::MAX)];
        match field_type {
            FieldType::UnsignedLong => {
                prop_oneof![0..9_u64, Just(u64::MAX)].prop_map(Value::UnsignedLong).boxed()
            }
            FieldType::Double => {
                let fixed = prop_oneof![Just(-0.0), Just(0.0), Just(f64::MIN), Just(f64::MAX), Just(5e-324)];
                prop_oneof![-2.0..2.0_f64, fixed].prop_map(Value::Double).boxed()
            }
            FieldType::Date => long.prop_map(Value::Date).boxed(),
            FieldType::DateNanos => long.prop_map(Value::DateNanos).boxed(),
            FieldType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
            FieldType::Ip => {
                let bits = prop_oneof![0..60_u128, (0..60_u128).prop_map(|bits| u128::MAX - bits)];
                bits.prop_map(|bits| Value::Ip(Ipv6Addr::from(bits))).boxed()
            }
            _ => long.prop_map(Value::Long).boxed(),
        }
    }

    /// A value of any type that has an order.
    fn any_value() -> impl Strategy<Value = Value<'static>> {
        (0..TYPES.len()).prop_flat_map(|place| value(TYPES[place]))
    }

    fn test() -> impl Strategy<Value = Test> {
        let op =
            prop_oneof![Just(CompareOp::Lt), Just(CompareOp::Lte), Just(CompareOp::Gt), Just(CompareOp::Gte)];
        prop_oneof![
            (op, any_value()).prop_map(|(op, value)| Test::Compare(op, value)),
            (any_value(), any_value()).prop_map(|(least, most)| Test::Between(least, most)),
            prop::collection::vec(any_value(), 1..9).prop_map(Test::In),
        ]
    }

    fn field(field_type: FieldType) -> Field {
        Field::new("field", field_type)
    }

    fn check(field_type: FieldType, test: &Test, value: &Value<'_>) {
        let compiled = ValueTest::compile(&field(field_type), test);
        assert_eq!(compiled.holds(value), test_holds(test, field_type, value), "{test:?} on {value:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_test_compiled_says_what_the_interpreter_says(
            (field_type, value) in (0..TYPES.len())
                .prop_flat_map(|place| value(TYPES[place]).prop_map(move |value| (TYPES[place], value))),
            test in test(),
        ) {
            check(field_type, &test, &value);
        }

        #[test]
        fn ranges_hold_what_networks_hold(
            networks in prop::collection::vec((0..40_u128, 118..=128_u8), 1..30),
            everything in any::<bool>(),
            value in value(FieldType::Ip),
        ) {
            let mut networks: Vec<_> =
                networks.into_iter().map(|(bits, prefix)| (Ipv6Addr::from(bits), prefix)).collect();
            if everything {
                networks.push((Ipv6Addr::from(u128::MAX), 0));
            }
            check(FieldType::Ip, &Test::Cidr(networks), &value);
        }
    }

    /// Each row has the longs that are its digits.
    fn batch(rows: &[u32]) -> EventBatch {
        let mut shredder = Shredder::new(Arc::new(Layout::new([field(FieldType::Long)])));
        for (row, position) in rows.iter().zip(1..) {
            let digits: Vec<String> = row.to_string().chars().map(String::from).collect();
            let json = format!("{{\"field\": [{}]}}", digits.join(", "));
            shredder.push(json.as_bytes(), Origin { file: "-".into(), position }).unwrap();
        }
        shredder.finish()
    }

    proptest! {
        #[test]
        fn rows_are_the_same_sorted_or_not(
            rows in prop::collection::vec(0..2_000_u32, 1..200),
            tests in prop::collection::vec(test(), 1..20),
        ) {
            let batch = batch(&rows);
            let mut values = OpenValues::open(batch.column(0));
            let tests: Vec<_> = tests.iter().map(|test| ValueTest::compile(&field(FieldType::Long), test)).collect();
            for test in tests.iter().chain(&tests).chain(&tests) {
                let expected: Vec<usize> = (0..rows.len()).filter(|row| values.holds(test, *row)).collect();
                prop_assert_eq!(values.rows(test).iter().collect::<Vec<_>>(), expected);
            }
        }
    }
}
