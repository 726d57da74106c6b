//! Gateway API's HTTPRoutes and GRPCRoutes, and the pools of its inference extension
//! (<https://gateway-api.sigs.k8s.io/reference/spec/>).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diag::Route as Field;
use crate::safety::applied::{Form, Identity};
use crate::safety::fields::{items, labels, text};
use crate::safety::routing::{Destination, Route, Routes, ServiceName};
use crate::safety::service::{Port, SERVICE, Service};

const GROUP: &str = "gateway.networking.k8s.io";
const INFERENCE: &str = "inference.networking.k8s.io";
const POOL: &str = "InferencePool";

/// The kind of what is no Service and no pool, of which nothing is known here.
const UNKNOWN: &str = "";
/// The way in of pods in the mesh, as every router has it.
const MESH: &str = "mesh";
/// The path that every request has.
const ROOT: &str = "/";

/// What an object has to do with requests; `None` where it is none of Gateway API's.
pub(super) fn form(identity: &Identity, body: &Value) -> Option<Form> {
    match (identity.group.as_str(), identity.kind.as_str()) {
        (GROUP, "HTTPRoute" | "GRPCRoute") => Some(Form::Routes(routes(identity, body))),
        (INFERENCE, POOL) => Some(pool(body).map_or(Form::Other, Form::Service)),
        _ => None,
    }
}

/// A pool finds pods as a Service does, and routes name it without a port.
fn pool(body: &Value) -> Option<Service> {
    let spec = &body["spec"];
    let selector = labels(&spec["selector"]["matchLabels"]);
    let ports = items(&spec["targetPorts"]).iter().filter_map(|port| {
        Some(Port {
            number: port["number"].as_u64()?,
            named: None,
        })
    });
    (!selector.is_empty()).then(|| Service {
        selector,
        ports: ports.collect(),
    })
}

fn routes(identity: &Identity, body: &Value) -> Routes {
    let spec = &body["spec"];
    let parents = items(&spec["parentRefs"]);
    let services: BTreeSet<ServiceName> = parents
        .iter()
        .filter(|parent| is_service(parent))
        .map(|parent| named(identity, parent))
        .collect();
    let hosts: BTreeSet<(String, String)> = parents
        .iter()
        .flat_map(|parent| asked_by(identity, spec, parent))
        .collect();
    let rules = items(&spec["rules"]);
    let paths: BTreeSet<String> = rules.iter().flat_map(plain_paths).collect();
    let claims = hosts.iter().flat_map(|(host, way)| {
        let paths = paths.iter();
        paths.map(move |path| match path.as_str() {
            ROOT => (host.clone(), way.clone()),
            path => (format!("{host}{path}"), way.clone()),
        })
    });
    let claims = claims.collect();
    let has_gateway = parents.iter().any(|parent| !is_service(parent));
    let named_by = if has_gateway && !spec["hostnames"].is_null() {
        "hostnames"
    } else {
        "parentRefs"
    };
    let at = Field::root().key("spec").key("rules");
    let entries = rules.iter().enumerate();
    Routes {
        hosts,
        claims,
        field: Field::root().key("spec").key(named_by),
        services,
        entries: entries
            .map(|(index, rule)| route(identity, rule, index, &at.index(index)))
            .collect(),
    }
}

fn is_service(reference: &Value) -> bool {
    text(&reference["group"]).is_empty() && text(&reference["kind"]) == SERVICE
}

/// The object that a reference names; its namespace is the route's own, where it says none.
fn named(identity: &Identity, reference: &Value) -> ServiceName {
    let namespace = match text(&reference["namespace"]) {
        "" => identity.namespace.clone(),
        namespace => namespace.to_owned(),
    };
    ServiceName {
        kind: match (text(&reference["group"]), text(&reference["kind"])) {
            ("", "" | SERVICE) => SERVICE,
            (INFERENCE, POOL) => POOL,
            _ => UNKNOWN,
        },
        namespace,
        name: text(&reference["name"]).to_owned(),
    }
}

