//! Gates by name and shape. They are parsed here and carried to the plan; evaluating them is not the compiler's work.

use serde::Deserialize;
use serde_json::Value;

/// One condition on the live stage.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// Its name, which steps use.
    pub name: String,
    /// The one model it judges; default: every candidate with traffic.
    pub model: Option<String>,
    /// Time after the stage's start that no sample counts from.
    pub warmup: Option<String>,
    /// The length of one look's window.
    pub bake: Option<String>,
    /// How often it decides in one stage.
    pub max_looks: Option<u32>,
    /// The verdict without data.
    pub no_data: Option<NoData>,
    /// The fewest requests that are evidence, of each side where two are compared.
    pub min_samples: Option<u64>,
    /// Reported, and never decides; default false.
    pub advisory: Option<bool>,
    /// May fail before its window ends; default true for the kinds with a limit of their own.
    pub fail_fast: Option<bool>,
    /// What an inconclusive last look means; default `hold`.
    pub on_inconclusive: Option<OnInconclusive>,
    /// Why passing without evidence is acceptable.
    pub because: Option<String>,
    /// What is asked. The schema has checked the shape.
    #[serde(flatten)]
    pub kind: GateKind,
}

/// What a gate asks; each holds its own fields as the schema allows them.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum GateKind {
    /// The share of requests that were answered well.
    Availability(Value),
    /// The share of requests answered in time.
    Latency(Value),
    /// A query's value against limits.
    Threshold(Value),
    /// The candidate's value against stable's.
    Compare(Value),
    /// The same, by a statistical test.
    Statistical(Value),
    /// How fast the error budget burns.
    BurnRate(Value),
    /// How far a distribution has moved.
    Drift(Value),
}

impl GateKind {
    /// The language's word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Availability(_) => "availability",
            Self::Latency(_) => "latency",
            Self::Threshold(_) => "threshold",
            Self::Compare(_) => "compare",
            Self::Statistical(_) => "statistical",
            Self::BurnRate(_) => "burnRate",
            Self::Drift(_) => "drift",
        }
    }
}

/// Where the gates ask.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metrics {
    /// A Prometheus server, or what speaks its API.
    pub prometheus: Prometheus,
}

/// A Prometheus server.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prometheus {
    /// Its base address.
    pub url: String,
    /// For one query.
    pub timeout: Option<String>,
}

/// What gates share.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GateDefaults {
    /// Time after a stage's start that no sample counts from.
    pub warmup: Option<String>,
    /// How often a gate looks in one stage.
    pub max_looks: Option<u32>,
    /// Time that samples need to arrive.
    pub settle: Option<String>,
    /// The verdict without data.
    pub no_data: Option<NoData>,
    /// For statistical gates, as a percentage.
    pub confidence: Option<String>,
}

/// The verdict without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum NoData {
    /// Not yet.
    Inconclusive,
    /// As if it had failed.
    Fail,
    /// As if it had passed.
    Pass,
}

/// What an inconclusive last look means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum OnInconclusive {
    /// The stage stays.
    #[default]
    Hold,
    /// As if it had failed.
    Fail,
    /// As if it had passed.
    Pass,
}
