//! Which model the Service for previews leads to.

use super::{ModelId, Plan, StageId};

impl Plan {
    /// The model that the preview's Service leads to in a stage, if there is such a Service: the preview's own, else stable, else one
    /// that took its place.
    ///
    /// Its pods are ready by then and stay on the way to the next stage, and on the ways back, so that callers of that Service find some
    /// all the while.
    pub fn preview_in(&self, id: StageId) -> Option<ModelId> {
        let preview = self.service.preview?;
        if !self.stage(id).kind.is_routed() {
            return None;
        }
        let back = |stage: StageId| self.way_back(stage).first().map(StageId);
        let comes_here = self.stage_ids().filter(|stage| back(*stage) == Some(id));
        let neighbours = [id.before(), Some(id), self.stage_after(id), back(id)];
        let neighbours: Vec<StageId> = neighbours.into_iter().flatten().chain(comes_here).collect();
        let stays = |model: &ModelId| {
            let mut stages = neighbours.iter();
            stages.all(|stage| self.stage(*stage).running.contains_key(model))
        };
        let winner = self.stage(id).split.models();
        let mut models = [preview, self.stable].into_iter().chain(winner);
        models.find(stays)
    }
}
