//! From functions of single values to functions of columns.
//!
//! ```text
//! let (texts, prefixes) = (call.strings(0)?, call.strings(1)?);
//! call.booleans_of(map2(&texts, &prefixes, |text, prefix| Ok(Some(text.starts_with(prefix)))))
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayAccessor, ArrayIter, ArrayRef, ArrowPrimitiveType, AsArray, BooleanBuilder, ListArray,
    PrimitiveArray, PrimitiveBuilder, StringViewArray, StringViewBuilder, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{filter, is_not_null};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, internal_datafusion_err};

use super::Call;

/// What a row gives: a value, null, or null with a warning.
pub(crate) type Given<T> = std::result::Result<Option<T>, &'static str>;

/// A function of one value; null gives null.
pub(crate) fn map1<A: ArrayAccessor, T>(
    values: A,
    mut f: impl FnMut(A::Item) -> Given<T>,
) -> impl Iterator<Item = Given<T>> {
    ArrayIter::new(values).map(move |value| match value {
        Some(value) => f(value),
        None => Ok(None),
    })
}

/// A function of two values; null gives null.
pub(crate) fn map2<A: ArrayAccessor, B: ArrayAccessor, T>(
    left: A,
    right: B,
    mut f: impl FnMut(A::Item, B::Item) -> Given<T>,
) -> impl Iterator<Item = Given<T>> {
    ArrayIter::new(left).zip(ArrayIter::new(right)).map(move |values| match values {
        (Some(left), Some(right)) => f(left, right),
        _ => Ok(None),
    })
}

/// A function of three values; null gives null.
pub(crate) fn map3<A: ArrayAccessor, B: ArrayAccessor, C: ArrayAccessor, T>(
    first: A,
    second: B,
    third: C,
    mut f: impl FnMut(A::Item, B::Item, C::Item) -> Given<T>,
) -> impl Iterator<Item = Given<T>> {
    let values = ArrayIter::new(first).zip(ArrayIter::new(second)).zip(ArrayIter::new(third));
    values.map(move |values| match values {
        ((Some(first), Some(second)), Some(third)) => f(first, second, third),
        _ => Ok(None),
    })
}

impl Call<'_> {
    /// An argument of this type, which it has by its signature, or nulls.
    fn typed(&self, place: usize, data_type: &DataType) -> Result<ArrayRef> {
        let array = self.array(place)?;
        Ok(match array.data_type() {
            DataType::Null => new_null_array(data_type, array.len()),
            _ => array,
        })
    }

    /// An argument that is a `keyword` or `text`.
    pub(crate) fn strings(&self, place: usize) -> Result<StringViewArray> {
        let array = self.typed(place, &DataType::Utf8View)?;
        array.as_string_view_opt().cloned().ok_or_else(|| self.unexpected(place))
    }

    /// An argument that is a number, date or the like.
    pub(crate) fn primitives<T: ArrowPrimitiveType>(&self, place: usize) -> Result<PrimitiveArray<T>> {
        let array = self.typed(place, &T::DATA_TYPE)?;
        array.as_primitive_opt().cloned().ok_or_else(|| self.unexpected(place))
    }

    /// That an argument has a type that no signature lets through.
    fn unexpected(&self, place: usize) -> datafusion::common::DataFusionError {
        let given = self.args.get(place).map(|arg| arg.data_type());
        internal_datafusion_err!("`{}` got {given:?} for its argument {place}", self.name)
    }

    /// The strings that rows give.
    pub(crate) fn strings_of<T: AsRef<str>>(&self, rows: impl Iterator<Item = Given<T>>) -> Result<ArrayRef> {
        let mut builder = StringViewBuilder::with_capacity(rows.size_hint().0);
        self.each(rows, |value| builder.append_option(value));
        Ok(Arc::new(builder.finish()))
    }

    /// The booleans that rows give.
    pub(crate) fn booleans_of(&self, rows: impl Iterator<Item = Given<bool>>) -> Result<ArrayRef> {
        let mut builder = BooleanBuilder::with_capacity(rows.size_hint().0);
        self.each(rows, |value| builder.append_option(value));
        Ok(Arc::new(builder.finish()))
    }

    /// The numbers, dates or the like that rows give.
    pub(crate) fn primitives_of<T: ArrowPrimitiveType>(
        &self,
        rows: impl Iterator<Item = Given<T::Native>>,
    ) -> Result<ArrayRef> {
        let mut builder = PrimitiveBuilder::<T>::with_capacity(rows.size_hint().0);
        self.each(rows, |value| builder.append_option(value));
        Ok(Arc::new(builder.finish()))
    }

    /// Takes what each row gives; counts the warnings.
    pub(crate) fn each<T>(&self, rows: impl Iterator<Item = Given<T>>, mut take: impl FnMut(Option<T>)) {
        let mut reasons = BTreeMap::<&str, usize>::new();
        for row in rows {
            take(row.unwrap_or_else(|reason| {
                *reasons.entry(reason).or_default() += 1;
                None
            }));
        }
        for (reason, rows) in reasons {
            self.warn(reason, rows);
        }
    }
}

/// A function of single values on each value of a column: values that give null are left out, as
/// Elasticsearch's `AbstractConvertFunction` does.
pub(crate) fn on_items(array: &ArrayRef, f: impl FnOnce(&ArrayRef) -> Result<ArrayRef>) -> Result<ArrayRef> {
    let Some(list) = array.as_list_opt::<i32>() else { return f(array) };
    let offsets = list.offsets();
    let (first, last) = (offset(offsets.first())?, offset(offsets.last())?);
    let items = f(&list.values().slice(first, last - first))?;
    let lengths = offsets
        .windows(2)
        .map(|ends| offset(ends.last())?.checked_sub(offset(ends.first())?).ok_or_else(broken));
    let mut at = 0;
    let mut kept = Vec::with_capacity(list.len());
    for length in lengths {
        let length = length?;
        kept.push((at..at + length).filter(|item| items.is_valid(*item)).count());
        at += length;
    }
    let valid = NullBuffer::from_iter(kept.iter().map(|kept| *kept > 0));
    let items = filter(&items, &is_not_null(&items)?)?;
    let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(kept), items, Some(valid))?))
}

fn offset(offset: Option<&i32>) -> Result<usize> {
    offset.and_then(|offset| usize::try_from(*offset).ok()).ok_or_else(broken)
}

fn broken() -> datafusion::common::DataFusionError {
    internal_datafusion_err!("a list has no offsets")
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::Int64Array;
    use datafusion::arrow::datatypes::Int64Type;

    #[test]
    fn items_that_give_null_are_left_out() {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(9)]),
            Some(vec![Some(1), Some(-2), Some(3)]),
            None,
            Some(vec![Some(-4)]),
        ]);
        let positive = |items: &ArrayRef| -> Result<ArrayRef> {
            let items = items.as_primitive::<Int64Type>();
            Ok(Arc::new(items.iter().map(|item| item.filter(|n| *n > 0)).collect::<Int64Array>()))
        };
        let list: ArrayRef = Arc::new(list.slice(1, 3));
        let expected =
            ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), Some(3)]), None, None]);
        assert_eq!(on_items(&list, positive).unwrap().as_list(), &expected);
    }
}
