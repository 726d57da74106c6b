//! The Deployment.

use k8s_openapi::api::apps::v1 as apps;

use crate::objects::base::int_or_string;
use crate::plan::pods;

use super::Workload;

/// Kubernetes' own default for `progressDeadlineSeconds`.
const PROGRESS_DEADLINE: i32 = 600;
/// Seconds beyond the startup probe's budget for a pod to be scheduled and its image pulled.
const SCHEDULING_SECONDS: i32 = 300;

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
                template: own.template.clone(),
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
        let slowest = pods::start_seconds(self.own);
        let slowest = slowest.max(whole(rolling.min_ready_seconds));
        PROGRESS_DEADLINE.max(slowest.saturating_add(SCHEDULING_SECONDS))
    }
}

/// A number as Kubernetes holds it.
fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
