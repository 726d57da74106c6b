//! A query's value against limits.

use serde::Deserialize;

/// `threshold`: a query's value must be within limits.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Threshold {
    /// The query's template.
    pub query: String,
    /// The least that passes, in the query's unit.
    pub min: Option<f64>,
    /// The most that passes, in the query's unit.
    pub max: Option<f64>,
    /// Over the whole window, and not at its end.
    #[serde(default)]
    pub range: bool,
    /// How several values become one.
    pub reduce: Option<ThresholdReduce>,
    /// With `range`: the time between points, as Prometheus writes durations.
    pub step: Option<String>,
    /// With `range`: the fewest points that are evidence.
    pub min_points: Option<u64>,
    /// How long after the stage's start the window begins, as Prometheus writes durations.
    pub delay: Option<String>,
}

/// How several values become one: of several series, or with `range` of many points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ThresholdReduce {
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// None does: every point must hold.
    All,
}
