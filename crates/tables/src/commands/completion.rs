//! `COMPLETION`: what a language model answers to a prompt, row by row.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, internal_err};
use rulehound_query::esql::Column;
use serde_json::{Value, json};

use crate::lower::name_of;

/// So many prompts are sent at most; the rows behind them are left out, as Elasticsearch does by default
/// (`esql.command.completion.limit`).
pub(crate) const MOST_PROMPTS: usize = 100;

/// A service that speaks OpenAI's API: it takes `POST URL/chat/completions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inference {
    /// Such as `http://localhost:11434/v1`.
    pub url: String,
    /// The model; without one it is the query's `inference_id`.
    pub model: Option<String>,
    /// Sent as a bearer token.
    pub key: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// Nothing is configured.
    #[error("`COMPLETION` needs an inference endpoint for `{0}`: give the URL of one with `--inference-url`")]
    NoEndpoint(Arc<str>),
    /// The service could not be asked.
    #[error("the inference endpoint {url} cannot be asked: {error}")]
    Request {
        /// The endpoint.
        url: String,
        /// Why.
        error: Box<ureq::Error>,
    },
    /// The service answered something else.
    #[error("the inference endpoint {url} gave no completion")]
    Answer {
        /// The endpoint.
        url: String,
    },
}

impl From<InferenceError> for DataFusionError {
    fn from(error: InferenceError) -> Self {
        Self::External(Box::new(error))
    }
}

/// Rows with the prompts in the column of the output; with the answers in it afterwards. A null prompt has a null
/// answer.
pub(crate) fn completion(
    rows: RecordBatch,
    output: &Column,
    inference_id: &Arc<str>,
    inference: Option<&Inference>,
) -> Result<RecordBatch> {
    let Some(place) = rows.schema().fields().iter().position(|field| *field.name() == name_of(output.id))
    else {
        return internal_err!("there is no column of prompts");
    };
    let prompts = cast(rows.column(place), &DataType::Utf8View)?;
    let prompts = prompts.as_string_view();
    let answers: ArrayRef = match inference {
        Some(inference) => {
            let model = inference.model.as_deref().unwrap_or(inference_id);
            let answer = |prompt: Option<&str>| prompt.map(|prompt| inference.ask(model, prompt)).transpose();
            Arc::new(prompts.iter().map(answer).collect::<std::result::Result<StringViewArray, _>>()?)
        }
        None if prompts.null_count() == prompts.len() => Arc::new(prompts.clone()),
        None => return Err(InferenceError::NoEndpoint(inference_id.clone()).into()),
    };
    let mut columns = rows.columns().to_vec();
    if let Some(column) = columns.get_mut(place) {
        *column = answers;
    }
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

impl Inference {
    fn ask(&self, model: &str, prompt: &str) -> std::result::Result<String, InferenceError> {
        let url = format!("{}/chat/completions", self.url.trim_end_matches('/'));
        let failed = |error| InferenceError::Request { url: self.url.clone(), error: Box::new(error) };
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": prompt }] });
        let mut request = ureq::post(&url).config().timeout_global(Some(Duration::from_secs(120))).build();
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut response = request.send_json(&body).map_err(failed)?;
        let answer: Value = response.body_mut().read_json().map_err(failed)?;
        let text = answer.pointer("/choices/0/message/content").and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| InferenceError::Answer { url: self.url.clone() })
    }
}
