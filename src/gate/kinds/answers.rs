//! The answers to a gate's questions, as what the gate needs: a number, counts, a histogram.

use std::collections::BTreeMap;

use crate::gate::answer::{Answer, Data, Fault, Series, read_number};
use crate::gate::documents::Document;
use crate::gate::stats::{Histogram, Malformed};
use crate::plan::gates::Reduce;

/// The answers to a gate's questions.
#[derive(Default)]
pub(in crate::gate) struct Answers {
    /// What the telemetry answered, by the questions' names.
    pub(in crate::gate) telemetry: BTreeMap<String, Answer>,
    /// What was read, where the gate reads a document.
    pub(in crate::gate) document: Option<Document>,
}

/// A value, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::gate) enum Reading {
    /// A finite number.
    Value(f64),
    /// No series at all.
    Empty,
    /// Not a number: 0/0, no traffic.
    NotANumber,
    /// Infinite: something was divided by zero.
    Infinite,
}

impl Reading {
    fn of(value: f64) -> Self {
        if value.is_nan() {
            Self::NotANumber
        } else if value.is_infinite() {
            Self::Infinite
        } else {
            Self::Value(value)
        }
    }

    /// Why there is no value.
    pub(in crate::gate) fn absence(self) -> &'static str {
        match self {
            Self::Value(_) => "",
            Self::Empty => "the query returns no series",
            Self::NotANumber => "the query returns NaN, which is what no traffic looks like",
            Self::Infinite => "the query returns a non-finite value",
        }
    }
}

impl Answers {
    pub(super) fn get(&self, name: &str) -> Result<&Data, Fault> {
        let answer = self.telemetry.get(name).map(|answer| &answer.data);
        answer.ok_or_else(|| Fault::Question(format!("`{name}` was not asked")))
    }

    /// What was found in the document.
    pub(in crate::gate) fn document(&self) -> Result<&Document, Fault> {
        let document = self.document.as_ref();
        document.ok_or_else(|| Fault::Question("no document was read".to_owned()))
    }

    /// Series with many values.
    pub(in crate::gate) fn matrix(&self, name: &str) -> Result<&[Series], Fault> {
        match self.get(name)? {
            Data::Matrix(series) => Ok(series),
            other @ (Data::Vector(_) | Data::Scalar(..) | Data::String(_)) => {
                Err(wrong_type(name, other, "samples"))
            }
        }
    }

    /// Series with one value each.
    pub(in crate::gate) fn vector(&self, name: &str) -> Result<&[Series], Fault> {
        match self.get(name)? {
            Data::Vector(series) => Ok(series),
            other @ (Data::Matrix(_) | Data::Scalar(..) | Data::String(_)) => {
                Err(wrong_type(name, other, "one value for each series"))
            }
        }
    }

    /// The one value of a `sum(…)`; `None` without one.
    pub(in crate::gate) fn sum(&self, name: &str) -> Result<Option<f64>, Fault> {
        match self.reading(name, None)? {
            Reading::Value(value) => Ok(Some(value)),
            Reading::Empty | Reading::NotANumber | Reading::Infinite => Ok(None),
        }
    }

    /// One value of a query: of one series, or of several by `reduce`.
    pub(in crate::gate) fn reading(
        &self,
        name: &str,
        reduce: Option<Reduce>,
    ) -> Result<Reading, Fault> {
        let series = match self.get(name)? {
            Data::Scalar(_, value) => return Ok(Reading::of(*value)),
            Data::Vector(series) => series,
            other @ (Data::Matrix(_) | Data::String(_)) => {
                return Err(wrong_type(name, other, "a number"));
            }
        };
        let values: Vec<f64> = series
            .iter()
            .filter_map(|series| series.points.first())
            .map(|(_, value)| *value)
            .collect();
        match (&values[..], reduce) {
            ([], _) => Ok(Reading::Empty),
            ([value], _) => Ok(Reading::of(*value)),
            (many, None) => Err(Fault::Question(format!(
                "the query returns {} series and not one; aggregate them, or set `reduce`",
                many.len()
            ))),
            (many, Some(reduce)) => Ok(self::reduce(many, reduce)),
        }
    }

    /// A cumulative histogram by `le`; `None` without any bucket.
    pub(in crate::gate) fn histogram(&self, name: &str) -> Result<Option<Histogram>, Fault> {
        let buckets = self.vector(name)?.iter().map(|series| {
            let bound = read_number(series.label("le"));
            let bound = bound.ok_or_else(|| {
                Fault::Question(format!("`{}` is no bound of a bucket", series.label("le")))
            })?;
            let count = series.points.first().map_or(0.0, |(_, value)| *value);
            Ok((bound, if count.is_finite() { count } else { 0.0 }))
        });
        let buckets = buckets.collect::<Result<Vec<_>, Fault>>()?;
        match Histogram::new(buckets) {
            Ok(histogram) => Ok(Some(histogram)),
            Err(Malformed::Empty) => Ok(None),
            Err(Malformed::NoInfinity) => Err(Fault::Question(
                "the histogram has no bucket `le=\"+Inf\"`".to_owned(),
            )),
        }
    }
}

pub(super) fn wrong_type(name: &str, data: &Data, wanted: &str) -> Fault {
    let found = match data {
        Data::Vector(_) => "a vector",
        Data::Matrix(_) => "a range of samples",
        Data::Scalar(..) => "a scalar",
        Data::String(_) => "a string",
    };
    Fault::Question(format!("`{name}` returns {found}, and {wanted} is needed"))
}

/// Many values as one; what is not finite makes the whole so.
pub(in crate::gate) fn reduce(values: &[f64], reduce: Reduce) -> Reading {
    if let Some(odd) = values.iter().find(|value| !value.is_finite()) {
        return Reading::of(*odd);
    }
    let one = match reduce {
        Reduce::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Reduce::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Reduce::Sum => values.iter().sum(),
        Reduce::Avg => values.iter().sum::<f64>() / values.len() as f64,
    };
    Reading::of(one)
}
