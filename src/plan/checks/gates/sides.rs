//! Whether what a gate judges, and what it holds it against, get requests that can be told apart and compared.

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Fraction, Gate, ModelId, Plan, Stage, StageId};

/// Stable must get requests, and of the same kind as the candidates.
pub(super) fn check_stable(
    plan: &Plan,
    id: StageId,
    gate: &Gate,
    judged: &[ModelId],
    at: &Place,
    report: &mut Report,
) {
    let stage = plan.stage(id);
    if gate.kind.facts().compares() && !judged.is_empty() {
        if !stage.with_traffic().contains(&plan.stable) {
            report.push(
                    Diagnostic::new(
                        Code::GP513,
                        at.clone(),
                        format!("in the stage `{}` stable gets no request, so `{}` has nothing to compare with", stage.name, gate.name),
                    )
                    .help("leave the gate out of this step, or use one without stable"),
                );
        } else if judged.iter().any(|model| {
            has_cohort_that_tells(plan, id, *model)
                || stage.split.of(*model).is_zero()
                    && stage
                        .mirror_target()
                        .is_none_or(|copies| copies.to != *model)
        }) {
            report.push(
                    Diagnostic::new(
                        Code::GP506,
                        at.clone(),
                        format!("in the stage `{}` the candidate answers a cohort and stable everyone else: `{}` compares the requests as much as the models", stage.name, gate.name),
                    )
                    .help("compare in a step with a weight or a mirror, where both get the same kind of requests"),
                );
        }
    }
}

/// Whether a model's weight has a cohort beside it that is more than a tenth of it, or of unknown size.
fn has_cohort_that_tells(plan: &Plan, id: StageId, model: ModelId) -> bool {
    let stage = plan.stage(id);
    let weighted = Fraction::from(stage.split.of(model)).as_f64();
    let all = plan.share(id, model).known().map(Fraction::as_f64);
    stage.serves_cohorts_with(model)
        && !stage.split.of(model).is_zero()
        && all.is_none_or(|all| all - weighted > weighted / 10.0)
}

/// A candidate must not get requests and copies at once.
pub(super) fn check_copies(
    plan: &Plan,
    stage: &Stage,
    gate: &Gate,
    model: ModelId,
    at: &Place,
    report: &mut Report,
) {
    let copied = stage
        .mirror_target()
        .is_some_and(|copies| copies.to == model);
    let answers = !stage.split.of(model).is_zero() || stage.serves_cohorts_with(model);
    if copied && answers {
        report.push(
            Diagnostic::new(
                Code::GP511,
                at.clone(),
                format!(
                    "`{}` gets requests and copies at once, and `{}` counts both alike",
                    plan.model(model).name,
                    gate.name
                ),
            )
            .help("mirror in a step of its own"),
        );
    }
}
