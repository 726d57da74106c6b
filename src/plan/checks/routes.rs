//! GP2xx: routes that never match, hide each other, or cannot be joined.

use std::collections::BTreeSet;

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{BaseMatch, CohortId, Joined, Match, Plan, join};

use super::entries::entries;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    check_base_routes(plan, report);
    check_cohorts(plan, report);
    check_sources(plan, report);
    check_joins(plan, report);
    let traffic = Route::root().key("spec").key("traffic");
    if !plan.traffic.mesh && !plan.traffic.router.has_gateway() {
        report.push(
            Diagnostic::new(
                Code::GP007,
                Place::key(traffic.key("mesh")),
                "`mesh: false` without a gateway leaves no route at all",
            )
            .help("add `gateway` or `gateways`, or remove `mesh: false`"),
        );
    }
}

fn cohort_at(cohort: usize) -> Route {
    Route::root().key("spec").key("cohorts").index(cohort)
}

/// Only the last base route may take everything; none may be covered by those before it.
fn check_base_routes(plan: &Plan, report: &mut Report) {
    let at = Route::root().key("spec").key("traffic").key("routes");
    let routes = &plan.traffic.routes;
    let mut earlier: Vec<Match> = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        let is_last = index + 1 == routes.len();
        let place = Place::value(at.index(index).key("name"));
        if route.takes_all() && !is_last {
            report.push(
                Diagnostic::new(
                    Code::GP211,
                    place,
                    format!(
                        "the base route `{}` takes every request, so the ones after it never match",
                        route.name
                    ),
                )
                .help("put it last, or give it a narrower `match`"),
            );
            return;
        }
        let hidden = |entry: &BaseMatch| earlier.iter().any(|wide| wide.covers(&entry.as_match()));
        if !route.entries.is_empty() && route.entries.iter().all(hidden) {
            report.push(
                Diagnostic::new(
                    Code::GP211,
                    Place::value(at.index(index).key("name")),
                    format!("the base route `{}` never matches: the ones before it take all of its requests", route.name),
                )
                .help("put the narrower route first"),
            );
        }
        earlier.extend(route.entries.iter().map(BaseMatch::as_match));
    }
}

/// A cohort leaves some of the requests that have a route to the weights.
fn check_for_all(plan: &Plan, report: &mut Report) {
    let everything = [BaseMatch::default()];
    let routes = plan.traffic.routes.iter();
    let routed: Vec<Match> = routes
        .flat_map(|route| match &route.entries[..] {
            [] => &everything[..],
            entries => entries,
        })
        .map(BaseMatch::as_match)
        .collect();
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        let is_claimed = |narrow: &Match| cohort.entries.iter().any(|wide| wide.covers(narrow));
        if routed.iter().all(is_claimed) {
            report.push(
                Diagnostic::new(
                    Code::GP232,
                    Place::key(cohort_at(index).key("match")),
                    format!(
                        "the cohort `{}` takes every request that has a route, so no weight means anything where it has a rule",
                        cohort.name
                    ),
                )
                .help("ask for something that only some requests have, or use `weights` instead"),
            );
        }
    }
}

fn check_cohorts(plan: &Plan, report: &mut Report) {
    check_for_all(plan, report);
    let mut same = BTreeSet::new();
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        let equal = |other: &crate::plan::Cohort| {
            other.entries.len() == cohort.entries.len()
                && other
                    .entries
                    .iter()
                    .all(|entry| cohort.entries.contains(entry))
        };
        if let Some(first) = plan.cohorts[..index].iter().position(equal) {
            same.insert((first, index));
            report.push(
                Diagnostic::new(
                    Code::GP205,
                    Place::key(cohort_at(index).key("match")),
                    format!(
                        "the cohorts `{}` and `{}` have the same match",
                        plan.cohorts[first].name, cohort.name
                    ),
                )
                .label(Place::key(cohort_at(first).key("match")), "the other one")
                .help("make one cohort of them"),
            );
        }
    }
    let mut told = BTreeSet::new();
    for stage in &plan.stages {
        let active: Vec<CohortId> = stage.cohorts.keys().copied().collect();
        for (position, late) in active.iter().enumerate() {
            for early in &active[..position] {
                if same.contains(&(early.0, late.0))
                    || told.contains(&late.0)
                    || !hides(plan, *early, *late)
                {
                    continue;
                }
                told.insert(late.0);
                report.push(
                    Diagnostic::new(
                        Code::GP202,
                        Place::value(cohort_at(late.0).key("name")),
                        format!("the cohort `{}` can never match: `{}` before it takes all of its requests", plan.cohort(*late).name, plan.cohort(*early).name),
                    )
                    .label(Place::value(cohort_at(early.0).key("name")), "matches first")
                    .help(format!("put `{}` first, or make `{}` narrower", plan.cohort(*late).name, plan.cohort(*early).name)),
                );
            }
        }
    }
}

fn hides(plan: &Plan, early: CohortId, late: CohortId) -> bool {
    plan.cohort(late).entries.iter().all(|narrow| {
        plan.cohort(early)
            .entries
            .iter()
            .any(|wide| wide.covers(narrow))
    })
}

fn check_sources(plan: &Plan, report: &mut Report) {
    if !plan.traffic.router.has_gateway() || plan.traffic.mesh {
        return;
    }
    for (at, entry) in entries(plan) {
        if entry.asks_for_source() {
            report.push(
                Diagnostic::new(
                    Code::GP210,
                    Place::value(at),
                    "a gateway cannot know the calling pod, and with `mesh: false` nothing else is routed",
                )
                .help("remove `sourceLabels` and `sourceNamespace`, or `mesh: false`"),
            );
        }
    }
}

/// A cohort's route is a copy of every base route, so their conditions on the path and the method must be joined.
fn check_joins(plan: &Plan, report: &mut Report) {
    for (cohort_index, cohort) in plan.cohorts.iter().enumerate() {
        for (entry_index, entry) in cohort.entries.iter().enumerate() {
            let at = cohort_at(cohort_index).key("match").index(entry_index);
            for (route_index, route) in plan.traffic.routes.iter().enumerate() {
                for base in &route.entries {
                    let unknown = |joined: Joined| joined == Joined::Unknown;
                    let field = if unknown(join(entry.uri.as_ref(), base.uri.as_ref())) {
                        "uri"
                    } else if unknown(join(entry.method.as_ref(), base.method.as_ref())) {
                        "method"
                    } else {
                        continue;
                    };
                    let base_at = Route::root()
                        .key("spec")
                        .key("traffic")
                        .key("routes")
                        .index(route_index);
                    report.push(
                        Diagnostic::new(
                            Code::GP209,
                            Place::value(at.key(field)),
                            format!("the `{field}` of the cohort `{}` cannot be joined with the one of the base route `{}`", cohort.name, route.name),
                        )
                        .label(Place::value(base_at.key("name")), "this route")
                        .note("a request must match both, Istio has one matcher for each, and one of the two is a regex")
                        .help("use `exact` or `prefix` in both"),
                    );
                }
            }
        }
    }
}
