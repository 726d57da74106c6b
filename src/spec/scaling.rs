//! How many pods a model has, and who says so.

use std::collections::BTreeMap;

use k8s_openapi::api::autoscaling::v2::{HorizontalPodAutoscalerBehavior, MetricSpec};
use serde::{Deserialize, Serialize};
#[cfg(test)]
use serde_json::Value;

/// How many pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Replicas {
    /// So many.
    Count(u32),
    /// Somebody else says it.
    External(External),
}

/// The word for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum External {
    /// The only word.
    External,
}

/// How replicas follow from the rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Scale {
    /// From the share of the requests.
    WithTraffic,
}

/// Scaling by load.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Autoscaling {
    /// The fewest pods.
    pub min: u32,
    /// The most pods.
    pub max: u32,
    /// The target share of the requested CPU, in percent; default 70 where there are no `metrics`.
    pub cpu: Option<u32>,
    /// Further metrics.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub metrics: Option<Vec<MetricSpec>>,
    /// How fast it scales, up and down.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub behavior: Option<HorizontalPodAutoscalerBehavior>,
    /// KEDA in place of a HorizontalPodAutoscaler.
    pub keda: Option<Keda>,
}

/// What KEDA looks at, in its own shape (`keda.sh/v1alpha1`).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keda {
    /// Seconds between two looks while there are no pods; default 30.
    pub polling_interval: Option<u32>,
    /// Seconds without activity before the last pod goes; default 300.
    pub cooldown_period: Option<u32>,
    /// Seconds from the beginning before the last pod may go; default 0.
    pub initial_cooldown_period: Option<u32>,
    /// Pods without activity, below `min`.
    pub idle_replica_count: Option<u32>,
    /// Pods while the triggers fail.
    pub fallback: Option<Fallback>,
    /// What combines triggers.
    pub advanced: Option<Advanced>,
    /// What says how many pods are needed; the most counts.
    pub triggers: Vec<Trigger>,
}

/// Pods while the triggers fail.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fallback {
    /// So many failures in a row.
    pub failure_threshold: u32,
    /// So many pods.
    pub replicas: u32,
    /// What becomes of the pods that run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behavior: Option<FallbackBehavior>,
}

/// What becomes of the pods that run.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FallbackBehavior {
    /// `replicas`.
    Static,
    /// They stay.
    CurrentReplicas,
    /// They stay where they are more.
    CurrentReplicasIfHigher,
    /// They stay where they are fewer.
    CurrentReplicasIfLower,
    /// The formula decides.
    ScalingModifiers,
}

/// What combines triggers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Advanced {
    /// One metric made of all.
    pub scaling_modifiers: ScalingModifiers,
}

/// One metric made of all.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScalingModifiers {
    /// An expression of the triggers' names.
    pub formula: String,
    /// Its target.
    pub target: String,
    /// The value above which there is activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation_target: Option<String>,
    /// What the target is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_type: Option<ModifiersType>,
}

/// What a formula's target is of.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ModifiersType {
    /// The metric by pod.
    AverageValue,
    /// The metric.
    Value,
}

/// What a target is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum MetricType {
    /// The metric by pod.
    AverageValue,
    /// The metric.
    Value,
    /// What is used of what the pods ask for.
    Utilization,
}

/// What says how many pods are needed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trigger {
    /// KEDA's name of the scaler.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name that a formula uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the scaler is told, by name.
    pub metadata: BTreeMap<String, String>,
    /// What the target is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_type: Option<MetricType>,
    /// Whether the last look is reused until the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_cached_metrics: Option<bool>,
    /// Where the scaler's credentials are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_ref: Option<AuthenticationRef>,
}

/// Where a scaler's credentials are.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthenticationRef {
    /// The object's name.
    pub name: String,
    /// The object's kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<AuthenticationKind>,
}

/// The kind of an object with credentials.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum AuthenticationKind {
    /// Of the namespace.
    TriggerAuthentication,
    /// Of the cluster.
    ClusterTriggerAuthentication,
}
