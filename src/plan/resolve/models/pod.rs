//! What is passed on to the pod as it was written.

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
    }
}
