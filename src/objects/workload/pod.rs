//! The pod around the container.

use k8s_openapi::api::core::v1 as core;

use super::{Workload, some, some_map};

impl Workload<'_> {
    pub(super) fn pod(&self) -> core::PodSpec {
        let pod = &self.own.pod;
        let mut volumes = pod.volumes.clone();
        volumes.extend(self.own_volumes());
        core::PodSpec {
            affinity: pod.affinity.clone(),
            containers: vec![self.container()],
            init_containers: self.copies().map(|copies| vec![copies]),
            image_pull_secrets: some(&pod.image_pull_secrets),
            node_selector: some_map(&pod.node_selector),
            security_context: pod.security_context.clone(),
            service_account_name: self
                .own
                .account
                .as_ref()
                .map(|account| account.name.clone()),
            termination_grace_period_seconds: Some(i64::from(self.own.drain.grace_seconds)),
            tolerations: some(&pod.tolerations),
            volumes: some(&volumes),
            ..core::PodSpec::default()
        }
    }
}
