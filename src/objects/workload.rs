//! The objects of one running model: configuration, account, Deployment, autoscaler, disruption budget.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::autoscaling::v2 as scaling;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::policy::v1 as policy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde::Serialize;

use crate::diag::Route;
use crate::plan::{Account, Autoscaling, Budget, DrainHook, Model, ModelId, Plan};
use crate::units::sha256_hex;

use super::base::int_or_string;
use super::meta::{id, kind_of, metadata, pod_labels};
use super::runtimes::{self, CONFIG_FOLDER, Parts};
use super::{Object, Scope, Value, Waves, json};

/// Seconds that a pod must stay ready before the next one is replaced: one scrape of the usual metrics.
const MIN_READY_SECONDS: i32 = 10;
/// Kubernetes' own default for `progressDeadlineSeconds`.
const PROGRESS_DEADLINE: i32 = 600;
/// Seconds beyond the startup probe's budget for a pod to be scheduled and its image pulled.
const SCHEDULING_SECONDS: i32 = 300;
/// The autoscaler's target where the spec names none, in percent of the requested CPU.
const CPU_TARGET: u32 = 70;
/// The characters of a ConfigMap's hash that its name carries.
const HASH_LENGTH: usize = 8;

pub(super) fn build(plan: &Plan, model_id: ModelId, replicas: u32, waves: Waves) -> Vec<Object> {
    let model = plan.model(model_id);
    let origin = Route::root().key("spec").key("models").index(model_id.0);
    let parts = runtimes::parts(model);
    let config = (!parts.config.is_empty()).then(|| config_name(model, &parts));
    let workload = Workload {
        plan,
        model,
        parts,
        config,
        waves,
    };
    let object = |kind: &'static str, file: &str, name: &str, wave: i32, body: Value| {
        debug_assert_eq!(kind_of(&body), kind);
        Object {
            id: id(plan, kind, name),
            file: format!("{file}-{}", model.name),
            scope: Scope::Stage,
            wave,
            origin: origin.clone(),
            body,
        }
    };
    let mut objects = Vec::new();
    if let Some(name) = &workload.config {
        objects.push(object(
            "ConfigMap",
            "configmap",
            name,
            waves.config,
            json(&workload.config_map(name)),
        ));
    }
    if let Some(Account {
        name,
        create: Some(annotations),
    }) = &model.account
    {
        let body = json(&workload.service_account(name, annotations));
        objects.push(object(
            "ServiceAccount",
            "service-account",
            name,
            waves.config,
            body,
        ));
    }
    let body = json(&workload.deployment(replicas));
    objects.push(object(
        "Deployment",
        "deployment",
        &model.workload,
        waves.workload,
        body,
    ));
    if let Some(autoscaling) = &model.autoscaling {
        let body = json(&workload.autoscaler(autoscaling));
        objects.push(object(
            "HorizontalPodAutoscaler",
            "horizontal-pod-autoscaler",
            &model.workload,
            waves.scaling,
            body,
        ));
    }
    if let Some(budget) = &model.budget {
        let body = json(&workload.disruption_budget(budget));
        objects.push(object(
            "PodDisruptionBudget",
            "pod-disruption-budget",
            &model.workload,
            waves.scaling,
            body,
        ));
    }
    objects
}

/// A name that changes with the content: a change then rolls the pods, and a pod of the old template that restarts still finds
/// the content that it was started with.
fn config_name(model: &Model, parts: &Parts) -> String {
    let content = serde_json::to_string(&parts.config).expect("a map of strings is JSON");
    format!(
        "{}-{}",
        model.workload,
        &sha256_hex(content.as_bytes())[..HASH_LENGTH]
    )
}

struct Workload<'a> {
    plan: &'a Plan,
    model: &'a Model,
    parts: Parts,
    config: Option<String>,
    waves: Waves,
}

