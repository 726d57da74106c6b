//! What is declared and never used.

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{CohortId, Plan};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let at = |field: &str, index: usize| {
        Place::value(
            Route::root()
                .key("spec")
                .key(field)
                .index(index)
                .key("name"),
        )
    };
    for (id, model) in plan.model_ids().zip(&plan.models) {
        if !plan
            .stages
            .iter()
            .any(|stage| stage.running.contains_key(&id))
        {
            report.push(Diagnostic::new(
                Code::GP111,
                at("models", id.0),
                format!("no step uses the model `{}`, so it never runs", model.name),
            ));
        }
    }
    let leads = |model| {
        plan.stage_ids()
            .any(|stage| plan.preview_in(stage) == Some(model))
    };
    if let Some(model) = plan.service.preview.filter(|model| !leads(*model)) {
        let place = Route::root().key("spec").key("service").key("preview");
        report.push(
            Diagnostic::new(
                Code::GP138,
                Place::value(place),
                format!("the Service for previews leads to `{}` in no stage", plan.model(model).name),
            )
            .note("it leads to a model whose pods run in the stage, in those before and after it, and in the one that a rollback goes to")
            .help("leave it to the generated stage `deploy` to start the model, and to `retire` to remove it"),
        );
    }
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        if !plan
            .stages
            .iter()
            .any(|stage| stage.cohorts.contains_key(&CohortId(index)))
        {
            report.push(Diagnostic::new(
                Code::GP112,
                at("cohorts", index),
                format!("no step uses the cohort `{}`", cohort.name),
            ));
        }
    }
    for (id, gate) in plan.gate_ids().zip(&plan.gates) {
        if !plan.stages.iter().any(|stage| stage.gates.contains(&id)) {
            report.push(Diagnostic::new(
                Code::GP501,
                at("gates", id.0),
                format!("no step uses the gate `{}`", gate.name),
            ));
        }
    }
}
