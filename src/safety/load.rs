//! How many replicas take how much of the requests.

use serde_json::Value;

use super::applied::Identity;
use super::fields::{count, text};

/// What sets how many pods a workload runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Autoscaler {
    /// The workload's kind.
    pub(super) kind: String,
    /// The workload's namespace.
    pub(super) namespace: String,
    /// The workload's name.
    pub(super) name: String,
    /// The fewest pods.
    pub(super) fewest: u32,
    /// The most pods.
    pub(super) most: u32,
}

impl Autoscaler {
    pub(super) fn of(identity: &Identity, body: &Value) -> Option<Self> {
        let spec = &body["spec"];
        let target = &spec["scaleTargetRef"];
        let most = count(&spec["maxReplicas"])?;
        Some(Self {
            kind: text(&target["kind"]).to_owned(),
            namespace: identity.namespace.clone(),
            name: text(&target["name"]).to_owned(),
            fewest: count(&spec["minReplicas"]).unwrap_or(1),
            most,
        })
    }

    /// Whether it scales this workload.
    pub(super) fn scales(&self, workload: &Identity) -> bool {
        self.kind == workload.kind
            && self.name == workload.name
            && self.namespace == workload.namespace
    }
}
