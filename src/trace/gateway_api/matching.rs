//! Whether the conditions of one match hold.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::trace::Request;
use crate::trace::regex::is_whole_match;
use crate::trace::text::{items, text};

/// Whether all conditions of a match hold.
pub(super) fn holds(matched: &Value, request: &Request) -> Result<bool, String> {
    let mut all = true;
    for (field, condition) in matched.as_object().into_iter().flatten() {
        all &= match field.as_str() {
            "path" => path(condition, &request.path)?,
            "headers" => named(condition, |name| {
                request.headers.get(&name.to_ascii_lowercase())
            })?,
            "queryParams" => named(condition, |name| request.query.get(name))?,
            "method" => match condition.as_str() {
                Some(method) => method == request.method,
                None => call(condition, &request.path)?,
            },
            _ => {
                return Err(format!(
                    "a rule matches on `{field}`, which trace does not know"
                ));
            }
        };
    }
    Ok(all)
}

fn path(condition: &Value, path: &str) -> Result<bool, String> {
    let wanted = text(&condition["value"]);
    match condition["type"].as_str().unwrap_or("PathPrefix") {
        "Exact" => Ok(path == wanted),
        "PathPrefix" => Ok(is_below(wanted, path)),
        "RegularExpression" => is_whole_match(wanted, path),
        kind => Err(format!(
            "a path has the type `{kind}`, which trace does not know"
        )),
    }
}

/// Whether a path begins with a prefix, element by element; a slash at its end is nothing.
fn is_below(prefix: &str, path: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A method of gRPC is the path `/service/method`.
fn call(condition: &Value, path: &str) -> Result<bool, String> {
    let asked = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    let Some((service, method)) = asked else {
        return Ok(false);
    };
    let is_regex = match condition["type"].as_str().unwrap_or("Exact") {
        "Exact" => false,
        "RegularExpression" => true,
        kind => {
            return Err(format!(
                "a method has the type `{kind}`, which trace does not know"
            ));
        }
    };
    let one = |field: &str, value: &str| match condition[field].as_str() {
        None => Ok(true),
        Some(wanted) if is_regex => is_whole_match(wanted, value),
        Some(wanted) => Ok(wanted == value),
    };
    Ok(one("service", service)? & one("method", method)?)
}

/// Whether each named value meets its condition. Of two conditions of one name, only the first counts.
fn named<'r>(
    conditions: &Value,
    value: impl Fn(&str) -> Option<&'r String>,
) -> Result<bool, String> {
    let mut all = true;
    let mut known = BTreeSet::new();
    for condition in items(conditions) {
        let name = text(&condition["name"]);
        let wanted = text(&condition["value"]);
        let holds: &dyn Fn(&str) -> Result<bool, String> =
            match condition["type"].as_str().unwrap_or("Exact") {
                "Exact" => &|value| Ok(value == wanted),
                "RegularExpression" => &|value| is_whole_match(wanted, value),
                kind => {
                    return Err(format!(
                        "`{name}` has the type `{kind}`, which trace does not know"
                    ));
                }
            };
        let found = value(name).map_or(Ok(false), |value| holds(value))?;
        if known.insert(name.to_ascii_lowercase()) {
            all &= found;
        }
    }
    Ok(all)
}
