//! Cohorts: matchers checked and made equal in form.

use std::collections::BTreeMap;

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Cohort, Match, StringMatch, matching};
use crate::spec::{MatchEntry, Percentage, Spec};
use crate::units::{HUNDRED, HeaderName, Percent, is_label_key, is_label_value, unsent_in_query};

use super::condition::{Subject, condition};
use super::{label, labels};

/// All cohorts, or `None` where any is wrong.
pub(super) fn resolve(spec: &Spec, report: &mut Report) -> Option<Vec<Cohort>> {
    let cohorts = spec.cohorts.iter().enumerate().map(|(index, cohort)| {
        let at = Route::root().key("spec").key("cohorts").index(index);
        let name = label(&cohort.name, at.key("name"), report);
        let entries: Vec<_> = cohort
            .r#match
            .iter()
            .enumerate()
            .map(|(index, entry)| resolve_entry(entry, &at.key("match").index(index), report))
            .collect();
        let share = cohort.share.as_ref();
        let share = share.map(|share| expected_share(share, &at.key("share"), report));
        let share = share.map_or(Some(None), |share| share.map(Some));
        let entries = entries.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Cohort {
            name: name?.as_str().to_owned(),
            share: share?,
            entries,
        })
    });
    let cohorts = cohorts.collect::<Vec<_>>();
    let cohorts = cohorts.into_iter().collect::<Option<Vec<Cohort>>>()?;
    check_sum(&cohorts, report);
    Some(cohorts)
}

fn expected_share(share: &Percentage, at: &Route, report: &mut Report) -> Option<Percent> {
    Percent::parse(share.value)
        .map_err(|allowed| {
            let text = format!("the share {share} is no percentage; {allowed}");
            report.push(Diagnostic::new(Code::GP201, Place::value(at.clone()), text));
        })
        .ok()
}

/// The first cohort that matches claims a request, so no request counts twice.
fn check_sum(cohorts: &[Cohort], report: &mut Report) {
    let mut sum = 0;
    for (index, cohort) in cohorts.iter().enumerate() {
        let Some(share) = cohort.share else { continue };
        let before = sum;
        sum += share.hundredths();
        // The one that goes over the whole stands for those after it.
        if before <= HUNDRED.hundredths() && sum > HUNDRED.hundredths() {
            let at = Route::root().key("spec").key("cohorts").index(index);
            report.push(
                Diagnostic::new(
                    Code::GP201,
                    Place::value(at.key("share")),
                    format!(
                        "the shares of the cohorts up to `{}` sum to {} %, and 100 % is allowed",
                        cohort.name,
                        f64::from(sum) / 100.0
                    ),
                )
                .note("a request belongs to the first cohort that claims it")
                .help("count in each share only what no earlier cohort claims"),
            );
        }
    }
}

fn resolve_entry(entry: &MatchEntry, at: &Route, report: &mut Report) -> Option<Match> {
    let mut sound = true;
    let mut result = Match {
        source_labels: entry.source_labels.clone(),
        source_namespace: entry.source_namespace.clone(),
        ..Match::default()
    };
    for (name, matcher) in &entry.headers {
        let at = at.key("headers").key(name);
        match HeaderName::parse(name) {
            Ok(header) => match condition(matcher, Subject::Header, &at, report) {
                Some(condition) => {
                    result.headers.insert(header, condition);
                }
                None => sound = false,
            },
            Err(message) => {
                sound = false;
                let lower = name.to_ascii_lowercase();
                let help = (lower != *name).then(|| format!("write `{lower}`"));
                report.push(Diagnostic::new(Code::GP203, Place::key(at), message).maybe_help(help));
            }
        }
    }
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
    sound &= resolve_cookies(entry, at, &mut result.headers, report);
    for (field, subject, matcher, slot) in [
        ("uri", Subject::Path, &entry.uri, &mut result.uri),
        ("method", Subject::Method, &entry.method, &mut result.method),
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
    sound.then_some(result)
}

/// One cookie becomes a condition on the `cookie` header; Istio has one matcher a header, so there is room for one.
fn resolve_cookies(
    entry: &MatchEntry,
    at: &Route,
    headers: &mut BTreeMap<HeaderName, StringMatch>,
    report: &mut Report,
) -> bool {
    let at = at.key("cookies");
    if entry.cookies.len() > 1
        || (!entry.cookies.is_empty() && entry.headers.contains_key("cookie"))
    {
        report.push(
            Diagnostic::new(
                Code::GP203,
                Place::key(at),
                "one condition on the `cookie` header is allowed in a match entry: one cookie, and no header `cookie` beside it",
            )
            .note("Istio has one matcher for each header")
            .help("match one cookie here, or write one `regex` for the header `cookie`"),
        );
        return false;
    }
    let Some((name, matcher)) = entry.cookies.iter().next() else {
        return true;
    };
    let at = at.key(name);
    if HeaderName::parse(&name.to_ascii_lowercase()).is_err() {
        report.push(Diagnostic::new(
            Code::GP203,
            Place::key(at),
            format!("`{name}` is no cookie name"),
        ));
        return false;
    }
    let Some(value) = condition(matcher, Subject::Cookie, &at, report) else {
        return false;
    };
    let header = matching::cookie(name, &value);
    if let Some(message) = matching::fault(&header) {
        report.push(Diagnostic::new(Code::GP203, Place::value(at), message));
        return false;
    }
    headers.insert(
        HeaderName::parse("cookie").expect("`cookie` is a header name"),
        header,
    );
    true
}
