//! Gateway API's rules of matching (<https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule>): no first match, but the most
//! specific one, over all routes of a parent.
//!
//! What the specification leaves open, gateways rank each in their own way. Where that would decide, there is no answer.

mod hosts;
mod matching;
mod rank;
mod rewrite;

use std::sync::Arc;

use serde_json::Value;

use crate::objects::Object;

use super::text::{items, text};
use super::{Outcome, Request, Served, Via, normalized};
use rank::{Rank, first};

/// The kinds of routes, and what JSON calls each.
const KINDS: [(&str, &str); 2] = [("GRPCRoute", "grpcRoute"), ("HTTPRoute", "httpRoute")];

/// A rule that takes a request, by its most specific match.
struct Candidate<'a> {
    key: &'static str,
    body: &'a Value,
    rule: &'a Value,
    /// The rule's place in its route.
    index: usize,
    matched: &'a Value,
    rank: Rank,
}

/// What becomes of the request where these objects are applied.
pub(super) fn trace(objects: &[Arc<Object>], request: &Request) -> Result<Outcome, String> {
    let request = &normalized(request)?;
    let mut is_routed = false;
    let mut candidates = Vec::new();
    for (kind, key) in KINDS {
        let bodies = objects.iter().filter(|object| object.id.kind == kind);
        for body in bodies.map(|object| &object.body) {
            if !is_attached(body, request) {
                continue;
            }
            is_routed = true;
            if let Some(host) = hosts::asked(body, request) {
                candidates.extend(of_route(key, body, host, request)?);
            }
        }
        // On one port of one parent a route of gRPC wins over those of HTTP.
        if is_routed {
            break;
        }
    }
    if !is_routed {
        return Ok(Outcome::Unrouted);
    }
    let ranked = candidates.iter().map(|one| (&one.rank, one.rule));
    match first(ranked)? {
        Some(winner) => serve(&candidates[winner], objects, request).map(Outcome::Routed),
        None => Ok(Outcome::NoRoute),
    }
}

/// Whether a route hangs on a parent by which the request comes in.
fn is_attached(body: &Value, request: &Request) -> bool {
    let mut parents = items(&body["spec"]["parentRefs"]).iter();
    parents.any(|parent| {
        let is_service = text(&parent["kind"]) == "Service";
        match request.via {
            Via::Gateway => !is_service,
            Via::Mesh => {
                let port = parent["port"].as_u64();
                is_service && port.is_none_or(|port| port == u64::from(request.port))
            }
        }
    })
}

/// The rules of one route that take the request, each by its most specific match.
fn of_route<'a>(
    key: &'static str,
    body: &'a Value,
    host: hosts::Specificity,
    request: &Request,
) -> Result<Vec<Candidate<'a>>, String> {
    /// A rule without matches takes everything.
    static ANYTHING: Value = Value::Null;
    let mut found = Vec::new();
    for (index, rule) in items(&body["spec"]["rules"]).iter().enumerate() {
        let matches = items(&rule["matches"]);
        let matches = if matches.is_empty() {
            std::slice::from_ref(&ANYTHING)
        } else {
            matches
        };
        for matched in matches {
            // Every match is read, so that an unknown field is found whatever the request is.
            if matching::holds(matched, request)? {
                found.push(Candidate {
                    key,
                    body,
                    rule,
                    index,
                    matched,
                    rank: Rank::of(host, matched, text(&body["metadata"]["name"]), index),
                });
            }
        }
    }
    Ok(found)
}

fn serve(
    taken: &Candidate<'_>,
    objects: &[Arc<Object>],
    request: &Request,
) -> Result<Served, String> {
    let name = match text(&taken.rule["name"]) {
        "" => format!("rules[{}]", taken.index),
        name => name.to_owned(),
    };
    let backends = items(&taken.rule["backendRefs"]);
    let weight = |one: &Value| one["weight"].as_f64().unwrap_or(1.0);
    let total: f64 = backends.iter().map(weight).sum();
    if total <= 0.0 {
        return Err(format!("the rule `{name}` sends requests nowhere: 500"));
    }
    let namespace = taken.body["metadata"]["namespace"].as_str();
    let shares = backends.iter().filter(|one| weight(one) > 0.0);
    let shares: Vec<(String, f64)> = shares
        .map(|one| (address(one, namespace), weight(one) / total))
        .collect();
    let mut mirror = None;
    for filter in items(&taken.rule["filters"]) {
        match text(&filter["type"]) {
            "RequestHeaderModifier" | "ResponseHeaderModifier" | "CORS" | "URLRewrite" => {}
            "RequestMirror" if mirror.is_none() => {
                let copied = &filter["requestMirror"];
                mirror = Some((address(&copied["backendRef"], namespace), share(copied)));
            }
            kind => {
                return Err(format!(
                    "a rule has the filter `{kind}`, which trace does not know, or has it twice"
                ));
            }
        }
    }
    let rewrite = rewrite::of(taken.rule);
    let is_missing = |reference: &&Value| {
        let is_here =
            reference["namespace"].is_null() || reference["namespace"].as_str() == namespace;
        let kind = reference["kind"].as_str().unwrap_or("Service");
        let mut known = objects.iter();
        is_here
            && !known
                .any(|object| object.id.kind == kind && object.id.name == text(&reference["name"]))
    };
    let missing = backends
        .iter()
        .filter(|one| weight(one) > 0.0)
        .filter(is_missing);
    Ok(Served {
        kind: taken.key,
        object: text(&taken.body["metadata"]["name"]).to_owned(),
        route: name,
        missing: missing.map(|one| address(one, namespace)).collect(),
        shares,
        mirror,
        path: rewrite::path(rewrite, taken.matched, &request.path),
        host: rewrite["hostname"].as_str().map(str::to_owned),
    })
}

/// Where a reference leads: `v41.ml.svc.cluster.local:80`, or `InferencePool/ml/v41`.
fn address(reference: &Value, namespace: Option<&str>) -> String {
    let name = text(&reference["name"]);
    let namespace = reference["namespace"].as_str().or(namespace);
    match (reference["kind"].as_str().unwrap_or("Service"), namespace) {
        ("Service", Some(namespace)) => {
            format!("{name}.{namespace}.svc.cluster.local:{}", reference["port"])
        }
        ("Service", None) => format!("{name}:{}", reference["port"]),
        (kind, Some(namespace)) => format!("{kind}/{namespace}/{name}"),
        (kind, None) => format!("{kind}/{name}"),
    }
}

/// How many of the requests are copied, from 0 to 1; all, where the mirror does not say.
fn share(mirror: &Value) -> f64 {
    let fraction = &mirror["fraction"];
    match (mirror["percent"].as_f64(), fraction["numerator"].as_f64()) {
        (Some(percent), _) => percent / 100.0,
        (None, Some(part)) => part / fraction["denominator"].as_f64().unwrap_or(100.0),
        (None, None) => 1.0,
    }
}

#[cfg(test)]
mod tests;
