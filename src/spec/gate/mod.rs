//! Gates as the user wrote them: what all have here, and one file a kind.

mod amount;
mod availability;
mod burn_rate;
mod compare;
mod drift;
mod latency;
mod measurement;
mod requests;
mod result;
mod server;
mod statistical;
mod threshold;
mod web;

use serde::Deserialize;

pub use amount::{Amount, AmountUnit};
pub use availability::Availability;
pub use burn_rate::{BurnLimit, BurnRate, BurnWindow};
pub use compare::{Compare, Difference, Ratio, Sli};
pub use drift::{Against, Drift, Measure, OnDrift};
pub use latency::Latency;
pub use measurement::{Measurement, Reduce};
pub use requests::{BadResponse, ClientAborts, Counts, Reporter};
pub use result::ResultFile;
pub use server::{RequestSli, ServerTime, TimesOf};
pub use statistical::{Direction, MannWhitney, Proportions, Statistical};
pub use threshold::{Threshold, ThresholdReduce};
pub use web::Web;

/// One condition on the live stage.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// The gate's name, which steps use.
    pub name: String,
    /// The one model it judges; default: every candidate with traffic.
    pub model: Option<String>,
    /// The source that it asks, by its name; default: `metrics.prometheus`.
    pub source: Option<String>,
    /// Time after the stage's start that no sample counts from.
    pub warmup: Option<String>,
    /// The chance that a good candidate is failed early, as a percentage.
    pub early_failure: Option<String>,
    /// The verdict without data.
    pub no_data: Option<NoData>,
    /// The fewest requests that are evidence, of each side where two are compared.
    pub min_samples: Option<u64>,
    /// Whether the gate is only reported, and never decides; default false.
    pub advisory: Option<bool>,
    /// Whether the gate may fail before its window ends; default true for the kinds with a limit of their own.
    pub fail_fast: Option<bool>,
    /// What an inconclusive end of the bake means; default `hold`.
    pub on_inconclusive: Option<OnInconclusive>,
    /// Why passing without evidence is acceptable.
    pub because: Option<String>,
    /// What is asked.
    #[serde(flatten)]
    pub kind: GateKind,
}

/// What a gate asks: one type a kind, each in its file.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum GateKind {
    /// The share of requests that were answered well.
    Availability(Availability),
    /// The share of requests answered in time.
    Latency(Latency),
    /// A query's value against limits.
    Threshold(Threshold),
    /// The candidate's value against stable's.
    Compare(Compare),
    /// The candidate's value against stable's, by a statistical test.
    Statistical(Statistical),
    /// How fast the error budget burns.
    BurnRate(BurnRate),
    /// How far a distribution has moved.
    Drift(Drift),
    /// What somebody measured elsewhere, handed in as a file.
    Result(ResultFile),
    /// What another service says.
    Web(Web),
}

/// What gates share.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GateDefaults {
    /// Time after a stage's start that no sample counts from.
    pub warmup: Option<String>,
    /// The chance that a good candidate is failed early, as a percentage.
    pub early_failure: Option<String>,
    /// The time that samples need to arrive.
    pub settle: Option<String>,
    /// The verdict without data.
    pub no_data: Option<NoData>,
    /// The confidence of statistical gates, as a percentage.
    pub confidence: Option<String>,
}

/// The verdict without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum NoData {
    /// The gate is not decided yet.
    Inconclusive,
    /// It counts as failed.
    Fail,
    /// It counts as passed.
    Pass,
}

/// What an inconclusive end of the bake means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum OnInconclusive {
    /// The stage stays.
    #[default]
    Hold,
    /// It counts as failed.
    Fail,
    /// It counts as passed.
    Pass,
}
