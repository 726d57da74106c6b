//! Changes of the objects that are written.

use serde_json::Value;

use crate::diag::Route;

use super::{ModelId, StageId};

/// A change of every object that it means.
#[derive(Clone, Debug)]
pub struct Patch {
    /// The objects' kind.
    pub kind: String,
    /// The objects' name; none: any.
    pub name: Option<String>,
    /// The model that they are of; none: any, or none.
    pub model: Option<ModelId>,
    /// The stage of which alone it is true; none: every one.
    pub stage: Option<StageId>,
    /// What is done to them.
    pub change: Change,
    /// The patch's place in the spec.
    pub at: Route,
}

/// What a patch does.
#[derive(Clone, Debug)]
pub enum Change {
    /// This is merged over the object: by Kubernetes' strategic merge, and by JSON merge over a custom resource.
    Merge(Value),
    /// These operations of JSON Patch, one after the other.
    Json(Vec<Value>),
}
