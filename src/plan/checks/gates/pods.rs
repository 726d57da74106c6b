//! GP549: which series the pods of a model export, where their names are somebody else's.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::gates::{CountedBy, Times};
use crate::plan::{Gate, Model, Plan, StageId};

pub(super) fn check(plan: &Plan, gate: &Gate, at: &Route, report: &mut Report) {
    let facts = gate.kind.facts();
    let counts = facts.requests();
    let times = match facts.times() {
        Some(Times::Server(_)) => true,
        Some(Times::Metric(name, _)) => !name.starts_with("istio_"),
        Some(Times::Router(_)) | None => false,
    };
    let asks_pods = times
        || facts.exported().is_some()
        || counts.is_some_and(|requests| requests.by == CountedBy::Server);
    if !asks_pods || !plan.selector.is_empty() {
        return;
    }
    let judged = |stage: StageId| plan.judged(gate, stage);
    let mut models = plan.stage_ids().flat_map(judged).map(|id| plan.model(id));
    let Some(model) = models.find(|model| !has_known_pods(model)) else {
        return;
    };
    report.push(
        Diagnostic::new(
            Code::GP549,
            Place::value(at.key("name")),
            format!(
                "`{}` asks what the pods of `{}` export, and which series are theirs is not known",
                gate.name, model.name
            ),
        )
        .help(
            "say by which labels they are selected: `metrics: {selector: {label: \"{{subset}}\"}}`",
        ),
    );
}

/// Whether the names of a model's pods are known, by those of what makes them.
fn has_known_pods(model: &Model) -> bool {
    let own = model.own().and_then(|own| own.pods);
    model.generated().is_some() || own.is_some()
}
