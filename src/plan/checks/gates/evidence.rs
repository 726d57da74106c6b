//! Expected traffic against the evidence that a gate needs.

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Gate, ModelId, Plan, StageId};

/// Whether the traffic that is expected makes enough evidence in the stage's whole window.
pub(super) fn check(
    plan: &Plan,
    id: StageId,
    gate: &Gate,
    model: ModelId,
    at: &Place,
    report: &mut Report,
) {
    let counts = gate.kind.facts().samples_are_requests();
    let Some(expected) = plan.traffic.expected_per_minute.filter(|_| counts) else {
        return;
    };
    let stage = plan.stage(id);
    // The most that it can be: what a cohort of unknown size brings may be enough.
    let share = plan.share_with_copies(id, model).most.as_f64();
    let window = gate.watch(stage.bake).seconds();
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds and counts far below 2^53"
    )]
    let (requests, least) = (
        expected * share * window as f64 / 60.0,
        gate.least_samples() as f64,
    );
    if requests < least {
        let minutes = least / (expected * share);
        let needed = if minutes.is_finite() {
            format!("bake for {minutes:.0}m at least, ")
        } else {
            String::new()
        };
        report.push(
            Diagnostic::new(
                Code::GP510,
                at.clone(),
                format!(
                    "about {requests:.0} requests reach `{}` in `{}`, and `{}` needs {least}",
                    plan.model(model).name,
                    stage.name,
                    gate.name
                ),
            )
            .help(format!(
                "{needed}give it more weight, or lower `minSamples`"
            )),
        );
    }
}
