//! One version that takes part: where the model is, what serves it, and how.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, Container, ContainerPort, EnvFromSource, EnvVar, Lifecycle, LocalObjectReference,
    PodDNSConfig, PodResourceClaim, PodSecurityContext, Probe, ResourceRequirements,
    SecurityContext, Toleration, TopologySpreadConstraint, Volume, VolumeMount,
};
use serde::Deserialize;
use serde_json::Value;

use super::ModelCache;
use super::scaling::{Autoscaling, Replicas, Scale};

/// The default time for a pod to end, in seconds.
pub const GRACE_SECONDS: u32 = 60;
/// Seconds that a pod must stay ready before the next one is replaced: one scrape of the usual metrics.
pub const MIN_READY_SECONDS: u32 = 10;

/// One version that takes part.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Model {
    /// The Istio subset, the pod label `version`, and the end of the Deployment's name.
    pub name: String,
    /// The runtime that serves the model; always there without `workload` and `backend`.
    pub runtime: Option<RuntimeName>,
    /// The team's own objects, in place of those that the fields make.
    pub workload: Option<OwnWorkload>,
    /// Where requests go, in place of a subset of the Service's pods.
    pub backend: Option<Backend>,
    /// The model server in the team's own container; default: the runtime's, else nobody knows.
    pub server: Option<ServerName>,
    /// The container image; always there with `runtime`.
    pub image: Option<String>,
    /// What is served.
    pub model: Option<ModelSource>,
    /// Where what was downloaded stays; default: in the pod.
    pub model_cache: Option<ModelCache>,
    /// Pods; default 1. Not beside `autoscaling`.
    #[cfg_attr(test, schemars(with = "Option<super::PortRef>"))]
    pub replicas: Option<Replicas>,
    /// How the replicas follow from the rollout; default: the steps say it.
    pub scale: Option<Scale>,
    /// How the model scales by load, in place of a number of replicas.
    pub autoscaling: Option<Autoscaling>,
    /// What one replica sustains.
    pub capacity: Option<Capacity>,
    /// How many pods may be evicted at once.
    pub disruption_budget: Option<DisruptionBudget>,
    /// How a change of this model rolls through its pods.
    pub rolling_update: Option<RollingUpdate>,
    /// How a pod that ends lets its requests finish.
    pub drain: Option<Drain>,
    /// The subset's `trafficPolicy`, in Istio's shape.
    pub traffic_policy: Option<Value>,
    /// The adopted Deployment's name; default `<rollout>-<model>`.
    pub workload_name: Option<String>,
    /// The adopted Deployment's selector; default `app` and `version`.
    pub selector: Option<BTreeMap<String, String>>,
    /// How the model's pods are told from the others'; default: by the label `version`.
    pub subset: Option<Subset>,
    /// The name of the container that serves; default: the runtime's.
    pub container_name: Option<String>,
    /// The account that the pods run as.
    pub service_account_name: Option<String>,
    /// An account that is created for them.
    pub service_account: Option<ServiceAccount>,
    /// The command that replaces the image's entry point.
    pub command: Option<Vec<String>>,
    /// The arguments that replace the runtime's.
    pub args: Option<Vec<String>>,
    /// Arguments after the runtime's.
    #[serde(default)]
    pub extra_args: Vec<String>,
    /// When the image is pulled.
    pub image_pull_policy: Option<String>,
    /// Pod labels beside the ones that glidepath sets.
    #[serde(default)]
    pub pod_labels: BTreeMap<String, String>,
    /// Pod annotations.
    #[serde(default)]
    pub pod_annotations: BTreeMap<String, String>,
    /// Node labels that the pods need.
    #[serde(default)]
    pub node_selector: BTreeMap<String, String>,
    /// The most seconds that a pod may take to end; default 60.
    pub termination_grace_period_seconds: Option<u32>,
    /// Seconds that a pod must stay ready to count; default 10.
    pub min_ready_seconds: Option<u32>,
    /// Seconds in which a change must get on; default: long enough for the startup probe.
    pub progress_deadline_seconds: Option<u32>,
    /// The class that says who gives way where nodes are full.
    pub priority_class_name: Option<String>,
    /// The class that says what runs the containers.
    pub runtime_class_name: Option<String>,
    /// Who finds a node for the pods.
    pub scheduler_name: Option<String>,
    /// Whether the containers of a pod see each other's processes.
    pub share_process_namespace: Option<bool>,
    /// Where the pods ask for names.
    pub dns_policy: Option<String>,
    /// How the pods ask for names.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub dns_config: Option<PodDNSConfig>,
    /// Containers that run to their end before the one that serves.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub init_containers: Option<Vec<Container>>,
    /// Containers that start before the one that serves, and stay.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub sidecars: Option<Vec<Container>>,
    /// Containers beside the one that serves.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub containers: Option<Vec<Container>>,
    /// What the container does when it starts and before it ends.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub lifecycle: Option<Lifecycle>,
    /// How the pods spread over zones and nodes.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub topology_spread_constraints: Option<Vec<TopologySpreadConstraint>>,
    /// Claims of devices that the containers may name.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub resource_claims: Option<Vec<PodResourceClaim>>,
    /// The container's security context.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub container_security_context: Option<SecurityContext>,
    /// What is merged over the whole pod at the end.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub pod_template: Option<PodTemplate>,
    /// Environment variables.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub env: Option<Vec<EnvVar>>,
    /// Environment variables from `ConfigMap`s and Secrets.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub env_from: Option<Vec<EnvFromSource>>,
    /// Container ports; default: the runtime's.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub ports: Option<Vec<ContainerPort>>,
    /// When it may get requests; default: the runtime's.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub readiness_probe: Option<Probe>,
    /// When it must be restarted.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub liveness_probe: Option<Probe>,
    /// When it has started; default: the runtime's.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub startup_probe: Option<Probe>,
    /// Requests and limits.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub resources: Option<ResourceRequirements>,
    /// Taints that the pods tolerate.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub tolerations: Option<Vec<Toleration>>,
    /// Where the pods want to be.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub affinity: Option<Affinity>,
    /// Volumes of the pods.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub volumes: Option<Vec<Volume>>,
    /// Where the container sees the volumes.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub volume_mounts: Option<Vec<VolumeMount>>,
    /// Secrets for private registries.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub image_pull_secrets: Option<Vec<LocalObjectReference>>,
    /// The pods' security context.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    pub security_context: Option<PodSecurityContext>,
}

