//! GP406: replicas against traffic on the way from each stage to the next.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{ModelId, Plan, StageId, StageKind};
use crate::units::load::Strain;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let mut told = BTreeSet::new();
    for (before, after) in plan.stage_ids().zip(plan.stage_ids().skip(1)) {
        for (model, strain) in plan.strains(before, after) {
            // One complaint a model: the first move that strains it stands for the ones after it.
            if told.insert(model) {
                report.push(strained(plan, [before, after], model, &strain));
            }
        }
    }
}

fn strained(
    plan: &Plan,
    [before, after]: [StageId; 2],
    id: ModelId,
    strain: &Strain,
) -> Diagnostic {
    let (model, from, to) = (plan.model(id), plan.stage(before), plan.stage(after));
    let place = if to.kind == StageKind::Step {
        Place::value(to.place.key("replicas").key(model.name.as_str()))
    } else {
        Place::value(to.place.clone())
    };
    let [fewer, more] = [before, after].map(|stage| plan.stage(stage).running.get(&id));
    let help = if fewer < more {
        format!(
            "set `replicas: {{{}: …}}` one step before the one that gives it more traffic",
            model.name
        )
    } else {
        format!(
            "scale `{}` down one step after the one that takes its traffic",
            model.name
        )
    };
    Diagnostic::new(
        Code::GP406,
        place,
        format!(
            "on the way from `{}` to `{}`, `{}` may meet {strain}",
            from.name, to.name, model.name
        ),
    )
    .label(
        Place::value(
            Route::root()
                .key("spec")
                .key("models")
                .index(id.0)
                .key("name"),
        ),
        "this model",
    )
    .note("routes and replicas of one stage take effect in any order")
    .help(help)
}
