//! Times of streamed answers.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::gates::{Gate, Times};
use crate::plan::{Model, Plan, runtimes};

/// The server whose answers are streams by default, in a container of the team's own.
const STREAMING: &str = "vllm";

/// Istio's times are those of whole answers, and a stream ends when the reader has read it.
pub(super) fn check(plan: &Plan, gate: &Gate, at: &Route, report: &mut Report) {
    let Some(Times::Router(_)) = gate.kind.facts().times() else {
        return;
    };
    let found = plan
        .stage_ids()
        .flat_map(|stage| plan.judged(gate, stage))
        .map(|model| plan.model(model))
        .find(|model| streams(model));
    let Some(model) = found else { return };
    let place = Place::key(at.key(gate.word()));
    let found = Diagnostic::new(
        Code::GP512,
        place,
        format!(
            "`{}` answers in streams, and Istio times them to their last byte",
            model.name
        ),
    );
    let mut help = "set `sli: timeToFirstToken` or `sli: interTokenLatency`".to_owned();
    if model.server.is_none() {
        help += ", with `server: vllm` at the model";
    }
    if gate.kind.facts().time_limit().is_some() {
        help += "; or `metric: istio_request_duration_milliseconds`, to mean it";
    }
    report.push(found.help(help));
}

fn streams(model: &Model) -> bool {
    model.server.is_some_and(|server| server.streams)
        || model.generated().is_some_and(|own| {
            runtimes::facts(own.runtime).streams || own.image.to_string().contains(STREAMING)
        })
}
