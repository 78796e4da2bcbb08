//! Many constants of one field: a value list. Held compactly, found by bisection, shared by all who ask.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicU64};

use rulehound_schema::{DataType, Field, Scalar, Value, coerce, parse_ip};

use crate::functions::parse_network;

/// Values of one field, however many.
pub struct ValueSet {
    /// Told apart by it: looking at all values would take too long.
    id: u64,
    name: Arc<str>,
    content: Content,
}

enum Content {
    Strings(Strings),
    /// Addresses, in order, both ends included, none touching another.
    Addresses(Vec<(u128, u128)>),
    /// Numbers, dates, booleans, in order.
    Values(Vec<Value<'static>>),
}

/// Strings, in order, each once.
struct Strings {
    text: String,
    /// Where each ends in `text`.
    ends: Vec<u32>,
    /// All are in lower case, and values are compared as if they were.
    is_caseless: bool,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl ValueSet {
    /// The set of what a field takes from texts, called `name`. An address may be a network (`10.0.0.0/8`) or a range
    /// (`10.0.0.1-10.0.0.9`). Also gives the texts that are no value of the field's type.
    pub fn of_field<'t>(
        name: impl Into<Arc<str>>,
        field: &Field,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> (Self, Vec<&'t str>) {
        let mut misfits = Vec::new();
        let content = match field.field_type.data_type() {
            Some(DataType::String) => Content::Strings(Strings::new(texts, field.is_caseless())),
            Some(DataType::Ip) => Content::Addresses(joined(texts.into_iter().filter_map(|text| {
                let range = address_range(text);
                if range.is_none() {
                    misfits.push(text);
                }
                range
            }))),
            _ => {
                let values = texts.into_iter().filter_map(|text| match coerce(field, Scalar::Str(text)) {
                    Ok(Some(value)) => Some(value.into_owned()),
                    Ok(None) | Err(_) => {
                        misfits.push(text);
                        None
                    }
                });
                let mut values: Vec<Value<'static>> = values.collect();
                values.sort_by(order);
                values.dedup_by(|a, b| a.equals(b));
                values.shrink_to_fit();
                Content::Values(values)
            }
        };
        let id = NEXT_ID.fetch_add(1, atomic::Ordering::Relaxed);
        (Self { id, name: name.into(), content }, misfits)
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many values, or ranges of them, are kept.
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Strings(strings) => strings.ends.len(),
            Content::Addresses(ranges) => ranges.len(),
            Content::Values(values) => values.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a value is in the set.
    pub fn contains(&self, value: &Value<'_>) -> bool {
        match (&self.content, value) {
            (Content::Strings(strings), Value::String(text)) => strings.contains(text),
            (Content::Addresses(ranges), Value::Ip(address)) => {
                let address = address.to_bits();
                let after = ranges.partition_point(|(start, _)| *start <= address);
                after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, end)| address <= *end)
            }
            (Content::Values(values), value) => values.binary_search_by(|other| order(other, value)).is_ok(),
            _ => false,
        }
    }
}

/// One order for values of one type. Those that have none (NaN, values of another type) are all first.
fn order(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    a.compare(b).unwrap_or_else(|| a.equals(a).cmp(&b.equals(b)))
}

/// Lower case of ASCII letters, as patterns fold.
fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

impl Strings {
    fn new<'t>(texts: impl IntoIterator<Item = &'t str>, is_caseless: bool) -> Self {
        let fold = |text: &'t str| if is_caseless { folded(text) } else { Cow::Borrowed(text) };
        let mut sorted: Vec<Cow<'_, str>> = texts.into_iter().map(fold).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut strings = Self { text: String::new(), ends: Vec::with_capacity(sorted.len()), is_caseless };
        strings.text.reserve_exact(sorted.iter().map(|text| text.len()).sum());
        for text in sorted {
            // Beyond 4 GiB of text there is no place for more.
            let Ok(end) = u32::try_from(strings.text.len() + text.len()) else { break };
            strings.text.push_str(&text);
            strings.ends.push(end);
        }
        strings
    }

    fn contains(&self, text: &str) -> bool {
        let text = if self.is_caseless { folded(text) } else { Cow::Borrowed(text) };
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(text.as_ref()) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return true,
                Ordering::Greater => high = middle,
            }
        }
        false
    }

    fn get(&self, at: usize) -> &str {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// `10.0.0.1`, `10.0.0.0/8` or `10.0.0.1-10.0.0.9`.
fn address_range(text: &str) -> Option<(u128, u128)> {
    if let Some((first, last)) = text.split_once('-') {
        let (first, last) = (parse_ip(first.trim())?.to_bits(), parse_ip(last.trim())?.to_bits());
        return (first <= last).then_some((first, last));
    }
    if text.contains('/') {
        let (network, prefix): (Ipv6Addr, u8) = parse_network(text)?;
        // A shift by all 128 bits (`::/0`) leaves nothing to differ.
        let host = u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        return Some((network.to_bits() & !host, network.to_bits() | host));
    }
    let address = parse_ip(text)?.to_bits();
    Some((address, address))
}

/// Ranges in order, those that touch made one.
fn joined(ranges: impl Iterator<Item = (u128, u128)>) -> Vec<(u128, u128)> {
    let mut ranges: Vec<_> = ranges.collect();
    ranges.sort_unstable();
    ranges.dedup_by(|next, range| {
        let touches = next.0 <= range.1.saturating_add(1);
        if touches {
            range.1 = range.1.max(next.1);
        }
        touches
    });
    ranges.shrink_to_fit();
    ranges
}

impl PartialEq for ValueSet {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Hash for ValueSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl fmt::Debug for ValueSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueSet").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
