//! What Prometheus answers, in its own shape.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::query::Query;

/// Where answers come from: a server, a recording, a simulation.
pub trait Source: Sync {
    /// Asks one question.
    fn ask(&self, query: &Query) -> Result<Answer, Fault>;
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
    /// One lower-case sentence.
    pub fn message(&self) -> &str {
        let (Self::Telemetry(message) | Self::Question(message)) = self;
        message
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The values.
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
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its points.
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

    /// Reads `data`, `warnings` and `infos` of a response of Prometheus's API.
    pub fn read(body: &Value) -> Result<Self, String> {
        let data = &body["data"];
        let result = &data["result"];
        let series = |value_key: &str| -> Result<Vec<Series>, String> {
            let items = result.as_array().ok_or("the result is no list")?;
            items
                .iter()
                .map(|item| read_series(item, value_key))
                .collect()
        };
        let data = match data["resultType"].as_str() {
            Some("vector") => Data::Vector(series("value")?),
            Some("matrix") => Data::Matrix(series("values")?),
            Some("scalar") => {
                let (time, value) = read_point(result)?;
                Data::Scalar(time, value)
            }
            Some("string") => Data::String(result[1].as_str().unwrap_or_default().to_owned()),
            _ => return Err("it has no `resultType` that is known".to_owned()),
        };
        let texts = |key: &str| {
            let items = body[key].as_array().into_iter().flatten();
            items
                .filter_map(Value::as_str)
                .map(ToOwned::to_owned)
                .collect()
        };
        Ok(Self {
            data,
            warnings: texts("warnings"),
            infos: texts("infos"),
        })
    }

    /// The same as a part of a response of Prometheus's API.
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

fn read_series(item: &Value, value_key: &str) -> Result<Series, String> {
    let labels = item["metric"].as_object().ok_or("a series has no labels")?;
    let labels = labels.iter().map(|(name, value)| {
        let value = value.as_str().unwrap_or_default();
        (name.clone(), value.to_owned())
    });
    let value = &item[value_key];
    let points = if value_key == "value" {
        vec![read_point(value)?]
    } else {
        let points = value
            .as_array()
            .ok_or("a series has no values; native histograms are not supported")?;
        points.iter().map(read_point).collect::<Result<_, _>>()?
    };
    Ok(Series {
        labels: labels.collect(),
        points,
    })
}

fn read_point(point: &Value) -> Result<(f64, f64), String> {
    let time = point[0].as_f64().ok_or("a point has no time")?;
    let text = point[1]
        .as_str()
        .ok_or("a point has no value; native histograms are not supported")?;
    Ok((
        time,
        read_number(text).ok_or_else(|| format!("`{text}` is no number"))?,
    ))
}

/// A number as Prometheus writes it: decimal, `NaN`, `+Inf` or `-Inf`.
pub(super) fn read_number(text: &str) -> Option<f64> {
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
