//! How long a stage must bake before its gates can tell, from the traffic that the spec expects.

use crate::plan::{Gate, ModelId, Plan, StageId};
use crate::units::Duration;

use super::kinds;

/// What one gate needs in one stage.
#[derive(Clone, Debug)]
pub struct Need {
    /// The gate's name.
    pub gate: String,
    /// The model's name.
    pub model: String,
    /// How many requests the candidate must get.
    pub requests: u64,
    /// What the requests are needed for.
    pub why: &'static str,
    /// The time that they take, at the traffic that is expected.
    pub bake: Option<Duration>,
}

/// What the gates of a stage need.
pub fn needs(plan: &Plan, stage: StageId) -> Vec<Need> {
    let found = plan.stage(stage);
    let gates = found.gates.iter().map(|id| plan.gate(*id));
    gates
        .flat_map(|gate| {
            let models = plan.judged(gate, stage).into_iter();
            models.filter_map(|model| need(plan, stage, gate, model))
        })
        .collect()
}

fn need(plan: &Plan, stage: StageId, gate: &Gate, model: ModelId) -> Option<Need> {
    let found = plan.stage(stage);
    let share = |model: ModelId| found.split.of(model).as_f64() / 100.0;
    let mirrored = found
        .mirror
        .filter(|mirror| mirror.to == model)
        .map_or(0.0, |mirror| mirror.percent.as_f64() / 100.0);
    let own = share(model) + mirrored;
    let stable = if own > 0.0 {
        share(plan.stable) / own
    } else {
        0.0
    };
    let (requests, why) = kinds::kind(&gate.kind).need(gate, stable)?;
    let bake = plan.traffic.expected_per_minute.and_then(|expected| {
        let per_second = expected * own / 60.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and saturating is right"
        )]
        let seconds = (requests as f64 / per_second).ceil() as u64;
        (per_second > 0.0)
            .then(|| Duration::from_seconds(seconds.saturating_add(gate.warmup.seconds())))
    });
    Some(Need {
        gate: gate.name.clone(),
        model: plan.model(model).name.to_string(),
        requests,
        why,
        bake,
    })
}

/// How many requests without a failure show a gate's objective, as one sentence; `None` where the gate has none.
pub fn without_failure(gate: &Gate) -> Option<String> {
    kinds::kind(&gate.kind).without_failure(gate)
}
