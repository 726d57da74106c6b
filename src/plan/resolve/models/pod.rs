//! What is passed on to the pod as it was written.

use k8s_openapi::api::core::v1::Container;

use crate::plan::Pod;
use crate::spec::Model;

pub(super) fn pod(model: &Model) -> Pod {
    Pod {
        command: model.command.clone(),
        args: model.args.clone(),
        extra_args: model.extra_args.clone(),
        env: model.env.clone().unwrap_or_default(),
        env_from: model.env_from.clone().unwrap_or_default(),
        readiness_probe: model.readiness_probe.clone(),
        liveness_probe: model.liveness_probe.clone(),
        startup_probe: model.startup_probe.clone(),
        resources: model.resources.clone(),
        annotations: model.pod_annotations.clone(),
        node_selector: model.node_selector.clone(),
        tolerations: model.tolerations.clone().unwrap_or_default(),
        affinity: model.affinity.clone(),
        volumes: model.volumes.clone().unwrap_or_default(),
        volume_mounts: model.volume_mounts.clone().unwrap_or_default(),
        image_pull_secrets: model.image_pull_secrets.clone().unwrap_or_default(),
        security_context: model.security_context.clone(),
        container_security_context: model.container_security_context.clone(),
        image_pull_policy: model.image_pull_policy.clone(),
        lifecycle: model.lifecycle.clone(),
        init_containers: init_containers(model),
        containers: model.containers.clone().unwrap_or_default(),
        topology_spread_constraints: model
            .topology_spread_constraints
            .clone()
            .unwrap_or_default(),
        resource_claims: model.resource_claims.clone().unwrap_or_default(),
        priority_class_name: model.priority_class_name.clone(),
        runtime_class_name: model.runtime_class_name.clone(),
        scheduler_name: model.scheduler_name.clone(),
        share_process_namespace: model.share_process_namespace,
        dns_policy: model.dns_policy.clone(),
        dns_config: model.dns_config.clone(),
    }
}

/// Those that run to their end, then the sidecars, which may need what those have fetched.
fn init_containers(model: &Model) -> Vec<Container> {
    let sidecars = model.sidecars.iter().flatten().map(|sidecar| Container {
        restart_policy: Some("Always".to_owned()),
        ..sidecar.clone()
    });
    let before = model.init_containers.iter().flatten().cloned();
    before.chain(sidecars).collect()
}
