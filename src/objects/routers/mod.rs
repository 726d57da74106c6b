//! Who moves the traffic. One file a router.

mod istio;

use crate::plan::{Plan, Router, StageId};

use super::{Object, Waves};

/// The router's objects in one stage.
pub(super) fn build(plan: &Plan, stage: StageId, waves: Waves) -> Vec<Object> {
    match &plan.traffic.router {
        Router::Istio(router) => istio::build(plan, router, stage, waves),
    }
}
