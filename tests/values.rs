//! `fixtures/values/<server>/<shape>.yaml` are values with what a real server says of them: a row with `refused` must be an error
//! where its `at` says, and a row without must be accepted. `tests/conformance/run values` asks the servers' own code.
//!
//! A row's other keys say what it changes in `fixtures/values/base.yaml`, each as a JSON merge patch: `model` the first model,
//! `route` the first route of `traffic.routes`, `metadata` the metadata, any other key the part of `spec` of that name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use glidepath::compile::{Environment, NoFiles, Source, compile};
use glidepath::diag::Severity;
use serde_json::{Map, Value};

use crate::support::{ROOT, files_below};

fn yaml(text: &[u8]) -> Value {
    serde_yaml::from_slice(text).expect("YAML")
}

/// The place of the base that a row's key changes, as a JSON pointer.
fn pointer(key: &str) -> String {
    match key {
        "model" => "/spec/models/0".to_owned(),
        "route" => "/spec/traffic/routes/0".to_owned(),
        "metadata" => "/metadata".to_owned(),
        part => format!("/spec/{part}"),
    }
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let target = target.as_object_mut().expect("it is one now");
    for (key, value) in patch {
        if value.is_null() {
            target.shift_remove(key);
        } else {
            merge(target.entry(key.as_str()).or_insert(Value::Null), value);
        }
    }
}

/// The base with a row's changes.
fn changed(base: &Value, row: &Map<String, Value>) -> Value {
    let mut document = base.clone();
    for (key, patch) in row {
        if key == "at" || key == "refused" {
            continue;
        }
        let pointer = pointer(key);
        if document.pointer(&pointer).is_none() {
            let spec = document["spec"].as_object_mut().expect("a mapping");
            spec.insert(key.clone(), Value::Null);
        }
        merge(document.pointer_mut(&pointer).expect("it is there"), patch);
    }
    document
}

/// What is wrong with glidepath's answer to a row, if anything is.
fn fault(base: &Value, row: &Map<String, Value>) -> Option<String> {
    // JSON is YAML, and leaves no doubt about what is a string.
    let source = Source::new("rollout.yaml", changed(base, row).to_string());
    let report = match compile(&source, &NoFiles, &Environment::default()) {
        Ok(compiled) => compiled.report,
        Err(report) => report,
    };
    let errors = report.sorted().into_iter();
    let errors: Vec<(String, &str)> = errors
        .filter(|found| found.severity == Severity::Error)
        .map(|found| {
            let route = found.place.route().map(ToString::to_string);
            (route.unwrap_or_default(), found.message.as_str())
        })
        .collect();
    match (row.get("refused"), row.get("at").and_then(Value::as_str)) {
        (Some(_), Some(at)) if errors.iter().any(|(route, _)| route == at) => None,
        (Some(said), Some(at)) if errors.is_empty() => {
            Some(format!("is accepted, and at `{at}` the server says {said}"))
        }
        (Some(_), Some(at)) => Some(format!("is no error at `{at}`, but {errors:?}")),
        (None, None) if errors.is_empty() => None,
        (None, None) => Some(format!("is accepted by the server, and here {errors:?}")),
        (Some(_), None) | (None, Some(_)) => Some("has one of `at` and `refused`".to_owned()),
    }
}

#[test]
fn what_the_servers_refuse_is_refused_where_it_stands_and_nothing_else() {
    let folder = Path::new(ROOT).join("fixtures/values");
    let base = yaml(&fs::read(folder.join("base.yaml")).expect("the base"));
    let (mut faults, mut rows, mut seen) = (Vec::new(), 0, BTreeSet::new());
    for (path, text) in files_below(&folder) {
        if path == "base.yaml" {
            continue;
        }
        for row in yaml(&text).as_array().expect("a list of rows") {
            let row = row.as_object().expect("a row");
            let shown = Value::Object(row.clone()).to_string();
            rows += 1;
            if let Some(fault) = fault(&base, row) {
                faults.push(format!("{path}: {shown} {fault}"));
            }
            if !seen.insert(shown.clone()) {
                faults.push(format!("{path}: {shown} is there twice"));
            }
        }
    }
    assert!(rows > 0, "there are no rows");
    assert!(
        faults.is_empty(),
        "{} of {rows} rows:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
