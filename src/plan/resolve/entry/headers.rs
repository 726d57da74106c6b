//! Conditions on headers: those that must hold, those that must not, a cookie and a flag.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::resolve::condition::{Subject, condition};
use crate::plan::{Match, StringMatch, matching};
use crate::spec::{Flag, MatchEntry, Matcher};
use crate::units::HeaderName;

/// All conditions on headers go into `result`; whether none of them is wrong.
pub(super) fn resolve(
    entry: &MatchEntry,
    at: &Route,
    result: &mut Match,
    report: &mut Report,
) -> bool {
    let mut sound = true;
    for (name, matcher) in &entry.headers {
        match one(name, matcher, &at.key("headers").key(name), report) {
            Some((header, condition)) => {
                result.headers.insert(header, condition);
            }
            None => sound = false,
        }
    }
    for (name, matcher) in &entry.without_headers {
        let at = at.key("withoutHeaders").key(name);
        match one(name, matcher, &at, report) {
            Some((header, condition))
                if is_sound_absence(&header, &condition, result, &at, report) =>
            {
                result.without_headers.insert(header, condition);
            }
            Some(_) | None => sound = false,
        }
    }
    sound &= resolve_cookies(entry, at, &mut result.headers, report);
    if let Some(flag) = &entry.flag {
        sound &= resolve_flag(flag, &at.key("flag"), &mut result.headers, report);
    }
    sound
}

fn one(
    name: &str,
    matcher: &Matcher,
    at: &Route,
    report: &mut Report,
) -> Option<(HeaderName, StringMatch)> {
    let header = header(name, Place::key(at.clone()), report);
    let condition = condition(matcher, Subject::Header, at, report);
    Some((header?, condition?))
}

fn header(name: &str, place: Place, report: &mut Report) -> Option<HeaderName> {
    HeaderName::parse(name)
        .map_err(|message| {
            let lower = name.to_ascii_lowercase();
            let help = (lower != *name).then(|| format!("write `{lower}`"));
            report.push(Diagnostic::new(Code::GP203, place, message).maybe_help(help));
        })
        .ok()
}

/// Whether requests without the header, and others, can be told from those with it.
fn is_sound_absence(
    header: &HeaderName,
    condition: &StringMatch,
    entry: &Match,
    at: &Route,
    report: &mut Report,
) -> bool {
    let name = header.as_str();
    let wanted = entry.headers.get(header);
    if wanted.is_some_and(|wanted| matching::covers(condition, wanted)) {
        let message = format!(
            "this never matches: `headers` asks of `{name}` what `withoutHeaders` excludes"
        );
        report.push(
            Diagnostic::new(Code::GP203, Place::key(at.clone()), message)
                .help("remove one of the two"),
        );
        return false;
    }
    if matching::may_take_nothing(condition) {
        let message = format!(
            "this excludes requests without the header `{name}`, too: the condition holds for an empty value"
        );
        report.push(
            Diagnostic::new(Code::GP203, Place::value(at.clone()), message)
                .note("Istio has Envoy read a header that is not there as an empty one here")
                .help("write `present: true` for requests that do not have the header at all"),
        );
        return false;
    }
    true
}

/// A flag is what the caller says of it in a header.
fn resolve_flag(
    flag: &Flag,
    at: &Route,
    headers: &mut BTreeMap<HeaderName, StringMatch>,
    report: &mut Report,
) -> bool {
    let place = Place::value(at.key("header"));
    let on = Matcher::Bare(flag.on().to_owned());
    let value = condition(&on, Subject::Header, &at.key("on"), report);
    let Some(header) = header(&flag.header, place.clone(), report) else {
        return false;
    };
    let Some(value) = value else { return false };
    if headers.contains_key(&header) {
        let message = format!("the header `{}` has two conditions here", flag.header);
        report.push(
            Diagnostic::new(Code::GP203, place, message)
                .help("remove one of them, or name another header"),
        );
        return false;
    }
    headers.insert(header, value);
    true
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
    headers.insert(HeaderName::cookie(), header);
    true
}
