//! The base routes: what each takes, and what it does to requests.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::resolve::condition::{Subject, condition};
use crate::plan::resolve::label;
use crate::plan::{BaseMatch, BaseRoute, StringMatch};
use crate::spec::{self, Matcher, Provider, cors, is_zero, milliseconds, retry};
use crate::units::GatewayDuration;

use super::headers;

/// The base routes; where there are none, one that takes everything.
pub(super) fn resolve(
    given: &[spec::BaseRoute],
    provider: Provider,
    at: &Route,
    report: &mut Report,
) -> Option<Vec<BaseRoute>> {
    if given.is_empty() {
        return Some(vec![BaseRoute {
            name: "default".to_owned(),
            entries: Vec::new(),
            rewrite: None,
            timeout: None,
            retries: None,
            try_timeout: None,
            cors_policy: None,
            headers: None,
        }]);
    }
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut routes = Vec::new();
    for (index, route) in given.iter().enumerate() {
        let at = at.index(index);
        label(&route.name, at.key("name"), report);
        if let Some(first) = known.insert(&route.name, index) {
            report.push(
                Diagnostic::new(
                    Code::GP105,
                    Place::value(at.key("name")),
                    format!("the route name `{}` is used twice", route.name),
                )
                .label(
                    Place::value(at.parent().index(first).key("name")),
                    "first used here",
                ),
            );
        }
        let entries: Vec<_> = route
            .r#match
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let at = at.key("match").index(index);
                let mut one = |matcher: &Option<Matcher>, field: &str, subject: Subject| {
                    matcher
                        .as_ref()
                        .map(|matcher| condition(matcher, subject, &at.key(field), report))
                };
                let uri = one(&entry.uri, "uri", Subject::Path);
                let method = one(&entry.method, "method", Subject::Method);
                let settle = |found: Option<Option<StringMatch>>| {
                    found.map_or(Some(None), |condition| condition.map(Some))
                };
                Some(BaseMatch {
                    uri: settle(uri)?.map(|uri| uri.of_path(provider)),
                    method: settle(method)?,
                })
            })
            .collect();
        let headers = route.headers.as_ref().map(|headers| {
            headers::escape(headers, route.rewrite.as_ref(), &at.key("headers"), report)
        });
        let entries = entries.into_iter().collect::<Option<Vec<_>>>();
        routes.push(entries.map(|entries| {
            BaseRoute {
                name: route.name.clone(),
                entries,
                rewrite: route.rewrite.clone(),
                // Istio refuses `0s`, and means it where there is no timeout.
                timeout: route
                    .timeout
                    .clone()
                    .filter(|timeout| !is_zero(timeout))
                    .and_then(|timeout| duration(timeout, provider)),
                retries: route.retries.clone().map(|given| retries(given, provider)),
                try_timeout: try_timeout(route.retries.as_ref(), provider),
                cors_policy: route.cors_policy.clone().map(|given| match provider {
                    Provider::Istio => given,
                    Provider::GatewayApi => cors(&given),
                }),
                headers,
            }
        }));
    }
    routes.into_iter().collect()
}

/// A duration in the router's form.
fn duration(given: String, provider: Provider) -> Option<String> {
    match provider {
        Provider::Istio => Some(given),
        Provider::GatewayApi => {
            milliseconds(&given).map(|time| GatewayDuration::from_millis(time).to_string())
        }
    }
}

/// The timeout of one try; Istio has it within the retries.
fn try_timeout(retries: Option<&Value>, provider: Provider) -> Option<String> {
    match provider {
        Provider::Istio => None,
        Provider::GatewayApi => {
            let given = retries?.get("perTryTimeout")?.as_str()?;
            duration(given.to_owned(), provider)
        }
    }
}

/// Retries that say how often: to Istio, no `attempts` is none.
fn retries(mut given: Value, provider: Provider) -> Value {
    /// As often as Istio retries where nothing is said of retries.
    const DEFAULT_ATTEMPTS: u32 = 2;
    if let Some(fields) = given.as_object_mut() {
        fields
            .entry("attempts")
            .or_insert_with(|| DEFAULT_ATTEMPTS.into());
    }
    match provider {
        Provider::Istio => given,
        Provider::GatewayApi => retry(&given),
    }
}
