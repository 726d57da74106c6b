//! GP302 and GP316, of model servers that an operator runs: its pods are its own, and its Service is called after the object.

use crate::diag::{Code, Route};
use crate::safety::applied::Identity;
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::{Move, Pair};

/// The groups of kinds that run model servers.
const GROUPS: [&str; 4] = [
    "machinelearning.seldon.io",
    "mlops.seldon.io",
    "ray.io",
    "serving.kserve.io",
];

pub(in crate::safety) fn check(moved: &Move<'_>) -> Vec<Finding> {
    let operated = moved
        .pairs
        .iter()
        .filter(|pair| GROUPS.contains(&pair.identity.group.as_str()));
    operated.filter_map(|pair| told(moved, pair)).collect()
}

fn told(moved: &Move<'_>, pair: &Pair<'_>) -> Option<Finding> {
    pair.before?;
    if !pair.is_changed() {
        return None;
    }
    let identity = pair.identity;
    let share = share(moved, identity, Side::Before)?;
    let at = |side| Spot {
        side,
        identity: identity.clone(),
        field: Route::root().key("spec"),
    };
    let (weight, code, side, message, help) = if pair.after.is_some() {
        (
            Weight::Disruptive,
            Code::GP316,
            Side::After,
            format!(
                "`spec` of {identity} changes while what it runs takes requests, and nobody has tried the new one"
            ),
            "run the new version beside the old one under a name of its own, and move the traffic in steps",
        )
    } else {
        (
            Weight::Unserved,
            Code::GP302,
            Side::Before,
            format!("{identity} goes while routes lead to what it runs"),
            "move the traffic away first, and take it away in the next move",
        )
    };
    let finding = Finding::new(weight, code, at(side), message);
    Some(finding.with(at(Side::Before)).share(share).help(help))
}

/// The share of the requests that lead to what an object runs, where any do; within, none where nobody knows how many.
#[expect(
    clippy::option_option,
    reason = "no route, and a route of unknown share"
)]
fn share(moved: &Move<'_>, identity: &Identity, side: Side) -> Option<Option<f64>> {
    let is_its = |name: &str| {
        let rest = name.strip_prefix(identity.name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let mut found = None;
    for routes in moved.routes.iter().filter_map(|routes| routes.on(side)) {
        for route in &routes.entries {
            let is_default = routes.default_route() == Some(route);
            for (to, share) in route.to.iter().chain(&route.copies) {
                let service = &to.service;
                if service.namespace == identity.namespace && is_its(&service.name) {
                    let known = is_default.then_some(*share);
                    found = Some(known.or(found.flatten()));
                }
            }
        }
    }
    found
}
