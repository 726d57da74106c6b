//! CORS policies (`validateCORSPolicy`).

use serde_json::Value;

use crate::diag::{Diagnostic, words};
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::{check_re2, is_header_token};

use super::{duration, is_full, items, refused};

/// The methods that Go's `net/http` knows, and all.
const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*",
];

pub(super) fn check(value: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    for (index, origin) in items(value.get("allowOrigins")).enumerate() {
        if is_full(faults) {
            return;
        }
        let route = route.key("allowOrigins").index(index);
        for (kind, text) in origin.as_object().into_iter().flatten() {
            let Some(text) = text.as_str() else { continue };
            let route = route.key(kind);
            if text.is_empty() {
                faults.push(refused(
                    route,
                    "the origin is empty, and Istio takes one such as `https://example.com`",
                ));
            } else if kind == "regex"
                && let Err(fault) = check_re2(text)
            {
                faults.push(refused(route, fault.message));
            }
        }
    }
    for (index, method) in items(value.get("allowMethods")).enumerate() {
        if is_full(faults) {
            return;
        }
        let Some(method) = method.as_str() else {
            continue;
        };
        if !METHODS.contains(&method) {
            let upper = method.to_ascii_uppercase();
            faults.push(
                refused(
                    route.key("allowMethods").index(index),
                    format!(
                        "`{}` is no method that Istio takes; {} are allowed",
                        excerpt(method),
                        words::and_list(METHODS)
                    ),
                )
                .maybe_help(
                    words::near_miss(&upper, METHODS).map(|near| format!("did you mean `{near}`?")),
                ),
            );
        }
    }
    for list in ["allowHeaders", "exposeHeaders"] {
        for (index, name) in items(value.get(list)).enumerate() {
            if is_full(faults) {
                return;
            }
            let Some(name) = name.as_str() else { continue };
            // A list in one text is what Envoy makes of several.
            if !name.split(',').all(is_header_token) {
                faults.push(refused(
                    route.key(list).index(index),
                    format!(
                        "`{}` is no HTTP header name; a name or `*` is allowed",
                        excerpt(name)
                    ),
                ));
            }
        }
    }
    duration::check_seconds(value, "maxAge", route, faults);
}
