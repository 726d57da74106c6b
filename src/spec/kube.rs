//! Fields in Kubernetes' own shapes: each is held against Kubernetes' type, and against the rules that its API server adds
//! (`pkg/apis/{core,apps,autoscaling,policy}/validation`). One file a shape.

mod affinity;
mod behavior;
mod claims;
mod containers;
mod disks;
mod dns;
mod env;
mod field;
mod fields;
mod files;
mod form;
mod keda;
mod labels;
mod lifecycle;
mod metrics;
mod mounts;
mod pod;
mod ports;
mod probes;
mod resources;
mod rollout;
mod rule;
mod scaling;
mod security;
mod selectors;
mod shape;
mod spread;
mod tolerations;
mod volumes;
mod windows;

use k8s_openapi::api::core::v1::PodSpec;
use serde_json::Value;

use crate::diag::Diagnostic;
use crate::text::Route;

use field::{Faults, Field};
use rule::{Rule, distinct};

/// The most faults that are told of a whole document, so that a hostile one cannot buy time with them.
const MAX_TOLD: usize = 1_000;

/// What the values of a model's fields must be that are no part of its pods.
const MODEL: &[(&str, Rule)] = &[
    ("podAnnotations", labels::POD_ANNOTATIONS),
    ("podLabels", labels::LABELS),
    ("autoscaling", scaling::AUTOSCALING),
    ("rollingUpdate", scaling::ROLLING_UPDATE),
    ("serviceAccount", rollout::ACCOUNT),
];

/// `imagePullSecrets`, which server-side apply keys by name, be it empty.
const PULL_SECRETS: Rule = Rule::Check(|list, faults| {
    let name = |secret: &Field| Some(secret.text("name").unwrap_or_default().to_owned());
    distinct(list, "name", name, "Secret", faults);
});

/// Every fault in an object, where Kubernetes' own type of its kind is known; `at` is where it stands.
pub fn check_object(body: &Value, at: &Route) -> Vec<Diagnostic> {
    let mut faults = Faults::default();
    let name = |field: &str| body[field].as_str().unwrap_or_default();
    if let Some(check) = shape::of_object(name("apiVersion"), name("kind")) {
        // Nobody writes `apiVersion` and `kind` of a template of claims, which the type asks for.
        let mut rest = body.clone();
        if let Some(spec) = rest.get_mut("spec").and_then(Value::as_object_mut) {
            spec.shift_remove("volumeClaimTemplates");
        }
        check(&rest, at, &mut faults);
    }
    faults.into_all()
}

/// Every fault in the fields that Kubernetes' API server reads.
///
/// Quantities that were written as numbers (`cpu: 3`) become strings in `json`, which is how Kubernetes' types hold them.
/// A field whose JSON type is wrong already is the schema's to complain about.
pub(super) fn check(json: &mut Value) -> Vec<Diagnostic> {
    let mut faults = Faults::default();
    let models = json
        .pointer_mut("/spec/models")
        .and_then(Value::as_array_mut);
    for (index, model) in models.into_iter().flatten().enumerate() {
        let route = Route::root().key("spec").key("models").index(index);
        settle(model);
        for (name, check) in shape::FIELDS {
            if let Some(value) = model.get(name) {
                check(value, &route.key(*name), &mut faults);
            }
        }
        if let Some(metrics) = model.pointer("/autoscaling/metrics") {
            let route = route.key("autoscaling").key("metrics");
            shape::metrics(metrics, &route, &mut faults);
        }
        if let Some(behavior) = model.pointer("/autoscaling/behavior") {
            let route = route.key("autoscaling").key("behavior");
            shape::behavior(behavior, &route, &mut faults);
        }
        let model = Field::at(&route, model);
        for (name, rule) in MODEL {
            if let Some(field) = model.get(name) {
                rule.check(&field, &mut faults);
            }
        }
        scaling::deadline(&model, &mut faults);
        pod::check_model(&model, &mut faults);
    }
    rollout::check(json, &mut faults);
    faults.into_all()
}

/// Every fault in what is merged over a whole pod; its quantities become strings.
pub(super) fn check_template_patch(template: &mut Value, at: &Route) -> Vec<Diagnostic> {
    let mut faults = Faults::default();
    settle_template(template);
    shape::template_patch(template, at, &mut faults);
    faults.into_all()
}

/// Whether a pod has a field of this name.
pub(super) fn is_of_pods(key: &str) -> bool {
    fields::of::<PodSpec>(&Route::root()).contains(&key)
}

/// Every fault in a whole PodTemplateSpec, at routes that begin with `podTemplate`.
pub fn check_pod(template: &Value) -> Vec<Diagnostic> {
    let mut faults = Faults::default();
    let route = Route::root().key("podTemplate");
    shape::template(template, &route, &mut faults);
    pod::check_template(&Field::at(&route, template), &mut faults);
    faults.into_all()
}

fn settle_template(template: &mut Value) {
    if let Some(spec) = template.get_mut("spec") {
        settle(spec);
    }
}

/// Writes the quantities of all containers that are numbers as strings.
fn settle(model: &mut Value) {
    if let Some(resources) = model.get_mut("resources") {
        resources::settle(resources);
    }
    if let Some(template) = model.get_mut("podTemplate") {
        settle_template(template);
    }
    for list in ["initContainers", "sidecars", "containers"] {
        let list = model.get_mut(list).and_then(Value::as_array_mut);
        for container in list.into_iter().flatten() {
            if let Some(resources) = container.get_mut("resources") {
                resources::settle(resources);
            }
        }
    }
}
