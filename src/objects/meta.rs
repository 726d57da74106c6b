//! Metadata: what every object carries.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::plan::{Model, Plan};
use crate::units::names;

use super::{ObjectId, Value};

/// Name, namespace, labels and wave of an object; a model's own objects carry its version.
pub(super) fn metadata(plan: &Plan, name: &str, wave: i32, model: Option<&Model>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: plan.namespace.as_ref().map(ToString::to_string),
        labels: Some(labels(plan, model)),
        annotations: Some(BTreeMap::from([(
            names::ANNOTATION_WAVE.to_owned(),
            wave.to_string(),
        )])),
        ..ObjectMeta::default()
    }
}

/// The labels of an object.
pub(super) fn labels(plan: &Plan, model: Option<&Model>) -> BTreeMap<String, String> {
    let rollout = plan.name.as_str();
    let mut labels = plan.labels.clone();
    let mut set = |key: &str, value: &str| labels.insert(key.to_owned(), value.to_owned());
    set(names::LABEL_APP, rollout);
    set(names::LABEL_NAME, rollout);
    set(names::LABEL_INSTANCE, rollout);
    set(names::LABEL_MANAGED_BY, names::MANAGER);
    if let Some(model) = model {
        set(names::LABEL_VERSION, model.name.as_str());
        set(names::LABEL_KUBE_VERSION, model.name.as_str());
    }
    labels
}

/// The labels of a model's pods: the objects' labels, with the ones that selectors need.
pub(super) fn pod_labels(plan: &Plan, model: &Model) -> BTreeMap<String, String> {
    let mut labels = labels(plan, Some(model));
    labels.extend(model.pod_labels.clone());
    labels
}

/// The identity of a namespaced object.
pub(super) fn id(plan: &Plan, kind: &'static str, name: &str) -> ObjectId {
    ObjectId {
        kind,
        namespace: plan.namespace.as_ref().map(ToString::to_string),
        name: name.to_owned(),
    }
}

/// The kind that an object's JSON names.
pub(super) fn kind_of(body: &Value) -> &str {
    body["kind"].as_str().unwrap_or_default()
}
