//! Requests that no base route takes.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{BaseRoute, Unmatched};
use crate::spec::{self, Traffic};

/// What becomes of them, or `None` where the rollout asks for what cannot be.
pub(super) fn resolve(
    given: &Traffic,
    routes: &[BaseRoute],
    at: &Route,
    report: &mut Report,
) -> Option<Unmatched> {
    let has_gateway = given.gateway.is_some() || !given.gateways.is_empty();
    let mut refuse = |found: &str, note: Option<&str>, help: &str| {
        let place = Place::value(at.key("unmatched"));
        let mut found = Diagnostic::new(Code::GP231, place, found.to_owned()).help(help);
        if let Some(note) = note {
            found = found.note(note);
        }
        report.push(found);
        None
    };
    let all = routes.iter().find(|route| route.takes_all());
    match (all, given.unmatched) {
        (Some(_), None) => Some(Unmatched::Nothing),
        (Some(all), Some(_)) => refuse(
            &format!(
                "nothing is unmatched: the base route `{}` takes every request",
                all.name
            ),
            None,
            "remove `unmatched`, or give every base route a `match`",
        ),
        (None, Some(spec::Unmatched::Refuse)) if given.delegate => refuse(
            "a delegate refuses nothing: what no route takes goes on to the next route of who delegates",
            None,
            "remove `unmatched: refuse`",
        ),
        (None, Some(spec::Unmatched::Leave)) if !has_gateway && !given.delegate => refuse(
            "nothing can be left to others: no gateway leads here",
            Some(
                "Istio puts the routes of several objects for one host together at gateways only, and in the mesh takes those of the oldest",
            ),
            "add `gateway` or `gateways`, or write `unmatched: refuse`",
        ),
        (None, Some(spec::Unmatched::Leave)) => Some(Unmatched::Left),
        (None, None) if given.delegate => Some(Unmatched::Left),
        (None, Some(spec::Unmatched::Refuse) | None) => Some(Unmatched::Refused),
    }
}
