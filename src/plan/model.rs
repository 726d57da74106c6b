//! One version that takes part, with every default filled in.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, Container, EnvFromSource, EnvVar, Lifecycle, LocalObjectReference, PodDNSConfig,
    PodResourceClaim, PodSecurityContext, PodSpec, PodTemplateSpec, Probe, ResourceRequirements,
    SecurityContext, Toleration, TopologySpreadConstraint, Volume, VolumeMount,
};

use serde_json::Value;

use crate::units::{DnsLabel, ImageRef, names};

use crate::diag::Route;

use super::pods::Config;
use super::runtimes::{RuntimePort, Server, facts};
use super::{DrainHook, Headers, ModelCache, PortRef, RuntimeName, Scaling, Source};

/// Seconds that a server takes to end once its requests are finished.
const ENDING_SECONDS: u32 = 5;

/// A model's place in the order of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelId(pub usize);

/// One version that takes part.
#[derive(Clone, Debug)]
pub struct Model {
    /// The model's name, by which routes know it too.
    pub name: DnsLabel,
    /// What runs it.
    pub workload: Workload,
    /// Where its requests go, where that is no subset of the Service's pods.
    pub backend: Option<Backend>,
    /// The inference pool that its requests go to, in place of a Service.
    pub pool: Option<super::Pool>,
    /// The model server whose own measurements gates may ask, where it is known.
    pub server: Option<&'static Server>,
    /// Replicas before any step changes them.
    pub replicas: u32,
    /// Who says how many pods it has.
    pub scaling: Scaling,
    /// Requests a second that one replica sustains.
    pub capacity: Option<f64>,
    /// The name of the Deployment, or of whatever else makes the pods.
    pub workload_name: String,
    /// The selector of that.
    pub selector: BTreeMap<String, String>,
    /// What tells this model's pods from the others'.
    pub subset_labels: BTreeMap<String, String>,
    /// All labels of the pods.
    pub pod_labels: BTreeMap<String, String>,
    /// The ports that its containers name; never empty for a generated workload.
    pub ports: Vec<ContainerPort>,
}

/// What runs a model. Whatever depends on it matches exhaustively.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Objects that are made of the model's fields.
    Generated(Box<Generated>),
    /// The team's own objects.
    Own(Box<Own>),
    /// Nothing of the rollout's: somebody else runs it, in every stage.
    Elsewhere,
}

/// The team's own objects, which run a model.
#[derive(Clone, Debug)]
pub struct Own {
    /// The objects, in the order of their file; the namespace of the rollout is in those that need one.
    pub objects: Vec<OwnObject>,
    /// The path of that file.
    pub file: String,
    /// The one whose pods the model is, where its kind is known.
    pub pods: Option<usize>,
    /// Where its pod template stands in the file.
    pub template: Option<Route>,
    /// How its pods are named.
    pub named: PodNames,
    /// The replicas that it says, where it says any.
    pub replicas: Option<u32>,
}

/// One object of the team's own.
#[derive(Clone, Debug)]
pub struct OwnObject {
    /// The object's API group; empty for Kubernetes' core.
    pub group: String,
    /// The object's kind.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// The object's namespace, where it has one.
    pub namespace: Option<String>,
    /// Whether its kind belongs to no namespace.
    pub is_cluster_wide: bool,
    /// The object itself.
    pub body: Value,
}

impl Backend {
    /// The Service's host, by its own namespace or else this one.
    pub fn host(&self, namespace: Option<&str>) -> String {
        let namespace = self.namespace.as_deref().or(namespace);
        names::service_host(&self.service, namespace)
    }
}

impl OwnObject {
    /// The template of the pods that it makes, or the pod that it is; none of a kind that is not known.
    pub fn template(&self) -> Option<&Value> {
        let spec = &self.body["spec"];
        match (self.group.as_str(), self.kind.as_str()) {
            ("", "Pod") => Some(&self.body),
            ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job") => Some(&spec["template"]),
            ("batch", "CronJob") => Some(&spec["jobTemplate"]["spec"]["template"]),
            ("leaderworkerset.x-k8s.io", "LeaderWorkerSet") => {
                let group = &spec["leaderWorkerTemplate"];
                let leader = group.get("leaderTemplate");
                leader.or_else(|| group.get("workerTemplate"))
            }
            _ => None,
        }
    }
}

