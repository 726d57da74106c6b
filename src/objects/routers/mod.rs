//! Who moves the traffic. One file a router.

mod istio;

use crate::plan::Plan;

use super::{Object, Waves};

/// The router's objects in one stage.
pub(super) fn build(plan: &Plan, stage: usize, waves: Waves) -> Vec<Object> {
    istio::build(plan, stage, waves)
}
