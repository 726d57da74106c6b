//! GP601, GP603 and GP605, of the pods of the team's own objects: told where they stand in their files.

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Model, Plan};
use crate::spec::{Document, NamedFile};
use crate::units::ImageRef;

pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    for model in &plan.models {
        let Some(own) = model.own() else { continue };
        let (Some(at), Some(file)) = (&own.template, document.named.get(&own.file)) else {
            continue;
        };
        let at = at.key("spec").key("containers");
        let Some(containers) = file.documents.get(&at) else {
            continue;
        };
        let containers = containers.to_json();
        let containers = containers.as_array().map_or(&[][..], Vec::as_slice);
        check_pod(model, containers, &at, file, report);
    }
}

fn check_pod(
    model: &Model,
    containers: &[Value],
    at: &Route,
    file: &NamedFile,
    report: &mut Report,
) {
    let mut complain = |found: Diagnostic| file.complain(report, found);
    for (index, container) in containers.iter().enumerate() {
        let image = container["image"].as_str().unwrap_or_default();
        if image
            .parse()
            .is_ok_and(|image: ImageRef| !image.is_pinned())
        {
            let place = Place::value(at.index(index).key("image"));
            let message = format!("the image `{image}` does not say which build it is");
            complain(
                Diagnostic::new(Code::GP601, place, message)
                    .note("a pod that restarts may then run another build than its neighbours")
                    .help("name a version tag or a digest"),
            );
        }
    }
    let name = &model.name;
    if containers.iter().all(|one| one["readinessProbe"].is_null()) {
        let message = format!(
            "`{name}` has no readiness probe, so requests reach it before its model is loaded"
        );
        complain(
            Diagnostic::new(Code::GP603, Place::key(at.clone()), message)
                .help("add a `readinessProbe` to the container that serves"),
        );
    }
    let asks_memory = |one: &Value| {
        let resources = &one["resources"];
        [&resources["requests"], &resources["limits"]]
            .iter()
            .any(|map| !map["memory"].is_null())
    };
    if !containers.iter().any(asks_memory) {
        let message = format!(
            "`{name}` requests no memory, so its pods are the first that a full node evicts"
        );
        complain(
            Diagnostic::new(Code::GP605, Place::key(at.clone()), message)
                .help("add `resources: {requests: {memory: 4Gi}}` to the container that serves"),
        );
    }
}
