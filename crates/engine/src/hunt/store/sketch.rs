//! A sketch of each event: it tells most events apart without a look at their records.
//!
//! # The rule
//!
//! A record's columns are a function of its JSON, whitespace aside. So events whose sketches differ, which are sums of
//! hashes of the values in the columns, are different events. Those of equal sketches may be the same or not: their
//! identities tell. Sketches are the same in every run, so that their order is a function of the rules and the events.

use ahash::RandomState;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, FixedSizeBinaryArray};
use arrow_schema::{DataType as ArrowType, TimeUnit};
use rulehound_events::EventBatch;

/// Any numbers, but always the same.
const SEEDS: [u64; 4] =
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89];

/// An odd number, by which bits are spread.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The sketches of some rows of a batch, in their order.
pub(in crate::hunt) fn sketches(batch: &EventBatch, rows: &[usize]) -> Vec<u64> {
    let [a, b, c, d] = SEEDS;
    let hasher = RandomState::with_seeds(a, b, c, d);
    let mut sketches = vec![0_u64; rows.len()];
    let columns = if rows.is_empty() { 0 } else { batch.layout().fields().len() };
    for column in 0..columns {
        let list = batch.column(column);
        if list.values().is_empty() {
            continue;
        }
        let items = Items::of(list.values(), rows.len(), &hasher);
        let (offsets, seed) = (list.value_offsets(), hasher.hash_one(column));
        for (sketch, row) in sketches.iter_mut().zip(rows) {
            let Some(&[start, end]) = offsets.get(*row..row + 2) else { continue };
            // A value of each counts the same wherever it stands among others.
            for item in (start..end).filter_map(|item| usize::try_from(item).ok()) {
                let hash = items.hash(item, &hasher) ^ seed;
                *sketch = sketch.wrapping_add(hash.wrapping_mul(SPREAD));
            }
        }
    }
    sketches
}

/// The items of a column.
enum Items<'a> {
    /// The keys of strings, and the hash of each string.
    Hashed(&'a [i32], Vec<u64>),
    /// As above, of which so few are asked for that each is hashed then.
    Strings(&'a [i32], &'a dyn Array),
    Numbers(&'a [i64]),
    Addresses(&'a FixedSizeBinaryArray),
    /// Those that rarely tell anything apart.
    Others,
}

impl<'a> Items<'a> {
    fn of(items: &'a dyn Array, asked: usize, hasher: &RandomState) -> Self {
        match items.data_type() {
            ArrowType::Dictionary(..) => {
                let items = items.as_dictionary::<Int32Type>();
                let (keys, strings) = (items.keys().values(), items.values());
                if strings.len() > asked {
                    return Self::Strings(keys, strings);
                }
                let hashes = strings.as_string::<i32>().iter().map(|text| hasher.hash_one(text));
                Self::Hashed(keys, hashes.collect())
            }
            ArrowType::Int64 => Self::Numbers(items.as_primitive::<Int64Type>().values()),
            ArrowType::Timestamp(TimeUnit::Millisecond, _) => {
                Self::Numbers(items.as_primitive::<TimestampMillisecondType>().values())
            }
            ArrowType::FixedSizeBinary(16) => Self::Addresses(items.as_fixed_size_binary()),
            _ => Self::Others,
        }
    }

    fn hash(&self, item: usize, hasher: &RandomState) -> u64 {
        let key = |keys: &[i32]| keys.get(item).and_then(|key| usize::try_from(*key).ok());
        match self {
            Self::Hashed(keys, hashes) => key(keys).and_then(|key| hashes.get(key).copied()).unwrap_or(0),
            Self::Strings(keys, strings) => {
                key(keys).map_or(0, |key| hasher.hash_one(Some(strings.as_string::<i32>().value(key))))
            }
            Self::Numbers(numbers) => numbers.get(item).map_or(0, |number| hasher.hash_one(number)),
            Self::Addresses(addresses) => hasher.hash_one(addresses.value(item)),
            Self::Others => 0,
        }
    }
}
