//! GP104, GP116, GP127 and GP128: what manifests bring beside the pods that they are about, held against the pods of all models.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Backend, Model, OwnObject, Plan};
use crate::units::DnsLabel;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for (index, model) in plan.models.iter().enumerate() {
        let at = Route::root().key("spec").key("models").index(index);
        if let Some(backend) = &model.backend {
            check_backend(plan, model, backend, &at, report);
        }
        check_others(plan, index, &at, report);
        check_uses(plan, index, &at, report);
    }
}

/// A backend's Service that a manifest brings has the port, and finds the model's pods and no others.
fn check_backend(plan: &Plan, model: &Model, backend: &Backend, at: &Route, report: &mut Report) {
    let own = plan.namespace.as_ref().map(DnsLabel::as_str);
    let namespace = backend.namespace.as_deref().or(own);
    let is_it = |object: &&OwnObject| {
        object.group.is_empty()
            && object.kind == "Service"
            && object.name == backend.service
            && object.namespace.as_deref() == namespace
    };
    let at = at.key("backend").key("service");
    let name = &backend.service;
    let mut refuse = |code, field: &str, message: String, help: &str| {
        let place = Place::value(at.key(field));
        report.push(Diagnostic::new(code, place, message).help(help));
    };
    let Some(service) = objects(model).find(is_it) else {
        let other = plan
            .models
            .iter()
            .find(|other| objects(other).any(|one| is_it(&one)));
        if let Some(other) = other {
            let message = format!(
                "the Service `{name}` is in the manifest of `{}`, and goes with it",
                other.name
            );
            refuse(
                Code::GP127,
                "name",
                message,
                "move it into this model's manifest",
            );
        }
        return;
    };
    let spec = &service.body["spec"];
    let ports = spec["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(port) = ports.iter().find(|port| port["port"] == backend.port) else {
        let message = format!(
            "the Service `{name}` of the manifest has no port {}",
            backend.port
        );
        refuse(Code::GP104, "port", message, "name a port that it has");
        return;
    };
    let selector = &spec["selector"];
    if !selector.is_object() {
        return;
    }
    let templates: Vec<&Value> = objects(model).filter_map(OwnObject::template).collect();
    let found: Vec<&&Value> = templates
        .iter()
        .filter(|one| finds(selector, one))
        .collect();
    if !templates.is_empty() && found.is_empty() {
        let message = format!("the Service `{name}` of the manifest finds none of its pods");
        refuse(
            Code::GP127,
            "name",
            message,
            "give its `selector` labels that the pods have",
        );
    }
    if let Some(wanted) = port["targetPort"].as_str()
        && !found.is_empty()
        && !found.iter().any(|template| has_port(template, wanted))
    {
        let message = format!(
            "the Service `{name}` leads to the container port `{wanted}`, which its pods do not have"
        );
        refuse(Code::GP104, "name", message, "name a port of the container");
    }
    let strays = plan.models.iter().find(|other| {
        other.name != model.name
            && (objects(other)
                .filter_map(OwnObject::template)
                .any(|one| finds(selector, one))
                || labelled(selector, &other.pod_labels))
    });
    if let Some(other) = strays {
        let message = format!(
            "the Service `{name}` finds the pods of `{}` too, which would answer for `{}`",
            other.name, model.name
        );
        refuse(
            Code::GP116,
            "name",
            message,
            "give its `selector` a label that only this model's pods have",
        );
    }
}

/// Pods that a manifest brings beside those of its model are in nobody's subset.
fn check_others(plan: &Plan, index: usize, at: &Route, report: &mut Report) {
    let Some(own) = plan.models[index].own() else {
        return;
    };
    for (place, object) in own.objects.iter().enumerate() {
        let Some(template) = object.template().filter(|_| own.pods != Some(place)) else {
            continue;
        };
        let taken = plan.models.iter().find(|model| {
            let finds = |labels: &BTreeMap<String, String>| {
                labels.iter().all(|(key, value)| {
                    template["metadata"]["labels"][key.as_str()] == value.as_str()
                })
            };
            model.backend.is_none()
                && !model.subset_labels.is_empty()
                && finds(&model.subset_labels)
                && finds(&plan.service.selector)
        });
        if let Some(model) = taken {
            let message = format!(
                "the pods of {}/{} are in the subset of `{}`, whose requests would reach them",
                object.kind, object.name, model.name
            );
            let place = Place::value(at.key("workload").key("manifest"));
            report.push(Diagnostic::new(Code::GP116, place, message).help(
                "give them other labels, or the models `subset: {labels: …}` that they do not have",
            ));
        }
    }
}

