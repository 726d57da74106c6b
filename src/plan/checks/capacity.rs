//! GP4xx: replicas against traffic.

use std::collections::BTreeMap;

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{CohortId, Fraction, ModelId, Plan, Stage, StageId, TotalShare};
use crate::units::Percent;

/// The share above which one replica is too few to lose.
const LONELY_SHARE: u32 = 1_000;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    // One complaint a model and rule: the first stage that breaks it stands for the ones after it.
    let mut told = BTreeMap::new();
    for stage in plan.stage_ids() {
        let running = &plan.stage(stage).running;
        for model in plan.stage(stage).with_traffic() {
            let Some(replicas) = running.get(&model) else {
                continue;
            };
            for found in check_model(plan, stage, model, *replicas) {
                told.entry((model, found.code)).or_insert(found);
            }
        }
    }
    // What is too little for certain in one stage need not be asked in another.
    for model in plan.model_ids() {
        if told.contains_key(&(model, Code::GP401)) {
            told.remove(&(model, Code::GP309));
        }
    }
    for found in told.into_values() {
        report.push(found);
    }
    for (index, model) in plan.models.iter().enumerate() {
        let at = Route::root().key("spec").key("models").index(index);
        if model.autoscaling().is_some()
            && model.generated().is_some()
            && model.workload_name != format!("{}-{}", plan.name, model.name)
        {
            report.push(
                Diagnostic::new(
                    Code::GP405,
                    Place::key(at.key("autoscaling")),
                    format!("if the Deployment `{}` already runs with `replicas`, handing it to an autoscaler resets it to 1 for a moment", model.workload_name),
                )
                .note("a client-side apply that no longer holds `replicas` removes the field, and its default is 1")
                .help("apply it server-side once (`kubectl apply --server-side`, or Argo CD's `ServerSideApply=true`)"),
            );
        }
    }
}

fn check_model(plan: &Plan, at: StageId, id: ModelId, replicas: u32) -> Vec<Diagnostic> {
    let (stage, model) = (plan.stage(at), plan.model(id));
    let share = plan.share(at, id);
    // What is certain, whatever the size of a cohort.
    let least = share.least.percent();
    let Some((fewest, most)) = model.pods(replicas) else {
        return external(plan, at, id).into_iter().collect();
    };
    let place = || {
        Place::value(
            Route::root()
                .key("spec")
                .key("models")
                .index(id.0)
                .key("replicas"),
        )
    };
    let mut found = Vec::new();
    if most == 0 {
        found.push(
            Diagnostic::new(
                Code::GP402,
                place(),
                format!(
                    "`{}` has traffic in the stage `{}`, and no replicas",
                    model.name, stage.name
                ),
            )
            .label(Place::value(stage.place.clone()), "traffic from here")
            .help("give it at least one replica in that stage"),
        );
    }
    if fewest == 1 && least > Percent::from_hundredths(LONELY_SHARE) {
        found.push(
            Diagnostic::new(
                Code::GP403,
                place(),
                format!(
                    "`{}` serves {}{least} % of the requests in the stage `{}` with one replica",
                    model.name,
                    at_least(share),
                    stage.name
                ),
            )
            .note("a node that fails or drains takes all of them with it")
            .help("give it at least two replicas"),
        );
    }
    if let (Some(capacity), Some(expected)) = (model.capacity, plan.traffic.expected_per_minute)
        && most > 0
    {
        let per_second = |part: Fraction| expected / 60.0 * part.as_f64();
        let sustained = f64::from(most) * capacity;
        if sustained < per_second(share.least) {
            let wanted = per_second(share.least);
            found.push(
                Diagnostic::new(
                    Code::GP401,
                    place(),
                    format!(
                        "`{}` sustains {sustained:.0} requests a second with {most} replicas, and the stage `{}` sends it {}{wanted:.0}",
                        model.name,
                        stage.name,
                        at_least(share)
                    ),
                )
                .label(Place::value(stage.place.clone()), format!("{least} % of {expected} requests a minute"))
                .help(format!("give it at least {:.0} replicas, or less of the traffic", (wanted / capacity).ceil())),
            );
        } else if sustained < per_second(share.most) {
            found.push(unknown(plan, stage, id, sustained));
        }
    }
    found
}

/// GP412: what the spec says of capacity is held against nothing.
fn external(plan: &Plan, at: StageId, id: ModelId) -> Option<Diagnostic> {
    let (model, stage) = (plan.model(id), plan.stage(at));
    let wanted = plan.traffic.expected_per_minute? / 60.0 / model.capacity?;
    let share = plan.share(at, id);
    if share.most == Fraction::NONE {
        return None;
    }
    let needs = (wanted * share.least.as_f64()).ceil();
    let place = Route::root().key("spec").key("models").index(id.0);
    let found = Diagnostic::new(
        Code::GP412,
        Place::value(place.key("replicas")),
        format!(
            "whether `{}` has the {}{needs:.0} replicas that the stage `{}` needs is unknown: somebody else scales it",
            model.name,
            at_least(share),
            stage.name
        ),
    );
    Some(found.label(Place::value(stage.place.clone()), "traffic from here").help(
        "see to it before the step, and put `lints: {GP412: allow}`; or give `replicas` a number",
    ))
}

/// Words before a share that cohorts of unknown size may add to.
fn at_least(share: TotalShare) -> &'static str {
    share.known().map_or("at least ", |_| "")
}

/// GP309: only the size of a cohort would tell.
fn unknown(plan: &Plan, stage: &Stage, id: ModelId, sustained: f64) -> Diagnostic {
    let unknown = |cohort: &CohortId| plan.cohort(*cohort).share.is_none();
    let cohorts: Vec<CohortId> = stage.cohorts.keys().copied().filter(unknown).collect();
    let names: Vec<&str> = cohorts
        .iter()
        .map(|cohort| plan.cohort(*cohort).name.as_str())
        .collect();
    let first = cohorts.first().map_or(0, |cohort| cohort.0);
    let at = Route::root().key("spec").key("cohorts").index(first);
    Diagnostic::new(
        Code::GP309,
        Place::value(at.key("name")),
        format!(
            "whether the {sustained:.0} requests a second that `{}` sustains are enough in the stage `{}` is unknown: no `share` says how many requests {} claims",
            plan.model(id).name,
            stage.name,
            and_list(&names)
        ),
    )
    .label(Place::value(stage.place.clone()), "in this stage")
    .help("add the expected share of all requests to the cohort, such as `share: 1%`")
}
