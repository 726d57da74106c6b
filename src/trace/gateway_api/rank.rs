//! Which of several rules takes a request.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::trace::text::{items, text};

use super::hosts::Specificity;

/// What decides between two matches.
#[derive(Clone, Debug)]
pub(super) struct Rank {
    host: Specificity,
    path: Path,
    /// The characters of a gRPC service and method.
    call: (usize, usize),
    has_method: bool,
    headers: usize,
    /// Of the conditions on headers, those of a whole value.
    exact_headers: usize,
    query: usize,
    /// Routes are told by their age, which nobody knows here, and then by their names; rules by their order.
    order: (String, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Exact(usize),
    Prefix(usize),
    Regex(usize),
}

/// Who ranks, where the specification leaves something open.
#[derive(Clone, Copy, Debug)]
enum Gateway {
    /// Istio: regexes come last.
    Istio,
    /// Envoy Gateway: regexes come before prefixes, and a method is one more header.
    EnvoyGateway,
}

impl Rank {
    /// The rank of a match in a rule of a route.
    pub(super) fn of(host: Specificity, matched: &Value, route: &str, rule: usize) -> Self {
        let path = &matched["path"];
        let length = text(&path["value"]).trim_end_matches('/').len();
        let path = match path["type"].as_str() {
            Some("Exact") => Path::Exact(text(&path["value"]).len()),
            Some("RegularExpression") => Path::Regex(length),
            Some(_) | None => Path::Prefix(length),
        };
        let method = &matched["method"];
        let names = |field: &str| {
            let named = items(&matched[field]).iter();
            let named = named.map(|one| text(&one["name"]).to_ascii_lowercase());
            named.collect::<BTreeSet<_>>().len()
        };
        let is_exact = |one: &&Value| matches!(one["type"].as_str(), Some("Exact") | None);
        Self {
            host,
            path,
            call: (
                text(&method["service"]).len(),
                text(&method["method"]).len(),
            ),
            has_method: method.is_string(),
            headers: names("headers"),
            exact_headers: items(&matched["headers"]).iter().filter(is_exact).count(),
            query: names("queryParams"),
            order: (route.to_owned(), rule),
        }
    }

    /// Whether this one comes first, as a gateway ranks them.
    fn against(&self, other: &Self, gateway: Gateway) -> Ordering {
        let kind = |path: Path| match (path, gateway) {
            (Path::Exact(length), _) => (2, length),
            (Path::Regex(length), Gateway::EnvoyGateway)
            | (Path::Prefix(length), Gateway::Istio) => (1, length),
            (Path::Regex(length), Gateway::Istio)
            | (Path::Prefix(length), Gateway::EnvoyGateway) => (0, length),
        };
        let key = |rank: &Self| {
            let method = usize::from(rank.has_method);
            let conditions = match gateway {
                Gateway::Istio => [method, rank.headers, 0],
                Gateway::EnvoyGateway => [0, rank.headers + method, rank.exact_headers],
            };
            (
                rank.host,
                kind(rank.path),
                rank.call,
                conditions,
                rank.query,
            )
        };
        key(other)
            .cmp(&key(self))
            .then_with(|| self.order.cmp(&other.order))
    }
}

/// The first of these matches, or why gateways do not agree on the rule.
pub(super) fn first<'a>(
    ranked: impl Iterator<Item = (&'a Rank, &'a Value)>,
) -> Result<Option<usize>, String> {
    let ranked: Vec<(&Rank, &Value)> = ranked.collect();
    let best = |gateway: Gateway| {
        let places = 0..ranked.len();
        places.min_by(|one, other| ranked[*one].0.against(ranked[*other].0, gateway))
    };
    let (Some(one), Some(other)) = (best(Gateway::Istio), best(Gateway::EnvoyGateway)) else {
        return Ok(None);
    };
    // Two rules that do the same may be one.
    if without_name(ranked[one].1) == without_name(ranked[other].1) {
        return Ok(Some(one));
    }
    Err(format!(
        "the rules `{}` and `{}` both take the request, and gateways do not agree on which comes first",
        text(&ranked[one].1["name"]),
        text(&ranked[other].1["name"]),
    ))
}

/// What a rule does with its requests.
fn without_name(rule: &Value) -> (&Value, &Value, &Value, &Value) {
    (
        &rule["backendRefs"],
        &rule["filters"],
        &rule["timeouts"],
        &rule["retry"],
    )
}
