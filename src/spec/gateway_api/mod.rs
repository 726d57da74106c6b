//! In: the document as JSON. Out: every value that Gateway API refuses, has no place for, or leaves to each gateway, at its line.
//! The rules are those of its CRDs (schemas, and rules in CEL; <https://gateway-api.sigs.k8s.io/reference/spec/>).
//! Never asks which stage a value is written in.

mod cors;
mod foreign;
mod headers;
mod hosts;
mod listeners;
mod matches;
mod parents;
mod patched;
mod paths;
mod retries;
mod routes;
mod version;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::text::Route;

pub use cors::cors;
pub use patched::route_faults;
pub use retries::retry;
pub use version::{Channel, Feature, GatewayApi, GatewayApiVersion};

/// The most faults that are told of a whole document, so that a hostile one cannot buy time with them.
const MAX_TOLD: usize = 1_000;

/// Whether a document asks for Gateway API.
pub(super) fn is_asked_for(json: &Value) -> bool {
    let provider = json.pointer("/spec/traffic/provider");
    provider.and_then(Value::as_str) == Some("gateway-api")
}

/// Every value that the document's router does not take. A value whose JSON type is wrong already is the schema's to complain
/// about.
pub(super) fn check(json: &Value) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let at = Route::root().key("spec");
    let Some(spec) = json.get("spec") else {
        return faults;
    };
    if !is_asked_for(json) {
        foreign::of_gateway_api(spec, &at, &mut faults);
        return faults;
    }
    let api = GatewayApi::asked_for(json);
    foreign::of_istio(spec, &at, &mut faults);
    for (index, cohort) in items(spec.get("cohorts")).enumerate() {
        let at = at.key("cohorts").index(index);
        matches::check(cohort, api, &at, &mut faults);
        if is_full(&faults) {
            break;
        }
    }
    for (index, model) in items(spec.get("models")).enumerate() {
        if let Some(given) = model.pointer("/backend/headers") {
            let at = at.key("models").index(index);
            headers::check(given, &at.key("backend").key("headers"), &mut faults);
        }
        if is_full(&faults) {
            break;
        }
    }
    for (index, step) in items(spec.get("steps")).enumerate() {
        if is_full(&faults) {
            break;
        }
        if let Some(mirror) = step.get("mirror") {
            let at = at.key("steps").index(index).key("mirror");
            matches::check(mirror, api, &at, &mut faults);
        }
    }
    if let Some(traffic) = spec.get("traffic") {
        let at = at.key("traffic");
        hosts::check(traffic, &at, &mut faults);
        let own = json.pointer("/metadata/namespace").and_then(Value::as_str);
        parents::check(traffic, api, own, &at, &mut faults);
        listeners::check(traffic, &at, &mut faults);
        for (index, given) in items(traffic.get("routes")).enumerate() {
            let at = at.key("routes").index(index);
            matches::check(given, api, &at, &mut faults);
            routes::check(given, api, &at, &mut faults);
            if is_full(&faults) {
                break;
            }
        }
    }
    faults.truncate(MAX_TOLD);
    faults
}

/// Whether as much is told as anybody reads.
fn is_full(faults: &[Diagnostic]) -> bool {
    faults.len() >= MAX_TOLD
}

/// The items of a list; none where there is no list.
fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The entries of a mapping; none where there is no mapping.
fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// A complaint about the value at `route`, which Gateway API's CRDs refuse.
fn refused(route: Route, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::GP224, Place::value(route), message)
}

/// A complaint about the field at `route`, which Gateway API has no word for.
fn unsaid(route: Route, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::GP223, Place::key(route), message)
}
