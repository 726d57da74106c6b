//! How often a gate would be right about a stage, at the traffic that the spec expects.

use serde_json::{Value, json};

use crate::plan::{Fraction, Gate, ModelId, Plan, StageId, TotalShare};

use super::kinds;
use super::stats::Operating;
use super::words;

/// Requests that are expected in the window of a gate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traffic {
    /// Of the candidate.
    pub(super) candidate: f64,
    /// Of stable.
    pub(super) stable: f64,
    /// Seconds that the window has.
    pub(super) seconds: f64,
}

/// The chances of one gate and model in one stage.
#[derive(Clone, Debug)]
pub struct Chances {
    /// The gate's name.
    pub gate: String,
    /// The model's name.
    pub model: String,
    /// How many of the candidate's requests are expected in the window.
    pub requests: f64,
    /// The chances of its verdicts; `None` where they depend on more than counts.
    operating: Option<Operating>,
}

/// The chances of a stage's gates that ask the telemetry; none where the spec does not say what traffic to expect.
pub fn chances(plan: &Plan, stage: StageId) -> Vec<Chances> {
    let gates = plan.stage(stage).gates.iter().map(|id| plan.gate(*id));
    gates
        .filter(|gate| gate.kind.facts().asks_telemetry())
        .flat_map(|gate| {
            let models = plan.judged(gate, stage).into_iter();
            models.filter_map(|model| of(plan, stage, gate, model))
        })
        .collect()
}

fn of(plan: &Plan, stage: StageId, gate: &Gate, model: ModelId) -> Option<Chances> {
    let known = |share: TotalShare| share.known().map(Fraction::as_f64);
    let seconds = gate.watch(plan.stage(stage).bake).seconds() as f64;
    let all = plan.traffic.expected_per_minute? * seconds / 60.0;
    let traffic = Traffic {
        candidate: all * known(plan.share_with_copies(stage, model))?,
        stable: all * known(plan.share(stage, plan.stable))?,
        seconds,
    };
    Some(Chances {
        gate: gate.name.clone(),
        model: plan.model(model).name.to_string(),
        requests: traffic.candidate,
        operating: kinds::kind(&gate.kind).operating(gate, traffic),
    })
}

impl Chances {
    /// The chances for people: that a candidate at the limit passes, that one twice as bad does, that a healthy one fails, and that it
    /// is inconclusive. `None` where they depend on more than counts.
    pub fn cells(&self) -> Option<[String; 4]> {
        let found = self.operating?;
        let chances = [
            found.at_limit_passes,
            found.twice_as_bad_passes,
            found.healthy_fails,
            found.inconclusive,
        ];
        Some(chances.map(percent))
    }

    /// The chances as one sentence.
    pub fn words(&self) -> String {
        let requests = words::count(words::rounded(self.requests), "request");
        match self.cells() {
            None => format!(
                "at about {requests}: how often it is right depends on how much the values scatter"
            ),
            Some([limit, twice, healthy, open]) => format!(
                "at about {requests}: exactly at the limit it passes in {limit}, twice as bad in {twice}; a healthy candidate fails in {healthy}, and is inconclusive in {open}"
            ),
        }
    }

    /// The chances for machines, or null where counts do not say.
    pub fn write(&self, stage: &str) -> Value {
        json!({
            "stage": stage,
            "gate": self.gate,
            "model": self.model,
            "requests": self.requests,
            "operating": self.operating.map(Operating::write),
        })
    }
}

impl Operating {
    /// The chances for machines, from 0 to 1.
    pub(super) fn write(self) -> Value {
        json!({
            "atLimitPasses": self.at_limit_passes,
            "twiceAsBadPasses": self.twice_as_bad_passes,
            "healthyFails": self.healthy_fails,
            "inconclusive": self.inconclusive,
        })
    }
}

/// A chance, to a tenth of a per cent.
fn percent(chance: f64) -> String {
    if chance > 0.0 && chance < 0.000_5 {
        return "<0.1 %".to_owned();
    }
    let text = format!("{:.1}", chance * 100.0);
    format!("{} %", text.trim_end_matches(".0"))
}
