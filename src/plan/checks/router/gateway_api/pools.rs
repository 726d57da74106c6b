//! GP223, GP227, GP621 and GP622: what does not go together with inference pools.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Model, ModelId, Plan, Split, Stage, StageKind};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let is_pool = |model: ModelId| plan.model(model).pool.is_some();
    let Some(first) = plan.model_ids().find(|model| is_pool(*model)) else {
        return;
    };
    let spec = Route::root().key("spec");
    let at = spec
        .key("models")
        .index(first.0)
        .key("backend")
        .key("inferencePool");
    check_callers(plan, &at, report);
    let steps = plan.stages.iter();
    let mut told = BTreeSet::new();
    for stage in steps.filter(|stage| stage.kind == StageKind::Step) {
        check_mirror(plan, stage, report);
        let splits = stage.cohorts.values().chain([&stage.split]);
        for found in splits.filter_map(|split| check_split(plan, stage, split)) {
            if told.insert(found.code) {
                report.push(found);
            }
        }
    }
    for (index, route) in plan.traffic.routes.iter().enumerate() {
        if route.cors_policy.is_none() {
            continue;
        }
        let at = spec
            .key("traffic")
            .key("routes")
            .index(index)
            .key("corsPolicy");
        let message = "Istio loses the endpoint picker of a rule with a CORS policy, and chooses pods without it";
        let found = Diagnostic::new(Code::GP621, Place::key(at), message);
        report.push(found.help("let the model server answer for other origins, or allow this where your gateway is another one"));
    }
}

/// Pools are for HTTPRoutes of Gateways.
fn check_callers(plan: &Plan, at: &Route, report: &mut Report) {
    let mut refuse = |message: &str, help: &str| {
        let place = Place::key(at.clone());
        report.push(Diagnostic::new(Code::GP223, place, message).help(help));
    };
    if plan.traffic.mesh {
        refuse(
            "an inference pool is for requests through a Gateway, and callers in the mesh are routed too",
            "name a Gateway in `traffic.parentRefs`, and leave `mesh` out",
        );
    }
    if plan.service.ports[plan.traffic.port].wire.is_grpc() {
        refuse(
            "an inference pool is for HTTP, and the port that is routed is of gRPC",
            "route a port of HTTP: `traffic.port`",
        );
    }
}

fn check_mirror(plan: &Plan, stage: &Stage, report: &mut Report) {
    let Some(mirror) = &stage.mirror else { return };
    let to = plan.model(mirror.target.to);
    if to.pool.is_some() {
        let place = Place::key(stage.place.key("mirror"));
        let message = format!(
            "copies go to `{}`, and no gateway promises to copy to an inference pool",
            to.name
        );
        let found = Diagnostic::new(Code::GP223, place, message);
        report.push(found.help("send it a small weight instead"));
    }
}

/// What is wrong with sharing requests in this way.
fn check_split(plan: &Plan, stage: &Stage, split: &Split) -> Option<Diagnostic> {
    let models = || split.models().map(|id| plan.model(id));
    let pool = models().find(|model| model.pool.is_some())?;
    let place = Place::value(stage.place.clone());
    let is_other = |model: &&Model| model.pool.is_none();
    if let Some(other) = models().find(is_other) {
        let message = format!(
            "the requests of a rule are shared by the pool of `{}` and the Service of `{}`",
            pool.name, other.name
        );
        return Some(
            Diagnostic::new(Code::GP227, place, message)
                .note("Istio then uses no endpoint picker, or the picker's choice for both")
                .help("move all at once (`weight: 100`), or give both models a pool"),
        );
    }
    (models().count() > 1).then(|| {
        let message = "a rule shares its requests between inference pools, which not every gateway can";
        Diagnostic::new(Code::GP622, place, message)
            .note("Istio used one endpoint picker for all pools of a rule before the patches of September 2026 to 1.29, 1.30 and 1.31; Envoy AI Gateway takes one pool a rule")
            .help("set `lints: {GP622: allow}` once your gateway has it")
    })
}
