//! What one step changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// One step; everything it does not name stays as it was.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The stage's name; default: from what the step does.
    pub name: Option<String>,
    /// The step's description, for people.
    pub description: Option<String>,
    /// Models that start here instead of in the generated stage.
    #[serde(default)]
    pub deploy: Vec<String>,
    /// Models that are removed here.
    #[serde(default)]
    pub retire: Vec<String>,
    /// Models that no weight names and that still have traffic at the end, on purpose; in the last step only.
    #[serde(default)]
    pub keep: Vec<String>,
    /// The share of the one model that is not stable, in percent.
    pub weight: Option<f64>,
    /// The whole split, in percent by model.
    pub weights: Option<BTreeMap<String, f64>>,
    /// Where each cohort's requests go; `null` takes a rule away.
    #[serde(default)]
    pub cohorts: BTreeMap<String, Option<CohortTarget>>,
    /// Shadow traffic; `null` ends it.
    #[serde(default, deserialize_with = "present")]
    #[cfg_attr(test, schemars(with = "Option<Mirror>"))]
    pub mirror: Option<Option<Mirror>>,
    /// Replicas by model.
    #[serde(default)]
    pub replicas: BTreeMap<String, u32>,
    /// The least time in the stage.
    pub bake: Option<String>,
    /// What must hold before the stage is left; an empty list says that nothing must.
    pub gates: Option<Vec<String>>,
    /// Whether the promotion may merge itself.
    pub approval: Option<Approval>,
}

/// Tells a key that is `null` from one that is absent.
#[expect(
    clippy::option_option,
    reason = "absent, `null` and a mirror are three things to say"
)]
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Mirror>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Where a cohort's requests go.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum CohortTarget {
    /// All of the cohort's requests go to one model.
    Model(String),
    /// The cohort's requests are shared, in percent by model.
    Split(BTreeMap<String, f64>),
}

/// Shadow traffic: copies of requests whose answers are dropped.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mirror {
    /// The model that gets the copies.
    pub to: String,
    /// How many of the weighted requests are copied; default 100.
    pub percent: Option<f64>,
}

/// Who may merge a promotion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Approval {
    /// A person.
    #[default]
    Required,
    /// The machine, once the gates pass.
    Automatic,
}
