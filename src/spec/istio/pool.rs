//! Connection pools (`validateConnectionPool`).

use serde_json::Value;

use crate::diag::{Diagnostic, Place};

use super::{IstioVersion, Shape, duration, refused, text, version};

pub(super) fn check(shape: Shape<'_>, faults: &mut Vec<Diagnostic>) {
    let Shape { value, route, .. } = shape;
    let (tcp, http) = (value.get("tcp"), value.get("http"));
    if value.is_object() && tcp.is_none() && http.is_none() {
        faults.push(
            refused(route.clone(), "the connection pool is empty")
                .help("add `tcp` or `http`, or remove it"),
        );
    }
    if let Some(tcp) = tcp {
        let route = &route.key("tcp");
        duration::check(tcp, "connectTimeout", route, faults);
        duration::check(tcp, "maxConnectionDuration", route, faults);
        if !text(tcp, "idleTimeout").is_some_and(duration::is_zero) {
            duration::check(tcp, "idleTimeout", route, faults);
        } else if shape.version < IstioVersion::V1_26 {
            let place = Place::value(route.key("idleTimeout"));
            let subject = "`idleTimeout: 0s`, which is no limit,";
            faults.push(version::newer(
                place,
                subject,
                IstioVersion::V1_26,
                shape.version,
            ));
        }
        if let Some(keepalive) = tcp.get("tcpKeepalive") {
            let route = &route.key("tcpKeepalive");
            duration::check(keepalive, "time", route, faults);
            duration::check(keepalive, "interval", route, faults);
        }
    }
    if let Some(http) = http {
        let route = &route.key("http");
        duration::check(http, "idleTimeout", route, faults);
        let upgrades = text(http, "h2UpgradePolicy") == Some("UPGRADE");
        if upgrades && http.get("useClientProtocol").and_then(Value::as_bool) == Some(true) {
            faults.push(
                refused(
                    route.key("useClientProtocol"),
                    "the caller's protocol cannot be kept where `h2UpgradePolicy: UPGRADE` changes it",
                )
                .help("remove `useClientProtocol` or `h2UpgradePolicy`"),
            );
        }
    }
}
