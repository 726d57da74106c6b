//! Cohorts: matchers checked and made equal in form.

use std::collections::BTreeMap;

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Cohort, Match, StringMatch, matching};
use crate::spec::{FullMatcher, MatchEntry, Matcher, Spec};
use crate::units::{HeaderName, is_label_key, is_label_value, reads_like_a_search};

use super::label;

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
        let entries = entries.into_iter().collect::<Option<Vec<_>>>()?;
        name.map(|name| Cohort {
            name: name.as_str().to_owned(),
            entries,
        })
    });
    cohorts.collect::<Vec<_>>().into_iter().collect()
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
            Ok(header) => match condition(matcher, &at, report) {
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
        match condition(matcher, &at.key("queryParams").key(name), report) {
            Some(condition) => {
                result.query_params.insert(name.clone(), condition);
            }
            None => sound = false,
        }
    }
    sound &= resolve_cookies(entry, at, &mut result.headers, report);
    for (field, matcher, slot) in [
        ("uri", &entry.uri, &mut result.uri),
        ("method", &entry.method, &mut result.method),
    ] {
        if let Some(matcher) = matcher {
            *slot = condition(matcher, &at.key(field), report);
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
        sound &= label(namespace, at.key("sourceNamespace"), report).is_some();
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
    let Some(value) = condition(matcher, &at, report) else {
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

/// A matcher in its full form, or a complaint at `at`.
pub(super) fn condition(matcher: &Matcher, at: &Route, report: &mut Report) -> Option<StringMatch> {
    let (condition, at) = match matcher {
        Matcher::Bare(text) => (StringMatch::Exact(text.clone()), at.clone()),
        Matcher::Full(FullMatcher::Exact(text)) => {
            (StringMatch::Exact(text.clone()), at.key("exact"))
        }
        Matcher::Full(FullMatcher::Prefix(text)) => {
            (StringMatch::Prefix(text.clone()), at.key("prefix"))
        }
        Matcher::Full(FullMatcher::Regex(text)) => {
            (StringMatch::Regex(text.clone()), at.key("regex"))
        }
        Matcher::Full(FullMatcher::Present(_)) => (StringMatch::Present, at.key("present")),
    };
    if let Some(message) = matching::fault(&condition) {
        report.push(Diagnostic::new(Code::GP203, Place::value(at), message));
        return None;
    }
    if let StringMatch::Regex(pattern) = &condition
        && reads_like_a_search(pattern)
    {
        let word = pattern.trim_start_matches('^');
        report.push(
            Diagnostic::new(
                Code::GP204,
                Place::value(at),
                format!("the regex `{pattern}` matches only the whole value `{word}`"),
            )
            .note("Envoy matches a regex against the whole value, and does not search in it")
            .help(format!(
                "write `.*{word}.*` to find it anywhere, or `exact: {word}`"
            )),
        );
    }
    Some(condition)
}
