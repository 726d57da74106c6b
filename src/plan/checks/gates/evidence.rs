//! Expected traffic against the evidence that a gate needs.

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Gate, ModelId, Plan, Stage};

/// Whether the traffic that is expected makes enough evidence in the stage's whole window.
pub(super) fn check(
    plan: &Plan,
    stage: &Stage,
    gate: &Gate,
    model: ModelId,
    at: &Place,
    report: &mut Report,
) {
    let counts = gate.kind.facts().samples_are_requests();
    let Some(expected) = plan.traffic.expected_per_minute.filter(|_| counts) else {
        return;
    };
    // How many requests a cohort brings is not known.
    if stage.serves_cohorts_with(model) {
        return;
    }
    let mirrored = stage.mirror.filter(|mirror| mirror.to == model);
    let share =
        stage.split.of(model).as_f64() + mirrored.map_or(0.0, |mirror| mirror.percent.as_f64());
    let window = gate.look(stage.bake).seconds() * u64::from(gate.max_looks);
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds and counts far below 2^53"
    )]
    let (requests, least) = (
        expected * share / 100.0 * window as f64 / 60.0,
        gate.least_samples() as f64,
    );
    if requests < least {
        let needed = least / (expected * share / 100.0);
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
                "bake for {needed:.0}m at least, give it more weight, or lower `minSamples`"
            )),
        );
    }
}
