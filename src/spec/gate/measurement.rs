//! What is measured where it is no count of requests: a percentile of times, or a query of the team's.

use serde::Deserialize;
use serde_json::Number;

use super::TimesOf;

/// How several series become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Reduce {
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
}

/// A percentile of response times, or a query's value.
#[derive(Clone, Debug)]
pub enum Measurement {
    /// The percentile, above 0 and below 100, and of which times.
    Latency(Number, TimesOf),
    /// The template, and how several series become one value.
    Query(String, Option<Reduce>),
}

impl Measurement {
    /// The percentile where an `sli` of times asks for it, else the query; the schema lets through exactly one of the two.
    pub(super) fn of(
        times: Option<TimesOf>,
        percentile: Option<Number>,
        query: Option<String>,
        reduce: Option<Reduce>,
    ) -> Result<Self, &'static str> {
        match (times, percentile, query) {
            (Some(times), Some(percentile), None) => Ok(Self::Latency(percentile, times)),
            (None, None, Some(query)) => Ok(Self::Query(query, reduce)),
            (Some(_) | None, _, _) => Err("neither a percentile nor a query alone is measured"),
        }
    }
}
