//! GP304, GP305 and GP310: how much more each step exposes.

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Fraction, ModelId, Plan, StageId, StageKind, TotalShare};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for (before, index) in plan.stage_ids().zip(plan.stage_ids().skip(1)) {
        if plan.stage(index).kind != StageKind::Step {
            continue;
        }
        // What rises has traffic; there may be a thousand models that have none.
        let candidates = plan.stage(index).with_traffic().into_iter();
        let candidates = candidates.filter(|model| *model != plan.stable);
        let too_fast: Vec<_> = candidates
            .filter_map(|model| too_fast(plan, before, index, model))
            .collect();
        // One model that rises too fast takes the exposure with it.
        let told = !too_fast.is_empty();
        for found in too_fast {
            report.push(found);
        }
        check_exposure(plan, before, index, told, report);
    }
}

/// GP304: one model's share.
fn too_fast(plan: &Plan, before: StageId, index: StageId, model: ModelId) -> Option<Diagnostic> {
    let rise = Rise {
        before: plan.share(before, model),
        now: plan.share(index, model),
    };
    let most = plan.policy.max_increase;
    (rise.points() > Fraction::from(most)).then(|| {
        let found = Diagnostic::new(
            Code::GP304,
            Place::value(plan.stage(index).place.clone()),
            format!(
                "the share of `{}` rises {rise} in one step, and `policy.maxIncrease` is {most} points",
                plan.model(model).name
            ),
        );
        rise.with_note(found)
            .help("add a step between them, or raise `spec.policy.maxIncrease`")
    })
}

/// GP310 and GP305: all models that are not stable together.
fn check_exposure(plan: &Plan, before: StageId, index: StageId, told: bool, report: &mut Report) {
    let rise = Rise {
        before: plan.exposure(before),
        now: plan.exposure(index),
    };
    let place = || Place::value(plan.stage(index).place.clone());
    let most = plan.policy.max_exposure_increase;
    if !told && rise.points() > Fraction::from(most) {
        let found = Diagnostic::new(
            Code::GP310,
            place(),
            format!("exposure rises {rise} in one step, and `policy.maxExposureIncrease` is {most} points"),
        )
        .note("exposure is what all models that are not stable answer together");
        report.push(
            rise.with_note(found)
                .help("add a step between them, or raise `spec.policy.maxExposureIncrease`"),
        );
    }
    let after = plan.stage_after(index);
    let is_last = after.is_none_or(|after| plan.stage(after).kind == StageKind::Retire);
    // A test that stable wins ends so.
    let is_lost = is_last && rise.now.counted == Fraction::NONE;
    if rise.now.counted < rise.before.counted && !is_lost {
        let found = Diagnostic::new(Code::GP305, place(), format!("exposure falls {rise}"))
            .note("steps lead forward; going back is what `glidepath rollback` is for");
        report.push(rise.with_note(found).help("give the steps rising weights"));
    }
}

/// A part of all requests in two stages.
struct Rise {
    before: TotalShare,
    now: TotalShare,
}

impl Rise {
    fn points(&self) -> Fraction {
        self.now.counted.above(self.before.counted)
    }

    /// Says what the numbers leave out.
    fn with_note(&self, found: Diagnostic) -> Diagnostic {
        if self.before.known().is_some() && self.now.known().is_some() {
            return found;
        }
        found.note("a cohort without a `share` counts as empty")
    }
}

impl std::fmt::Display for Rise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (before, now) = (self.before.counted.percent(), self.now.counted.percent());
        write!(f, "from {before} % to {now} %")
    }
}
