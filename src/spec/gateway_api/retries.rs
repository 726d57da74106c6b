//! Retries: Istio's shape, in which the language has them, and Gateway API's (`HTTPRouteRetry`, GEP-1731).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::spec::istio::milliseconds;
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::GatewayDuration;

use super::routes::duration;
use super::{Diagnostic, refused, unsaid};

/// Conditions that are a few statuses; a connection that fails is tried again whatever is asked for.
const CONDITIONS: [(&str, &[u16]); 3] = [
    ("connect-failure", &[]),
    ("gateway-error", &[502, 503, 504]),
    ("retriable-4xx", &[409]),
];

pub(super) fn check(given: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    for field in ["retryRemoteLocalities", "retryIgnorePreviousHosts"] {
        if given.get(field).is_some() {
            let message = format!("Gateway API has no word for `{field}`");
            faults.push(unsaid(at.key(field), message).help("remove it"));
        }
    }
    if given.get("attempts").and_then(Value::as_u64) == Some(0) {
        let message = "Gateway API cannot switch retries off: it takes 1 attempt or more";
        faults.push(refused(at.key("attempts"), message));
    }
    for field in ["perTryTimeout", "backoff"] {
        duration(given, field, at, faults);
    }
    let words = given.get("retryOn").and_then(Value::as_str);
    for word in words.into_iter().flat_map(|text| text.split(',')) {
        let status = word.parse::<u16>();
        if status
            .as_ref()
            .is_ok_and(|status| !(400..600).contains(status))
        {
            let message =
                format!("Gateway API tries statuses from 400 to 599 again, and not {word}");
            faults.push(refused(at.key("retryOn"), message));
        } else if status.is_err() && statuses(word).is_none() {
            let word = excerpt(word);
            let message = format!("Gateway API has no word for the condition `{word}`");
            let found = unsaid(at.key("retryOn"), message);
            faults.push(found.help("name the statuses, such as `retryOn: 502,503,504`; failed connections are tried again anyhow"));
        }
    }
}

fn statuses(word: &str) -> Option<&'static [u16]> {
    let known = CONDITIONS.iter().find(|(name, _)| *name == word)?;
    Some(known.1)
}

/// What is written as `retry`; `given` has passed the checks.
pub fn retry(given: &Value) -> Value {
    let mut made = Map::new();
    if let Some(attempts) = given.get("attempts") {
        made.insert("attempts".to_owned(), attempts.clone());
    }
    let backoff = given.get("backoff").and_then(Value::as_str);
    if let Some(time) = backoff.and_then(milliseconds) {
        made.insert(
            "backoff".to_owned(),
            GatewayDuration::from_millis(time).to_string().into(),
        );
    }
    let words = given.get("retryOn").and_then(Value::as_str);
    let codes: BTreeSet<u16> = words
        .into_iter()
        .flat_map(|text| text.split(','))
        .flat_map(|word| match word.parse() {
            Ok(status) => vec![status],
            Err(_) => statuses(word).unwrap_or_default().to_vec(),
        })
        .collect();
    if !codes.is_empty() {
        made.insert("codes".to_owned(), json!(codes));
    }
    Value::Object(made)
}