impl Model {
    /// Its pods before any step changes them, where the spec names a number.
    pub fn count(&self) -> Option<u32> {
        match self.replicas {
            Some(Replicas::Count(count)) => Some(count),
            Some(Replicas::External(_)) | None => None,
        }
    }

    /// Whether somebody else runs it, in every stage.
    pub fn runs_elsewhere(&self) -> bool {
        self.workload.is_none() && self.backend.is_some() && self.runtime.is_none()
    }

    /// Whether it is no subset of the Service's pods.
    pub fn is_apart(&self) -> bool {
        self.backend.is_some() && self.runtime.is_none()
    }

    /// The inference pool that its requests go to.
    pub fn pool(&self) -> Option<&super::InferencePool> {
        self.backend.as_ref()?.inference_pool.as_ref()
    }
}

/// A PodTemplateSpec that may be a patch: said in place, or in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum PodTemplate {
    /// In a file.
    File {
        /// The path of the file that holds it.
        file: String,
    },
    /// In place.
    Inline(Value),
}

/// The team's own objects.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnWorkload {
    /// The path of the file that holds them.
    pub manifest: String,
}

/// Where the requests of a model go that has no subset.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Backend {
    /// The Service; this or a pool.
    pub service: Option<BackendService>,
    /// The inference pool.
    pub inference_pool: Option<super::InferencePool>,
    /// Header changes of these requests.
    pub headers: Option<super::Headers>,
}

/// A Service that is only referred to.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackendService {
    /// The Service's name.
    pub name: String,
    /// The Service's namespace; default: the rollout's.
    pub namespace: Option<String>,
    /// The Service's port.
    pub port: u16,
}

/// How a model's pods are told from the others'.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subset {
    /// Labels of these pods and no others.
    pub labels: BTreeMap<String, String>,
}

/// What serves a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RuntimeName {
    /// TensorFlow Serving.
    TensorflowServing,
    /// NVIDIA Triton.
    Triton,
    /// TorchServe.
    Torchserve,
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// MLServer.
    Mlserver,
    /// The team's own container.
    Custom,
}

/// A model server whose own metrics are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ServerName {
    /// TensorFlow Serving.
    TensorflowServing,
    /// NVIDIA Triton.
    Triton,
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// TorchServe.
    Torchserve,
    /// MLServer.
    Mlserver,
}

/// What is served.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModelSource {
    /// The name that callers use.
    pub name: String,
    /// Where the model is stored.
    pub uri: String,
    /// The one version that is served; default: the newest.
    pub version: Option<u64>,
}

/// What one replica sustains.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capacity {
    /// The requests a second that one replica sustains.
    pub requests_per_second: f64,
}

/// How many pods may be evicted at once.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DisruptionBudget {
    /// So many (or such a share of) pods stay.
    MinAvailable(super::PortRef),
    /// So many (or such a share of) pods may go.
    MaxUnavailable(super::PortRef),
}

/// How a change rolls through the pods.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollingUpdate {
    /// Pods beyond `replicas` while rolling; default 1.
    pub max_surge: Option<super::PortRef>,
    /// Pods below `replicas` while rolling; default 0.
    pub max_unavailable: Option<super::PortRef>,
}

/// How a pod that ends lets its requests finish.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drain {
    /// The pause before the container is told to stop; default 15.
    pub seconds: Option<u32>,
    /// Who pauses; default `exec`.
    pub hook: Option<DrainHook>,
}

/// Who pauses before a container is told to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DrainHook {
    /// `sleep` in the image.
    #[default]
    Exec,
    /// The kubelet; Kubernetes 1.30 and later.
    SleepAction,
    /// Nobody: the container drains by itself.
    None,
}

/// An account for the pods.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceAccount {
    /// Whether the account is written; default true.
    pub create: Option<bool>,
    /// The account's name; default: the workload's name.
    pub name: Option<String>,
    /// The account's annotations, such as for workload identity.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}
