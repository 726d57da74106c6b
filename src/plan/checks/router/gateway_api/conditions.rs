//! GP223: conditions of cohorts that no document has, but that a strategy makes, and that no match of Gateway API can ask.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Plan;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let at = Route::root().key("spec").key("cohorts");
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        for (entry, asked) in cohort.entries.iter().enumerate() {
            let field = if asked.host.is_some() {
                "host"
            } else if !asked.claims.is_empty() {
                "jwtClaims"
            } else if !asked.without_headers.is_empty() {
                "withoutHeaders"
            } else {
                continue;
            };
            let place = at.index(index).key("match").index(entry).key(field);
            report.push(
                Diagnostic::new(
                    Code::GP223,
                    Place::value(place),
                    format!(
                        "Gateway API's routes cannot ask for the `{field}` of the cohort `{}`",
                        cohort.name
                    ),
                )
                .note("a match has none, and would take every request")
                .help(
                    "match a header that the gateway or the caller sets, in a cohort of your own",
                ),
            );
        }
    }
}
