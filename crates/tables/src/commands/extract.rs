//! `GROK` and `DISSECT`: columns from parts of strings.
//!
//! Of a row with several strings each is looked at, and the columns have the values of all that match, after
//! `GrokEvaluatorExtracter` and `StringExtractOperator`. A row of which none matches is null.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, ListArray,
    StringViewArray, StringViewBuilder, UInt32Array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_datafusion_err};
use rulehound_query::esql::{Dissect, Grok, Type};

/// What came out of strings.
#[derive(Debug)]
pub(crate) struct Extracted {
    /// One for each output of the pattern: a list if the strings are lists or the output may have several values.
    pub(crate) columns: Vec<ArrayRef>,
    /// How many strings took too many steps to match, and count as if they did not.
    pub(crate) given_up: u64,
    /// How many values are no numbers of their type, and are left out.
    pub(crate) not_numbers: u64,
}

/// Parts of strings, by a pattern of `GROK`. The input is `Utf8View` or a list of it.
///
/// # Errors
///
/// If the input is of another type.
pub(crate) fn grok(grok: &Grok, input: &dyn Array) -> Result<Extracted> {
    let strings = Strings::new(input)?;
    let outputs = grok.outputs();
    let mut columns: Vec<Column> = outputs
        .iter()
        .map(|output| Column::new(output.ty, strings.is_list() || output.is_multiple))
        .collect();
    let (mut given_up, mut not_numbers) = (0, 0);
    strings.each_row(&mut columns, |text, columns| {
        let matched = grok.values(text, |output, value| {
            let taken = columns.get_mut(output).is_none_or(|column| column.push(value));
            not_numbers += u64::from(!taken);
        });
        given_up += u64::from(matched.is_err());
    });
    let columns = columns.into_iter().map(Column::finish).collect::<Result<_>>()?;
    Ok(Extracted { columns, given_up, not_numbers })
}

/// Parts of strings, by a pattern of `DISSECT`. The input is `Utf8View` or a list of it; the columns are too.
///
/// # Errors
///
/// If the input is of another type.
pub(crate) fn dissect(dissect: &Dissect, input: &dyn Array) -> Result<Vec<ArrayRef>> {
    let strings = Strings::new(input)?;
    let mut columns: Vec<Column> =
        dissect.outputs().iter().map(|_| Column::new(Type::Keyword, strings.is_list())).collect();
    strings.each_row(&mut columns, |text, columns| {
        for (column, part) in columns.iter_mut().zip(dissect.parts(text).into_iter().flatten()) {
            column.push(&part);
        }
    });
    columns.into_iter().map(Column::finish).collect()
}

/// Strings, one or several a row.
enum Strings<'a> {
    One(&'a StringViewArray),
    Several(&'a ListArray, &'a StringViewArray),
}

impl<'a> Strings<'a> {
    fn new(input: &'a dyn Array) -> Result<Self> {
        let other = || exec_datafusion_err!("parts are taken of strings, not of {}", input.data_type());
        match input.data_type() {
            DataType::List(_) => {
                let list = input.as_list::<i32>();
                Ok(Self::Several(list, list.values().as_string_view_opt().ok_or_else(other)?))
            }
            _ => input.as_string_view_opt().map(Self::One).ok_or_else(other),
        }
    }

    fn is_list(&self) -> bool {
        matches!(self, Self::Several(..))
    }

    /// Looks at all strings, and ends the row of each column behind the last of a row.
    fn each_row(&self, columns: &mut [Column], mut look: impl FnMut(&str, &mut [Column])) {
        let rows = match self {
            Self::One(strings) => strings.len(),
            Self::Several(list, _) => list.len(),
        };
        for row in 0..rows {
            match self {
                Self::One(strings) if strings.is_valid(row) => look(strings.value(row), columns),
                Self::Several(list, strings) if list.is_valid(row) => {
                    let ends = list.value_offsets().get(row..row + 2).unwrap_or_default();
                    let &[start, end] = ends else { continue };
                    for place in usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0) {
                        if strings.is_valid(place) {
                            look(strings.value(place), columns);
                        }
                    }
                }
                _ => {}
            }
            columns.iter_mut().for_each(Column::end_row);
        }
    }
}

