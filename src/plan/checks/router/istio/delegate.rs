//! GP625: a route of a delegate that Istio leaves out without an error, by what the VirtualService that delegates asks for.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::checks::entries::entries;
use crate::plan::{Istio, Match, Plan, StringMatch};

/// Istio joins no regex with another condition on the same field (`stringMatchConflict`), and leaves the route out.
pub(super) fn check(plan: &Plan, istio: &Istio, report: &mut Report) {
    if !istio.delegate {
        return;
    }
    let at = Route::root().key("spec");
    for (index, route) in plan.traffic.routes.iter().enumerate() {
        let at = at.key("traffic").key("routes").index(index);
        for (number, entry) in route.entries.iter().enumerate() {
            tell(&entry.as_match(), &at.key("match").index(number), report);
        }
    }
    for (at, entry) in entries(plan) {
        tell(entry, &at, report);
    }
}

fn tell(entry: &Match, at: &Route, report: &mut Report) {
    let is_regex =
        |condition: &Option<StringMatch>| matches!(condition, Some(StringMatch::Regex(_)));
    // A host is written as a regex in any case.
    let found = [
        ("uri", is_regex(&entry.uri)),
        ("method", is_regex(&entry.method)),
        ("host", entry.host.is_some()),
    ];
    for (field, _) in found.into_iter().filter(|(_, is_regex)| *is_regex) {
        report.push(
            Diagnostic::new(
                Code::GP625,
                Place::value(at.key(field)),
                format!("Istio leaves this route out, without an error, if the VirtualService that delegates asks for the `{field}`, too"),
            )
            .note("it joins no regex with another condition on the same field")
            .help(match field {
                "host" => "tell these requests apart by a header, or see that the route that delegates matches no `authority`",
                _ => "use `exact` or `prefix`, below what the route that delegates matches",
            }),
        );
    }
}
