//! Whether a route's conditions hold for a request, as Envoy decides it.

use std::collections::BTreeMap;

use regex::bytes::Regex;
use serde_json::Value;

use super::items;
use crate::trace::{Request, Via};
use crate::units::{as_latin1, re2_over_bytes};

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
    for (field, condition) in entry.as_object().into_iter().flatten() {
        all &= match field.as_str() {
            "name" => true,
            "headers" => every(condition, &request.headers)?,
            "queryParams" => every(condition, &request.query)?,
            "uri" => matches(condition, Some(&request.path))?,
            "method" => matches(condition, Some(&request.method))?,
            "port" => condition.as_u64() == Some(u64::from(request.port)),
            "sourceLabels" => {
                request.via == Via::Mesh
                    && condition
                        .as_object()
                        .into_iter()
                        .flatten()
                        .all(|(key, value)| {
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

/// Whether each named value meets its condition.
fn every(conditions: &Value, values: &BTreeMap<String, String>) -> Result<bool, String> {
    let mut all = true;
    for (name, condition) in conditions.as_object().into_iter().flatten() {
        all &= matches(condition, values.get(name))?;
    }
    Ok(all)
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
    let holds: Box<dyn Fn(&str) -> bool> = match kind.as_str() {
        "exact" => Box::new(|value| value == wanted),
        "prefix" => Box::new(|value| value.starts_with(wanted)),
        "regex" => {
            let regex = whole(wanted)?;
            Box::new(move |value| regex.is_match(as_latin1(value).as_bytes()))
        }
        _ => {
            return Err(format!(
                "a condition is of the kind `{kind}`, which trace does not know"
            ));
        }
    };
    Ok(value.is_some_and(|value| holds(value)))
}

/// Envoy matches an expression against the whole value, byte by byte. This engine takes time linear in the value, as RE2 does.
fn whole(pattern: &str) -> Result<Regex, String> {
    let bytes = re2_over_bytes(pattern).unwrap_or_default();
    Regex::new(&format!(r"\A(?:{bytes})\z"))
        .ok()
        .filter(|_| !bytes.is_empty())
        .ok_or_else(|| format!("the regex `{pattern}` is too large, or none"))
}
