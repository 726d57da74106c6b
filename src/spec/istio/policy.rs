//! A traffic policy, and its settings for single ports (`validateTrafficPolicy`).

use serde_json::json;

use crate::diag::Diagnostic;

use super::{Shape, balancer, is_full, items, outlier, pool, refused, tls, tunnel, version};

/// What a policy may say of a single port.
const PER_PORT: [&str; 4] = ["connectionPool", "loadBalancer", "outlierDetection", "tls"];

pub(super) fn check(shape: Shape<'_>, faults: &mut Vec<Diagnostic>) {
    let Shape { value, route, .. } = shape;
    version::check(shape, version::POLICY, faults);
    settings(shape, faults);
    if *value == json!({"portLevelSettings": []}) {
        faults.push(
            refused(route.key("portLevelSettings"), "the policy says nothing")
                .help("add settings to it, or remove it"),
        );
    }
    if let Some(given) = value.get("tunnel") {
        let route = route.key("tunnel");
        tunnel::check(given, &route, faults);
        if value.get("proxyProtocol").is_some() {
            faults.push(
                refused(route, "`tunnel` and `proxyProtocol` cannot both be set")
                    .help("remove one of them"),
            );
        }
    }
    for (index, value) in items(value.get("portLevelSettings")).enumerate() {
        if is_full(faults) {
            return;
        }
        let route = route.key("portLevelSettings").index(index);
        if !PER_PORT.iter().any(|name| value.get(name).is_some()) {
            faults.push(
                refused(route.clone(), "the settings of this port say nothing").help(
                    "add `connectionPool`, `loadBalancer`, `outlierDetection` or `tls`, or remove the port",
                ),
            );
        }
        let shape = Shape {
            value,
            route: &route,
            ..shape
        };
        version::check(shape, version::POLICY, faults);
        settings(shape, faults);
    }
}

/// What a policy and a port of it have in common.
fn settings(shape: Shape<'_>, faults: &mut Vec<Diagnostic>) {
    let judges = [pool::check, balancer::check, outlier::check, tls::check];
    for (name, judge) in PER_PORT.into_iter().zip(judges) {
        if let Some(value) = shape.value.get(name) {
            let route = &shape.route.key(name);
            judge(
                Shape {
                    value,
                    route,
                    ..shape
                },
                faults,
            );
        }
    }
}
