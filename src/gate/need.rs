//! How long a stage must bake before its gates can tell, from the traffic that the spec expects.

use std::fmt;

use crate::plan::{Fraction, Gate, ModelId, Plan, StageId, TotalShare};
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
    /// The time that they take, where the spec says what traffic to expect.
    pub bake: Option<Wait>,
}

/// How long requests take to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// So long, with the warm-up.
    For(Duration),
    /// As long as a cohort of unknown size says.
    Unknown,
}

impl Need {
    /// The time that the requests take, in seconds, if it is known.
    pub fn bake_seconds(&self) -> Option<u64> {
        match self.bake? {
            Wait::For(time) => Some(time.seconds()),
            Wait::Unknown => None,
        }
    }

    /// The need as one sentence, where the spec says what traffic to expect.
    pub fn words(&self) -> Option<String> {
        let bake = match self.bake? {
            Wait::For(bake) => format!("a bake of {bake} at the traffic that is expected"),
            Wait::Unknown => {
                "the bake for that is unknown, because no `share` says how much a cohort claims"
                    .to_owned()
            }
        };
        Some(format!(
            "{} requests are needed {}: {bake}",
            self.requests, self.why
        ))
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(time) => time.fmt(f),
            Self::Unknown => f.write_str("unknown"),
        }
    }
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
    let known = |share: TotalShare| share.known().map(Fraction::as_f64);
    let own = known(plan.share_with_copies(stage, model));
    let stable = match (known(plan.share(stage, plan.stable)), own) {
        (Some(stable), Some(own)) if own > 0.0 => Some(stable / own),
        (Some(_), Some(_)) => Some(0.0),
        (None, _) | (_, None) => None,
    };
    let (requests, why) = kinds::kind(&gate.kind).need(gate, stable)?;
    let bake = plan.traffic.expected_per_minute.and_then(|expected| {
        let Some(own) = own else {
            return Some(Wait::Unknown);
        };
        let per_second = expected * own / 60.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and saturating is right"
        )]
        let seconds = (requests as f64 / per_second).ceil() as u64;
        let time = seconds.saturating_add(gate.warmup.seconds());
        (per_second > 0.0).then(|| Wait::For(Duration::from_seconds(time)))
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