/// How the pods of a workload are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodNames {
    /// By the hash of a ReplicaSet, and five characters.
    Hashed,
    /// By their numbers.
    Numbered,
    /// Nobody knows.
    Unknown,
}

/// A Service that requests go to.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The Service's name.
    pub service: String,
    /// The Service's namespace, where it is not the rollout's.
    pub namespace: Option<String>,
    /// The Service's port.
    pub port: u16,
    /// Header changes of these requests.
    pub headers: Option<Headers>,
}

/// A Deployment that is made of the model's fields, and what stands around it.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The runtime that serves the model.
    pub runtime: RuntimeName,
    /// The container image.
    pub image: ImageRef,
    /// What is served; always there for a runtime that needs it.
    pub served: Option<ServedModel>,
    /// Where what was downloaded stays, where the spec says so.
    pub cache: Option<ModelCache>,
    /// How many pods may be evicted at once.
    pub budget: Option<Budget>,
    /// How a change rolls through the pods.
    pub rolling: Rolling,
    /// How a pod that ends lets its requests finish.
    pub drain: Drain,
    /// The name of the container that serves.
    pub container: String,
    /// The account that the pods run as.
    pub account: Option<Account>,
    /// What the fields say of the pod; checks ask `template`, which has the last word.
    pub pod: Pod,
    /// The whole pod, as the Deployment makes it.
    pub template: PodTemplateSpec,
    /// The ConfigMap that the pod needs, where there is something to configure.
    pub config: Option<Config>,
}

impl Generated {
    /// The container that serves; a pod without it is refused.
    pub fn serving(&self) -> &Container {
        let containers = self.spec().containers.iter();
        let mut named = containers.filter(|container| container.name == self.container);
        named.next().expect("the container that serves is there")
    }

    /// What the pod is.
    pub fn spec(&self) -> &PodSpec {
        self.template.spec.as_ref().expect("every pod has a spec")
    }
}

impl Model {
    /// The workload that is made of the model's fields, where it is.
    pub fn generated(&self) -> Option<&Generated> {
        match &self.workload {
            Workload::Generated(generated) => Some(generated),
            Workload::Own(_) | Workload::Elsewhere => None,
        }
    }

    /// The team's own objects, where these run it.
    pub fn own(&self) -> Option<&Own> {
        match &self.workload {
            Workload::Own(own) => Some(own),
            Workload::Generated(_) | Workload::Elsewhere => None,
        }
    }

    /// Whether it runs in every stage, whatever the stages say.
    pub fn runs_elsewhere(&self) -> bool {
        matches!(self.workload, Workload::Elsewhere)
    }

    /// How its pods are named.
    pub fn pod_names(&self) -> PodNames {
        match &self.workload {
            Workload::Generated(_) => PodNames::Hashed,
            Workload::Own(own) => own.named,
            Workload::Elsewhere => PodNames::Unknown,
        }
    }

    /// What it serves, where the spec says so.
    pub fn served(&self) -> Option<&ServedModel> {
        self.generated()?.served.as_ref()
    }

    /// Whether a port of this name is the one of its runtime's metrics, which callers have no business with.
    pub fn is_metrics(&self, name: &str) -> bool {
        let facts = self.generated().map(|own| facts(own.runtime));
        facts
            .and_then(|facts| facts.metrics)
            .is_some_and(|port| port.name == name)
    }

    /// The number of a port of the runtime's: the container's of the same name, else the runtime's own.
    pub fn port_number(&self, wanted: RuntimePort) -> u16 {
        let mut ports = self.ports.iter();
        let named = ports.find(|port| port.name.as_deref() == Some(wanted.name));
        named.map_or(wanted.number, |port| port.number)
    }
}

/// What is served.
#[derive(Clone, Debug)]
pub struct ServedModel {
    /// The name that callers use.
    pub name: String,
    /// Where the server finds it.
    pub source: Source,
    /// The one version that is served.
    pub version: Option<u64>,
}

/// A port of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// The port's name, where it has one.
    pub name: Option<String>,
    /// The port's number.
    pub number: u16,
    /// `TCP` unless the spec says otherwise.
    pub protocol: Option<String>,
    /// The port of the node that leads to it, where it takes one.
    pub host: Option<HostPort>,
}

/// A port of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// The port's number.
    pub number: u16,
    /// The address of the node that it is open on; absent: all of them.
    pub address: Option<String>,
}

