//! The entries that tell requests apart: of cohorts, and of mirrors.

use crate::diag::Route;
use crate::plan::{Match, Mirror, Plan, StageKind};

/// Each entry with its place in the spec. A mirror that goes on from stage to stage has its own in the first of them.
pub(super) fn entries(plan: &Plan) -> Vec<(Route, &Match)> {
    let mut found = Vec::new();
    let cohorts = Route::root().key("spec").key("cohorts");
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        let at = cohorts.index(index).key("match");
        let entries = cohort.entries.iter().enumerate();
        found.extend(entries.map(|(number, entry)| (at.index(number), entry)));
    }
    let mut before: Option<&Mirror> = None;
    for stage in &plan.stages {
        let mirror = stage.mirror.as_ref();
        if let Some(mirror) = mirror
            && stage.kind == StageKind::Step
            && before.is_none_or(|before| before.entries != mirror.entries)
        {
            let at = stage.place.key("mirror").key("match");
            let entries = mirror.entries.iter().enumerate();
            found.extend(entries.map(|(number, entry)| (at.index(number), entry)));
        }
        before = mirror;
    }
    found
}
