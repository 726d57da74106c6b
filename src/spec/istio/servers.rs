//! The servers of the Gateway that is written (`validateServer`, `validateTLSOptions`).

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::{Hosts, is_host_label, is_ip_address, is_wildcard_domain};

use super::{is_full, items, text};

/// `route` is that of `traffic`, `namespace` the rollout's.
pub(super) fn check(
    traffic: &Value,
    route: &Route,
    namespace: Option<&str>,
    faults: &mut Vec<Diagnostic>,
) {
    let Some(gateway) = traffic.get("gateway") else {
        return;
    };
    let at = route.key("gateway").key("servers");
    let given = gateway.get("servers").and_then(Value::as_array);
    // Another Gateway may take what this one does not.
    let is_alone = items(traffic.get("gateways")).next().is_none();
    let mut takes_all = given.is_none();
    let mut taken = Hosts::default();
    for (index, server) in given.into_iter().flatten().enumerate() {
        if is_full(faults) {
            return;
        }
        let at = at.index(index);
        security(server, &at, faults);
        takes_all |= server.get("hosts").is_none();
        for (index, host) in items(server.get("hosts")).enumerate() {
            if is_full(faults) {
                return;
            }
            let Some(host) = host.as_str() else { continue };
            let (of, name) = host
                .split_once('/')
                .map_or((None, host), |(of, name)| (Some(of), name));
            let place = Place::value(at.key("hosts").index(index));
            if of.is_some_and(|of| of != "*" && of != "." && !is_host_label(of)) {
                faults.push(Diagnostic::new(
                    Code::GP215,
                    place,
                    format!("`{}` is no host of a Gateway; before the `/` a namespace, `.` or `*` is allowed", excerpt(host)),
                ));
            } else {
                faults.extend(fault(name, place));
            }
            let here =
                of.is_none_or(|of| of == "*" || of == "." || namespace.is_none_or(|own| of == own));
            if here {
                taken.insert(name);
            }
        }
    }
    for (index, host) in items(traffic.get("hosts")).enumerate() {
        let Some(host) = host.as_str() else { continue };
        if is_full(faults) {
            return;
        }
        let place = Place::value(route.key("hosts").index(index));
        if takes_all {
            faults.extend(fault(host, place));
        } else if is_alone && !taken.meet(host) {
            faults.push(
                Diagnostic::new(
                    Code::GP216,
                    place,
                    format!("no server of the Gateway takes the host `{}`", excerpt(host)),
                )
                .label(Place::key(at.clone()), "these servers have hosts of their own")
                .help("add the host to a server, or remove `hosts` from one: it then takes those of the rollout"),
            );
        }
    }
}

/// What Istio refuses in a host that a Gateway has and a VirtualService may have.
fn fault(host: &str, place: Place) -> Option<Diagnostic> {
    let named = excerpt(host);
    let message = if host == "*" {
        return None;
    } else if !host.contains('.') {
        format!("`{named}` has no dot, and Istio refuses short names in a Gateway")
    } else if !is_wildcard_domain(host) && !is_ip_address(host) {
        format!(
            "`{named}` is no host of a Gateway; a DNS name, `*.` and a DNS name, or `*` is allowed"
        )
    } else if host.starts_with('*') && !host.starts_with("*.") {
        format!(
            "`{named}` begins with a part of a label, and Istio takes `*.` and a DNS name in a Gateway"
        )
    } else {
        return None;
    };
    Some(Diagnostic::new(Code::GP215, place, message))
}

/// TLS is what HTTPS needs and what nothing else can have.
fn security(server: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    let credential = text(server, "credentialName");
    match (text(server, "protocol"), credential) {
        (Some("HTTPS"), None) => faults.push(
            Diagnostic::new(
                Code::GP215,
                Place::value(at.key("protocol")),
                "`protocol: HTTPS` needs a `credentialName`: the Secret with the certificate",
            )
            .help("add `credentialName`, or set `protocol: HTTP`"),
        ),
        (Some(protocol @ ("HTTP" | "HTTP2" | "GRPC")), Some(_)) => faults.push(
            Diagnostic::new(
                Code::GP215,
                Place::value(at.key("credentialName")),
                format!("a server with `protocol: {protocol}` has no TLS, so Istio refuses its `credentialName`"),
            )
            .help("set `protocol: HTTPS`, which carries HTTP/2 and gRPC too, or remove `credentialName`"),
        ),
        (_, _) => {}
    }
}
