//! In: the text of a `rollout.yaml`. Out: a [`Document`], exactly as the schema allows it, or every complaint about its shape.
//! YAML, then the JSON Schema, then Kubernetes' and Istio's own shapes, then types; each step starts only when the one before found nothing.
//! Never fills in a default that needs another part of the document.

mod argocd;
mod cohort;
pub mod gate;
mod gateway_api;
mod inference_pool;
mod istio;
mod kube;
mod metrics;
mod model;
mod model_cache;
mod named;
mod owner;
mod patch;
mod percentage;
mod read;
mod scaling;
mod schema;
mod step;
mod sticky;
mod strategy;
mod traffic;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use argocd::{
    Application, ApplicationSet, Argocd, ClusterWave, ClusterWaves, Clusters, Rollouts,
};
pub use cohort::{Cohort, Flag, FullMatcher, MatchEntry, Matcher};
pub use gate::{Gate, GateDefaults, GateKind, NoData, OnInconclusive};
pub use gateway_api::{Channel, Feature, GatewayApi, GatewayApiVersion, cors, retry, route_faults};
pub use inference_pool::{CreatedPool, EndpointPicker, FailureMode, InferencePool};
pub use istio::{IstioVersion, is_zero, milliseconds};
pub use kube::check_object;
pub use kube::check_pod;
pub use metrics::{Auth, MetricSource, Metrics, NoFields, Prometheus, Sigv4};
pub use model::{
    Backend, BackendService, Capacity, DisruptionBudget, Drain, DrainHook, GRACE_SECONDS,
    MIN_READY_SECONDS, Model, ModelSource, OwnWorkload, PodTemplate, RollingUpdate, RuntimeName,
    ServerName, ServiceAccount, Subset,
};
pub use model_cache::{CacheDir, CacheMedium, ModelCache};
pub use named::{Named, NamedFile};
pub use patch::{Patch, Target};
pub use percentage::Percentage;
pub use read::{Read, read, settle_numbers};
pub use scaling::{
    Advanced, Autoscaling, Fallback, Keda, MetricType, Replicas, Scale, ScalingModifiers, Trigger,
};
pub use schema::SCHEMA;
pub use step::{
    Approval, CohortTarget, CohortsWord, CopiedCohorts, Linear, Mirror, Step, StepDefaults,
};
pub use sticky::{SameSite, Sticky};
pub use strategy::{AbTest, BlueGreen, Canary, Shadow, Strategy, Then};
pub use traffic::{
    BaseMatch, BaseRoute, Expected, Gateway, HeaderOperations, Headers, Implementation, ParentRef,
    PortRef, Provider, Rewrite, Server, ServerProtocol, Traffic, TrafficNames, Unmatched,
};

/// A whole `rollout.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// Always [`crate::units::names::API_VERSION`].
    pub api_version: String,
    /// Always [`crate::units::names::KIND`].
    pub kind: String,
    /// The rollout's name, namespace and labels.
    pub metadata: Metadata,
    /// The rollout itself.
    pub spec: Spec,
    /// The files that it names and that were read.
    #[serde(skip)]
    pub named: Named,
}

/// Name, namespace and labels of the rollout.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// The rollout's name.
    pub name: String,
    /// The namespace of the rollout's objects; absent: wherever they are applied.
    pub namespace: Option<String>,
    /// Labels for every object.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations for every object.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// What is to happen.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// The stable entry point.
    #[serde(default)]
    pub service: Service,
    /// Whether the namespace itself is written.
    #[serde(default)]
    pub namespace: Namespace,
    /// Every version that takes part.
    pub models: Vec<Model>,
    /// The model that serves before the first step.
    pub stable: String,
    /// Whether a stage gives the running pods of stable their labels before anything routes by them.
    #[serde(default)]
    pub adopt: bool,
    /// How requests come in.
    #[serde(default)]
    pub traffic: Traffic,
    /// Requests that are pinned to a model.
    #[serde(default)]
    pub cohorts: Vec<Cohort>,
    /// The server that the gates ask.
    pub metrics: Option<Metrics>,
    /// The settings that gates share.
    pub gate_defaults: Option<GateDefaults>,
    /// Conditions that steps name.
    #[serde(default)]
    pub gates: Vec<Gate>,
    /// The gates of the generated stage `deploy`, by name.
    #[serde(default)]
    pub deploy_gates: Vec<String>,
    /// What steps say that do not say it themselves.
    #[serde(default)]
    pub step_defaults: StepDefaults,
    /// The steps, each a change; none where a strategy stands in their place.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What the steps are made of, in their place.
    pub strategy: Option<Strategy>,
    /// The live stage, where the team keeps no tree and so no pointer.
    pub stage: Option<String>,
    /// Whether the old models are removed at the end.
    #[serde(default)]
    pub retire: Retire,
    /// Limits that the checks hold the steps against.
    #[serde(default)]
    pub policy: Policy,
    /// Severities of warnings, by code.
    #[serde(default)]
    pub lints: BTreeMap<String, LintLevel>,
    /// Changes of the objects that are written.
    #[serde(default)]
    pub patches: Vec<Patch>,
    /// The form in which the objects are written.
    #[serde(default)]
    pub outputs: Outputs,
}

