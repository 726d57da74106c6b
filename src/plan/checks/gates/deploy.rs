//! The gates of the stage `deploy`, in which no request reaches a candidate.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Plan, StageId};

/// Every gate must be one that can judge what has had no request yet, and have somebody to judge.
pub(super) fn check(plan: &Plan, id: StageId, report: &mut Report) {
    let fields = Route::root().key("spec").key("deployGates");
    for (index, gate) in plan.stage(id).gates.iter().enumerate() {
        let gate = plan.gate(*gate);
        let at = Place::value(fields.index(index));
        if gate.kind.facts().asks_telemetry() {
            report.push(
                Diagnostic::new(
                    Code::GP539,
                    at,
                    format!(
                        "`{}` measures what runs, and in `deploy` no request reaches a candidate and nothing bakes",
                        gate.name
                    ),
                )
                .help("name `result` and `web` gates here, and this one in the first step with traffic"),
            );
        } else if let Some(model) = gate.model
            && plan.judged(gate, id).is_empty()
        {
            report.push(
                Diagnostic::new(
                    Code::GP541,
                    at,
                    format!(
                        "`{}` judges `{}` alone, which `deploy` does not start",
                        gate.name,
                        plan.model(model).name
                    ),
                )
                .help("name it in the step that deploys the model"),
            );
        }
    }
}
