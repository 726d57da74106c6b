//! GP3xx: every stage against the one before it.

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Breach, ModelId, Plan, Stage, StageKind, transition};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let mut warned_of_no_return = false;
    for (before, index) in plan.stage_ids().zip(plan.stage_ids().skip(1)) {
        let (before, stage) = (plan.stage(before), plan.stage(index));
        for breach in transition(before, stage) {
            if !is_known(before, stage, breach) {
                report.push(unsafe_move(plan, before, stage, breach));
            }
        }
        if stage.kind == StageKind::Step && stage.is_same_state(before) {
            report.push(
                Diagnostic::new(
                    Code::GP207,
                    Place::value(stage.place.clone()),
                    format!("the step `{}` changes nothing", stage.name),
                )
                .note(format!(
                    "the stage `{}` before it is already in this state",
                    before.name
                ))
                .help("remove the step, or change what it sets"),
            );
        }
        if !warned_of_no_return && stage.kind != StageKind::Retire && plan.is_past_return(index) {
            warned_of_no_return = true;
            report.push(
                Diagnostic::new(
                    Code::GP306,
                    Place::value(stage.place.clone()),
                    format!("from the stage `{}` on, no earlier stage is a safe one-step rollback", stage.name),
                )
                .note("a rollback changes routes only: the stage it goes to must run every model that has traffic, and stable must still run")
                .help("retire models in the last step, or leave it to the generated stage `retire`"),
            );
        }
    }
}

/// Whether the stage before is already at fault for it: one mistake is one complaint, and not one a stage.
fn is_known(before: &Stage, stage: &Stage, breach: Breach<ModelId>) -> bool {
    match breach {
        Breach::NotRunningBefore(model) => before.with_traffic().contains(&model),
        // Only copies are taken away there, and GP308 asks for what becomes of them.
        Breach::RemovedUnderTraffic(_) => stage.kind == StageKind::Retire,
        Breach::SubsetGone(_) => false,
    }
}

fn unsafe_move(plan: &Plan, before: &Stage, stage: &Stage, breach: Breach<ModelId>) -> Diagnostic {
    let name = |model: ModelId| plan.model(model).name.as_str();
    let (code, model, message, help) = match breach {
        Breach::NotRunningBefore(model) => (
            Code::GP301,
            model,
            format!(
                "`{}` gets traffic in `{}`, but does not run in `{}` before it",
                name(model),
                stage.name,
                before.name
            ),
            format!(
                "deploy `{}` in an earlier step, or leave `deploy` out: the generated stage `deploy` then starts it",
                name(model)
            ),
        ),
        Breach::RemovedUnderTraffic(model) => (
            Code::GP302,
            model,
            format!(
                "`{}` is removed in `{}`, but still has traffic in `{}` before it",
                name(model),
                stage.name,
                before.name
            ),
            if before
                .mirror_target()
                .is_some_and(|copies| copies.to == model)
            {
                format!(
                    "end the shadow in a step before: `mirror: null` takes the copies from `{}`",
                    name(model)
                )
            } else {
                format!(
                    "move the traffic of `{}` away in one step, and retire it in the next",
                    name(model)
                )
            },
        ),
        Breach::SubsetGone(model) => (
            Code::GP303,
            model,
            format!(
                "`{}` is removed in `{}`, whose own routes still name its subset",
                name(model),
                stage.name
            ),
            format!(
                "move the traffic of `{}` away in an earlier step",
                name(model)
            ),
        ),
    };
    Diagnostic::new(code, place(stage, code), message)
        .label(model_place(model), "this model")
        .note("objects that are applied together take effect in any order, so this answers requests with 503")
        .help(help)
}

fn place(stage: &Stage, code: Code) -> Place {
    match (stage.kind, code) {
        (StageKind::Step, Code::GP302 | Code::GP303) => Place::key(stage.place.key("retire")),
        _ => Place::value(stage.place.clone()),
    }
}

fn model_place(model: ModelId) -> Place {
    Place::value(
        Route::root()
            .key("spec")
            .key("models")
            .index(model.0)
            .key("name"),
    )
}
