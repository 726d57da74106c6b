//! Changes of the objects that are written, for what the language has no field for.

use serde::Deserialize;
use serde_json::Value;

/// A change of every object that the target means, with `merge` or with `json`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Patch {
    /// Which objects.
    pub target: Target,
    /// What is merged over them.
    pub merge: Option<Value>,
    /// Operations of JSON Patch.
    pub json: Option<Vec<Value>>,
}

/// Which objects a patch is about; all that it says must hold of them.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// The objects' kind.
    pub kind: String,
    /// The objects' name; default: any.
    pub name: Option<String>,
    /// The model that they are of; default: any, or none.
    pub model: Option<String>,
    /// The stage of which alone it is true; default: every one.
    pub stage: Option<String>,
}
