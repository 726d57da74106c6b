//! Replicas against traffic on the way from one stage to another.

use std::collections::BTreeSet;

use crate::units::load::{Load, Strain};

use super::{ModelId, Plan, StageId};

impl Plan {
    /// What a model's replicas take in a stage: copies included, cohorts by their `share`. Replicas that follow the traffic take what
    /// they were counted for.
    fn load(&self, stage: StageId, model: ModelId) -> Load {
        let share = if self.model(model).follows_traffic() {
            self.largest_share(stage, model)
        } else {
            self.share_with_copies(stage, model).counted
        };
        Load {
            share: share.as_f64() * 100.0,
            replicas: self.replicas(stage, model),
        }
    }

    /// The most replicas that a model may come to in a stage.
    fn replicas(&self, stage: StageId, model: ModelId) -> u32 {
        let running = self.stage(stage).running.get(&model).copied();
        running.map_or(0, |replicas| {
            // Of one that somebody else scales, the number is the same in all stages, and no way asks more than its ends.
            let pods = self.model(model).pods(replicas);
            pods.map_or(replicas, |(_, most)| most)
        })
    }

    /// The share of all requests that one replica of a model is expected to sustain, in per cent: what its capacity says of the
    /// expected traffic, what its replicas for all of it say where they follow the traffic, or else the most that any stage asks of it at rest.
    pub fn sustains(&self, model: ModelId) -> f64 {
        let capacity = self.model(model).capacity;
        if let (Some(capacity), Some(expected)) = (capacity, self.traffic.expected_per_minute) {
            return capacity * 60.0 * 100.0 / expected;
        }
        if self.model(model).follows_traffic() {
            return 100.0 / f64::from(self.model(model).replicas);
        }
        let asked = self.stage_ids().map(|stage| self.load(stage, model));
        asked.filter_map(|load| load.each()).fold(0.0, f64::max)
    }

    /// The models whose replicas may meet too many requests on the way from one stage to another, though not at either end.
    pub fn strains(&self, from: StageId, to: StageId) -> Vec<(ModelId, Strain)> {
        let changed = |model: &ModelId| self.replicas(from, *model) != self.replicas(to, *model);
        let scaled = self.scaled.iter().copied().filter(changed);
        let strained = scaled.filter_map(|model| {
            let [before, after] = [from, to].map(|stage| self.load(stage, model));
            Some((model, strain(before, after, || self.sustains(model))?))
        });
        strained.collect()
    }

    /// The models that steps scale: where replicas stay what they are, the way asks no more of them than its ends do. Few are, and so
    /// few are asked about in each of thousands of stages.
    pub(super) fn scaled_by_steps(&self) -> Vec<ModelId> {
        let mut first: Vec<Option<u32>> = vec![None; self.models.len()];
        let mut scaled = BTreeSet::new();
        for stage in &self.stages {
            for (model, replicas) in &stage.running {
                if *first[model.0].get_or_insert(*replicas) != *replicas {
                    scaled.insert(*model);
                }
            }
        }
        scaled.into_iter().collect()
    }

    /// Whether stable's present replicas suffice for a way back from one stage to another, by their indices. Those of the others have
    /// their last requests, and nobody goes back for their sake. Each pair of thousands of stages may be asked about.
    pub(super) fn suffices(&self) -> impl Fn(usize, usize) -> bool + use<> {
        let is_scaled = self.scaled.contains(&self.stable);
        let stages = self.stage_ids().filter(|_| is_scaled);
        let loads: Vec<Load> = stages.map(|stage| self.load(stage, self.stable)).collect();
        let sustains = self.sustains(self.stable);
        move |from, to| {
            let (Some(from), Some(to)) = (loads.get(from), loads.get(to)) else {
                return true;
            };
            from.replicas == to.replicas || strain(*from, *to, || sustains).is_none()
        }
    }
}

/// What is too much on the way from one load to another. Most of a crowd starts and stops without traffic; what its replicas sustain
/// takes a look at every stage.
fn strain(before: Load, after: Load, sustains: impl FnOnce() -> f64) -> Option<Strain> {
    if before.share == 0.0 && after.share == 0.0 {
        return None;
    }
    before.towards(&after, Some(sustains()))
}
