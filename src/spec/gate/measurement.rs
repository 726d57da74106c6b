//! What is measured where it is no count of requests: a percentile of times, or a query of the team's.

use serde::Deserialize;
use serde_json::Number;

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
    /// The percentile, above 0 and below 100.
    Latency(Number),
    /// The template, and how several series become one value.
    Query(String, Option<Reduce>),
}

impl Measurement {
    /// The percentile where `sli: latency` asks for it, else the query; the schema lets through exactly one of the two.
    pub(super) fn of(
        is_latency: bool,
        percentile: Option<Number>,
        query: Option<String>,
        reduce: Option<Reduce>,
    ) -> Result<Self, &'static str> {
        match (is_latency, percentile, query) {
            (true, Some(percentile), None) => Ok(Self::Latency(percentile)),
            (false, None, Some(query)) => Ok(Self::Query(query, reduce)),
            (true | false, _, _) => Err("neither a percentile nor a query alone is measured"),
        }
    }
}
