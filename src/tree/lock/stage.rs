//! One stage as the lock keeps it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::{Approval, Plan, Served, Split, StageId, StageKind, WayBack};
use crate::units::Percent;

/// A stage as the lock keeps it: enough to hold a move from it against GP301–303 without the old document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockedStage {
    /// Its name.
    pub name: String,
    /// Its folder, `03-weight-10`.
    pub folder: String,
    /// The digest of what of its objects can reach a request; `None` in a lock of before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_digest: Option<String>,
    /// Where it comes from.
    #[serde(default)]
    pub kind: StageKind,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The models that run, with the replicas of those that nobody else scales.
    pub running: BTreeMap<String, Option<u32>>,
    /// The models that any request reaches, in the order of the spec.
    pub routed: Vec<String>,
    /// How the requests that no cohort claims are shared, by model.
    #[serde(default)]
    pub weights: BTreeMap<String, Percent>,
    /// How claimed requests are shared: cohort to model to share.
    #[serde(default)]
    pub cohorts: BTreeMap<String, BTreeMap<String, Percent>>,
    /// Shadow traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<LockedMirror>,
    /// The least time in the stage, in seconds.
    #[serde(default)]
    pub bake_seconds: u64,
    /// The gates that must pass before it is left.
    #[serde(default)]
    pub gates: Vec<String>,
    /// Who may merge the promotion out of it.
    #[serde(default)]
    pub approval: Approval,
    /// The name of the stage that a rollback goes to.
    #[serde(default)]
    pub rollback: Option<String>,
    /// Whether no rollback leads back to stable in one step.
    #[serde(default)]
    pub past_return: bool,
    /// The way back where it takes more than one move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way_back: Option<LockedWayBack>,
}

/// A way back of several moves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LockedWayBack {
    /// The name of the stage that it goes to first.
    pub first: String,
    /// The number of moves.
    pub moves: usize,
}

/// Copies of requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LockedMirror {
    /// The model that gets them.
    pub to: String,
    /// How many of the requests are copied.
    pub percent: Percent,
}

impl LockedStage {
    pub(super) fn of(plan: &Plan, id: StageId, content: String) -> Self {
        let stage = plan.stage(id);
        let name = |model| plan.model(model).name.to_string();
        let shares = |split: &Split| -> BTreeMap<String, Percent> {
            let shares = split.shares();
            shares.map(|(model, share)| (name(model), share)).collect()
        };
        let running = stage.running.iter().map(|(model, replicas)| {
            let is_counted = plan.model(*model).is_counted();
            (name(*model), is_counted.then_some(*replicas))
        });
        let cohorts = stage
            .cohorts
            .iter()
            .map(|(cohort, split)| (plan.cohort(*cohort).name.clone(), shares(split)));
        let gates = stage.gates.iter().map(|gate| plan.gate(*gate).name.clone());
        Self {
            name: stage.name.to_string(),
            folder: plan.numbered(id),
            content_digest: Some(content),
            kind: stage.kind,
            description: stage.description.clone(),
            running: running.collect(),
            routed: stage.routed().into_iter().map(name).collect(),
            weights: shares(&stage.split),
            cohorts: cohorts.collect(),
            mirror: stage.mirror_target().map(|mirror| LockedMirror {
                to: name(mirror.to),
                percent: mirror.percent,
            }),
            bake_seconds: stage.bake.seconds(),
            gates: gates.collect(),
            approval: stage.approval,
            rollback: plan
                .rollback_target(id)
                .map(|target| plan.stage(target).name.to_string()),
            past_return: plan.is_past_return(id),
            way_back: match plan.way_back(id) {
                WayBack::By { first, moves } => Some(LockedWayBack {
                    first: plan.stage(StageId(first)).name.to_string(),
                    moves,
                }),
                WayBack::Stable | WayBack::To(_) | WayBack::Gone => None,
            },
        }
    }
}

impl Served for LockedStage {
    type Model = String;

    fn runs(&self, model: &String) -> bool {
        self.running.contains_key(model)
    }

    fn reached(&self) -> impl Iterator<Item = String> {
        self.routed.iter().cloned()
    }

    fn routed(&self) -> Vec<String> {
        self.routed.clone()
    }
}
