//! What is unsafe about going from one stage to another, as far as the models of both show: one rule for the stages of a plan and for
//! those of a committed lock. The objects of both say the rest, to `safety`.

/// What the rule asks of a stage.
pub trait Served {
    /// What tells models apart: a plan's id, or a name.
    type Model: PartialEq;

    /// Whether a model runs.
    fn runs(&self, model: &Self::Model) -> bool;

    /// The models that any request reaches, by weight, by cohort or as a copy. One may come more than once.
    fn reached(&self) -> impl Iterator<Item = Self::Model>;

    /// The same models, each once, in the order of the spec.
    fn routed(&self) -> Vec<Self::Model>;
}

/// Why going from one stage to another could answer requests with 503.
///
/// Istio's configuration is eventually consistent: what is applied together takes effect in any order. So a model must run
/// before anything routes to it, and nothing may route to it before it goes
/// (<https://istio.io/latest/docs/ops/best-practices/traffic-management/>, "make before break").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach<M> {
    /// GP301: it gets traffic, and did not run before.
    NotRunningBefore(M),
    /// GP302: it is gone, and had traffic before.
    RemovedUnderTraffic(M),
    /// GP303: its subset is gone, and a route of the same stage names it.
    SubsetGone(M),
}

/// Everything that is unsafe about going from `before` to `after`; empty where every order of application serves all requests.
pub fn transition<S: Served>(before: &S, after: &S) -> Vec<Breach<S::Model>> {
    let routed = after.routed();
    let removed = before
        .routed()
        .into_iter()
        .filter(|model| !routed.contains(model) && before.runs(model) && !after.runs(model))
        .map(Breach::RemovedUnderTraffic)
        .collect::<Vec<_>>();
    let unserved = routed.into_iter().filter_map(|model| {
        if !before.runs(&model) {
            Some(Breach::NotRunningBefore(model))
        } else if !after.runs(&model) {
            Some(Breach::SubsetGone(model))
        } else {
            None
        }
    });
    unserved.chain(removed).collect()
}
