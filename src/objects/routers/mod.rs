//! Who moves the traffic. One file a router.

mod istio;

use crate::plan::{Plan, StageId};

use super::{Object, Waves};

/// The router's objects in one stage.
pub(super) fn build(plan: &Plan, stage: StageId, waves: Waves) -> Vec<Object> {
    istio::build(plan, stage, waves)
}
