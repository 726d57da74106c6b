//! Istio: VirtualServices that lead to the Service, and the DestinationRule of its host.

mod rules;
mod same;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::adopt::read::{Complaints, Object, Read, labels};
use crate::adopt::scope::Scope;
use crate::diag::{Code, Diagnostic, Route};
use crate::safety::Identity;

use super::{Routing, Subset};

pub(in crate::adopt) use same::hold;

const GROUP: &str = "networking.istio.io";
/// The newest version of Istio's API, which a rollout writes by itself.
const NEWEST: &str = "networking.istio.io/v1";
const MESH: &str = "mesh";

/// What routes the Service's requests, or complaints about what no rollout can say.
pub(in crate::adopt) fn read(
    read: &Read,
    scope: &Scope,
    complaints: &mut Complaints<'_>,
) -> Option<Routing> {
    let host = Host::of(&scope.service.identity);
    let mut routing = Routing::default();
    let rules = of_kind(read, "DestinationRule");
    let rules: Vec<&Object> = rules
        .filter(|one| host.is(&one.body["spec"]["host"], &one.identity))
        .collect();
    if let [_, second, ..] = rules[..] {
        refuse(
            complaints,
            second,
            Route::root().key("spec").key("host"),
            "a second DestinationRule of one host: a rollout writes one",
            "put the subsets and the policy of both into one",
        );
        return None;
    }
    let mut names = Map::new();
    if let [rule] = rules[..] {
        subsets(rule, &mut routing);
        own_name(&mut names, "destinationRule", rule, scope);
    }
    let routes = of_kind(read, "VirtualService");
    let routes: Vec<&Object> = routes
        .filter(|one| rules::leads_to(&host, one) || of_host(&host, one))
        .collect();
    let (mesh, routes) = parted(routes);
    if let [_, second, ..] = routes[..] {
        refuse(
            complaints,
            second,
            Route::root().key("metadata").key("name"),
            "a second VirtualService that leads to the Service: a rollout writes one, and `-mesh` behind its name",
            "put the routes of both into one, by its `gateways` and `hosts`",
        );
        return None;
    }
    if let [route] = routes[..] {
        own_name(&mut names, "virtualService", route, scope);
        entrance(&host, route, &mut routing);
        routing.rules = rules::read(&host, route, complaints);
        routing.port = rules::port(route);
        routing.taken.push(route.identity.clone());
    }
    if let Some(mesh) = mesh {
        routing.taken.push(mesh.identity.clone());
        routing.traffic.remove("mesh");
    }
    if !names.is_empty() {
        routing.traffic.insert("names".to_owned(), names.into());
    }
    let versions = routes.iter().chain(&rules).chain(&mesh);
    let versions = versions.filter_map(|one| one.body["apiVersion"].as_str());
    let versions: BTreeSet<&str> = versions.filter(|version| *version != NEWEST).collect();
    routing.api_version = versions.into_iter().next().map(str::to_owned);
    Some(routing)
}

/// The routes in the mesh, where they stand beside those of the gateways as a rollout writes both, and the others.
fn parted(mut routes: Vec<&Object>) -> (Option<&Object>, Vec<&Object>) {
    let mesh = routes.iter().position(|one| {
        let of = one.identity.name.strip_suffix("-mesh");
        is_mesh(one)
            && routes
                .iter()
                .any(|other| of == Some(&other.identity.name) && !is_mesh(other))
    });
    let mesh = mesh.map(|index| routes.remove(index));
    (mesh, routes)
}

/// Whether only callers in the mesh are routed.
fn is_mesh(object: &Object) -> bool {
    let gateways = object.body["spec"]["gateways"].as_array();
    gateways.into_iter().flatten().all(|one| one == MESH)
}

fn of_kind<'a>(read: &'a Read, kind: &'static str) -> impl Iterator<Item = &'a Object> {
    let objects = read.objects.iter();
    objects.filter(move |one| one.identity.group == GROUP && one.identity.kind == kind)
}

/// Notes a name that is not the one that a rollout would give.
fn own_name(names: &mut Map<String, Value>, field: &str, object: &Object, scope: &Scope) {
    let name = &object.identity.name;
    if *name != scope.service.identity.name {
        names.insert(field.to_owned(), json!(name));
    }
}

/// The subsets and policies of a DestinationRule.
fn subsets(rule: &Object, routing: &mut Routing) {
    let spec = &rule.body["spec"];
    let subsets = spec["subsets"].as_array().into_iter().flatten();
    routing.subsets = subsets
        .filter_map(|subset| {
            Some(Subset {
                name: subset["name"].as_str()?.to_owned(),
                labels: labels(&subset["labels"]),
                policy: subset.get("trafficPolicy").cloned(),
            })
        })
        .collect();
    if let Some(policy) = spec.get("trafficPolicy") {
        routing.traffic.insert("policy".to_owned(), policy.clone());
    }
    routing.taken.push(rule.identity.clone());
}

/// Whether the object answers to the Service's own host.
fn of_host(host: &Host, object: &Object) -> bool {
    let hosts = object.body["spec"]["hosts"].as_array();
    let mut hosts = hosts.into_iter().flatten();
    hosts.any(|one| host.is(one, &object.identity))
}

/// The hosts and gateways by which requests come in.
fn entrance(host: &Host, object: &Object, routing: &mut Routing) {
    let spec = &object.body["spec"];
    let texts = |field: &str| {
        let items = spec[field].as_array().into_iter().flatten();
        let texts = items.filter_map(|one| one.as_str().map(str::to_owned));
        texts.collect::<Vec<String>>()
    };
    let (mut hosts, gateways) = (texts("hosts"), texts("gateways"));
    if is_mesh(object) {
        // The Service's own host is routed in any case.
        hosts.retain(|one| !host.is(&json!(one), &object.identity));
    } else {
        routing
            .traffic
            .insert("gateways".to_owned(), json!(gateways));
        routing.traffic.insert("mesh".to_owned(), json!(false));
    }
    if !hosts.is_empty() {
        routing.traffic.insert("hosts".to_owned(), json!(hosts));
    }
}

fn refuse(
    complaints: &mut Complaints<'_>,
    object: &Object,
    at: Route,
    message: impl Into<String>,
    help: &str,
) {
    complaints.push(&object.identity, at, |place| {
        Diagnostic::new(Code::GP134, place, message).help(help)
    });
}

/// The Service's host, in every form that names it.
pub(super) struct Host {
    name: String,
    namespace: String,
}

impl Host {
    fn of(service: &Identity) -> Self {
        Self {
            name: service.name.clone(),
            namespace: service.namespace.clone(),
        }
    }

    /// Whether a host that an object names is this one. Istio completes a name without dots by the object's own namespace.
    fn is(&self, given: &Value, object: &Identity) -> bool {
        let Some(given) = given.as_str() else {
            return false;
        };
        let Self { name, namespace } = self;
        if given == name {
            return object.namespace == *namespace;
        }
        let rest = given
            .strip_prefix(name.as_str())
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| rest.strip_prefix(namespace.as_str()));
        matches!(rest, Some("" | ".svc" | ".svc.cluster.local")) && !namespace.is_empty()
    }
}
