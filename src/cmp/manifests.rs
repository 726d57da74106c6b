//! What an admin applies once: the plugin's ConfigMap, and the patch that adds its sidecar to Argo CD's repo server.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde_json::{Value, json};

use crate::tree::yaml;
use crate::units::names::MANAGER;

/// The image that `docker build --tag` makes in this repository.
pub const DEFAULT_IMAGE: &str = concat!("glidepath:", env!("CARGO_PKG_VERSION"));

const CONFIG_MAP: &str = "glidepath-plugin";
const PLUGIN_FILE: &str = "plugin.yaml";
/// Where the image has the program; a path, because an image from scratch has no `PATH`.
const PROGRAM: &str = "/usr/local/bin/glidepath";
/// The user of Argo CD's own containers. It must be the same one: the repo server connects to the sidecar's socket.
const USER: i64 = 999;

/// What differs between installations.
#[derive(Clone, Debug)]
pub struct Sidecar {
    /// The image that holds the plugin.
    pub image: String,
    /// Argo CD's namespace.
    pub namespace: String,
}

/// The ConfigMap and the Deployment's patch as one YAML stream, for `kubectl apply --server-side`.
pub fn manifests(sidecar: &Sidecar) -> String {
    format!("{}---\n{}", config_map(sidecar), patch(sidecar))
}

/// The ConfigMap with `plugin.yaml`.
pub fn config_map(sidecar: &Sidecar) -> String {
    yaml(&json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": CONFIG_MAP,
            "namespace": sidecar.namespace,
            "labels": labels(),
        },
        "data": {PLUGIN_FILE: yaml(&plugin())},
    }))
}

fn labels() -> Value {
    json!({"app.kubernetes.io/name": CONFIG_MAP, "app.kubernetes.io/part-of": "argocd"})
}

/// The plugin's own file.
///
/// No `version`: it would become part of the name that every Application must use, and change with every upgrade. No
/// `discover`: it would make the repo server send every repository without a source type here, and every repository of
/// this plugin twice.
fn plugin() -> Value {
    let command = |name: &str| json!({"command": [PROGRAM, "cmp", name]});
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ConfigManagementPlugin",
        "metadata": {"name": MANAGER},
        "spec": {
            "generate": command("generate"),
            "parameters": {"dynamic": command("parameters")},
        },
    })
}

/// The strategic merge patch of the Deployment `argocd-repo-server`.
pub fn patch(sidecar: &Sidecar) -> String {
    let container = serde_json::to_value(container(sidecar)).expect("a container is JSON");
    yaml(&json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "argocd-repo-server", "namespace": sidecar.namespace},
        "spec": {"template": {"spec": {
            "containers": [container],
            "volumes": [
                {"name": CONFIG_MAP, "configMap": {"name": CONFIG_MAP}},
                // Not the repo server's own /tmp: what one writes there, the other would trust.
                {"name": "glidepath-tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            ],
        }}},
    }))
}

fn container(sidecar: &Sidecar) -> core::Container {
    let mount = |name: &str, path: &str, sub: Option<&str>| core::VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        sub_path: sub.map(ToOwned::to_owned),
        read_only: sub.map(|_| true),
        ..core::VolumeMount::default()
    };
    let amounts = |cpu: &str, memory: &str| {
        [("cpu", cpu), ("memory", memory)]
            .map(|(name, amount)| (name.to_owned(), Quantity(amount.to_owned())))
            .into()
    };
    core::Container {
        name: MANAGER.to_owned(),
        image: Some(sidecar.image.clone()),
        // Argo CD's own server, which its init container copies into the shared volume; it runs the program.
        command: Some(vec!["/var/run/argocd/argocd-cmp-server".to_owned()]),
        security_context: Some(core::SecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            read_only_root_filesystem: Some(true),
            allow_privilege_escalation: Some(false),
            capabilities: Some(core::Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                ..core::Capabilities::default()
            }),
            seccomp_profile: Some(core::SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..core::SeccompProfile::default()
            }),
            ..core::SecurityContext::default()
        }),
        resources: Some(core::ResourceRequirements {
            requests: Some(amounts("50m", "64Mi")),
            limits: Some(amounts("1", "512Mi")),
            ..core::ResourceRequirements::default()
        }),
        volume_mounts: Some(vec![
            mount("var-files", "/var/run/argocd", None),
            mount("plugins", "/home/argocd/cmp-server/plugins", None),
            mount(
                CONFIG_MAP,
                &format!("/home/argocd/cmp-server/config/{PLUGIN_FILE}"),
                Some(PLUGIN_FILE),
            ),
            mount("glidepath-tmp", "/tmp", None),
        ]),
        ..core::Container::default()
    }
}
