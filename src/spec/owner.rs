//! What a model may say that glidepath does not make itself: its manifest or its owner says the rest.

use serde_json::Value;

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place};
use crate::text::Route;

/// What may stand beside `workload`.
const BESIDE_WORKLOAD: &[&str] = &[
    "name",
    "workload",
    "backend",
    "server",
    "subset",
    "replicas",
    "capacity",
    "trafficPolicy",
    "workloadName",
];
/// What may stand beside `backend` alone.
const BESIDE_BACKEND: &[&str] = &["name", "backend", "server", "capacity", "workloadName"];
/// What needs a subset, and a model with a `backend` has none.
const OF_SUBSETS: &[&str] = &["subset", "trafficPolicy"];

/// Every field of a model that is somebody else's to say.
pub(super) fn check(json: &Value) -> Vec<Diagnostic> {
    let models = json.pointer("/spec/models").and_then(Value::as_array);
    let models = models.into_iter().flatten().enumerate();
    models
        .flat_map(|(index, model)| {
            let at = Route::root().key("spec").key("models").index(index);
            check_model(model, &at)
        })
        .collect()
}

fn check_model(model: &Value, at: &Route) -> Vec<Diagnostic> {
    let has = |field: &str| model.get(field).is_some_and(Value::is_object);
    let (kind, allowed, whose) = match (has("workload"), has("backend")) {
        (true, _) => ("workload", BESIDE_WORKLOAD, "the manifest"),
        (false, true) => ("backend", BESIDE_BACKEND, "whoever runs it"),
        (false, false) => return Vec::new(),
    };
    let fields = model.as_object().into_iter().flatten();
    let refused = fields.filter_map(|(field, _)| {
        let place = Place::key(at.key(field));
        let found = if has("backend") && OF_SUBSETS.contains(&field.as_str()) {
            Diagnostic::new(
                Code::GP006,
                place,
                format!("`{field}` beside `backend`: requests go to a Service of its own, and to no subset"),
            )
            .help("remove one of them")
        } else if allowed.contains(&field.as_str()) {
            return None;
        } else {
            let also = allowed.iter().filter(|field| **field != "name" && **field != kind);
            Diagnostic::new(
                Code::GP006,
                place,
                format!("`{field}` beside `{kind}`: {whose} says it"),
            )
            .help(format!("remove it; beside `{kind}` stand {} and nothing else", and_list(also)))
        };
        Some(found.label(Place::key(at.key(kind)), "given here"))
    });
    refused.collect()
}
