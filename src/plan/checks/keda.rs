//! GP106, GP409, GP410 and GP503: what KEDA is told.

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::template::{self, Variable, fill};
use crate::plan::{Autoscaling, Model, ModelId, Plan, scaling};
use crate::spec::Trigger;

/// What KEDA's HorizontalPodAutoscaler is called: this and the ScaledObject's name.
const PREFIX: &str = "keda-hpa-";
/// The most characters of that name, which KEDA writes as a label too.
const MOST: usize = 63;
/// What the names of metrics begin with that model servers export themselves.
const OF_PODS: [&str; 6] = [
    "vllm:",
    "sglang:",
    "nv_inference_",
    "nv_gpu_",
    "tgi_",
    ":tensorflow:",
];

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for id in plan.model_ids() {
        let model = plan.model(id);
        let Some(autoscaling) = model.autoscaling() else {
            continue;
        };
        let at = Route::root().key("spec").key("models").index(id.0);
        let at = at.key("autoscaling");
        sleeps(plan, id, autoscaling, &at, report);
        let Some(keda) = autoscaling.keda() else {
            continue;
        };
        name(model, &at, report);
        let at = at.key("keda").key("triggers");
        for (index, trigger) in keda.triggers.iter().enumerate() {
            let at = at.index(index).key("metadata");
            variables(plan, trigger, &at, report);
            nulls(trigger, &at, report);
        }
    }
}

/// GP106: the webhook refuses a name that is no label's value.
fn name(model: &Model, at: &Route, report: &mut Report) {
    let length = PREFIX.len() + model.workload_name.len();
    if length > MOST {
        report.push(
            Diagnostic::new(
                Code::GP106,
                Place::key(at.key("keda")),
                format!("KEDA's autoscaler `{PREFIX}{}` has a name of {length} characters, and {MOST} are allowed", model.workload_name),
            )
            .help(format!("give the model a `workloadName` of at most {} characters", MOST - PREFIX.len())),
        );
    }
}

/// GP503.
fn variables(plan: &Plan, trigger: &Trigger, at: &Route, report: &mut Report) {
    let known: Vec<&str> = scaling::variables(plan).map(Variable::name).collect();
    for (key, text) in &trigger.metadata {
        let closed = |variable: &Variable| !known.contains(&variable.name());
        let used = template::variables(text);
        let wrong = used.into_iter().find(closed).map(Variable::name);
        let unknown = fill(text, &|_| String::new()).err();
        let Some(name) = unknown.or(wrong.map(str::to_owned)) else {
            continue;
        };
        let place = Place::value(at.key(key));
        let found = if name == "namespace" {
            Diagnostic::new(
                Code::GP503,
                place,
                "`{{namespace}}` has no value: the rollout names no namespace",
            )
            .help("add `namespace:` below `metadata`, or write the name")
        } else {
            Diagnostic::new(Code::GP503, place, format!("there is no variable `{name}`"))
                .maybe_help(suggestion(&name, known.iter().copied()))
        };
        report.push(found);
    }
}

/// GP410: silence is not idleness.
fn nulls(trigger: &Trigger, at: &Route, report: &mut Report) {
    if trigger.kind == "prometheus" && !trigger.metadata.contains_key("ignoreNullValues") {
        report.push(
            Diagnostic::new(
                Code::GP410,
                Place::key(at.clone()),
                "a Prometheus that has lost its targets looks idle to this trigger, and KEDA takes the pods away",
            )
            .note("an empty answer counts as 0 unless `ignoreNullValues` is `\"false\"`")
            .help("add `ignoreNullValues: \"false\"`, or `\"true\"` where no series means no load"),
        );
    }
}

/// GP409: whoever comes while there are no pods is refused.
fn sleeps(plan: &Plan, id: ModelId, autoscaling: &Autoscaling, at: &Route, report: &mut Report) {
    if autoscaling.fewest() > 0 {
        return;
    }
    let mut stages = plan.stage_ids();
    let Some(stage) =
        stages.find(|stage| plan.share(*stage, id).most > crate::plan::Fraction::NONE)
    else {
        return;
    };
    let (model, stage) = (plan.model(id), plan.stage(stage));
    let field = if autoscaling.min == 0 {
        at.key("min")
    } else {
        at.key("keda").key("idleReplicaCount")
    };
    let mut found = Diagnostic::new(
        Code::GP409,
        Place::value(field),
        format!("`{}` has traffic in the stage `{}` and may have no pods: requests are answered with 503 until one has started", model.name, stage.name),
    )
    .label(Place::value(stage.place.clone()), "traffic from here");
    let queries = autoscaling
        .keda()
        .into_iter()
        .flat_map(|keda| &keda.triggers);
    let queries = queries.filter_map(|trigger| trigger.metadata.get("query"));
    let own = OF_PODS
        .iter()
        .find(|prefix| queries.clone().any(|query| query.contains(*prefix)));
    if let Some(own) = own {
        found = found.note(format!(
            "without pods there are no `{own}` metrics, so that such a trigger never wakes it"
        ));
    }
    report.push(found.help(
        "set `min: 1`, or let a trigger ask what the gateway measures and put `lints: {GP409: allow}`",
    ));
}
