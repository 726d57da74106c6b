//! Metadata: what every object carries.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::plan::{self, Model, Plan};
use crate::units::names;

use super::{ObjectId, Value};

/// Name, namespace, labels, annotations and wave of an object; a model's own objects carry its version.
pub(super) fn metadata(plan: &Plan, name: &str, wave: i32, model: Option<&Model>) -> ObjectMeta {
    let mut annotations = plan.annotations.clone();
    annotations.insert(names::ANNOTATION_WAVE.to_owned(), wave.to_string());
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: plan.namespace.as_ref().map(ToString::to_string),
        labels: Some(labels(plan, model)),
        annotations: Some(annotations),
        ..ObjectMeta::default()
    }
}

/// The labels of an object.
pub(super) fn labels(plan: &Plan, model: Option<&Model>) -> BTreeMap<String, String> {
    plan::labels(&plan.name, &plan.labels, model.map(|model| &model.name))
}

/// The identity of a namespaced object.
pub(super) fn id(plan: &Plan, kind: &'static str, name: &str) -> ObjectId {
    ObjectId {
        kind: kind.into(),
        namespace: plan.namespace.as_ref().map(ToString::to_string),
        name: name.to_owned(),
    }
}

/// The kind that an object's JSON names.
pub(super) fn kind_of(body: &Value) -> &str {
    body["kind"].as_str().unwrap_or_default()
}
