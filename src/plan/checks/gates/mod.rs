//! GP5xx: what gates ask, and whether the stages that name them can answer.

mod bounds;
mod deploy;
mod evidence;
mod pods;
mod query;
mod scrapes;
mod servers;
mod sides;
mod window;

use crate::diag::{Place, Report, Route};
use crate::plan::{Gate, Plan, StageId, StageKind};

pub(super) use bounds::Limit;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let at = Route::root().key("spec").key("gates");
    for (index, gate) in plan.gates.iter().enumerate() {
        query::check(gate, &at.index(index), report);
        servers::check(plan, gate, &at.index(index), report);
        pods::check(plan, gate, &at.index(index), report);
    }
    servers::check_selector(plan, report);
    for stage in plan.stage_ids() {
        check_stage(plan, stage, report);
    }
}

/// The field of a gate's kind.
pub(super) fn field(gate: &Gate, at: &Route, name: &str) -> Place {
    Place::value(at.key(gate.word()).key(name))
}

fn check_stage(plan: &Plan, id: StageId, report: &mut Report) {
    let stage = plan.stage(id);
    match stage.kind {
        StageKind::Step => {}
        StageKind::Deploy => return deploy::check(plan, id, report),
        StageKind::Adopt | StageKind::Baseline | StageKind::Retire => return,
    }
    for (place, gate) in stage.gates.iter().enumerate() {
        let gate = plan.gate(*gate);
        // Nothing here is about traffic, and so not about theirs.
        if !gate.kind.facts().asks_telemetry() {
            continue;
        }
        let at = Place::value(stage.place.key("gates").index(place));
        window::check(gate, stage.bake, stage.name.as_str(), &at, report);
        let judged = plan.judged(gate, id);
        sides::check_stable(plan, id, gate, &judged, &at, report);
        for model in judged {
            sides::check_copies(plan, stage, gate, model, &at, report);
            evidence::check(plan, id, gate, model, &at, report);
        }
    }
}
