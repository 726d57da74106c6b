//! Istio's rules of matching (<https://istio.io/latest/docs/reference/config/networking/virtual-service/>).

mod matching;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::objects::Object;
use crate::units::hosts_overlap;

use super::text::{items, text};
use super::{Outcome, Request, Served, Via, normalized};

/// Istio's word for all sidecars where a VirtualService lists gateways.
const MESH: &str = "mesh";

/// What becomes of the request where these objects are applied.
pub(super) fn trace(objects: &[Arc<Object>], request: &Request) -> Result<Outcome, String> {
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
    let request = &normalized(request)?;
    let Some(service) = bodies("VirtualService").find(|body| applies(body, request.via)) else {
        return Ok(Outcome::Unrouted);
    };
    if let Some(host) = &request.host
        && !answers(service, host)
    {
        return match request.via {
            Via::Gateway => Ok(Outcome::NoRoute),
            Via::Mesh => Err(format!(
                "`{host}` is no host of these routes, and leads elsewhere in the mesh"
            )),
        };
    }
    for route in items(&service["spec"]["http"]) {
        if let Some(entry) = matching::takes(route, request)? {
            let path = matching::rewritten(route, entry, &request.path);
            return serve(service, route, path, &subsets).map(Outcome::Routed);
        }
    }
    Ok(Outcome::NoRoute)
}

/// Whether a VirtualService is bound to the way that a request comes in; without gateways, that is the mesh. One without hosts is
/// a delegate, which whoever is bound to a gateway hands requests over to.
fn applies(service: &Value, via: Via) -> bool {
    let gateways: Vec<&str> = items(&service["spec"]["gateways"])
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let is_delegate = items(&service["spec"]["hosts"]).is_empty();
    match via {
        Via::Gateway => is_delegate || gateways.iter().any(|gateway| *gateway != MESH),
        Via::Mesh if is_delegate => false,
        Via::Mesh => gateways.is_empty() || gateways.contains(&MESH),
    }
}

/// Whether the routes are those of a host; without hosts they are for whatever another object hands over. In the mesh a Service is called by the beginnings of its own host, too.
fn answers(service: &Value, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => &host,
    };
    let hosts = items(&service["spec"]["hosts"]);
    let mut known = hosts.iter().filter_map(Value::as_str);
    hosts.is_empty()
        || known.any(|known| {
            let known = known.to_ascii_lowercase();
            let is_short = known.contains(".svc.")
                && known.strip_prefix(host).is_some_and(|rest| {
                    let dots = host.matches('.').count();
                    rest.starts_with('.') && dots < 3
                });
            hosts_overlap(&known, host) || is_short
        })
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
    // A destination without a subset is a whole Service.
    let subset = |destination: &Value| match text(&destination["subset"]) {
        "" => {
            let port = &destination["port"]["number"];
            format!("{}:{port}", text(&destination["host"]))
        }
        subset => subset.to_owned(),
    };
    let has_subset = |name: &&String| !name.contains(':');
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
        .filter(|name| has_subset(&name) && !subsets.contains(name.as_str()))
        .collect();
    Ok(Served {
        kind: "virtualService",
        object: text(&service["metadata"]["name"]).to_owned(),
        route: name.to_owned(),
        shares,
        mirror,
        path,
        host: written_host(route),
        missing: missing.into_iter().collect(),
    })
}

/// The host that a route writes: its rewrite, or else an operation on the header, of which a replacement wins over an addition.
fn written_host(route: &Value) -> Option<String> {
    let request = &route["headers"]["request"];
    let operations = ["set", "add"].into_iter().flat_map(|kind| {
        let named = request[kind].as_object().into_iter().flatten();
        named.filter(|(name, _)| {
            ["host", ":authority"].contains(&name.to_ascii_lowercase().as_str())
        })
    });
    let operations = operations.map(|(_, value)| value);
    let mut written = [&route["rewrite"]["authority"]]
        .into_iter()
        .chain(operations);
    written.find_map(|value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    })
}

#[cfg(test)]
mod tests;
