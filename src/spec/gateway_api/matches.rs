//! Matches (`HTTPRouteMatch`): what they can ask, and how much of it.

use serde_json::Value;

use crate::diag::words;
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::{escape_re2, is_header_token};

use super::{Channel, Diagnostic, GatewayApi, entries, is_full, items, paths, refused, unsaid};

/// The methods that a match can name.
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];
/// What no match can ask, with the reason and what to do.
const UNSAID: &[(&str, &str, &str)] = &[
    (
        "sourceLabels",
        "it does not know the calling pod",
        "let the caller set a header, and match that",
    ),
    (
        "sourceNamespace",
        "it does not know the calling pod",
        "let the caller set a header, and match that",
    ),
    (
        "withoutHeaders",
        "a match asks for what is there",
        "put a cohort before this one that claims the requests with these headers",
    ),
    (
        "jwtClaims",
        "it does not read tokens",
        "let what reads the token set a header, and match that",
    ),
    (
        "host",
        "a match has none, and the hosts of a route are those of all its rules",
        "let the gateway or the caller set a header, and match that",
    ),
];
/// The most headers of a match, and the most query parameters.
const MAX: usize = 16;
/// The longest name of a header or a query parameter.
const MAX_NAME: usize = 256;
/// The longest value of a header.
const MAX_HEADER: usize = 4_096;
/// The longest value of a query parameter.
const MAX_QUERY: usize = 1_024;
/// The longest path.
const MAX_PATH: usize = 1_024;

/// `of` is a cohort, a base route or a mirror.
pub(super) fn check(of: &Value, api: GatewayApi, at: &Route, faults: &mut Vec<Diagnostic>) {
    for (index, entry) in items(of.get("match")).enumerate() {
        if is_full(faults) {
            return;
        }
        one(entry, api, &at.key("match").index(index), faults);
    }
}

fn one(entry: &Value, api: GatewayApi, at: &Route, faults: &mut Vec<Diagnostic>) {
    for (field, why, help) in UNSAID {
        if entry.get(*field).is_some() {
            let message = format!("Gateway API has no word for `{field}`: {why}");
            faults.push(unsaid(at.key(*field), message).help(*help));
        }
    }
    if let Some(path) = entry.get("uri") {
        let at = at.key("uri");
        match kind(path) {
            Some(("exact", text)) => paths::check(text, false, &value_at(path, &at), faults),
            Some(("prefix", text)) => paths::check(text, true, &value_at(path, &at), faults),
            Some((_, text)) => length(text, MAX_PATH, "path", &value_at(path, &at), faults),
            None => {}
        }
    }
    if let Some(given) = entry.get("method") {
        method(given, &at.key("method"), faults);
    }
    let cookies = entries(entry.get("cookies")).count();
    for (field, most) in [("headers", MAX_HEADER), ("queryParams", MAX_QUERY)] {
        let at = at.key(field);
        let conditions: Vec<_> = entries(entry.get(field)).collect();
        let all = conditions.len() + if field == "headers" { cookies } else { 0 };
        if all > MAX {
            let message =
                format!("{all} conditions are given, and Gateway API takes {MAX} in a match");
            faults.push(unsaid(at.clone(), message));
        }
        for (name, condition) in conditions {
            if is_full(faults) {
                return;
            }
            let at = at.key(name);
            if name.len() > MAX_NAME || field == "queryParams" && !is_header_token(name) {
                let message = format!(
                    "`{}` is no name that Gateway API takes; up to {MAX_NAME} letters, digits and some signs are",
                    excerpt(name)
                );
                faults.push(unsaid(at.clone(), message));
            }
            value(condition, most, api, field == "headers", &at, faults);
        }
    }
}

fn method(given: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    let allowed = words::and_list(METHODS);
    match kind(given) {
        Some(("exact", name)) if !METHODS.contains(&name) => {
            let upper = name.to_ascii_uppercase();
            let near = words::near_miss(&upper, METHODS);
            let message = format!(
                "`{}` is no method that Gateway API takes; {allowed} are",
                excerpt(name)
            );
            let found = refused(value_at(given, at), message);
            faults.push(found.maybe_help(near.map(|near| format!("did you mean `{near}`?"))));
        }
        Some(("prefix" | "regex", _)) => {
            let message = "Gateway API takes a method by its whole name only";
            let help = "name each method in a match entry of its own: `method: POST`";
            faults.push(unsaid(value_at(given, at), message).help(help));
        }
        Some(_) | None => {}
    }
}

/// One condition on a header or a query parameter.
fn value(
    given: &Value,
    most: usize,
    api: GatewayApi,
    is_header: bool,
    at: &Route,
    faults: &mut Vec<Diagnostic>,
) {
    let Some((kind, text)) = kind(given) else {
        return;
    };
    let at = value_at(given, at);
    let written = match kind {
        "prefix" => format!("{}.*", escape_re2(text)),
        _ => text.to_owned(),
    };
    if text.is_empty() {
        let message = "the value is empty, and Gateway API takes one character or more";
        faults.push(refused(at, message));
        return;
    }
    length(&written, most, "value", &at, faults);
    let is_plain = written
        .chars()
        .all(|c| c.is_ascii_graphic() || c == ' ' || c == '\t')
        && !written.contains("  ")
        && written.trim() == written;
    if is_header && api.channel == Channel::Experimental && !is_plain {
        let message = "the experimental channel of Gateway API takes only ASCII in a header's value, with single blanks inside";
        faults.push(refused(at, message));
    }
}

fn length(text: &str, most: usize, what: &str, at: &Route, faults: &mut Vec<Diagnostic>) {
    let count = text.chars().count();
    if count > most {
        let message =
            format!("the {what} is written in {count} characters, and Gateway API takes {most}");
        faults.push(refused(at.clone(), message));
    }
}

/// A condition's kind and text; a bare string is exact, and `present` has no text.
fn kind(given: &Value) -> Option<(&str, &str)> {
    if let Some(text) = given.as_str() {
        return Some(("exact", text));
    }
    let (kind, text) = given.as_object()?.iter().next()?;
    Some((kind, text.as_str()?))
}

/// Where the text of a condition stands.
fn value_at(given: &Value, at: &Route) -> Route {
    match given.as_object().and_then(|kinds| kinds.keys().next()) {
        Some(kind) => at.key(kind),
        None => at.clone(),
    }
}
