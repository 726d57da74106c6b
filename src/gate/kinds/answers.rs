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

/// Why there is no value: an answer without a series. A series whose value is no number is no absence, and always an error.
pub(super) const NO_SERIES: &str = "the query returns no series";

/// A number that may be judged.
fn number(name: &str, value: f64) -> Result<f64, Fault> {
    if value.is_finite() {
        return Ok(value);
    }
    let told = if value.is_nan() {
        "NaN, as 0/0 is where there is no traffic"
    } else {
        "an infinite number, as a division by 0 does"
    };
    Err(Fault::Question(format!(
        "`{name}` returns {told}; `noData` speaks of no series alone: filter what is divided by with `> 0`"
    )))
}

/// A count, or a counter's value: what is counted cannot be less than nothing.
pub(in crate::gate) fn amount(name: &str, value: f64) -> Result<f64, Fault> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(Fault::Question(format!(
        "`{name}` has the value {value}, and what is counted is a number of 0 or more"
    )))
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

    /// Counters, or counts, with many values.
    pub(in crate::gate) fn counters(&self, name: &str) -> Result<&[Series], Fault> {
        let series = self.matrix(name)?;
        for (_, value) in series.iter().flat_map(|one| &one.points) {
            amount(name, *value)?;
        }
        Ok(series)
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

    /// The one value of a `sum(…)` of counts; `None` without one.
    pub(in crate::gate) fn sum(&self, name: &str) -> Result<Option<f64>, Fault> {
        let sum = self.reading(name, None)?;
        sum.map(|sum| amount(name, sum)).transpose()
    }

    /// One value of a query: of one series, or of several by `reduce`; `None` without a series.
    pub(in crate::gate) fn reading(
        &self,
        name: &str,
        reduce: Option<Reduce>,
    ) -> Result<Option<f64>, Fault> {
        let series = match self.get(name)? {
            Data::Scalar(_, value) => return number(name, *value).map(Some),
            Data::Vector(series) => series,
            other @ (Data::Matrix(_) | Data::String(_)) => {
                return Err(wrong_type(name, other, "a number"));
            }
        };
        let values = series.iter().filter_map(|series| series.points.first());
        let values = values.map(|(_, value)| number(name, *value));
        let values = values.collect::<Result<Vec<_>, Fault>>()?;
        match (&values[..], reduce) {
            ([], _) => Ok(None),
            ([value], _) => Ok(Some(*value)),
            (many, None) => Err(Fault::Question(format!(
                "the query returns {} series and not one; aggregate them, or set `reduce`",
                many.len()
            ))),
            (many, Some(reduce)) => number(name, self::reduce(many, reduce)).map(Some),
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
            Ok((bound, amount(name, count)?))
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

/// Many values as one.
pub(in crate::gate) fn reduce(values: &[f64], reduce: Reduce) -> f64 {
    match reduce {
        Reduce::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Reduce::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Reduce::Sum => values.iter().sum(),
        Reduce::Avg => values.iter().sum::<f64>() / values.len() as f64,
    }
}