/// A column, while it is filled.
struct Column {
    values: Values,
    /// Where the values of each row end.
    ends: Vec<usize>,
    is_list: bool,
}

enum Values {
    Keyword(StringViewBuilder),
    Integer(Int32Builder),
    Long(Int64Builder),
    Double(Float64Builder),
    Boolean(BooleanBuilder),
}

impl Column {
    fn new(ty: Type, is_list: bool) -> Self {
        let values = match ty {
            Type::Integer => Values::Integer(Int32Builder::new()),
            Type::Long => Values::Long(Int64Builder::new()),
            Type::Double => Values::Double(Float64Builder::new()),
            Type::Boolean => Values::Boolean(BooleanBuilder::new()),
            _ => Values::Keyword(StringViewBuilder::new().with_deduplicate_strings()),
        };
        Self { values, ends: vec![0], is_list }
    }

    /// Adds a value; whether it is one of the column's type.
    fn push(&mut self, text: &str) -> bool {
        match &mut self.values {
            Values::Keyword(values) => values.append_value(text),
            Values::Boolean(values) => values.append_value(text.eq_ignore_ascii_case("true")),
            Values::Integer(values) => match text.parse() {
                Ok(value) => values.append_value(value),
                Err(_) => return false,
            },
            Values::Long(values) => match text.parse() {
                Ok(value) => values.append_value(value),
                Err(_) => return false,
            },
            Values::Double(values) => match text.parse() {
                Ok(value) => values.append_value(value),
                Err(_) => return false,
            },
        }
        true
    }

    fn len(&self) -> usize {
        use datafusion::arrow::array::ArrayBuilder;
        match &self.values {
            Values::Keyword(values) => values.len(),
            Values::Integer(values) => values.len(),
            Values::Long(values) => values.len(),
            Values::Double(values) => values.len(),
            Values::Boolean(values) => values.len(),
        }
    }

    fn end_row(&mut self) {
        self.ends.push(self.len());
    }

