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
