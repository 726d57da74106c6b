//! Entries of a `match`: conditions checked and made equal in form.

mod headers;
mod served_model;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Match;
use crate::spec::{MatchEntry, Matcher, Traffic};
use crate::units::{ClaimPath, is_label_key, is_label_value, unsent_in_query};

use super::condition::{Subject, condition};
use super::labels;

/// Everything that must hold, or `None` where any of it is wrong.
pub(super) fn resolve(
    entry: &MatchEntry,
    traffic: &Traffic,
    at: &Route,
    report: &mut Report,
) -> Option<Match> {
    let mut sound = true;
    let mut result = Match {
        source_labels: entry.source_labels.clone(),
        source_namespace: entry.source_namespace.clone(),
        ..Match::default()
    };
    sound &= headers::resolve(entry, at, &mut result, report);
    for (name, matcher) in &entry.query_params {
        let at = at.key("queryParams").key(name);
        if let Some(why) = unsent_in_query(name)
            .or_else(|| name.contains('=').then_some("`=` ends a parameter's name"))
        {
            sound = false;
            let text = format!("no request has the query parameter `{name}`: {why}");
            report.push(Diagnostic::new(Code::GP203, Place::key(at), text));
            continue;
        }
        match condition(matcher, Subject::Query, &at, report) {
            Some(condition) => {
                result.query_params.insert(name.clone(), condition);
            }
            None => sound = false,
        }
    }
    sound &= claims(&entry.jwt_claims, at, &mut result, report);
    for (field, subject, matcher, slot) in [
        ("uri", Subject::Path, &entry.uri, &mut result.uri),
        ("method", Subject::Method, &entry.method, &mut result.method),
        ("host", Subject::Host, &entry.host, &mut result.host),
    ] {
        if let Some(matcher) = matcher {
            *slot = condition(matcher, subject, &at.key(field), report);
            sound &= slot.is_some();
        }
    }
    for (key, value) in &entry.source_labels {
        if !is_label_key(key) || !is_label_value(value) {
            sound = false;
            let place = Place::key(at.key("sourceLabels").key(key));
            report.push(Diagnostic::new(
                Code::GP010,
                place,
                format!("`{key}: {value}` is no label that Kubernetes takes"),
            ));
        }
    }
    if let Some(namespace) = &entry.source_namespace {
        sound &= labels::namespace(namespace, at.key("sourceNamespace"), report).is_some();
    }
    result.uri = result.uri.map(|uri| uri.of_path(traffic.provider));
    let result = sound.then_some(result)?;
    match &entry.served_model {
        Some(name) => served_model::asked_for(name, result, traffic, at, report),
        None => Some(result),
    }
}

fn claims(
    given: &BTreeMap<String, Matcher>,
    at: &Route,
    result: &mut Match,
    report: &mut Report,
) -> bool {
    let mut sound = true;
    for (name, matcher) in given {
        let at = at.key("jwtClaims").key(name);
        let path = match ClaimPath::parse(name) {
            Ok(path) => path,
            Err(message) => {
                sound = false;
                report.push(Diagnostic::new(Code::GP203, Place::key(at), message));
                continue;
            }
        };
        match condition(matcher, Subject::Claim, &at, report) {
            Some(condition) if !result.claims.contains_key(&path) => {
                result.claims.insert(path, condition);
            }
            Some(_) => {
                sound = false;
                let message = format!("the claim `{path}` has two conditions here");
                report.push(
                    Diagnostic::new(Code::GP203, Place::key(at), message)
                        .help("write one, as a `regex` if need be"),
                );
            }
            None => sound = false,
        }
    }
    sound
}
