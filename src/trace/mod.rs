//! In: the objects of a stage as they are emitted, and a request. Out: which route takes it and who serves it.
//! It knows Istio's rules of matching (<https://istio.io/latest/docs/reference/config/networking/virtual-service/>) and nothing
//! else, so that it can judge what the compiler made of a plan.
//! Never sees the plan, and never guesses: what it does not know is an error.

mod matching;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::objects::Object;

/// The word for all sidecars where a VirtualService lists gateways.
const MESH: &str = "mesh";

/// How a request comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Through a gateway.
    Gateway,
    /// From a pod in the mesh.
    Mesh,
}

impl Via {
    /// `gateway` or `mesh`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Mesh => MESH,
        }
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How it comes in.
    pub via: Via,
    /// The Service port that the caller uses; a gateway's callers use the gateway's.
    pub port: u16,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Headers; names are lower-case.
    pub headers: BTreeMap<String, String>,
    /// Query parameters.
    pub query: BTreeMap<String, String>,
    /// Labels of the calling pod.
    pub source_labels: BTreeMap<String, String>,
    /// Namespace of the calling pod.
    pub source_namespace: Option<String>,
}

/// What becomes of a request in a stage.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A route takes it.
    Routed(Served),
    /// Routes are there, and none takes it: 404.
    NoRoute,
    /// No VirtualService applies, so the Service spreads requests over the pods of every model.
    Unrouted,
}

/// A route, and where it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// The VirtualService.
    pub virtual_service: String,
    /// The route's name.
    pub route: String,
    /// The subsets that serve it, each with its probability from 0 to 1; they sum to 1.
    pub shares: Vec<(String, f64)>,
    /// The subset that gets a copy, and the probability of that.
    pub mirror: Option<(String, f64)>,
    /// The path as the model sees it.
    pub path: String,
    /// Subsets that the route names and no DestinationRule has: requests to them are answered with 503.
    pub missing: Vec<String>,
}

/// What becomes of the request where these objects are applied, or the part of them that this does not understand.
pub fn trace(objects: &[Arc<Object>], request: &Request) -> Result<Outcome, String> {
    let bodies = |kind: &'static str| {
        objects
            .iter()
            .filter(move |object| object.id.kind == kind)
            .map(|object| &object.body)
    };
    let subsets: BTreeSet<&str> = bodies("DestinationRule")
        .flat_map(|rule| items(&rule["spec"]["subsets"]))
        .filter_map(|subset| subset["name"].as_str())
        .collect();
    let Some(service) = bodies("VirtualService").find(|body| applies(body, request.via)) else {
        return Ok(Outcome::Unrouted);
    };
    for route in items(&service["spec"]["http"]) {
        if let Some(entry) = matching::takes(route, request)? {
            let path = matching::rewritten(route, entry, &request.path);
            return serve(service, route, path, &subsets).map(Outcome::Routed);
        }
    }
    Ok(Outcome::NoRoute)
}

/// Whether a VirtualService is bound to the way that a request comes in; without gateways, that is the mesh.
fn applies(service: &Value, via: Via) -> bool {
    let gateways: Vec<&str> = items(&service["spec"]["gateways"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    match via {
        Via::Gateway => gateways.iter().any(|gateway| *gateway != MESH),
        Via::Mesh => gateways.is_empty() || gateways.contains(&MESH),
    }
}

fn serve(
    service: &Value,
    route: &Value,
    path: String,
    subsets: &BTreeSet<&str>,
) -> Result<Served, String> {
    let name = text(&route["name"]);
    let destinations = items(&route["route"]);
    if destinations.is_empty() {
        return Err(format!("the route `{name}` has no destination"));
    }
    let subset = |destination: &Value| text(&destination["subset"]);
    // Istio reads a single destination without a weight as all of it.
    let weight = |destination: &Value| destination["weight"].as_f64().unwrap_or(1.0);
    let total: f64 = destinations.iter().map(weight).sum();
    let shares: Vec<(String, f64)> = destinations
        .iter()
        .filter(|destination| weight(destination) > 0.0)
        .map(|destination| {
            let share = weight(destination) / total;
            (subset(&destination["destination"]), share)
        })
        .collect();
    let mirror = route.get("mirror").map(|mirror| {
        let percent = route["mirrorPercentage"]["value"].as_f64().unwrap_or(100.0);
        (subset(mirror), percent / 100.0)
    });
    let missing: BTreeSet<String> = shares
        .iter()
        .chain(&mirror)
        .map(|(subset, _)| subset.clone())
        .filter(|subset| !subsets.contains(subset.as_str()))
        .collect();
    Ok(Served {
        virtual_service: text(&service["metadata"]["name"]),
        route: name,
        shares,
        mirror,
        path,
        missing: missing.into_iter().collect(),
    })
}

/// The items of a list; of anything else, none.
fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
