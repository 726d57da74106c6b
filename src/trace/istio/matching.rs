//! Whether a route's conditions hold for a request, as Envoy decides it.

use serde_json::Value;

use crate::trace::regex::is_whole_match;
use crate::trace::text::items;
use crate::trace::{Request, Via};
use crate::units::ClaimPath;

/// The first entry of a route's `match` that holds; a route without entries takes everything.
pub(super) fn takes<'a>(route: &'a Value, request: &Request) -> Result<Option<&'a Value>, String> {
    let entries = items(&route["match"]);
    let mut taken = entries.is_empty().then_some(&Value::Null);
    for entry in entries {
        // Every entry is read, so that an unknown field is found whatever the request is.
        if holds(entry, request)? && taken.is_none() {
            taken = Some(entry);
        }
    }
    Ok(taken)
}

/// The path after the route's rewrite: Envoy replaces what the entry matched.
pub(super) fn rewritten(route: &Value, entry: &Value, path: &str) -> String {
    let Some(to) = route["rewrite"]["uri"].as_str() else {
        return path.to_owned();
    };
    let uri = &entry["uri"];
    let kept = match (
        uri["prefix"].as_str(),
        uri["exact"].as_str(),
        uri["regex"].as_str(),
    ) {
        (Some(prefix), _, _) => path.strip_prefix(prefix).unwrap_or_default(),
        (None, None, None) => path.strip_prefix('/').unwrap_or_default(),
        _ => "",
    };
    format!("{to}{kept}")
}

/// Whether all conditions of one entry hold.
fn holds(entry: &Value, request: &Request) -> Result<bool, String> {
    let mut all = true;
    for (field, condition) in fields(entry) {
        all &= match field.as_str() {
            "name" => true,
            "headers" => every(condition, request)?,
            "withoutHeaders" => none(condition, request)?,
            "authority" => matches(condition, Some(host(request)?))?,
            "queryParams" => {
                let mut all = true;
                for (name, condition) in fields(condition) {
                    all &= matches(condition, request.query.get(name))?;
                }
                all
            }
            "uri" => matches(condition, Some(&request.path))?,
            "method" => matches(condition, Some(&request.method))?,
            "port" => condition.as_u64() == Some(u64::from(request.port)),
            "sourceLabels" => {
                request.via == Via::Mesh
                    && fields(condition).all(|(key, value)| {
                        request.source_labels.get(key).map(String::as_str) == value.as_str()
                    })
            }
            "sourceNamespace" => {
                request.via == Via::Mesh
                    && request.source_namespace.as_deref() == condition.as_str()
            }
            _ => {
                return Err(format!(
                    "a route matches on `{field}`, which trace does not know"
                ));
            }
        };
    }
    Ok(all)
}

/// Whether each named header, or claim of a token, meets its condition.
fn every(conditions: &Value, request: &Request) -> Result<bool, String> {
    let mut all = true;
    for (name, condition) in fields(conditions) {
        all &= match claim(name)? {
            Some(path) => holds_of_claim(condition, request, &path)?,
            None => matches(condition, header(name, request)?)?,
        };
    }
    Ok(all)
}

/// Whether no named header, or claim, meets its condition.
///
/// Istio lets Envoy read a header that is not there as an empty one, but where it asks only for presence.
fn none(conditions: &Value, request: &Request) -> Result<bool, String> {
    let mut any = false;
    for (name, condition) in fields(conditions) {
        any |= match claim(name)? {
            Some(path) => holds_of_claim(condition, request, &path)?,
            None if fields(condition).count() == 0 => header(name, request)?.is_some(),
            None => {
                let nothing = String::new();
                matches(condition, Some(header(name, request)?.unwrap_or(&nothing)))?
            }
        };
    }
    Ok(!any)
}

/// Only gateways know claims. Of a list, one item has to meet the condition.
fn holds_of_claim(condition: &Value, request: &Request, path: &ClaimPath) -> Result<bool, String> {
    if fields(condition).count() == 0 {
        return Err(format!(
            "the claim `{path}` has a condition without a value"
        ));
    }
    let mut any = false;
    for value in request.claims.get(path).into_iter().flatten() {
        any |= matches(condition, Some(value))?;
    }
    Ok(any && request.via == Via::Gateway)
}

/// The claim that a header's name stands for in Istio.
fn claim(name: &str) -> Result<Option<ClaimPath>, String> {
    let Some(path) = name.strip_prefix("@request.auth.claims") else {
        return Ok(None);
    };
    let path = path.strip_prefix('.').unwrap_or(path);
    ClaimPath::parse(path).map(Some)
}

/// Envoy keeps the header `host` where it keeps HTTP/2's `:authority`.
fn header<'a>(name: &str, request: &'a Request) -> Result<Option<&'a String>, String> {
    match name {
        "host" => host(request).map(Some),
        name => Ok(request.headers.get(name)),
    }
}

fn host(request: &Request) -> Result<&String, String> {
    let host = request.host.as_ref();
    host.ok_or_else(|| "a route asks for the host, and the request names none".to_owned())
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// One string against Istio's `StringMatch`; the empty one asks only whether there is a value.
fn matches(condition: &Value, value: Option<&String>) -> Result<bool, String> {
    let kinds = condition
        .as_object()
        .ok_or_else(|| format!("a condition is `{condition}`, and no mapping"))?;
    let Some((kind, wanted)) = kinds.iter().next() else {
        return Ok(value.is_some());
    };
    let wanted = wanted
        .as_str()
        .filter(|_| kinds.len() == 1)
        .ok_or_else(|| format!("a condition is `{condition}`, and no text"))?;
    let holds: &dyn Fn(&str) -> Result<bool, String> = match kind.as_str() {
        "exact" => &|value| Ok(value == wanted),
        "prefix" => &|value| Ok(value.starts_with(wanted)),
        "regex" => &|value| is_whole_match(wanted, value),
        _ => {
            return Err(format!(
                "a condition is of the kind `{kind}`, which trace does not know"
            ));
        }
    };
    value.map_or(Ok(false), |value| holds(value))
}
