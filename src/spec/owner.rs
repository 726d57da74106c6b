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
    let mut pool = pool(model, at);
    // Pods that the model's fields make, in a pool.
    let is_made =
        model.get("runtime").is_some() && model.pointer("/backend/inferencePool").is_some();
    if is_made && !has("workload") {
        return pool;
    }
    let (kind, allowed, whose) = match (has("workload"), has("backend")) {
        (true, _) => ("workload", BESIDE_WORKLOAD, "the manifest"),
        (false, true) => ("backend", BESIDE_BACKEND, "whoever runs it"),
        (false, false) => return pool,
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
    pool.extend(refused);
    pool
}

/// A backend is one thing, and a pool that is written selects pods that are made here.
fn pool(model: &Value, at: &Route) -> Vec<Diagnostic> {
    let Some(backend) = model.get("backend").filter(|backend| backend.is_object()) else {
        return Vec::new();
    };
    let at = at.key("backend");
    let pool = backend.get("inferencePool");
    let mut found = Vec::new();
    match (backend.get("service"), pool) {
        (None, None) => found.push(
            Diagnostic::new(
                Code::GP007,
                Place::key(at),
                "a backend is a `service` or an `inferencePool`, and neither is here",
            )
            .help("add `service: {name: …, port: …}`"),
        ),
        (Some(_), Some(_)) => found.push(
            Diagnostic::new(
                Code::GP006,
                Place::key(at.key("inferencePool")),
                "`inferencePool` beside `service`: requests go to one of them",
            )
            .help("remove one of them"),
        ),
        (None, Some(pool)) => {
            if backend.get("headers").is_some() {
                let message = "`headers` beside `inferencePool`: not every gateway changes headers on the way to a pool";
                let place = Place::key(at.key("headers"));
                found.push(
                    Diagnostic::new(Code::GP006, place, message)
                        .help("remove it, or set `headers` at a base route"),
                );
            }
            if pool.get("create").is_some() && model.get("runtime").is_none() {
                let place = Place::key(at.key("inferencePool").key("create"));
                let message =
                    "`create` without `runtime`: the pool would select pods that are not made here";
                found.push(
                    Diagnostic::new(Code::GP006, place, message)
                        .help("let who brings the pods write the pool too, and remove `create`"),
                );
            }
        }
        (Some(_), None) => {}
    }
    found
}
