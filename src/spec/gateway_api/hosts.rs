//! The hosts of the routes (`spec.hostnames`).

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::{is_dns_subdomain, is_ip_address};

use super::{is_full, items, refused};

/// The most hosts of one route.
const MAX: usize = 16;

/// `at` is that of `traffic`.
pub(super) fn check(traffic: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    let at = at.key("hosts");
    let hosts: Vec<&str> = items(traffic.get("hosts"))
        .filter_map(Value::as_str)
        .collect();
    let has_gateway =
        traffic.get("gateway").is_some() || items(traffic.get("parentRefs")).next().is_some();
    if !hosts.is_empty() && !has_gateway {
        faults.push(
            Diagnostic::new(
                Code::GP222,
                Place::key(at),
                "`provider: gateway-api` has no place for `hosts` without a Gateway",
            )
            .note("a route of a Service takes what goes to the Service, whatever the host")
            .help("add `parentRefs` or `gateway`, or remove `hosts`"),
        );
        return;
    }
    if hosts.len() > MAX {
        let count = hosts.len();
        let message = format!("{count} hosts are given, and Gateway API takes {MAX} in a route");
        faults.push(refused(at, message).help("name a part of them by one `*.example.com`"));
        return;
    }
    for (index, host) in hosts.iter().enumerate() {
        if is_full(faults) {
            return;
        }
        let at = at.index(index);
        if *host == "*" && hosts.len() > 1 {
            let message = "the host `*` stands beside others, and is every host";
            faults.push(refused(at, message).help("keep `*` alone, or remove it"));
        } else if *host != "*" && !is_hostname(host) {
            let message = format!(
                "`{}` is no host that Gateway API takes; a DNS name in lower case, `*.` and a DNS name, or `*` alone is allowed",
                excerpt(host)
            );
            faults.push(Diagnostic::new(Code::GP106, Place::value(at), message));
        }
    }
}

/// Gateway API's `Hostname`.
pub(super) fn is_hostname(host: &str) -> bool {
    is_precise(host.strip_prefix("*.").unwrap_or(host)) && host.len() <= 253
}

/// Gateway API's `PreciseHostname`.
pub(super) fn is_precise(host: &str) -> bool {
    is_dns_subdomain(host) && !is_ip_address(host)
}
