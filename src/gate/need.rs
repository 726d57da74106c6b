//! How long a stage must bake before its gates can tell, from the traffic that the spec expects.

use crate::plan::gates::{Gate, GateKind, Margin};
use crate::plan::{ModelId, Plan, StageId};
use crate::units::Duration;

use super::stats::{per_look, samples_for_difference, zero_failure_samples};

/// The chance that a healthy candidate passes in the time that is said to be needed.
const POWER: f64 = 0.8;

/// What one gate needs in one stage.
#[derive(Clone, Debug)]
pub struct Need {
    /// The gate's name.
    pub gate: String,
    /// The model's name.
    pub model: String,
    /// How many requests of the candidate.
    pub requests: u64,
    /// What they are needed for.
    pub why: &'static str,
    /// The time that they take, at the traffic that is expected.
    pub bake: Option<Duration>,
}

/// What the gates of a stage need.
pub fn needs(plan: &Plan, stage: StageId) -> Vec<Need> {
    let found = plan.stage(stage);
    let gates = found.gates.iter().map(|index| &plan.gates[*index]);
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
    let least = gate.least_samples();
    let (requests, why) = match &gate.kind {
        GateKind::Availability(kind) => match kind.confidence {
            Some(level) => (
                least.max(zero_failure_samples(
                    kind.objective.as_f64(),
                    per_look(level, gate.max_looks),
                )),
                "without a failure, to show the objective",
            ),
            None => (least, "for one failure more or less not to decide"),
        },
        GateKind::Latency(_) => (least, "for ten to be above the percentile"),
        GateKind::Proportions(kind) => {
            let Margin::Absolute(margin) = kind.margin else {
                return None;
            };
            let ratio = if own > 0.0 {
                share(plan.stable) / own
            } else {
                0.0
            };
            if ratio <= 0.0 || margin <= 0.0 {
                return None;
            }
            let level = per_look(kind.confidence, gate.max_looks);
            // Stable's failures are not known beforehand; as many as the margin is a usual case.
            let needed = samples_for_difference(margin, margin, level, POWER, ratio);
            (
                least.max(needed),
                "to tell the margin, with as many failures of stable",
            )
        }
        GateKind::Threshold(_)
        | GateKind::Compare(_)
        | GateKind::Ranks(_)
        | GateKind::BurnRate(_)
        | GateKind::Drift(_) => return None,
    };
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
