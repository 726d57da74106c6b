//! One object of a manifest: whether it can be applied with a model, and go with it.

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Route};
use crate::plan::model::OwnObject;
use crate::units::is_dns_subdomain;

/// Kinds that belong to no namespace; of one that is not known here, a namespace is assumed.
const CLUSTER_WIDE: [&str; 12] = [
    "APIService",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterServingRuntime",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];
/// Kinds that would write the mesh or the tree themselves, by their group.
const RIVALS: [(&str, &str); 4] = [
    ("argoproj.io", "Rollout"),
    ("flagger.app", "Canary"),
    ("glidepath.dev", "ModelRollout"),
    ("kustomize.config.k8s.io", "Kustomization"),
];
/// Fields that only the API server sets.
const SERVERS: [&str; 5] = [
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "uid",
];

/// Kinds that outlive a model: they would be deleted with it.
const LASTING: [(&str, &str); 2] = [
    ("", "Namespace"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
];
/// An annotation by which kustomize leaves an object out.
const LOCAL: &str = "config.kubernetes.io/local-config";

/// An object of a document, or what is wrong with it.
pub(super) fn read(
    mut body: Value,
    at: &Route,
    namespace: Option<&str>,
) -> Result<OwnObject, Box<Diagnostic>> {
    let wrong = |code, place, message: String| Box::new(Diagnostic::new(code, place, message));
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let metadata = at.key("metadata");
    let (Some(api_version), Some(kind), Some(name)) = (
        text(&body["apiVersion"]),
        text(&body["kind"]),
        text(&body["metadata"]["name"]),
    ) else {
        let message = "this is no object: `apiVersion`, `kind` and `metadata.name` are needed";
        return Err(wrong(
            Code::GP007,
            Place::value(at.clone()),
            message.to_owned(),
        ));
    };
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    if RIVALS.contains(&(group, kind.as_str())) {
        let message = format!("a {kind} of {group} moves the traffic or writes the tree itself");
        let found = wrong(Code::GP125, Place::value(at.key("kind")), message);
        return Err(Box::new(found.help("give the Deployment that it is about")));
    }
    if kind.ends_with("List") && body["items"].is_array() {
        let message = format!("a {kind} is no object that can be applied alone");
        let found = wrong(Code::GP125, Place::value(at.key("kind")), message);
        return Err(Box::new(
            found.help("write each of its items as a document, behind `---`"),
        ));
    }
    if let Some(field) = SERVERS
        .iter()
        .find(|field| !body["metadata"][**field].is_null())
    {
        let place = Place::key(metadata.key(*field));
        let found = wrong(
            Code::GP125,
            place,
            format!("`metadata.{field}` is the API server's to set"),
        );
        return Err(Box::new(found.help("remove it, and `status`")));
    }
    if LASTING.contains(&(group, kind.as_str())) {
        let message = format!("a {kind} would be deleted with the model, and all that is in it");
        let found = wrong(Code::GP125, Place::value(at.key("kind")), message);
        return Err(Box::new(found.help(
            "apply it apart from the rollout; `namespace.create` writes the rollout's own",
        )));
    }
    if !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = "a kind has letters and digits, and nothing else".to_owned();
        return Err(wrong(Code::GP125, Place::value(at.key("kind")), message));
    }
    // The API server takes any part of a path where a kind has no rule of its own.
    let is_name = match group {
        "" | "apps" | "autoscaling" | "policy" => is_dns_subdomain(&name),
        _ => !name.contains(['/', '%']) && name != "." && name != ".." && name.len() <= 253,
    };
    if !is_name {
        let message = format!("`{name}` is no name that Kubernetes takes");
        return Err(wrong(
            Code::GP106,
            Place::value(metadata.key("name")),
            message,
        ));
    }
    if !body["metadata"]["annotations"][LOCAL].is_null() {
        let place = Place::key(metadata.key("annotations").key(LOCAL));
        let message = "kustomize leaves an object with this annotation out".to_owned();
        return Err(wrong(Code::GP125, place, message));
    }
    let mut own = text(&body["metadata"]["namespace"]);
    let is_cluster_wide = CLUSTER_WIDE.contains(&kind.as_str());
    if own.is_none() && !is_cluster_wide {
        own = namespace.map(str::to_owned);
        if let Some(namespace) = namespace {
            body["metadata"]["namespace"] = Value::from(namespace);
        }
    }
    Ok(OwnObject {
        group: group.to_owned(),
        kind,
        name,
        namespace: own,
        is_cluster_wide,
        body,
    })
}
