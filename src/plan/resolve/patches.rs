//! Patches: the names in their targets.

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::patch::{Change, Patch};
use crate::plan::{Stage, StageId};
use crate::spec::Spec;

use super::names::Names;

/// The patches of a spec, in their order; one whose target names nothing is a complaint.
pub(super) fn resolve(
    spec: &Spec,
    names: &Names<'_>,
    stages: &[Stage],
    report: &mut Report,
) -> Vec<Patch> {
    let at = Route::root().key("spec").key("patches");
    let patches = spec.patches.iter().enumerate();
    patches
        .filter_map(|(index, given)| {
            let at = at.index(index);
            let target = &given.target;
            let place = at.key("target");
            let model = match &target.model {
                Some(name) => Some(names.model(name, &place.key("model"), report)?),
                None => None,
            };
            let stage = match &target.stage {
                Some(name) => Some(stage(name, place.key("stage"), stages, report)?),
                None => None,
            };
            // The schema asks for one of the two.
            let change = match (&given.merge, &given.json) {
                (Some(merge), _) => Change::Merge(merge.clone()),
                (None, operations) => Change::Json(operations.clone().unwrap_or_default()),
            };
            Some(Patch {
                kind: target.kind.clone(),
                name: target.name.clone(),
                model,
                stage,
                change,
                at,
            })
        })
        .collect()
}

fn stage(wanted: &str, at: Route, stages: &[Stage], report: &mut Report) -> Option<StageId> {
    let known = || stages.iter().map(|stage| stage.name.as_str());
    let found = known().position(|name| name == wanted).map(StageId);
    if found.is_none() {
        let message = format!("there is no stage `{wanted}`");
        report.push(
            Diagnostic::new(Code::GP113, Place::value(at), message)
                .maybe_help(suggestion(wanted, known().collect::<Vec<_>>())),
        );
    }
    found
}