/// How many pods may be evicted at once.
#[derive(Clone, Debug)]
pub enum Budget {
    /// The pods, by number or percentage, that stay.
    MinAvailable(PortRef),
    /// The pods, by number or percentage, that may go.
    MaxUnavailable(PortRef),
}

/// How a change rolls through the pods.
#[derive(Clone, Debug)]
pub struct Rolling {
    /// Pods beyond the replicas while rolling.
    pub max_surge: PortRef,
    /// Pods below the replicas while rolling.
    pub max_unavailable: PortRef,
    /// Seconds that a pod must stay ready before the next one is replaced.
    pub min_ready_seconds: u32,
    /// Seconds in which a change must get on, where the spec says so.
    pub deadline_seconds: Option<u32>,
}

/// How a pod that ends lets its requests finish.
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    /// Seconds before the container is told to stop.
    pub seconds: u32,
    /// What makes the container wait.
    pub hook: DrainHook,
    /// The most seconds that the pod may take to end, the pause included.
    pub grace_seconds: u32,
}

impl Drain {
    /// Seconds that the container has to finish its requests after it was told to stop, with some left to end by itself.
    pub fn finish_seconds(&self) -> u32 {
        let pause = match self.hook {
            DrainHook::None => 0,
            DrainHook::Exec | DrainHook::SleepAction => self.seconds,
        };
        let left = self.grace_seconds.saturating_sub(pause);
        left.saturating_sub(ENDING_SECONDS).max(1)
    }
}

/// An account for the pods.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account's name.
    pub name: String,
    /// The account's annotations, where it is one of the objects.
    pub create: Option<BTreeMap<String, String>>,
}

/// What is passed on to the pod in Kubernetes' own shape.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    /// The command that replaces the image's entry point.
    pub command: Option<Vec<String>>,
    /// The arguments that replace the runtime's.
    pub args: Option<Vec<String>>,
    /// Arguments after the runtime's.
    pub extra_args: Vec<String>,
    /// Environment variables.
    pub env: Vec<EnvVar>,
    /// Environment variables from ConfigMaps and Secrets.
    pub env_from: Vec<EnvFromSource>,
    /// When the container may get requests.
    pub readiness_probe: Option<Probe>,
    /// When it must be restarted.
    pub liveness_probe: Option<Probe>,
    /// When it has started.
    pub startup_probe: Option<Probe>,
    /// Requests and limits.
    pub resources: Option<ResourceRequirements>,
    /// Annotations of the pods.
    pub annotations: BTreeMap<String, String>,
    /// Node labels that the pods need.
    pub node_selector: BTreeMap<String, String>,
    /// Taints that the pods tolerate.
    pub tolerations: Vec<Toleration>,
    /// Where the pods want to be.
    pub affinity: Option<Affinity>,
    /// The pods' volumes.
    pub volumes: Vec<Volume>,
    /// Where the container sees the volumes.
    pub volume_mounts: Vec<VolumeMount>,
    /// Secrets for private registries.
    pub image_pull_secrets: Vec<LocalObjectReference>,
    /// The pods' security context.
    pub security_context: Option<PodSecurityContext>,
    /// The container's security context.
    pub container_security_context: Option<SecurityContext>,
    /// When the image is pulled.
    pub image_pull_policy: Option<String>,
    /// What the container does when it starts and before it ends; a `preStop` stands in the place of the drain's pause.
    pub lifecycle: Option<Lifecycle>,
    /// Containers that run before the one that serves, sidecars last.
    pub init_containers: Vec<Container>,
    /// Containers beside the one that serves.
    pub containers: Vec<Container>,
    /// How the pods spread over zones and nodes.
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
    /// Claims of devices.
    pub resource_claims: Vec<PodResourceClaim>,
    /// The class that says who gives way where nodes are full.
    pub priority_class_name: Option<String>,
    /// The class that says what runs the containers.
    pub runtime_class_name: Option<String>,
    /// Who finds a node for the pods.
    pub scheduler_name: Option<String>,
    /// Whether the containers see each other's processes.
    pub share_process_namespace: Option<bool>,
    /// Where the pods ask for names.
    pub dns_policy: Option<String>,
    /// How the pods ask for names.
    pub dns_config: Option<PodDNSConfig>,
}
