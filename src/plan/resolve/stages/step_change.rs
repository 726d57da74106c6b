//! What one step changes of the stage before it.

use std::collections::BTreeMap;

use crate::diag::Route;
use crate::plan::{CohortId, GateId, Mirror, ModelId, Split, Stage, StageKind};
use crate::spec::Approval;
use crate::units::{DnsLabel, Duration};

/// What one step changes, its names resolved.
pub(super) struct StepChange {
    pub(super) name: DnsLabel,
    pub(super) description: Option<String>,
    pub(super) at: Route,
    pub(super) deploy: Vec<ModelId>,
    pub(super) retire: Vec<ModelId>,
    pub(super) keep: Vec<ModelId>,
    pub(super) split: Option<Split>,
    pub(super) cohorts: BTreeMap<CohortId, Option<Split>>,
    pub(super) mirror: Option<Option<Mirror>>,
    pub(super) replicas: BTreeMap<ModelId, u32>,
    pub(super) bake: Duration,
    pub(super) gates: Vec<GateId>,
    pub(super) approval: Approval,
}

impl StepChange {
    /// The state after this step; `replicas` is what every model has when it runs, and stays changed for later steps.
    pub(super) fn apply(self, before: &Stage, replicas: &mut [u32]) -> Stage {
        for (model, count) in &self.replicas {
            replicas[model.0] = *count;
        }
        let mut running = before.running.clone();
        running.extend(self.deploy.iter().map(|model| (*model, 0)));
        for (model, count) in &mut running {
            *count = replicas[model.0];
        }
        running.retain(|model, _| !self.retire.contains(model));
        let mut cohorts = before.cohorts.clone();
        for (cohort, split) in self.cohorts {
            match split {
                Some(split) => cohorts.insert(cohort, split),
                None => cohorts.remove(&cohort),
            };
        }
        Stage {
            name: self.name,
            kind: StageKind::Step,
            description: self.description,
            place: self.at,
            running,
            split: self.split.unwrap_or_else(|| before.split.clone()),
            cohorts,
            buckets: None,
            mirror: self.mirror.unwrap_or_else(|| before.mirror.clone()),
            bake: self.bake,
            gates: self.gates,
            approval: self.approval,
        }
    }

    /// The models that this step sends requests to.
    pub(super) fn routed(&self) -> impl Iterator<Item = ModelId> + '_ {
        let cohorts = self.cohorts.values().flatten().flat_map(Split::models);
        let mirror = self.mirror.iter().flatten().map(|mirror| mirror.target.to);
        self.split
            .iter()
            .flat_map(Split::models)
            .chain(cohorts)
            .chain(mirror)
    }
}