/// The Service in front of all models.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The Service's name; default: the rollout's name.
    pub name: Option<String>,
    /// Whether the Service is written; default true.
    pub create: Option<bool>,
    /// Whether each model has another Service of its own.
    #[serde(default)]
    pub per_model: bool,
    /// The model that another Service leads to alone while it runs; before, that Service leads to stable.
    pub preview: Option<String>,
    /// The Service's type; default: `ClusterIP`.
    #[serde(default)]
    pub r#type: ServiceType,
    /// The Service's ports; default: the stable model's ports.
    pub ports: Option<Vec<ServicePort>>,
    /// The Service's selector; default: what the models' selectors share where stable gives one, else `app: <rollout>`.
    pub selector: Option<BTreeMap<String, String>>,
    /// Labels of the Service itself, beside those of every object.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the Service, beside those of every object.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// Whether a caller stays with one pod; default: no.
    #[serde(default)]
    pub session_affinity: SessionAffinity,
    /// How long a caller stays with one pod.
    pub session_affinity_config: Option<SessionAffinityConfig>,
}

/// Whether a caller stays with one pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum SessionAffinity {
    /// Each connection goes anywhere.
    #[default]
    None,
    /// Those from one address go to one pod.
    ClientIP,
}

/// How long a caller stays with one pod.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionAffinityConfig {
    /// For callers by their address.
    #[serde(rename = "clientIP")]
    pub client_ip: ClientIp,
}

/// How long the connections from one address go to one pod.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientIp {
    /// Seconds since the last one.
    pub timeout_seconds: u32,
}

/// Kubernetes' kinds of Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ServiceType {
    /// Reached inside the cluster only.
    #[default]
    ClusterIP,
    /// Reached through a port of every node.
    NodePort,
    /// Reached through a load balancer of the cloud.
    LoadBalancer,
}

impl ServiceType {
    /// Kubernetes' word for the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClusterIP => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
        }
    }
}

/// One port of the Service.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePort {
    /// The port's name.
    pub name: String,
    /// The port that callers use.
    pub port: u16,
    /// The container port; default: the one of the same name, else of the same number.
    pub target_port: Option<PortRef>,
    /// The protocol, for Istio.
    pub app_protocol: Option<String>,
    /// The port of every node, for `NodePort` and `LoadBalancer`.
    pub node_port: Option<u16>,
}

/// Whether the namespace is one of the objects.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {
    /// Write it.
    #[serde(default)]
    pub create: bool,
    /// Labels beside `istio-injection: enabled`.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// What happens to models without traffic after the last step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Retire {
    /// The models are removed in a stage of their own.
    #[default]
    Auto,
    /// The models stay.
    Never,
}

/// Limits for the steps.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// The most points that one model's share may rise by in one step; default 50.
    pub max_increase: Option<f64>,
    /// The most points that all candidates' share together may rise by in one step; default: as `maxIncrease`.
    pub max_exposure_increase: Option<f64>,
    /// The least time in any stage; default `5m`.
    pub min_bake: Option<String>,
    /// The most of each resource that any stage may ask for beyond the first and the last; default: no limit.
    #[serde(default)]
    pub max_extra: BTreeMap<String, PortRef>,
    /// Whether `promote` asks Argo CD first; default no.
    pub require_healthy: Option<bool>,
    /// The greatest age of evidence that a pull request carries; default `1d`.
    pub evidence_max_age: Option<String>,
}

/// The severity of a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LintLevel {
    /// The check says nothing.
    Allow,
    /// The check warns, and the compiler goes on.
    Warn,
    /// The check refuses the rollout.
    Deny,
}

/// The form of the output.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outputs {
    /// The version of Istio's networking API; default: `networking.istio.io/v1`.
    #[serde(default)]
    pub istio_api_version: IstioApiVersion,
    /// The oldest release of Istio that must take the objects; default: the oldest that is supported.
    #[serde(default)]
    pub istio_version: IstioVersion,
    /// The Gateway API that the cluster has; default: the standard channel of 1.4.
    #[serde(default)]
    pub gateway_api: GatewayApi,
    /// Whether the flagd definitions of flags are written.
    #[serde(default)]
    pub flagd: bool,
    /// The objects that Argo CD itself reads; default: none.
    pub argocd: Option<Argocd>,
}

/// The versions of Istio's networking API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum IstioApiVersion {
    /// Istio 1.22 and later.
    #[default]
    #[serde(rename = "networking.istio.io/v1")]
    V1,
    /// Istio 1.5 and later.
    #[serde(rename = "networking.istio.io/v1beta1")]
    V1Beta1,
    /// Every version of Istio.
    #[serde(rename = "networking.istio.io/v1alpha3")]
    V1Alpha3,
}

impl IstioApiVersion {
    /// The group and version.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "networking.istio.io/v1",
            Self::V1Beta1 => "networking.istio.io/v1beta1",
            Self::V1Alpha3 => "networking.istio.io/v1alpha3",
        }
    }
}

#[cfg(test)]
mod tests;
