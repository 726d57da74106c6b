//! The pod around the container.

use k8s_openapi::api::core::v1 as core;

use super::{Pod, some, some_map};

impl Pod<'_> {
    pub(super) fn pod(&self) -> core::PodSpec {
        let pod = &self.own.pod;
        let mut volumes = pod.volumes.clone();
        volumes.extend(self.own_volumes());
        let mut containers = vec![self.container()];
        containers.extend(pod.containers.iter().cloned());
        // What is served is there before anything of the team's runs.
        let mut init_containers: Vec<_> = self.copies().into_iter().collect();
        init_containers.extend(pod.init_containers.iter().cloned());
        core::PodSpec {
            affinity: pod.affinity.clone(),
            containers,
            dns_config: pod.dns_config.clone(),
            dns_policy: pod.dns_policy.clone(),
            image_pull_secrets: some(&pod.image_pull_secrets),
            init_containers: some(&init_containers),
            node_selector: some_map(&pod.node_selector),
            priority_class_name: pod.priority_class_name.clone(),
            resource_claims: some(&pod.resource_claims),
            runtime_class_name: pod.runtime_class_name.clone(),
            scheduler_name: pod.scheduler_name.clone(),
            security_context: pod.security_context.clone(),
            service_account_name: self
                .own
                .account
                .as_ref()
                .map(|account| account.name.clone()),
            share_process_namespace: pod.share_process_namespace,
            termination_grace_period_seconds: Some(i64::from(self.own.drain.grace_seconds)),
            tolerations: some(&pod.tolerations),
            topology_spread_constraints: some(&pod.topology_spread_constraints),
            volumes: some(&volumes),
            ..core::PodSpec::default()
        }
    }
}
