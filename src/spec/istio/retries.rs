//! Retries (`validateHTTPRetry`).

use serde_json::Value;

use crate::diag::{Diagnostic, words};
use crate::text::Route;

use super::{duration, refused, text};

/// Envoy's conditions, those of its header `x-envoy-retry-on` before those of `x-envoy-retry-grpc-on`.
const CONDITIONS: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "envoy-ratelimited",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

pub(super) fn check(value: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    duration::check(value, "perTryTimeout", route, faults);
    duration::check(value, "backoff", route, faults);
    if let Some(conditions) = text(value, "retryOn") {
        let unknown = conditions.split(',').find(|word| !is_condition(word));
        if let Some(word) = unknown {
            faults.push(unknown_condition(word, route.key("retryOn")));
        }
    }
    if value.get("attempts").and_then(Value::as_i64) == Some(0) {
        let beside = ["perTryTimeout", "retryOn", "retryRemoteLocalities"]
            .into_iter()
            .find(|name| match *name {
                "retryOn" => text(value, name).is_some(),
                name => value.get(name).is_some(),
            });
        if let Some(beside) = beside {
            faults.push(
                refused(
                    route.key("attempts"),
                    format!("`attempts: 0` switches retries off, and `{beside}` beside it says how to retry"),
                )
                .help(format!("remove `{beside}`, or set `attempts: 1` or more")),
            );
        }
    }
}

fn unknown_condition(word: &str, route: Route) -> Diagnostic {
    let allowed = words::and_list(CONDITIONS);
    let found = if word.is_empty() {
        "`retryOn` has nothing between two commas".to_owned()
    } else {
        format!("`{word}` is no condition for a retry")
    };
    let near = words::near_miss(word.trim(), CONDITIONS)
        .or_else(|| is_condition(word.trim()).then(|| word.trim()));
    let help = match near {
        Some(near) if near == word.trim() => {
            Some("write the conditions without blanks: `connect-failure,503`".to_owned())
        }
        near => near.map(|near| format!("did you mean `{near}`?")),
    };
    refused(
        route,
        format!("{found}; {allowed}, and HTTP status codes, are allowed"),
    )
    .maybe_help(help)
}

/// Whether Istio takes the word: a condition of Envoy's, or a number that Go's `http.StatusText` has a name for.
fn is_condition(word: &str) -> bool {
    CONDITIONS.contains(&word)
        || word.parse::<u16>().is_ok_and(|status| {
            matches!(
                status,
                100..=103
                    | 200..=208
                    | 226
                    | 300..=305
                    | 307..=308
                    | 400..=418
                    | 421..=426
                    | 428..=429
                    | 431
                    | 451
                    | 500..=508
                    | 510..=511
            )
        })
}
