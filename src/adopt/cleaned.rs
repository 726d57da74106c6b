//! An object without what only a server, or who applied it, has written into it.

use serde_json::{Map, Value};

/// Fields of `metadata` that only the API server sets.
const SERVERS: [&str; 10] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generateName",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];
/// The beginnings of annotations and labels by which appliers and controllers keep their books.
const BOOKS: [&str; 8] = [
    "argocd.argoproj.io/",
    "autoscaling.alpha.kubernetes.io/",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "helm.toolkit.fluxcd.io/",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kustomize.toolkit.fluxcd.io/",
    "meta.helm.sh/",
];

/// The object as a person would have written it.
pub(super) fn cleaned(body: &Value) -> Value {
    let mut body = body.clone();
    let Some(fields) = body.as_object_mut() else {
        return body;
    };
    fields.remove("status");
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in SERVERS {
            metadata.remove(field);
        }
        for field in ["annotations", "labels"] {
            without_books(metadata, field);
        }
    }
    // A server prints it in every template, and it says nothing.
    for at in ["/spec/template/metadata", "/spec/jobTemplate/metadata"] {
        if let Some(metadata) = body.pointer_mut(at).and_then(Value::as_object_mut) {
            metadata.remove("creationTimestamp");
        }
    }
    body
}

fn without_books(metadata: &mut Map<String, Value>, field: &str) {
    let Some(entries) = metadata.get_mut(field).and_then(Value::as_object_mut) else {
        return;
    };
    entries.retain(|key, _| !is_book(key));
    if entries.is_empty() {
        metadata.remove(field);
    }
}

/// Whether an annotation or a label is somebody's book-keeping.
pub(super) fn is_book(key: &str) -> bool {
    BOOKS.iter().any(|start| key.starts_with(start))
}

/// Whether Helm has installed an object.
pub(super) fn is_helms(body: &Value) -> bool {
    let metadata = &body["metadata"];
    metadata["annotations"]["meta.helm.sh/release-name"].is_string()
        || metadata["labels"]["app.kubernetes.io/managed-by"] == "Helm"
}

/// Whether an object was printed by a server.
pub(super) fn is_live(body: &Value) -> bool {
    body["metadata"]["uid"].is_string()
}
