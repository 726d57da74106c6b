//! Fields in Kubernetes' own shapes: each is held against Kubernetes' type, and against the rules that its API server adds.

mod fields;
mod resources;
mod shape;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, words};
use crate::text::Route;

/// The most faults that are told of a whole document, so that a hostile one cannot buy time with them.
const MAX_TOLD: usize = 1_000;

/// Every fault in the models' Kubernetes-shaped fields.
///
/// Quantities that were written as numbers (`cpu: 3`) become strings in `json`, which is how Kubernetes' types hold them.
/// A field whose JSON type is wrong already is the schema's to complain about.
pub(super) fn check(json: &mut Value) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let models = json
        .pointer_mut("/spec/models")
        .and_then(Value::as_array_mut);
    for (index, model) in models.into_iter().flatten().enumerate() {
        let route = Route::root().key("spec").key("models").index(index);
        if let Some(resources) = model.get_mut("resources") {
            resources::check(resources, &route.key("resources"), &mut faults);
        }
        for (name, check) in shape::FIELDS {
            if let Some(value) = model.get(name) {
                check(value, &route.key(*name), &mut faults);
            }
        }
        for name in ["readinessProbe", "livenessProbe", "startupProbe"] {
            if let Some(probe) = model.get(name) {
                one_handler(probe, &route.key(name), &mut faults);
            }
        }
        if let Some(metrics) = model.pointer("/autoscaling/metrics") {
            let route = route.key("autoscaling").key("metrics");
            shape::metrics(metrics, &route, &mut faults);
        }
    }
    faults
}

/// A probe asks in exactly one way (Kubernetes' `ProbeHandler`).
fn one_handler(probe: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    const HANDLERS: [&str; 4] = ["httpGet", "tcpSocket", "exec", "grpc"];
    let Some(entries) = probe.as_object() else {
        return;
    };
    let given: Vec<&str> = entries
        .iter()
        .filter(|(name, value)| HANDLERS.contains(&name.as_str()) && !value.is_null())
        .map(|(name, _)| name.as_str())
        .collect();
    if given.len() != 1 {
        let found = if given.is_empty() {
            "asks in no way".to_owned()
        } else {
            format!("asks by {}", words::and_list(&given))
        };
        faults.push(Diagnostic::new(
            Code::GP010,
            Place::key(route.clone()),
            format!(
                "the probe {found}, and needs exactly one of {}",
                words::and_list(HANDLERS)
            ),
        ));
    }
}
