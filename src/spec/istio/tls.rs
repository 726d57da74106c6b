//! TLS to the pods (`ValidateTLS`).

use serde_json::Value;

use crate::diag::Diagnostic;

use super::{Shape, items, refused, text};

/// Files that a credential stands in for.
const FILES: [&str; 4] = ["clientCertificate", "privateKey", "caCertificates", "caCrl"];
/// The form of a `credentialName` that is a ConfigMap.
const CONFIG_MAP: &str = "configmap://";

pub(super) fn check(shape: Shape<'_>, faults: &mut Vec<Diagnostic>) {
    let Shape { value, route, .. } = shape;
    let mode = text(value, "mode").unwrap_or("DISABLE");
    let credential = text(value, "credentialName");
    if let Some(parts) = credential.and_then(|name| name.strip_prefix(CONFIG_MAP)) {
        let (namespace, name) = parts.split_once('/').unwrap_or_default();
        let own = shape.namespace.is_none_or(|own| own == namespace);
        if namespace.is_empty() || name.split('/').next() == Some("") || !own {
            let namespace = shape.namespace.unwrap_or("namespace");
            faults.push(
                refused(
                    route.key("credentialName"),
                    "a ConfigMap is named with its namespace, which must be the rollout's own",
                )
                .help(format!("write `{CONFIG_MAP}{namespace}/name`")),
            );
        }
    }
    let (simple, mutual) = (mode == "SIMPLE", mode == "MUTUAL");
    if !simple && !mutual {
        return;
    }
    if value.get("insecureSkipVerify").and_then(Value::as_bool) == Some(true) {
        // A credential may be the client's own, which MUTUAL needs.
        let verifies = text(value, "caCertificates")
            .map(|_| "caCertificates")
            .or(items(value.get("subjectAltNames"))
                .next()
                .map(|_| "subjectAltNames"))
            .or(credential.filter(|_| simple).map(|_| "credentialName"));
        if let Some(name) = verifies {
            faults.push(
                refused(
                    route.key("insecureSkipVerify"),
                    format!("`{name}` verifies the server, and `insecureSkipVerify` does not"),
                )
                .help("remove one of them"),
            );
        }
    }
    if credential.is_some() {
        if let Some(name) = FILES.into_iter().find(|name| text(value, name).is_some()) {
            faults.push(
                refused(
                    route.key(name),
                    format!("`credentialName` and the file `{name}` cannot both be set"),
                )
                .help("remove one of them"),
            );
        }
        return;
    }
    let missing = ["clientCertificate", "privateKey"]
        .into_iter()
        .find(|name| mutual && text(value, name).is_none());
    if let Some(name) = missing {
        faults.push(
            refused(
                route.key("mode"),
                format!("`mode: MUTUAL` needs the client's certificate and key, and there is no `{name}`"),
            )
            .help(format!("add `{name}`, or a `credentialName` that holds both")),
        );
    }
}
