//! Istio's VirtualServices and DestinationRules
//! (<https://istio.io/latest/docs/reference/config/networking/virtual-service/>).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diag::Route as Field;
use crate::safety::applied::{Form, Identity};
use crate::safety::fields::{items, labels, text};
use crate::safety::routing::{Destination, Route, Routes, ServiceName, Subsets};
use crate::safety::service::SERVICE;

/// The way in where an object lists no gateways: every sidecar.
const MESH: &str = "mesh";

/// What an object has to do with requests; `None` where it is none of Istio's.
pub(super) fn form(identity: &Identity, body: &Value) -> Option<Form> {
    match (identity.group.as_str(), identity.kind.as_str()) {
        ("networking.istio.io", "VirtualService") => Some(Form::Routes(routes(identity, body))),
        ("networking.istio.io", "DestinationRule") => Some(Form::Subsets(subsets(identity, body))),
        _ => None,
    }
}

/// A host without dots is a Service of the object's own namespace.
fn service(identity: &Identity, host: &str) -> ServiceName {
    let (name, rest) = host.split_once('.').unwrap_or((host, ""));
    let namespace = rest.split('.').next().unwrap_or_default();
    ServiceName {
        kind: SERVICE,
        namespace: if namespace.is_empty() {
            identity.namespace.clone()
        } else {
            namespace.to_owned()
        },
        name: name.to_owned(),
    }
}

fn subsets(identity: &Identity, body: &Value) -> Subsets {
    let named = items(&body["spec"]["subsets"]).iter();
    Subsets {
        service: service(identity, text(&body["spec"]["host"])),
        subsets: named
            .map(|subset| (text(&subset["name"]).to_owned(), labels(&subset["labels"])))
            .collect(),
    }
}

fn routes(identity: &Identity, body: &Value) -> Routes {
    let spec = &body["spec"];
    let gateways = items(&spec["gateways"]).iter().map(|gateway| {
        let gateway = text(gateway);
        if gateway == MESH || gateway.contains('/') {
            gateway.to_owned()
        } else {
            format!("{}/{gateway}", identity.namespace)
        }
    });
    let gateways: Vec<String> = gateways.collect();
    let gateways = if gateways.is_empty() {
        vec![MESH.to_owned()]
    } else {
        gateways
    };
    let full = |host: &str| {
        if host.contains('.') || host == "*" {
            host.to_owned()
        } else {
            format!("{host}.{}.svc.cluster.local", identity.namespace)
        }
    };
    let hosts = items(&spec["hosts"]).iter().map(text).flat_map(|host| {
        let ways = gateways.iter();
        ways.map(move |way| (full(host), way.clone()))
    });
    let named = items(&spec["hosts"]).iter().map(text);
    let hosts: BTreeSet<(String, String)> = hosts.collect();
    let mut found = Routes {
        services: named.map(|host| service(identity, host)).collect(),
        claims: hosts.clone(),
        hosts,
        field: Field::root().key("spec").key("hosts"),
        entries: Vec::new(),
    };
    let mut known: Vec<&Value> = Vec::new();
    for (index, route) in items(&spec["http"]).iter().enumerate() {
        let entries = items(&route["match"]);
        // What a route before it takes does not come here.
        let is_taken = |entry: &&Value| known.contains(entry);
        let is_hidden = !entries.is_empty() && entries.iter().all(|entry| is_taken(&entry));
        if !is_hidden {
            let field = Field::root().key("spec").key("http").index(index);
            found
                .entries
                .push(http_route(identity, route, index, &field));
        }
        if takes_all(route) {
            break;
        }
        known.extend(entries);
    }
    // At a gateway Istio puts what objects say of one host together, and a route that takes everything comes last.
    if !found.entries.iter().any(|route| route.takes_all) {
        found.claims.retain(|(_, way)| way == MESH);
    }
    for protocol in ["tls", "tcp"] {
        for (index, route) in items(&spec[protocol]).iter().enumerate() {
            let field = Field::root().key("spec").key(protocol).index(index);
            found.entries.push(Route {
                name: format!("{protocol}[{index}]"),
                takes_all: false,
                is_dead: items(&route["route"]).is_empty(),
                to: weighted(identity, route, &field),
                field,
                copies: Vec::new(),
            });
        }
    }
    found
}

/// Whether a route takes every request: it asks for nothing, or one of its entries does, as `IsCatchAllRoute` has it.
fn takes_all(route: &Value) -> bool {
    let entries = items(&route["match"]);
    let asks_nothing = |entry: &Value| {
        let mut fields = entry.as_object().into_iter().flatten();
        fields.all(|(field, condition)| match field.as_str() {
            "name" => true,
            "uri" => condition["prefix"] == "/" || condition["regex"] == ".*",
            _ => false,
        })
    };
    entries.is_empty() || entries.iter().any(asks_nothing)
}

fn http_route(identity: &Identity, route: &Value, index: usize, field: &Field) -> Route {
    let name = match text(&route["name"]) {
        "" => format!("http[{index}]"),
        name => name.to_owned(),
    };
    let mut copies = Vec::new();
    let percent = |value: &Value| value["value"].as_f64().unwrap_or(100.0);
    if route["mirror"].is_object() {
        let to = destination(identity, &route["mirror"], field.key("mirror"));
        copies.push((to, percent(&route["mirrorPercentage"])));
    }
    for (at, mirror) in items(&route["mirrors"]).iter().enumerate() {
        let field = field.key("mirrors").index(at).key("destination");
        let to = destination(identity, &mirror["destination"], field);
        copies.push((to, percent(&mirror["percentage"])));
    }
    copies.retain(|(_, share)| *share > 0.0);
    let to = weighted(identity, route, field);
    Route {
        name,
        takes_all: takes_all(route),
        is_dead: to.is_empty()
            && ["redirect", "directResponse", "delegate"]
                .iter()
                .all(|answer| route[*answer].is_null()),
        field: field.clone(),
        to,
        copies,
    }
}

/// The destinations of a route that get requests. Istio reads a single one without a weight as all of it.
fn weighted(identity: &Identity, route: &Value, field: &Field) -> Vec<(Destination, f64)> {
    let all = items(&route["route"]);
    let weight = |one: &Value| match one["weight"].as_f64() {
        Some(weight) => weight,
        None if all.len() == 1 => 100.0,
        None => 0.0,
    };
    let total: f64 = all.iter().map(weight).sum();
    let to = all.iter().enumerate().map(|(at, one)| {
        let field = field.key("route").index(at).key("destination");
        let share = if total > 0.0 {
            weight(one) * 100.0 / total
        } else {
            0.0
        };
        (destination(identity, &one["destination"], field), share)
    });
    to.filter(|(_, share)| *share > 0.0).collect()
}

fn destination(identity: &Identity, value: &Value, field: Field) -> Destination {
    Destination {
        service: service(identity, text(&value["host"])),
        subset: value["subset"].as_str().map(str::to_owned),
        port: value["port"]["number"].as_u64(),
        field,
    }
}
