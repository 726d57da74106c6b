//! In: the objects of two states of a cluster, and what is known of their appliers. Out: a [`Finding`] for every way in which a
//! request that is routed would find no pod, or too few, or pods that nobody has tried, on the way from one to the other.
//! Never sees a plan or a document, and never assumes an order in which objects are applied.
//!
//! Istio's configuration is eventually consistent, and neither kubectl nor Flux waits between two objects: while a change is
//! applied, any of its objects may already be new and any other still old
//! (<https://istio.io/latest/docs/ops/best-practices/traffic-management/>, "make before break"). The objects do not depend on each
//! other, so a destination is served in every order exactly if it is served in every combination of the old and the new version of
//! the route that names it, of what defines its subset, of its Service, and of each workload's pods. Those are few, and all of them
//! are looked at: `endpoints` is exact, and the tests hold it against an enumeration of everything.

mod applied;
mod endpoints;
mod fields;
mod finding;
mod load;
mod pair;
mod pods;
mod routers;
mod routing;
mod rules;
mod service;
mod waves;
mod workload;

use std::collections::BTreeMap;

pub use applied::{Applied, Identity};
pub use endpoints::{Unserved, unserved};
pub use finding::{Finding, Side, Spot, Weight};

use pair::Move;

/// What is known of a move beside its objects.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// The share of the requests, in per cent, up to which a workload may begin to serve something else: a canary.
    pub canary: f64,
    /// The share of all requests, in per cent, that one replica of a workload sustains, by the workload's name; of one that is not
    /// here, no more is asked than one of the two states asks of it.
    pub sustains: BTreeMap<String, f64>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            canary: 10.0,
            sustains: BTreeMap::new(),
        }
    }
}

/// Everything that is unsafe about going from `before`, which is applied and at rest, to `after`, in any order of applying the
/// objects and while pods come and go; sorted, each once.
pub fn prove(before: &Applied, after: &Applied, conditions: &Conditions) -> Vec<Finding> {
    let moved = Move::new(before, after);
    let mut found = endpoints::check(&moved);
    let refused = rules::immutable::check(&moved);
    // What cannot be applied at all is told once.
    let is_refused = |spot: &Spot| refused.iter().any(|one| one.at.identity == spot.identity);
    found.retain(|one| !one.with.as_ref().is_some_and(is_refused));
    found.extend(refused);
    found.extend(rules::contents::check(&moved, conditions.canary));
    found.extend(rules::operated::check(&moved));
    found.extend(rules::containers::check(&moved));
    found.extend(rules::capacity::check(&moved, &conditions.sustains));
    found.extend(rules::autoscaling::check(&moved));
    found.extend(rules::hosts::check(&moved));
    found.extend(rules::nowhere::check(&moved));
    found.extend(rules::services::check(&moved));
    found.sort();
    found.dedup();
    found
}