/// What a manifest brings goes with its model: no other model's pods may need it.
fn check_uses(plan: &Plan, index: usize, at: &Route, report: &mut Report) {
    let model = &plan.models[index];
    let mut used = BTreeSet::new();
    let made = model
        .generated()
        .map(|made| serde_json::to_value(&made.template));
    let made = made.and_then(Result::ok);
    let templates = objects(model).filter_map(OwnObject::template).chain(&made);
    for template in templates {
        uses(&template["spec"], &mut used);
    }
    for (kind, name) in used {
        let brings = |model: &Model| objects(model).any(|one| one.kind == kind && one.name == name);
        let other = plan.models.iter().find(|other| brings(other));
        if let Some(other) = other.filter(|_| !brings(model)) {
            let field = if model.own().is_some() {
                at.key("workload").key("manifest")
            } else {
                at.key("name")
            };
            let message = format!(
                "the pods of `{}` need the {kind} `{name}`, which the manifest of `{}` brings and which goes with it",
                model.name, other.name
            );
            report.push(
                Diagnostic::new(Code::GP128, Place::value(field), message).help(
                    "write the same object into both manifests, or apply it apart from the rollout",
                ),
            );
        }
    }
}

/// The objects that pods name, by kind and name.
fn uses<'a>(pod: &'a Value, used: &mut BTreeSet<(&'static str, &'a str)>) {
    fn list(value: &Value) -> &[Value] {
        value.as_array().map_or(&[], Vec::as_slice)
    }
    let mut add = |kind, name: &'a Value| used.extend(name.as_str().map(|name| (kind, name)));
    add("ServiceAccount", &pod["serviceAccountName"]);
    for volume in list(&pod["volumes"]) {
        add(
            "PersistentVolumeClaim",
            &volume["persistentVolumeClaim"]["claimName"],
        );
        add("ConfigMap", &volume["configMap"]["name"]);
        add("Secret", &volume["secret"]["secretName"]);
        for source in list(&volume["projected"]["sources"]) {
            add("ConfigMap", &source["configMap"]["name"]);
            add("Secret", &source["secret"]["name"]);
        }
    }
    for secret in list(&pod["imagePullSecrets"]) {
        add("Secret", &secret["name"]);
    }
    for container in ["containers", "initContainers"]
        .iter()
        .flat_map(|of| list(&pod[*of]))
    {
        for from in list(&container["envFrom"]) {
            add("ConfigMap", &from["configMapRef"]["name"]);
            add("Secret", &from["secretRef"]["name"]);
        }
        for variable in list(&container["env"]) {
            add(
                "ConfigMap",
                &variable["valueFrom"]["configMapKeyRef"]["name"],
            );
            add("Secret", &variable["valueFrom"]["secretKeyRef"]["name"]);
        }
    }
}

fn objects(model: &Model) -> impl Iterator<Item = &OwnObject> {
    model.own().into_iter().flat_map(|own| &own.objects)
}

/// Whether a selector finds the pods of a template.
fn finds(selector: &Value, template: &Value) -> bool {
    let labels = &template["metadata"]["labels"];
    let mut wanted = selector.as_object().into_iter().flatten();
    wanted.all(|(key, value)| labels[key.as_str()] == *value)
}

/// The same of labels that are known.
fn labelled(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    let mut wanted = selector.as_object().into_iter().flatten();
    !labels.is_empty()
        && wanted.all(|(key, value)| labels.get(key).map(String::as_str) == value.as_str())
}

/// Whether a container of a template has a port of this name.
fn has_port(template: &Value, wanted: &str) -> bool {
    let containers = template["spec"]["containers"].as_array();
    let ports = containers
        .into_iter()
        .flatten()
        .flat_map(|one| one["ports"].as_array().into_iter().flatten());
    let mut names = ports.map(|port| &port["name"]);
    names.any(|name| name == wanted)
}
