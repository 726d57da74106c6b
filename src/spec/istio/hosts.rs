//! The hosts of the routes, as `ValidateVirtualService` takes them.

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::{is_ip_address, is_wildcard_domain, overlaps};

use super::{is_full, items};

/// `route` is that of `traffic`.
pub(super) fn check(traffic: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    let hosts: Vec<&str> = items(traffic.get("hosts"))
        .filter_map(Value::as_str)
        .collect();
    let has_gateway =
        traffic.get("gateway").is_some() || items(traffic.get("gateways")).next().is_some();
    if traffic.get("delegate").and_then(Value::as_bool) == Some(true) {
        for field in ["hosts", "gateway", "gateways"] {
            if traffic.get(field).is_some() {
                faults.push(
                    Diagnostic::new(
                        Code::GP213,
                        Place::key(route.key(field)),
                        format!("a delegate has no `{field}`: those of the VirtualService that delegates count"),
                    )
                    .help(format!("remove `{field}`, or `delegate: true`")),
                );
            }
        }
        return;
    }
    if has_gateway && hosts.is_empty() {
        faults.push(
            Diagnostic::new(
                Code::GP007,
                Place::key(route.clone()),
                "a gateway needs `hosts`: the names that its requests come in under",
            )
            .help("add `hosts: [models.example.com]`, or `hosts: [\"*\"]` for all"),
        );
    }
    let at = |index: usize| Place::value(route.key("hosts").index(index));
    for (index, host) in hosts.iter().enumerate() {
        if is_full(faults) {
            return;
        }
        if *host == "*" && !has_gateway {
            faults.push(
                Diagnostic::new(Code::GP208, at(index), "the host `*` without a gateway would take the requests of every service in the mesh")
                    .help("add `traffic.gateway` or `traffic.gateways`, or name the hosts"),
            );
        } else if !is_wildcard_domain(host) && !is_ip_address(host) {
            faults.push(Diagnostic::new(
                Code::GP106,
                at(index),
                format!(
                    "`{}` is no host; a DNS name, `*.` and a DNS name, an IP address, or `*` is allowed",
                    excerpt(host)
                ),
            ));
        }
    }
    for (first, second) in overlaps(&hosts) {
        if is_full(faults) {
            return;
        }
        let (one, other) = (excerpt(hosts[first]), excerpt(hosts[second]));
        faults.push(if one == other {
            Diagnostic::new(
                Code::GP105,
                at(second),
                format!("the host `{other}` is there twice"),
            )
            .label(at(first), "first used here")
        } else {
            Diagnostic::new(
                Code::GP217,
                at(second),
                format!("the hosts `{one}` and `{other}` take the same requests, and Istio refuses both in one VirtualService"),
            )
            .label(at(first), "the other one")
            .help("keep the wider of the two, or name the hosts one by one")
        });
    }
}
