//! GP4xx: replicas against traffic.

use std::collections::BTreeSet;

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{ModelId, Plan, Stage};
use crate::units::Percent;

/// The share above which one replica is too few to lose.
const LONELY_SHARE: u32 = 1_000;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let mut told = BTreeSet::new();
    for stage in &plan.stages {
        for (model, replicas) in &stage.running {
            for found in check_model(plan, stage, *model, *replicas) {
                // One complaint a model and rule: the first stage that breaks it stands for the ones after it.
                if told.insert((*model, found.code)) {
                    report.push(found);
                }
            }
        }
    }
    for (index, model) in plan.models.iter().enumerate() {
        let at = Route::root().key("spec").key("models").index(index);
        if model.autoscaling.is_some() && model.workload != format!("{}-{}", plan.name, model.name)
        {
            report.push(
                Diagnostic::new(
                    Code::GP405,
                    Place::key(at.key("autoscaling")),
                    format!("if the Deployment `{}` already runs with `replicas`, handing it to an autoscaler resets it to 1 for a moment", model.workload),
                )
                .note("a client-side apply that no longer holds `replicas` removes the field, and its default is 1")
                .help("apply it server-side once (`kubectl apply --server-side`, or Argo CD's `ServerSideApply=true`)"),
            );
        }
    }
}

fn check_model(plan: &Plan, stage: &Stage, id: ModelId, replicas: u32) -> Vec<Diagnostic> {
    let model = plan.model(id);
    let share = stage.split.of(id);
    let (fewest, most) = model
        .autoscaling
        .as_ref()
        .map_or((replicas, replicas), |scaling| (scaling.min, scaling.max));
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
    if most == 0 && stage.with_traffic().contains(&id) {
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
    if fewest == 1 && share > Percent::from_hundredths(LONELY_SHARE) {
        found.push(
            Diagnostic::new(
                Code::GP403,
                place(),
                format!(
                    "`{}` serves {share} % of the requests in the stage `{}` with one replica",
                    model.name, stage.name
                ),
            )
            .note("a node that fails or drains takes all of them with it")
            .help("give it at least two replicas"),
        );
    }
    if let (Some(capacity), Some(expected)) = (model.capacity, plan.traffic.expected_per_minute)
        && most > 0
    {
        let wanted = expected / 60.0 * share.as_f64() / 100.0;
        let sustained = f64::from(most) * capacity;
        if sustained < wanted {
            found.push(
                Diagnostic::new(
                    Code::GP401,
                    place(),
                    format!(
                        "`{}` sustains {sustained:.0} requests a second with {most} replicas, and the stage `{}` sends it {wanted:.0}",
                        model.name, stage.name
                    ),
                )
                .label(Place::value(stage.place.clone()), format!("{share} % of {expected} requests a minute"))
                .help(format!("give it at least {:.0} replicas, or less of the traffic", (wanted / capacity).ceil())),
            );
        }
    }
    found
}
