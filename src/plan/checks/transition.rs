//! What may go wrong between two stages, whichever way one goes from one to the other.

use crate::plan::{ModelId, Stage};

/// Why going from one stage to another could answer requests with 503.
///
/// Istio's configuration is eventually consistent: what is applied together takes effect in any order. So a model must run
/// before anything routes to it, and nothing may route to it before it goes
/// (<https://istio.io/latest/docs/ops/best-practices/traffic-management/>, "make before break").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// GP301: it gets traffic, and did not run before.
    NotRunningBefore(ModelId),
    /// GP302: it is gone, and had traffic before.
    RemovedUnderTraffic(ModelId),
    /// GP303: its subset is gone, and a route of the same stage names it.
    SubsetGone(ModelId),
}

/// Everything that is unsafe about going from `before` to `after`; empty where every order of application serves all requests.
pub fn transition(before: &Stage, after: &Stage) -> Vec<Breach> {
    let (routed_before, routed_after) = (before.with_traffic(), after.with_traffic());
    let runs = |stage: &Stage, model: ModelId| stage.running.contains_key(&model);
    let mut breaches = Vec::new();
    for model in &routed_after {
        if !runs(after, *model) && runs(before, *model) {
            breaches.push(Breach::SubsetGone(*model));
        } else if !runs(before, *model) {
            breaches.push(Breach::NotRunningBefore(*model));
        }
    }
    for model in routed_before.difference(&routed_after) {
        if runs(before, *model) && !runs(after, *model) {
            breaches.push(Breach::RemovedUnderTraffic(*model));
        }
    }
    breaches
}
