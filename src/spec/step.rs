//! What one step changes.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::MatchEntry;

/// One step; everything it does not name stays as it was.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The stage's name; default: from what the step does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The step's description, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A ramp: this step once for each of its weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear: Option<Linear>,
    /// Models that start here instead of in the generated stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deploy: Vec<String>,
    /// Models that are removed here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retire: Vec<String>,
    /// Models that no weight names and that still have traffic at the end, on purpose; in the last step only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// The share of the one model that is not stable, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// The whole split, in percent by model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<BTreeMap<String, f64>>,
    /// Where each cohort's requests go; `null` takes a rule away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cohorts: BTreeMap<String, Option<CohortTarget>>,
    /// Shadow traffic; `null` ends it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schemars(with = "Option<Mirror>"))]
    pub mirror: Option<Option<Mirror>>,
    /// Replicas by model.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replicas: BTreeMap<String, u32>,
    /// The least time in the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bake: Option<String>,
    /// What must hold before the stage is left; an empty list says that nothing must.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates: Option<Vec<String>>,
    /// Whether the promotion may merge itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// Shares that rise by the same each time.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Linear {
    /// The model whose shares they are; default: the one that is not stable.
    pub model: Option<String>,
    /// The first share, in percent; default: as `by`.
    pub from: Option<f64>,
    /// The last share, in percent; default 100.
    pub to: Option<f64>,
    /// The points between one share and the next.
    pub by: f64,
}

/// What steps say that do not say it themselves.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepDefaults {
    /// The least time in the stage.
    pub bake: Option<String>,
    /// What must hold before the stage is left.
    pub gates: Option<Vec<String>>,
    /// Whether the promotion may merge itself.
    pub approval: Option<Approval>,
}

impl StepDefaults {
    /// Whether they say nothing.
    pub fn is_empty(&self) -> bool {
        self.bake.is_none() && self.gates.is_none() && self.approval.is_none()
    }
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
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum CohortTarget {
    /// All of the cohort's requests go to one model.
    Model(String),
    /// The cohort's requests are shared, in percent by model.
    Split(BTreeMap<String, f64>),
}

/// Shadow traffic: copies of requests whose answers are dropped.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mirror {
    /// The model that gets the copies.
    pub to: String,
    /// How many of the requests are copied; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// The entries, of which any may match, for a request to be copied; default: all are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub r#match: Vec<MatchEntry>,
    /// The cohorts whose requests are copied, beside those that no cohort claims; default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cohorts: Option<CopiedCohorts>,
}

/// Cohorts whose requests are copied.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum CopiedCohorts {
    /// Every cohort, or none.
    Word(CohortsWord),
    /// These.
    Names(Vec<String>),
}

/// Every cohort, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CohortsWord {
    /// Every cohort.
    All,
    /// No cohort.
    None,
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
