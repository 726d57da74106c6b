//! GP224, GP226 and GP240: rules that are no longer within the CRD's limits once conditions and headers were added to them.

use crate::diag::{Code, Diagnostic, Place, Route};
use crate::plan::{MOST_CONDITIONS, Plan, Stage, Sticky, WrittenRule};

/// The most headers that are added to an answer (the CRD's `maxItems`).
const MOST_CHANGES: usize = 16;
/// The longest value of a header, in characters (the CRD's `maxLength`).
const MOST_OF_VALUE: usize = 4096;

/// What is too much of a rule; a document's own values are held where they are read.
pub(super) fn lacking(plan: &Plan, stage: &Stage, rule: &WrittenRule<'_>) -> Option<Diagnostic> {
    full_match(plan, stage, rule)
        .or_else(|| full_answer(rule))
        .or_else(|| long_cookie(plan, rule))
}

fn full_match(plan: &Plan, stage: &Stage, rule: &WrittenRule<'_>) -> Option<Diagnostic> {
    let counts = rule.matches.iter().flat_map(|found| {
        [
            ("headers", found.headers.len()),
            ("query parameters", found.query_params.len()),
        ]
    });
    let (what, count) = counts.max_by_key(|(_, count)| *count)?;
    if count <= MOST_CONDITIONS {
        return None;
    }
    let spec = Route::root().key("spec");
    let at = match rule.of.origin.cohort {
        Some(id) => spec.key("cohorts").index(id.0).key("match"),
        None => stage.place.key("mirror"),
    };
    let message = format!(
        "a match of the rule `{}` has {count} {what}, and one of Gateway API holds {MOST_CONDITIONS}",
        rule.name
    );
    let found = Diagnostic::new(Code::GP226, Place::key(at), message);
    let found = found.note(match (&stage.mirror, &plan.traffic.sticky) {
        (_, Some(_)) if what == "headers" => {
            "what tells users apart is a header too, beside those that are asked for here"
        }
        (Some(_), _) => "those of the mirror stand beside those that are asked for here",
        (None, _) => "each condition is one",
    });
    Some(found.help(format!("ask for fewer {what}")))
}

/// The cookie's header is added beside those of the base route.
fn full_answer(rule: &WrittenRule<'_>) -> Option<Diagnostic> {
    let added = &rule.of.headers.as_ref()?.response.as_ref()?.add;
    (added.len() > MOST_CHANGES).then(|| {
        let routes = Route::root().key("spec").key("traffic").key("routes");
        let at = routes.index(rule.of.origin.base).key("headers");
        let message = format!(
            "{} headers are added to answers, with the `set-cookie` of sticky users, and Gateway API takes {MOST_CHANGES}",
            added.len()
        );
        let place = Place::key(at.key("response").key("add"));
        Diagnostic::new(Code::GP224, place, message)
            .help("let the model add one of them, or use `set` for it")
    })
}

fn long_cookie(plan: &Plan, rule: &WrittenRule<'_>) -> Option<Diagnostic> {
    let Some(Sticky::Cookie(cookie)) = &plan.traffic.sticky else {
        return None;
    };
    let length = cookie.set().chars().count();
    let is_shared = rule.of.headers.is_some();
    (is_shared && length > MOST_OF_VALUE).then(|| {
        let sticky = Route::root().key("spec").key("traffic").key("sticky");
        let message = format!(
            "the value of `set-cookie` has {length} characters, and Gateway API takes {MOST_OF_VALUE}"
        );
        Diagnostic::new(Code::GP240, Place::value(sticky.key("path")), message)
            .help("name a shorter path")
    })
}
