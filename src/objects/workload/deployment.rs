//! The Deployment.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::objects::base::int_or_string;

use super::{Workload, some_map};

/// Kubernetes' own default for `progressDeadlineSeconds`.
const PROGRESS_DEADLINE: i32 = 600;
/// Seconds beyond the startup probe's budget for a pod to be scheduled and its image pulled.
const SCHEDULING_SECONDS: i32 = 300;
/// Seconds for an init container to copy what is served.
const COPYING_SECONDS: i32 = 1_800;

impl Workload<'_> {
    pub(super) fn deployment(&self, replicas: u32) -> apps::Deployment {
        let (model, own) = (self.model, self.own);
        apps::Deployment {
            metadata: self.metadata(&model.workload_name, self.waves.workload),
            spec: Some(apps::DeploymentSpec {
                min_ready_seconds: Some(whole(self.own.rolling.min_ready_seconds)),
                progress_deadline_seconds: Some(self.progress_deadline()),
                // Two writers of one number would fight: what another one scales is not in git.
                replicas: model.is_counted().then(|| whole(replicas)),
                selector: self.selector(),
                strategy: Some(apps::DeploymentStrategy {
                    type_: Some("RollingUpdate".to_owned()),
                    rolling_update: Some(apps::RollingUpdateDeployment {
                        max_surge: Some(int_or_string(&own.rolling.max_surge)),
                        max_unavailable: Some(int_or_string(&own.rolling.max_unavailable)),
                    }),
                }),
                template: core::PodTemplateSpec {
                    metadata: Some(ObjectMeta {
                        annotations: some_map(&own.pod.annotations),
                        labels: Some(model.pod_labels.clone()),
                        ..ObjectMeta::default()
                    }),
                    spec: Some(self.pod()),
                },
                ..apps::DeploymentSpec::default()
            }),
            status: None,
        }
    }

    /// The spec's own; else never below the time that the startup probe gives a pod, or a slow model would fail its own Deployment.
    fn progress_deadline(&self) -> i32 {
        let rolling = &self.own.rolling;
        if let Some(given) = rolling.deadline_seconds {
            return whole(given);
        }
        let budget = self.startup_probe().map_or(0, |probe| {
            let tries = probe
                .failure_threshold
                .unwrap_or(3)
                .saturating_mul(probe.period_seconds.unwrap_or(10));
            tries.saturating_add(probe.initial_delay_seconds.unwrap_or(0))
        });
        let copying = self.copies().map_or(0, |_| COPYING_SECONDS);
        let slowest = budget.saturating_add(copying);
        let slowest = slowest.max(whole(rolling.min_ready_seconds));
        PROGRESS_DEADLINE.max(slowest.saturating_add(SCHEDULING_SECONDS))
    }
}

/// A number as Kubernetes holds it.
fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
