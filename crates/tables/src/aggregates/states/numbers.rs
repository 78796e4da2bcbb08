//! What is asked of all numbers of a group together.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, Float64Builder, ListBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::Result;
use datafusion::logical_expr::EmitTo;

use super::Groups;
use crate::aggregates::input;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub(in crate::aggregates) enum Question {
    /// The value below which so many of a hundred are.
    Percentile(f64),
    /// The median distance from the median.
    MedianAbsoluteDeviation,
}

/// All numbers. Elasticsearch keeps some thousands of them and then a digest; here the answer is exact.
pub(in crate::aggregates) struct Numbers {
    question: Question,
    numbers: Vec<Vec<f64>>,
    bytes: usize,
}

impl Numbers {
    pub(super) fn new(question: Question) -> Self {
        Self { question, numbers: Vec::new(), bytes: 0 }
    }

    fn emit(&mut self, emit: EmitTo) -> Vec<Vec<f64>> {
        let given = emit.take_needed(&mut self.numbers);
        self.bytes -= given.iter().map(bytes).sum::<usize>().min(self.bytes);
        given
    }
}

impl Groups for Numbers {
    fn update(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.numbers.resize_with(total, Vec::new);
        let Some(values) = values.first().and_then(|column| column.as_primitive_opt::<Float64Type>()) else {
            return Ok(());
        };
        for (value, &group) in values.values().iter().zip(groups) {
            if let Some(numbers) = self.numbers.get_mut(group) {
                self.bytes -= bytes(numbers);
                numbers.push(*value);
                self.bytes += bytes(numbers);
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        let input = input::items(states, groups, None)?;
        self.update(&input.values, &input.groups, total)
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let field = Field::new_list_field(DataType::Float64, true);
        let mut lists = ListBuilder::new(Float64Builder::new()).with_field(field);
        for numbers in self.emit(emit) {
            lists.values().append_slice(&numbers);
            lists.append(!numbers.is_empty());
        }
        Ok(vec![Arc::new(lists.finish())])
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let answer = |mut numbers: Vec<f64>| match self.question {
            Question::Percentile(percentile) => quantile(&mut numbers, percentile / 100.0),
            Question::MedianAbsoluteDeviation => {
                let median = quantile(&mut numbers, 0.5)?;
                numbers.iter_mut().for_each(|number| *number = (*number - median).abs());
                quantile(&mut numbers, 0.5)
            }
        };
        let answers = emit.take_needed(&mut self.numbers);
        self.bytes -= answers.iter().map(bytes).sum::<usize>().min(self.bytes);
        Ok(Arc::new(answers.into_iter().map(answer).collect::<Float64Array>()))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.numbers.capacity() * size_of::<Vec<f64>>() + self.bytes
    }
}

fn bytes(numbers: &Vec<f64>) -> usize {
    numbers.capacity() * size_of::<f64>()
}

/// The number at a part of the way from the least to the greatest, between two of them as a line goes (after
/// `Dist` of Elasticsearch's t-digest).
pub(in crate::aggregates) fn quantile(numbers: &mut [f64], part: f64) -> Option<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    let last = numbers.len().checked_sub(1)?;
    let place = (part * last as f64).clamp(0.0, last as f64);
    let low = *numbers.get(place as usize)?;
    let high = *numbers.get((place as usize + 1).min(last))?;
    Some(low + place.fract() * (high - low))
}
