//! How far a distribution has moved.

use serde::Deserialize;

/// `drift`: a distribution must not have moved from stable's, or from a recorded one.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drift {
    /// The histogram, or with `categories` the counter.
    pub metric: String,
    /// The label whose values are the categories.
    pub categories: Option<String>,
    /// What it is held against; default: stable, unless there is a `reference`.
    pub against: Option<Against>,
    /// A file with recorded counts, by its path from the folder of `rollout.yaml`.
    pub reference: Option<String>,
    /// How two distributions are compared.
    #[serde(default)]
    pub measure: Measure,
    /// The most that passes, in the measure's unit.
    pub max: Option<f64>,
    /// The fewest observations that are evidence.
    pub min_samples: Option<u64>,
    /// The verdict on drift.
    #[serde(default)]
    pub on_drift: OnDrift,
}

/// What a distribution is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Against {
    /// Stable's, over the same window.
    Stable,
}

/// How two distributions are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// The population stability index.
    #[default]
    Psi,
    /// Kolmogorov and Smirnov's largest difference.
    Ks,
    /// The square root of the Jensen-Shannon divergence, base 2.
    JsDistance,
}

/// The verdict on drift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum OnDrift {
    /// The gate fails.
    #[default]
    Fail,
    /// It is reported, and never decides.
    Advisory,
}
