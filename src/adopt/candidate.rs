//! The version that comes next, where only one runs: a copy of it under names and labels of its own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::units::names::LABEL_VERSION;

use super::model::Model;
use super::scope::{Scope, Workload};

/// The name of the new model, and the value of the labels that tell it apart.
const NAME: &str = "candidate";
const OTHER: &str = "next";

/// By which labels the pods that run are told from those of other versions.
pub(super) fn telling(
    scope: &Scope,
    workload: &Workload,
    stable: &Model,
    added: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let version = added
        .get(LABEL_VERSION)
        .map(|value| (LABEL_VERSION.to_owned(), value.clone()));
    if let Some(version) = version {
        return BTreeMap::from([version]);
    }
    if let Some(subset) = &stable.subset {
        return subset.clone();
    }
    let own = workload.selector.iter();
    let own = own.filter(|(key, _)| !scope.selector.contains_key(*key));
    let own: BTreeMap<String, String> = own
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    match own.get(LABEL_VERSION) {
        Some(version) => BTreeMap::from([(LABEL_VERSION.to_owned(), version.clone())]),
        None => own,
    }
}

/// The copy.
pub(super) fn of(
    scope: &Scope,
    workload: &Workload,
    stable: &Model,
    telling: &BTreeMap<String, String>,
    added: &BTreeMap<String, String>,
) -> Model {
    let name = if stable.name == NAME { OTHER } else { NAME };
    let adopts = !added.is_empty();
    // What the workload that runs selects must not find the copy's pods, and the Service must.
    let differs = |key: &String| {
        telling.contains_key(key)
            || (workload.selector.contains_key(key) && !scope.selector.contains_key(key))
    };
    let mut pods: BTreeMap<String, String> = workload.pods.clone();
    if adopts {
        pods.retain(|key, _| !workload.selector.contains_key(key));
        pods.extend(added.clone());
    }
    for (key, value) in &mut pods {
        if differs(key) {
            name.clone_into(value);
        }
    }
    let mut selector: BTreeMap<String, String> = if adopts {
        added.clone()
    } else {
        workload.selector.clone()
    };
    for (key, value) in &mut selector {
        if differs(key) {
            name.clone_into(value);
        }
    }
    let subset = telling
        .keys()
        .map(|key| (key.clone(), name.to_owned()))
        .collect();
    let documents = stable.documents.iter().enumerate();
    let documents = documents.map(|(index, body)| {
        let mut body = body.clone();
        let own = body["metadata"]["name"].as_str().unwrap_or_default();
        body["metadata"]["name"] = json!(format!("{own}-{name}"));
        if index == 0 {
            if body["spec"]["selector"].is_object() {
                body["spec"]["selector"] = json!({ "matchLabels": selector });
            }
            if let Some(template) = body.pointer_mut(workload.template) {
                template["metadata"]["labels"] = json!(pods);
            }
            relabel(&mut body, &pods, name);
        } else if body["kind"] == "PodDisruptionBudget" {
            body["spec"]["selector"] = json!({ "matchLabels": selector });
        } else {
            let target = &workload.object.identity.name;
            body["spec"]["scaleTargetRef"]["name"] = json!(format!("{target}-{name}"));
        }
        body
    });
    Model {
        name: name.to_owned(),
        runs: false,
        taken: Vec::new(),
        documents: documents.collect(),
        subset: Some(subset),
        policy: None,
        replicas: None,
    }
}

/// Labels of the object itself that say what the pods' say.
fn relabel(body: &mut Value, pods: &BTreeMap<String, String>, name: &str) {
    let own = body["metadata"]["labels"]
        .as_object_mut()
        .into_iter()
        .flatten();
    for (_, value) in own.filter(|(key, _)| pods.get(*key).is_some_and(|value| value == name)) {
        *value = json!(name);
    }
}
