//! `scale: withTraffic`: replicas that follow the share of the requests.

use super::{Model, ModelId, Plan, Scaling, StageId};

/// The most replicas that Kubernetes can be asked for.
const MOST: u32 = i32::MAX.unsigned_abs();

impl Model {
    /// Whether its replicas follow the traffic.
    pub fn follows_traffic(&self) -> bool {
        matches!(self.scaling, Scaling::WithTraffic)
    }
}

impl Plan {
    /// Gives each stage the replicas that it, the one before and the one after need of each model that follows the traffic. Routes and
    /// replicas change in any order, so a move asks of the fewer replicas what the larger share needs; so does the move back.
    ///
    /// One replica at least stays while the model runs: a stage that begins to send it requests, or comes back to it, finds a pod.
    pub(super) fn scaled_with_traffic(mut self) -> Self {
        let following: Vec<ModelId> = self
            .model_ids()
            .filter(|id| self.model(*id).follows_traffic())
            .collect();
        for id in following {
            let needed: Vec<u32> = self
                .stage_ids()
                .map(|stage| self.needed(stage, id))
                .collect();
            for (at, stage) in self.stages.iter_mut().enumerate() {
                let around = at.saturating_sub(1)..needed.len().min(at + 2);
                let most = needed[around].iter().max().copied().unwrap_or(0);
                if let Some(replicas) = stage.running.get_mut(&id) {
                    *replicas = most.max(1);
                }
            }
        }
        self
    }

    /// The replicas that a model's requests need in a stage: by its capacity where that and the expected traffic are known, else its
    /// share of the replicas for all of them.
    fn needed(&self, stage: StageId, id: ModelId) -> u32 {
        let (model, share) = (self.model(id), self.largest_share(stage, id));
        match (model.capacity, self.traffic.expected_per_minute) {
            (Some(capacity), Some(expected)) => {
                replicas_for(expected / 60.0 * share.as_f64(), capacity)
            }
            (Some(_), None) | (None, Some(_) | None) => share.of_replicas(model.replicas),
        }
    }
}

/// The replicas for so many requests a second, of which each sustains `capacity`.
fn replicas_for(requests: f64, capacity: f64) -> u32 {
    let wanted = (requests / capacity).ceil();
    if wanted >= f64::from(MOST) {
        return MOST;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and below the most"
    )]
    let replicas = wanted as u32;
    // A quotient that was rounded down must not leave one short.
    replicas + u32::from(f64::from(replicas) * capacity < requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_are_rounded_up_and_bounded() {
        for (requests, capacity, want) in [
            (0.0, 10.0, 0),
            (0.1, 10.0, 1),
            (10.0, 10.0, 1),
            (10.1, 10.0, 2),
            (0.3, 0.1, 3),
            (1e300, 1e-300, MOST),
            (1e12, 1.0, MOST),
        ] {
            let found = replicas_for(requests, capacity);
            assert_eq!(found, want, "{requests} {capacity}");
            assert!(found == MOST || f64::from(found) * capacity >= requests);
        }
    }
}
