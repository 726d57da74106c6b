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
    /// Whether it takes the last pod away while nobody asks, and brings one back when somebody does.
    pub(super) sleeps: bool,
}

/// The most pods of a ScaledObject that does not say it.
const KEDA_MOST: u32 = 100;
/// The number that a paused ScaledObject stays at.
const PAUSED: &str = "autoscaling.keda.sh/paused-replicas";

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
            sleeps: false,
        })
    }

    /// A ScaledObject of KEDA's, of a Deployment unless it says otherwise.
    pub(super) fn of_keda(identity: &Identity, body: &Value) -> Self {
        let spec = &body["spec"];
        let target = &spec["scaleTargetRef"];
        let kind = target["kind"].as_str().filter(|kind| !kind.is_empty());
        let paused = body["metadata"]["annotations"][PAUSED].as_str();
        let paused: Option<u32> = paused.and_then(|pods| pods.parse().ok());
        let least = count(&spec["minReplicaCount"]).unwrap_or(0);
        let idle = count(&spec["idleReplicaCount"]).unwrap_or(least);
        Self {
            kind: kind.unwrap_or("Deployment").to_owned(),
            namespace: identity.namespace.clone(),
            name: text(&target["name"]).to_owned(),
            fewest: paused.unwrap_or(least.max(1)),
            most: paused.unwrap_or_else(|| count(&spec["maxReplicaCount"]).unwrap_or(KEDA_MOST)),
            sleeps: paused.is_none() && least.min(idle) == 0,
        }
    }

    /// Whether it scales this workload.
    pub(super) fn scales(&self, workload: &Identity) -> bool {
        self.kind == workload.kind
            && self.name == workload.name
            && self.namespace == workload.namespace
    }
}
