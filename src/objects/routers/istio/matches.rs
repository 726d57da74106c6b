//! The conditions of a route, in Istio's shape.

use std::collections::BTreeMap;

use crate::objects::api::istio as api;
use crate::plan::{Match, StringMatch};
use crate::units::{ClaimPath, HeaderName, escape_re2};

use super::virtual_service::Copy;

/// The conditions of one entry.
pub(super) fn http_match(entry: Match, copy: Copy<'_>) -> api::HttpMatch {
    let Match {
        headers,
        without_headers,
        query_params,
        uri,
        method,
        host,
        claims,
        source_labels,
        source_namespace,
    } = entry;
    let named = |headers: BTreeMap<HeaderName, StringMatch>| {
        let headers = headers.into_iter();
        headers.map(|(name, condition)| (name.as_str().to_owned(), string_match(condition)))
    };
    let claims = claims
        .into_iter()
        .map(|(path, condition)| (claim(&path), string_match(condition)));
    api::HttpMatch {
        authority: host.map(authority),
        headers: named(headers).chain(claims).collect(),
        method: method.map(string_match),
        port: copy.is_one_of_many.then_some(copy.port.number),
        query_params: query_params
            .into_iter()
            .map(|(name, condition)| (name, string_match(condition)))
            .collect(),
        source_labels,
        source_namespace,
        uri: uri.map(string_match),
        without_headers: named(without_headers).collect(),
    }
}

/// A claim as the header by which Istio knows it; brackets are its form for every name
/// (<https://istio.io/latest/docs/tasks/security/authentication/jwt-route/>).
fn claim(path: &ClaimPath) -> String {
    match path.names() {
        [name] if !name.contains('.') => format!("@request.auth.claims.{name}"),
        names => format!("@request.auth.claims[{}]", names.join("][")),
    }
}

/// A host as the caller writes it: Envoy leaves the port and the case of `:authority` as they are, and finds the host of a
/// VirtualService without them.
fn authority(host: StringMatch) -> api::StringMatch {
    const PORT: &str = "(?::[0-9]+)?";
    string_match(match host {
        StringMatch::Exact(host) => StringMatch::Regex(format!("(?i){}{PORT}", escape_re2(&host))),
        StringMatch::Prefix(host) | StringMatch::Below(host) => {
            StringMatch::Regex(format!("(?i){}.*", escape_re2(&host)))
        }
        StringMatch::Regex(host) => StringMatch::Regex(format!("(?i)(?:{host}){PORT}")),
        StringMatch::Present => StringMatch::Present,
    })
}

fn string_match(condition: StringMatch) -> api::StringMatch {
    let mut result = api::StringMatch::default();
    match condition {
        StringMatch::Exact(text) => result.exact = Some(text),
        StringMatch::Prefix(text) | StringMatch::Below(text) => result.prefix = Some(text),
        StringMatch::Regex(pattern) => result.regex = Some(pattern),
        StringMatch::Present => {}
    }
    result
}
