//! GP411 and GP413: what a stage asks for beyond the stages at both ends.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Plan, StageId};
use crate::units::{Quantity, amount_words};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for (resource, most) in &plan.policy.max_extra {
        if let Some(found) = over(plan, resource, most) {
            report.push(found);
        }
    }
}

/// The first stage that asks for too much, or the first of which nobody knows.
fn over(plan: &Plan, resource: &str, most: &Quantity) -> Option<Diagnostic> {
    let ends = plan.at_the_ends(resource).most;
    let limit = most.billionths()?;
    let limits = Place::value(
        Route::root()
            .key("spec")
            .key("policy")
            .key("maxExtra")
            .key(resource),
    );
    let mut unknown: Option<StageId> = None;
    for stage in plan.stage_ids() {
        let asked = plan.asked_of(stage, resource).most;
        let Some(asked) = asked else {
            unknown.get_or_insert(stage);
            continue;
        };
        // Where the ends are unknown, so is one of the stages.
        let Some(extra) = ends.and_then(|ends| asked.checked_sub(ends)) else {
            continue;
        };
        if extra > limit {
            let stage = plan.stage(stage);
            return Some(
                Diagnostic::new(
                    Code::GP411,
                    Place::value(stage.place.clone()),
                    format!(
                        "the stage `{}` asks for {} of `{resource}`, {} more than the larger of the first and the last, and `policy.maxExtra` allows {most}",
                        stage.name,
                        amount_words(resource, asked),
                        amount_words(resource, extra)
                    ),
                )
                .label(limits, "the limit")
                .help("scale a model down before another one up, or let replicas follow the traffic with `scale: withTraffic`"),
            );
        }
    }
    let stage = plan.stage(unknown?);
    Some(
        Diagnostic::new(
            Code::GP413,
            limits,
            format!("whether the stage `{}` asks for more `{resource}` than `policy.maxExtra` allows is unknown", stage.name),
        )
        .label(Place::value(stage.place.clone()), "in this stage")
        .note("a model that somebody else scales, or whose containers request none, has no number")
        .help("give its containers `resources.requests`, and its `replicas` a number"),
    )
}
