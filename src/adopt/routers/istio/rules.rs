//! The rules of a VirtualService, as far as a rollout can say them.

use serde_json::{Map, Value};

use crate::adopt::read::{Complaints, Object};
use crate::adopt::routers::Rule;
use crate::diag::Route;

use super::{Host, refuse};

/// What a base route does to its requests.
const OPTIONS: [&str; 5] = ["corsPolicy", "headers", "retries", "rewrite", "timeout"];
/// The conditions that a cohort can name.
const CONDITIONS: [&str; 6] = [
    "headers",
    "method",
    "queryParams",
    "sourceLabels",
    "sourceNamespace",
    "uri",
];

/// Whether any rule sends requests to the host.
pub(super) fn leads_to(host: &Host, object: &Object) -> bool {
    let mut all = rules(object).flat_map(destinations);
    all.any(|one| host.is(&one["destination"]["host"], &object.identity))
}

/// The port that the rules lead to: the first that is said.
pub(super) fn port(object: &Object) -> Option<u16> {
    let mut all = rules(object).flat_map(destinations);
    let number = all.find_map(|one| one["destination"]["port"]["number"].as_u64())?;
    u16::try_from(number).ok()
}

fn rules(object: &Object) -> impl Iterator<Item = &Value> {
    object.body["spec"]["http"].as_array().into_iter().flatten()
}

fn destinations(rule: &Value) -> impl Iterator<Item = &Value> {
    rule["route"].as_array().into_iter().flatten()
}

/// Every rule, and a complaint at each field that no rollout has a word for.
pub(super) fn read(host: &Host, object: &Object, complaints: &mut Complaints<'_>) -> Vec<Rule> {
    let at = Route::root().key("spec");
    for (key, _) in fields(&object.body["spec"]) {
        if !["gateways", "hosts", "http"].contains(&key.as_str()) {
            unsayable(complaints, object, at.key(key), key);
        }
    }
    let at = at.key("http");
    let mut read = Vec::new();
    for (index, rule) in rules(object).enumerate() {
        let at = at.index(index);
        let known = |key: &str| ["match", "name", "route"].contains(&key) || OPTIONS.contains(&key);
        for (key, _) in fields(rule).filter(|(key, _)| !known(key)) {
            unsayable(complaints, object, at.key(key), key);
        }
        let mut shares: Vec<(Option<String>, u64)> = Vec::new();
        let only = destinations(rule).count() == 1;
        for (number, one) in destinations(rule).enumerate() {
            let at = at.key("route").index(number);
            let to = &one["destination"];
            if !host.is(&to["host"], &object.identity) {
                let name = to["host"].as_str().unwrap_or_default();
                refuse(
                    complaints,
                    object,
                    at.key("destination").key("host"),
                    format!(
                        "this rule leads to `{name}` too, and every route of a rollout leads to its own Service"
                    ),
                    "move the rule into a VirtualService of its own, on a host of its own",
                );
            }
            for (key, _) in
                fields(one).filter(|(key, _)| !["destination", "weight"].contains(&key.as_str()))
            {
                unsayable(complaints, object, at.key(key), key);
            }
            let weight = one["weight"].as_u64().unwrap_or(u64::from(only) * 100);
            let subset = to["subset"].as_str().map(str::to_owned);
            if weight > 0 {
                shares.push((subset, weight));
            }
        }
        if shares.is_empty() {
            refuse(
                complaints,
                object,
                at.clone(),
                "this rule sends requests to no pods",
                "give it a `route` to the Service, or move it into a VirtualService on a host of its own",
            );
        }
        read.push(Rule {
            object: object.identity.clone(),
            name: rule["name"].as_str().map(str::to_owned),
            shares,
            matches: matches(object, rule, &at, complaints),
            options: fields(rule)
                .filter(|(key, _)| OPTIONS.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            at,
        });
    }
    read
}

fn matches(
    object: &Object,
    rule: &Value,
    at: &Route,
    complaints: &mut Complaints<'_>,
) -> Vec<Map<String, Value>> {
    let entries = rule["match"].as_array().into_iter().flatten();
    let mut matches = Vec::new();
    for (index, entry) in entries.enumerate() {
        let at = at.key("match").index(index);
        let mut read = Map::new();
        for (key, value) in fields(entry) {
            if CONDITIONS.contains(&key.as_str()) {
                read.insert(key.clone(), said(key, value));
            } else if key != "name" {
                unsayable(complaints, object, at.key(key), key);
            }
        }
        matches.push(read);
    }
    // An entry without a condition takes everything, whatever the others say.
    if matches.iter().any(Map::is_empty) {
        matches.clear();
    }
    matches
}

/// A condition in the words of a rollout: Istio says "is there" by an empty mapping.
fn said(key: &str, value: &Value) -> Value {
    let Value::Object(entries) = value else {
        return value.clone();
    };
    if !["headers", "queryParams"].contains(&key) {
        return value.clone();
    }
    let entries = entries.iter().map(|(name, condition)| {
        let is_empty = condition.as_object().is_some_and(Map::is_empty);
        let condition = if is_empty {
            serde_json::json!({"present": true})
        } else {
            condition.clone()
        };
        (name.clone(), condition)
    });
    Value::Object(entries.collect())
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn unsayable(complaints: &mut Complaints<'_>, object: &Object, at: Route, key: &str) {
    let message = format!(
        "`{key}` is a field that no rollout can say, and without it other things would run"
    );
    let help =
        "remove it first, or keep these routes by hand and write the rollout with `glidepath init`";
    refuse(complaints, object, at, message, help);
}
