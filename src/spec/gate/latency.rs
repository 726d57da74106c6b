//! The share of requests answered in time.

use serde::Deserialize;
use serde_json::Number;

use super::{Reporter, ServerTime};

/// `latency`: a percentile of the response times must be within a limit.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Latency {
    /// The percentile, above 0 and below 100.
    pub percentile: Number,
    /// The longest time, as Prometheus writes durations.
    pub max: String,
    /// A time of the model server's in place of the mesh's.
    pub sli: Option<ServerTime>,
    /// A histogram of times in place of the mesh's.
    pub metric: Option<String>,
    /// Whose measurement, for the mesh's.
    #[serde(default)]
    pub reporter: Reporter,
}
