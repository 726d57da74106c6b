//! Where what was downloaded stays.

use serde::Deserialize;

/// Where what was downloaded stays.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ModelCache {
    /// In a `PersistentVolumeClaim` of this name, for every pod that mounts it.
    Pvc(String),
    /// In the pod, and gone with it.
    EmptyDir(CacheDir),
    /// In a folder of the node, for every pod that runs there.
    HostPath(String),
}

/// A cache in the pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CacheDir {
    /// The most that it may hold, as a quantity.
    pub size_limit: Option<String>,
    /// What it is made of; default: the node's disk.
    pub medium: Option<CacheMedium>,
}

/// What a cache in the pod is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum CacheMedium {
    /// The node's memory, which counts as the pod's.
    Memory,
}
