//! What somebody measured elsewhere, handed in as a file.

use serde::Deserialize;
use serde_json::Value;

/// `result`: a report of tests, or a value in a JSON file. The schema sees to it that the fields of one of the two are there.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResultFile {
    /// A JUnit report, by its path from the folder of `rollout.yaml`.
    pub junit: Option<String>,
    /// With `junit`: the fewest tests that must have run; default 1.
    pub min_tests: Option<u64>,
    /// A JSON file, by its path from the folder of `rollout.yaml`.
    pub json: Option<String>,
    /// With `json`: where the value stands, as JSONPath.
    pub path: Option<String>,
    /// The least value that passes.
    pub min: Option<f64>,
    /// The most that passes.
    pub max: Option<f64>,
    /// The one value that passes: a text, a number or a boolean.
    pub equals: Option<Value>,
}