    fn finish(self) -> Result<ArrayRef> {
        let values: ArrayRef = match self.values {
            Values::Keyword(mut values) => Arc::new(values.finish()),
            Values::Integer(mut values) => Arc::new(values.finish()),
            Values::Long(mut values) => Arc::new(values.finish()),
            Values::Double(mut values) => Arc::new(values.finish()),
            Values::Boolean(mut values) => Arc::new(values.finish()),
        };
        let lengths = || self.ends.windows(2).map(|ends| matches!(ends, [a, b] if a < b));
        if self.is_list {
            let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
            let rows = self.ends.windows(2).map(|ends| if let [a, b] = ends { b - a } else { 0 });
            let offsets = OffsetBuffer::from_lengths(rows);
            let nulls = NullBuffer::from_iter(lengths());
            return Ok(Arc::new(ListArray::try_new(item, offsets, values, Some(nulls))?));
        }
        let places: UInt32Array = self
            .ends
            .iter()
            .zip(lengths())
            .map(|(start, has_value)| u32::try_from(*start).ok().filter(|_| has_value))
            .collect();
        Ok(take(&values, &places, None)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{BooleanArray, Float64Array, Int32Array, Int64Array, ListBuilder};

    fn strings(list: &[&[&str]]) -> ListArray {
        let mut builder = ListBuilder::new(StringViewBuilder::new());
        for row in list {
            for text in *row {
                builder.values().append_value(text);
            }
            builder.append(!row.is_empty());
        }
        builder.finish()
    }

    /// The example of the reference of `GROK`.
    #[test]
    fn the_example_of_the_reference() {
        let pattern = "%{TIMESTAMP_ISO8601:date} %{IP:ip} %{EMAILADDRESS:email} %{NUMBER:num:int}";
        let input = StringViewArray::from(vec![
            Some("2023-01-23T12:15:00.000Z 127.0.0.1 some.email@foo.com 42"),
            None,
        ]);
        let found = grok(&Grok::new(&[pattern]).unwrap(), &input).unwrap();
        let [date, email, ip, num] = found.columns.as_slice() else { panic!("{found:?}") };
        let text = |array: &ArrayRef| {
            array.as_string_view().iter().map(|v| v.map(str::to_owned)).collect::<Vec<_>>()
        };
        assert_eq!(text(date), [Some("2023-01-23T12:15:00.000Z".to_owned()), None]);
        assert_eq!(text(email), [Some("some.email@foo.com".to_owned()), None]);
        assert_eq!(text(ip), [Some("127.0.0.1".to_owned()), None]);
        assert_eq!(*num.as_primitive(), Int32Array::from(vec![Some(42), None]));
    }

    /// The example of the reference: a name that comes twice gives several values.
    #[test]
    fn a_name_twice_gives_several_values() {
        let input = StringViewArray::from(vec!["1016 ED", "none", "1 X"]);
        let found = grok(&Grok::new(&["%{INT:parts} %{WORD:parts}"]).unwrap(), &input).unwrap();
        assert_eq!(*found.columns[0].as_list::<i32>(), strings(&[&["1016", "ED"], &[], &["1", "X"]]));
    }

    #[test]
    fn values_of_each_type() {
        let pattern = "(?:%{DATA:l:long};)?%{DATA:i:int};%{DATA:d:double};%{DATA:f:float};%{WORD:b:boolean}";
        let input = StringViewArray::from(vec!["-7;1;1.5;2;true", "x;2147483648;1e3;y;false"]);
        let found = grok(&Grok::new(&[pattern]).unwrap(), &input).unwrap();
        let [b, d, f, i, l] = found.columns.as_slice() else { panic!("{found:?}") };
        assert_eq!(*b.as_boolean(), BooleanArray::from(vec![true, false]));
        assert_eq!(*d.as_primitive(), Float64Array::from(vec![1.5, 1000.0]));
        assert_eq!(*f.as_primitive(), Float64Array::from(vec![Some(2.0), None]));
        assert_eq!(*i.as_primitive(), Int32Array::from(vec![Some(1), None]));
        assert_eq!(*l.as_primitive(), Int64Array::from(vec![Some(-7), None]));
        assert_eq!((found.not_numbers, found.given_up), (3, 0));
    }

    #[test]
    fn each_of_several_strings_is_looked_at() {
        let input = strings(&[&["a=1", "b", "c=2"], &[], &["d"], &["e=3"]]);
        let found = grok(&Grok::new(&["=%{INT:n}"]).unwrap(), &input).unwrap();
        assert_eq!(*found.columns[0].as_list::<i32>(), strings(&[&["1", "2"], &[], &[], &["3"]]));
        let columns = dissect(&Dissect::new("%{k}=%{v}", "").unwrap(), &input).unwrap();
        assert_eq!(*columns[0].as_list::<i32>(), strings(&[&["a", "c"], &[], &[], &["e"]]));
        assert_eq!(*columns[1].as_list::<i32>(), strings(&[&["1", "2"], &[], &[], &["3"]]));
    }

    /// The example of the reference of `DISSECT`.
    #[test]
    fn parts_between_delimiters() {
        let input = StringViewArray::from(vec![
            Some("2023-01-23T12:15:00.000Z - some text - 127.0.0.1"),
            Some("no match"),
            None,
        ]);
        let columns = dissect(&Dissect::new("%{date} - %{msg} - %{ip}", "").unwrap(), &input).unwrap();
        let text: Vec<Vec<Option<&str>>> =
            columns.iter().map(|column| column.as_string_view().iter().collect()).collect();
        assert_eq!(
            text,
            [
                [Some("2023-01-23T12:15:00.000Z"), None, None],
                [Some("some text"), None, None],
                [Some("127.0.0.1"), None, None]
            ]
        );
    }

    #[test]
    fn what_takes_too_long_is_counted() {
        let input = StringViewArray::from(vec!["x".repeat(40), "xy".into()]);
        let found = grok(&Grok::new(&[r"(?<a>(x+x+)+y\b(?=z)|xy)"]).unwrap(), &input).unwrap();
        assert_eq!(found.given_up, 1);
        assert_eq!(found.columns[0].as_string_view().iter().collect::<Vec<_>>(), [None, Some("xy")]);
    }

    #[test]
    fn other_types_are_refused() {
        let input = Int64Array::from(vec![1]);
        assert!(grok(&Grok::new(&["%{INT:a}"]).unwrap(), &input).is_err());
        assert!(dissect(&Dissect::new("%{a}", "").unwrap(), &input).is_err());
    }
}