/// The hosts that requests ask for by one parent, each with its way in.
fn asked_by(identity: &Identity, spec: &Value, parent: &Value) -> Vec<(String, String)> {
    let to = named(identity, parent);
    let port = parent["port"].as_u64();
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    if is_service(parent) {
        let host = format!("{}.{}.svc.cluster.local", to.name, to.namespace);
        return vec![(host, format!("{MESH}{port}"))];
    }
    let section = match text(&parent["sectionName"]) {
        "" => String::new(),
        section => format!("/{section}"),
    };
    let way = format!("{}/{}{section}{port}", to.namespace, to.name);
    match items(&spec["hostnames"]) {
        [] => vec![("*".to_owned(), way)],
        hosts => hosts
            .iter()
            .map(|host| (text(host).to_owned(), way.clone()))
            .collect(),
    }
}

/// The paths of which a rule takes every request that nothing narrower takes: another object with the same one leaves it to their
/// age who answers.
fn plain_paths(rule: &Value) -> Vec<String> {
    let entries = items(&rule["matches"]);
    if entries.is_empty() {
        return vec![ROOT.to_owned()];
    }
    let is_plain = |entry: &&Value| {
        let more = ["headers", "queryParams"].map(|field| items(&entry[field]).is_empty());
        more == [true, true] && !entry["method"].is_string()
    };
    let plain = entries.iter().filter(is_plain);
    plain
        .map(|entry| {
            let (path, method) = (&entry["path"], &entry["method"]);
            match (text(&path["type"]), text(&path["value"])) {
                ("PathPrefix" | "", "" | ROOT) if method.is_object() => {
                    format!("/{}/{}", text(&method["service"]), text(&method["method"]))
                }
                ("PathPrefix" | "", "" | ROOT) => ROOT.to_owned(),
                ("PathPrefix" | "", path) => path.trim_end_matches('/').to_owned(),
                (kind, path) => format!("{path} ({kind})"),
            }
        })
        .collect()
}

fn route(identity: &Identity, rule: &Value, index: usize, field: &Field) -> Route {
    let name = match text(&rule["name"]) {
        "" => format!("rules[{index}]"),
        name => name.to_owned(),
    };
    let filters = items(&rule["filters"]).iter().enumerate();
    let mirrors = filters.filter(|(_, filter)| text(&filter["type"]) == "RequestMirror");
    let copies = mirrors.map(|(at, filter)| {
        let mirror = &filter["requestMirror"];
        let field = field.key("filters").index(at);
        let field = field.key("requestMirror").key("backendRef");
        (
            destination(identity, &mirror["backendRef"], field),
            copied(mirror),
        )
    });
    let to = weighted(identity, rule, field);
    let mut filters = items(&rule["filters"]).iter();
    let redirects = filters.any(|filter| text(&filter["type"]) == "RequestRedirect");
    Route {
        name,
        takes_all: plain_paths(rule).iter().any(|path| path == ROOT),
        is_dead: to.is_empty() && !redirects,
        field: field.clone(),
        to,
        copies: copies.filter(|(_, share)| *share > 0.0).collect(),
    }
}

/// How many of the requests a mirror copies, in per cent; all, where it does not say.
fn copied(mirror: &Value) -> f64 {
    let fraction = &mirror["fraction"];
    match (mirror["percent"].as_f64(), fraction["numerator"].as_f64()) {
        (Some(percent), _) => percent,
        (None, Some(part)) => part * 100.0 / fraction["denominator"].as_f64().unwrap_or(100.0),
        (None, None) => 100.0,
    }
}

/// The backends of a rule that get requests. One without a weight has 1.
fn weighted(identity: &Identity, rule: &Value, field: &Field) -> Vec<(Destination, f64)> {
    let all = items(&rule["backendRefs"]);
    let weight = |one: &Value| one["weight"].as_f64().unwrap_or(1.0);
    let total: f64 = all.iter().map(weight).sum();
    let to = all.iter().enumerate().map(|(at, one)| {
        let field = field.key("backendRefs").index(at);
        let share = if total > 0.0 {
            weight(one) * 100.0 / total
        } else {
            0.0
        };
        (destination(identity, one, field), share)
    });
    to.filter(|(_, share)| *share > 0.0).collect()
}

fn destination(identity: &Identity, reference: &Value, field: Field) -> Destination {
    let service = named(identity, reference);
    // The port of a reference to a pool is ignored.
    let port = (service.kind == SERVICE).then(|| reference["port"].as_u64());
    Destination {
        service,
        subset: None,
        port: port.flatten(),
        field,
    }
}
