//! In: the JSON of Prometheus's API. Out: what Prometheus answers, in its own shape, and the same as JSON again.
//! `wire` is the JSON as it comes over the network.
//! Never asks anybody.

mod wire;

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use crate::diag::{cut, visible_line};

use super::documents::{Document, Wanted};
use super::query::Query;

pub(super) use wire::Reply;

/// Where answers come from: a server, a recording, a simulation.
pub trait Source: Sync {
    /// Asks one question.
    fn ask(&self, query: &Query) -> Result<Answer, Fault>;

    /// Asks one question and shows its answer, for whoever needs only a part of it: a large one is kept once.
    fn show(&self, query: &Query, to: &mut dyn FnMut(&Answer)) -> Result<(), Fault> {
        self.ask(query).map(|answer| to(&answer))
    }

    /// Is told of what is kept of an answer, in bytes; a fault where that is too much.
    fn keep(&self, _: usize) -> Result<(), Fault> {
        Ok(())
    }

    /// Reads one document; telemetry has none.
    fn read(&self, _: &Wanted) -> Result<Document, Fault> {
        Err(Fault::Question("there are no documents here".to_owned()))
    }

    /// By how many seconds the clock of the source of this name is ahead of ours, as far as an answer has told.
    fn clock_offset(&self, _: &str) -> Option<i64> {
        None
    }
}

/// Why there is no answer. It is never a pass and never a fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The telemetry cannot be reached, or refuses us.
    Telemetry(String),
    /// The question is wrong: PromQL that the server does not take, or an answer of another type than the gate needs.
    Question(String),
}

impl Fault {
    /// The fault in one lower-case sentence.
    pub fn message(&self) -> &str {
        let (Self::Telemetry(message) | Self::Question(message)) = self;
        message
    }
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The values that the server returned.
    pub data: Data,
    /// The server's warnings: the values may be partial.
    pub warnings: Vec<String>,
    /// The server's remarks.
    pub infos: Vec<String>,
}

/// The values of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// One value for each series.
    Vector(Vec<Series>),
    /// Many values for each series.
    Matrix(Vec<Series>),
    /// A number without a series.
    Scalar(f64, f64),
    /// A text.
    String(String),
}

/// One series: labels, and points of time (seconds since 1970) and value, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The labels, with the name of the metric where it is kept.
    pub labels: BTreeMap<String, String>,
    /// The points: a time in seconds, and the value then.
    pub points: Vec<(f64, f64)>,
}

impl Series {
    /// A label's value; a label that is not there is empty, as Prometheus has it.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

impl Answer {
    /// An answer without warnings.
    pub fn of(data: Data) -> Self {
        Self {
            data,
            warnings: Vec::new(),
            infos: Vec::new(),
        }
    }

    /// How many series it has.
    pub(super) fn series(&self) -> usize {
        match &self.data {
            Data::Vector(series) | Data::Matrix(series) => series.len(),
            Data::Scalar(..) | Data::String(_) => 0,
        }
    }

    /// How many points it has, over all series.
    pub(super) fn points(&self) -> usize {
        match &self.data {
            Data::Vector(series) | Data::Matrix(series) => {
                series.iter().map(|series| series.points.len()).sum()
            }
            Data::Scalar(..) | Data::String(_) => 1,
        }
    }

    /// How many bytes of memory it takes, about.
    pub(super) fn weight(&self) -> usize {
        let (Data::Vector(series) | Data::Matrix(series)) = &self.data else {
            return 0;
        };
        let of = |series: &Series| {
            let labels = series.labels.iter();
            let labels: usize = labels
                .map(|(name, value)| name.len() + value.len() + 2 * size_of::<String>())
                .sum();
            // A tree has room for eleven labels, however few there are.
            let labels = labels + 11 * 2 * size_of::<String>();
            size_of::<Series>() + labels + series.points.len() * size_of::<(f64, f64)>()
        };
        series.iter().map(of).sum()
    }

    /// Reads `data`, `warnings` and `infos` of a response of Prometheus's API.
    pub fn read(body: &Value) -> Result<Self, String> {
        let reply = Reply::deserialize(body).map_err(|error| said(&error.to_string()))?;
        reply.answer()
    }

    /// The answer as a part of a response of Prometheus's API.
    pub fn write(&self) -> Value {
        let point = |(time, value): (f64, f64)| json!([time, write_number(value)]);
        let labels = |series: &Series| -> Map<String, Value> {
            let pairs = series.labels.iter();
            pairs
                .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
                .collect()
        };
        let data = match &self.data {
            Data::Vector(all) => {
                let items = all.iter().map(|series| {
                    json!({"metric": labels(series), "value": series.points.first().copied().map(point)})
                });
                json!({"resultType": "vector", "result": items.collect::<Vec<_>>()})
            }
            Data::Matrix(all) => {
                let items = all.iter().map(|series| {
                    let points: Vec<Value> = series.points.iter().copied().map(point).collect();
                    json!({"metric": labels(series), "values": points})
                });
                json!({"resultType": "matrix", "result": items.collect::<Vec<_>>()})
            }
            Data::Scalar(time, value) => {
                json!({"resultType": "scalar", "result": point((*time, *value))})
            }
            Data::String(text) => json!({"resultType": "string", "result": [0, text]}),
        };
        let mut body = json!({"data": data});
        for (key, texts) in [("warnings", &self.warnings), ("infos", &self.infos)] {
            if !texts.is_empty() {
                body[key] = json!(texts);
            }
        }
        body
    }
}

/// The most characters of one text that is taken from an answer.
const MOST_CHARACTERS: usize = 300;

/// A text from outside as it may be shown: nothing in it moves a cursor, and it is short. Said twice it is the same, so a
/// recording says what its evaluation said.
pub(in crate::gate) fn said(text: &str) -> String {
    visible_line(&cut(text, MOST_CHARACTERS))
}

/// A number as Prometheus writes it: decimal, `NaN`, `+Inf` or `-Inf`.
pub(in crate::gate) fn read_number(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
            text.parse().ok().filter(|value: &f64| value.is_finite())
        }
        _ => None,
    }
}

fn write_number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}