impl Workload<'_> {
    fn metadata(&self, name: &str, wave: i32) -> ObjectMeta {
        metadata(self.plan, name, wave, Some(self.model))
    }

    fn selector(&self) -> LabelSelector {
        LabelSelector {
            match_labels: Some(self.model.selector.clone()),
            match_expressions: None,
        }
    }

    fn config_map(&self, name: &str) -> core::ConfigMap {
        core::ConfigMap {
            data: Some(self.parts.config.clone()),
            metadata: self.metadata(name, self.waves.config),
            ..core::ConfigMap::default()
        }
    }

    fn service_account(
        &self,
        name: &str,
        annotations: &BTreeMap<String, String>,
    ) -> core::ServiceAccount {
        let mut metadata = self.metadata(name, self.waves.config);
        metadata
            .annotations
            .get_or_insert_default()
            .extend(annotations.clone());
        core::ServiceAccount {
            metadata,
            ..core::ServiceAccount::default()
        }
    }

    fn deployment(&self, replicas: u32) -> apps::Deployment {
        let model = self.model;
        apps::Deployment {
            metadata: self.metadata(&model.workload, self.waves.workload),
            spec: Some(apps::DeploymentSpec {
                min_ready_seconds: Some(MIN_READY_SECONDS),
                progress_deadline_seconds: Some(self.progress_deadline()),
                // Two writers of one number would fight: an autoscaler's replicas are not in git.
                replicas: model
                    .autoscaling
                    .is_none()
                    .then(|| i32::try_from(replicas).unwrap_or(i32::MAX)),
                selector: self.selector(),
                strategy: Some(apps::DeploymentStrategy {
                    type_: Some("RollingUpdate".to_owned()),
                    rolling_update: Some(apps::RollingUpdateDeployment {
                        max_surge: Some(int_or_string(&model.rolling.max_surge)),
                        max_unavailable: Some(int_or_string(&model.rolling.max_unavailable)),
                    }),
                }),
                template: core::PodTemplateSpec {
                    metadata: Some(ObjectMeta {
                        annotations: some_map(&model.pod.annotations),
                        labels: Some(pod_labels(self.plan, model)),
                        ..ObjectMeta::default()
                    }),
                    spec: Some(self.pod()),
                },
                ..apps::DeploymentSpec::default()
            }),
            status: None,
        }
    }

    fn startup_probe(&self) -> Option<&core::Probe> {
        self.model
            .pod
            .startup_probe
            .as_ref()
            .or(self.parts.startup.as_ref())
    }

    /// Never below the time that the startup probe gives a pod, or a slow model would fail its own Deployment.
    fn progress_deadline(&self) -> i32 {
        let budget = self.startup_probe().map_or(0, |probe| {
            let tries = probe
                .failure_threshold
                .unwrap_or(3)
                .saturating_mul(probe.period_seconds.unwrap_or(10));
            tries.saturating_add(probe.initial_delay_seconds.unwrap_or(0))
        });
        PROGRESS_DEADLINE.max(budget.saturating_add(SCHEDULING_SECONDS))
    }

    fn pod(&self) -> core::PodSpec {
        let pod = &self.model.pod;
        let mut volumes = pod.volumes.clone();
        volumes.extend(self.config_volume());
        core::PodSpec {
            affinity: pod.affinity.clone(),
            containers: vec![self.container()],
            image_pull_secrets: some(&pod.image_pull_secrets),
            node_selector: some_map(&pod.node_selector),
            security_context: pod.security_context.clone(),
            service_account_name: self
                .model
                .account
                .as_ref()
                .map(|account| account.name.clone()),
            termination_grace_period_seconds: Some(i64::from(self.model.drain.grace_seconds)),
            tolerations: some(&pod.tolerations),
            volumes: some(&volumes),
            ..core::PodSpec::default()
        }
    }

    fn container(&self) -> core::Container {
        let (given, parts) = (&self.model.pod, &self.parts);
        let mut mounts = given.volume_mounts.clone();
        if !parts.files.is_empty() {
            mounts.push(core::VolumeMount {
                name: CONFIG_VOLUME.to_owned(),
                mount_path: CONFIG_FOLDER.to_owned(),
                read_only: Some(true),
                ..core::VolumeMount::default()
            });
        }
        let ports = self.model.ports.iter().map(|open| core::ContainerPort {
            name: open.name.clone(),
            container_port: i32::from(open.number),
            protocol: open.protocol.clone(),
            ..core::ContainerPort::default()
        });
        core::Container {
            name: parts.container.to_owned(),
            image: Some(self.model.image.to_string()),
            command: given.command.clone().or_else(|| parts.command.clone()),
            args: given.args.clone().or_else(|| parts.args.clone()),
            env: some(&self.env()),
            env_from: some(&given.env_from),
            lifecycle: self.drain(),
            liveness_probe: given.liveness_probe.clone(),
            ports: Some(ports.collect()),
            readiness_probe: given
                .readiness_probe
                .clone()
                .or_else(|| parts.readiness.clone()),
            resources: given.resources.clone(),
            startup_probe: self.startup_probe().cloned(),
            volume_mounts: some(&mounts),
            ..core::Container::default()
        }
    }

    /// The configuration's values as variables, then the team's own; a team's variable replaces one of the same name.
    fn env(&self) -> Vec<core::EnvVar> {
        let own = &self.model.pod.env;
        let config = self.config.iter().flat_map(|config| {
            let keys = self
                .parts
                .config
                .keys()
                .filter(|key| !self.parts.files.contains(&key.as_str()));
            keys.filter(|key| own.iter().all(|var| var.name != **key))
                .map(|key| core::EnvVar {
                    name: key.clone(),
                    value: None,
                    value_from: Some(core::EnvVarSource {
                        config_map_key_ref: Some(core::ConfigMapKeySelector {
                            name: config.clone(),
                            key: key.clone(),
                            optional: None,
                        }),
                        ..core::EnvVarSource::default()
                    }),
                })
        });
        config.chain(own.iter().cloned()).collect()
    }

    fn config_volume(&self) -> Option<core::Volume> {
        let config = self
            .config
            .as_ref()
            .filter(|_| !self.parts.files.is_empty())?;
        let items = self.parts.files.iter().map(|file| core::KeyToPath {
            key: (*file).to_owned(),
            path: (*file).to_owned(),
            mode: None,
        });
        Some(core::Volume {
            name: CONFIG_VOLUME.to_owned(),
            config_map: Some(core::ConfigMapVolumeSource {
                name: config.clone(),
                items: Some(items.collect()),
                ..core::ConfigMapVolumeSource::default()
            }),
            ..core::Volume::default()
        })
    }

    /// Endpoints take a while to leave every proxy: a pod that ends goes on serving until they have.
    fn drain(&self) -> Option<core::Lifecycle> {
        let seconds = self.model.drain.seconds;
        let handler = match self.model.drain.hook {
            _ if seconds == 0 => return None,
            DrainHook::None => return None,
            DrainHook::Exec => core::LifecycleHandler {
                exec: Some(core::ExecAction {
                    command: Some(vec!["sleep".to_owned(), seconds.to_string()]),
                }),
                ..core::LifecycleHandler::default()
            },
            DrainHook::SleepAction => core::LifecycleHandler {
                sleep: Some(core::SleepAction {
                    seconds: i64::from(seconds),
                }),
                ..core::LifecycleHandler::default()
            },
        };
        Some(core::Lifecycle {
            pre_stop: Some(handler),
            ..core::Lifecycle::default()
        })
    }

    fn autoscaler(&self, autoscaling: &Autoscaling) -> scaling::HorizontalPodAutoscaler {
        let cpu = autoscaling
            .cpu
            .or_else(|| autoscaling.metrics.is_empty().then_some(CPU_TARGET));
        let cpu = cpu.map(|target| scaling::MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(scaling::ResourceMetricSource {
                name: "cpu".to_owned(),
                target: scaling::MetricTarget {
                    type_: "Utilization".to_owned(),
                    average_utilization: Some(i32::try_from(target).unwrap_or(i32::MAX)),
                    ..scaling::MetricTarget::default()
                },
            }),
            ..scaling::MetricSpec::default()
        });
        let count = |pods: u32| i32::try_from(pods).unwrap_or(i32::MAX);
        scaling::HorizontalPodAutoscaler {
            metadata: self.metadata(&self.model.workload, self.waves.scaling),
            spec: Some(scaling::HorizontalPodAutoscalerSpec {
                max_replicas: count(autoscaling.max),
                metrics: Some(
                    cpu.into_iter()
                        .chain(autoscaling.metrics.iter().cloned())
                        .collect(),
                ),
                min_replicas: Some(count(autoscaling.min)),
                scale_target_ref: scaling::CrossVersionObjectReference {
                    api_version: Some("apps/v1".to_owned()),
                    kind: "Deployment".to_owned(),
                    name: self.model.workload.clone(),
                },
                behavior: None,
            }),
            status: None,
        }
    }

    fn disruption_budget(&self, budget: &Budget) -> policy::PodDisruptionBudget {
        let (min_available, max_unavailable) = match budget {
            Budget::MinAvailable(pods) => (Some(int_or_string(pods)), None),
            Budget::MaxUnavailable(pods) => (None, Some(int_or_string(pods))),
        };
        policy::PodDisruptionBudget {
            metadata: self.metadata(&self.model.workload, self.waves.scaling),
            spec: Some(policy::PodDisruptionBudgetSpec {
                max_unavailable,
                min_available,
                selector: Some(self.selector()),
                unhealthy_pod_eviction_policy: None,
            }),
            status: None,
        }
    }
}

/// The volume that carries a runtime's files.
const CONFIG_VOLUME: &str = "glidepath";

fn some<T: Clone + Serialize>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}

fn some_map(map: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then(|| map.clone())
}
