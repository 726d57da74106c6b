//! GP6xx: what is sound, and still likely to hurt.

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Fraction, Generated, Model, Plan, ServiceType, StageKind, Wire};
use crate::spec::{self, Document};
use crate::units::ImageRef;

pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    check_models(plan, document, report);
    check_service(plan, document, report);
    let stages = plan.stage_ids().map(|id| (id, plan.stage(id)));
    let stages = stages.filter(|(_, stage)| stage.kind == StageKind::Step);
    for ((index, stage), step) in stages.zip(&document.spec.steps) {
        let exposure = plan.exposure(index);
        // An empty list says that nothing is to watch the step; a missing one may have been forgotten.
        if step.gates.is_none() && exposure.counted != Fraction::NONE {
            let exposed = plan.exposure_words(index);
            report.push(
                Diagnostic::new(
                    Code::GP604,
                    Place::value(stage.place.clone()),
                    format!("the stage `{}` exposes {exposed}, and no gate watches it", stage.name),
                )
                .help("name `gates` in the step, and declare them below `spec.gates`; `gates: []` says that a person judges it"),
            );
        }
    }
}

fn check_models(plan: &Plan, document: &Document, report: &mut Report) {
    for (index, model) in plan.models.iter().enumerate() {
        let at = Route::root().key("spec").key("models").index(index);
        if let Some(own) = model.generated() {
            check_pod(model, own, &document.spec.models[index], &at, report);
        }
        let ports = model.ports.iter().enumerate();
        let hosted = ports.filter_map(|(port, open)| Some((port, open.host.as_ref()?.number)));
        for (port, number) in hosted {
            report.push(
                Diagnostic::new(
                    Code::GP607,
                    Place::key(at.key("ports").index(port).key("hostPort")),
                    format!("no two pods that take the node's port {number} run on one node, and what comes in through it passes no route"),
                )
                .note("while a change rolls through, there is a pod more than `replicas`, which waits where no node is free; a candidate with the same port waits too")
                .help("let callers come in through the Service, or have a node more than all models' pods"),
            );
        }
    }
}

/// What is known of a pod that is made of the model's fields.
fn check_pod(model: &Model, own: &Generated, given: &spec::Model, at: &Route, report: &mut Report) {
    if !own.image.is_pinned() {
        unpinned(&own.image.to_string(), at.key("image"), report);
    }
    let lists = [
        ("initContainers", &given.init_containers),
        ("sidecars", &given.sidecars),
        ("containers", &given.containers),
    ];
    for (key, list) in lists {
        for (number, container) in list.iter().flatten().enumerate() {
            let image = container.image.as_deref().unwrap_or_default();
            if image
                .parse()
                .is_ok_and(|image: ImageRef| !image.is_pinned())
            {
                let place = at.key(key).index(number).key("image");
                unpinned(image, place, report);
            }
        }
    }
    if own.serving().readiness_probe.is_none() {
        report.push(
            Diagnostic::new(
                Code::GP603,
                Place::value(at.key("name")),
                format!(
                    "`{}` has no readiness probe, so requests reach it before its model is loaded",
                    model.name
                ),
            )
            .help(format!(
                "add `readinessProbe: {{httpGet: {{path: /healthz, port: {}}}}}`",
                first_port(model)
            )),
        );
    }
    let has_memory = own.serving().resources.as_ref().is_some_and(|resources| {
        [&resources.requests, &resources.limits]
            .into_iter()
            .flatten()
            .any(|map| map.contains_key("memory"))
    });
    if !has_memory {
        report.push(
            Diagnostic::new(
                Code::GP605,
                Place::value(at.key("name")),
                format!(
                    "`{}` requests no memory, so its pods are the first that a full node evicts",
                    model.name
                ),
            )
            .help("add `resources: {requests: {memory: 4Gi}}`"),
        );
    }
}

fn unpinned(image: &str, place: Route, report: &mut Report) {
    report.push(
        Diagnostic::new(
            Code::GP601,
            Place::value(place),
            format!("the image `{image}` does not say which build it is"),
        )
        .note("a pod that restarts may then run another build than its neighbours")
        .help("name a version tag or a digest"),
    );
}

/// The first port of the container as a probe would name it.
fn first_port(model: &Model) -> String {
    let port = model.ports.first();
    port.map_or_else(
        || "http".to_owned(),
        |port| {
            let number = || port.number.to_string();
            port.name.clone().unwrap_or_else(number)
        },
    )
}

fn check_service(plan: &Plan, document: &Document, report: &mut Report) {
    let at = Route::root().key("spec");
    let given = document.spec.service.ports.is_some();
    for (index, port) in plan.service.ports.iter().enumerate() {
        let place = if given {
            Place::value(at.key("service").key("ports").index(index).key("name"))
        } else {
            Place::key(at.key("models"))
        };
        match &port.wire {
            Wire::Connections(protocol) => report.push(Diagnostic::new(
                Code::GP606,
                place,
                format!("the Service port `{}` carries {protocol}: its connections pass no route and reach every model", port.name),
            )),
            Wire::Unknown | Wire::Requests(_) => {}
        }
    }
    if plan.service.kind != ServiceType::ClusterIP {
        report.push(
            Diagnostic::new(
                Code::GP606,
                Place::value(at.key("service").key("type")),
                format!("what comes in through a Service of type {} passes no route and reaches every model", plan.service.kind.name()),
            )
            .help("let requests in through `traffic.gateway`"),
        );
    }
    // What a router does by default nobody has chosen.
    let is_chosen =
        document.spec.traffic.mesh == Some(false) || plan.traffic.router.routes_mesh_by_default();
    if !plan.traffic.mesh && plan.traffic.router.has_gateway() && is_chosen {
        report.push(Diagnostic::new(
            Code::GP606,
            Place::key(at.key("traffic").key("mesh")),
            "with `mesh: false`, callers in the mesh pass no route and reach every model",
        ));
    }
}
