//! A whole rollout by its name, in place of its steps.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Approval, Linear};

/// The way from stable to the candidate, which steps are made of.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// A rising share of the requests.
    Canary(Canary),
    /// A preview for a few, then everyone at once.
    BlueGreen(BlueGreen),
    /// Shares side by side for a time, then one winner.
    AbTest(AbTest),
    /// Copies of requests, whose answers are dropped.
    Shadow(Shadow),
}

/// A rising share of the requests, at last all of them.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Canary {
    /// The candidate; default: the one model that is not stable.
    pub model: Option<String>,
    /// The cohort that meets the candidate first; default: none.
    pub cohort: Option<String>,
    /// The candidate's shares, in percent; all of the requests come last.
    pub weights: Option<Vec<f64>>,
    /// In place of `weights`: shares that rise by the same each time.
    pub linear: Option<Linear>,
    /// The least time in each stage.
    pub bake: Option<String>,
    /// What must hold before each stage is left.
    pub gates: Option<Vec<String>>,
    /// Who may merge each promotion.
    pub approval: Option<Approval>,
}

/// A preview for a few, then everyone at once.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlueGreen {
    /// The candidate, green; default: the one model that is not stable.
    pub model: Option<String>,
    /// Who meets green before the switch.
    pub preview: Preview,
    /// Whether a Service of its own leads to green; default: where the Service selects the pods of both.
    pub preview_service: Option<bool>,
    /// The least time of the preview.
    pub bake: Option<String>,
    /// What must hold before the switch, and before blue is removed.
    pub gates: Option<Vec<String>>,
    /// Who may merge the switch and the removal of blue.
    pub approval: Option<Approval>,
    /// The least time for which blue runs on after the switch; default `1h`.
    pub keep: Option<String>,
}

/// Who meets green before everyone does.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preview {
    /// A cohort of the document.
    pub cohort: Option<String>,
    /// In its place: requests for a host of their own.
    pub host: Option<String>,
}

/// Shares side by side for a time, then one winner.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AbTest {
    /// The shares, in percent by model; stable gets what is left; default: equal shares of all models.
    pub split: Option<BTreeMap<String, f64>>,
    /// The least time of the test.
    pub duration: String,
    /// Whether users stay with a model while the test goes on; default true.
    pub sticky: Option<bool>,
    /// What must hold before the test is over.
    pub gates: Option<Vec<String>>,
    /// Who may merge the end of the test and the removal of the losers.
    pub approval: Option<Approval>,
    /// The model that gets all requests after the test, once it is known.
    pub winner: Option<String>,
    /// The least time for which the losers run on after the test; default `1h`.
    pub keep: Option<String>,
}

/// Copies of requests, whose answers are dropped.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shadow {
    /// The model that gets the copies; default: the one model that is not stable.
    pub to: Option<String>,
    /// How many of the requests are copied; default 100.
    pub percent: Option<f64>,
    /// The least time for which they are copied.
    pub duration: String,
    /// What must hold before the copies end.
    pub gates: Option<Vec<String>>,
    /// Who may merge the end of the copies.
    pub approval: Option<Approval>,
    /// What follows; default: nothing, and the model is removed.
    pub then: Option<Then>,
}

/// What may follow the copies.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Then {
    /// A rising share of the requests.
    Canary(Canary),
    /// A preview for a few, then everyone at once.
    BlueGreen(BlueGreen),
    /// Shares side by side for a time, then one winner.
    AbTest(AbTest),
}
