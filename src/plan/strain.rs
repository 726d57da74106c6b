//! Replicas against traffic on the way from one stage to another.

use crate::units::load::{Load, Strain};

use super::{ModelId, Plan, StageId};

impl Plan {
    /// What a model's replicas take in a stage: copies included, cohorts by their `share`.
    fn load(&self, stage: StageId, model: ModelId) -> Load {
        Load {
            share: self.share_with_copies(stage, model).counted.as_f64() * 100.0,
            replicas: self.replicas(stage, model),
        }
    }

    /// The most replicas that a model may come to in a stage.
    fn replicas(&self, stage: StageId, model: ModelId) -> u32 {
        let running = self.stage(stage).running.get(&model).copied();
        let scaling = self.model(model).autoscaling.as_ref();
        running.map_or(0, |replicas| {
            scaling.map_or(replicas, |scaling| scaling.max)
        })
    }

    /// The share of all requests that one replica of a model is expected to sustain, in per cent: what its capacity says of the
    /// expected traffic, or else the most that any stage asks of it at rest.
    pub fn sustains(&self, model: ModelId) -> f64 {
        let capacity = self.model(model).capacity;
        if let (Some(capacity), Some(expected)) = (capacity, self.traffic.expected_per_minute) {
            return capacity * 60.0 * 100.0 / expected;
        }
        let asked = self.stage_ids().map(|stage| self.load(stage, model));
        asked.filter_map(|load| load.each()).fold(0.0, f64::max)
    }

    /// The models whose replicas may meet too many requests on the way from one stage to another, though not at either end.
    pub fn strains(&self, from: StageId, to: StageId) -> Vec<(ModelId, Strain)> {
        // Where replicas stay what they are, the way asks no more of them than its ends do.
        let changed = |model: &ModelId| self.replicas(from, *model) != self.replicas(to, *model);
        let strained = self.model_ids().filter(changed).filter_map(|model| {
            let [before, after] = [from, to].map(|stage| self.load(stage, model));
            Some((model, before.towards(&after, Some(self.sustains(model)))?))
        });
        strained.collect()
    }

    /// Whether stable's present replicas suffice for a way back from one stage to another. Those of the others have their last
    /// requests, and nobody goes back for their sake.
    pub(super) fn suffices(&self, from: StageId, to: StageId) -> bool {
        let strained = self.strains(from, to);
        !strained.iter().any(|(model, _)| *model == self.stable)
    }
}
