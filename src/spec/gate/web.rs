//! What another service says.

use serde::Deserialize;
use serde_json::Value;

/// `web`: a value in the JSON that an address answers with.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Web {
    /// The template of the address.
    pub url: String,
    /// Where the value stands in the answer, as JSONPath.
    pub json: String,
    /// The least value that passes.
    pub min: Option<f64>,
    /// The most that passes.
    pub max: Option<f64>,
    /// The one value that passes: a text, a number or a boolean.
    pub equals: Option<Value>,
}
