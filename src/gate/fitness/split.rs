//! Whether the requests are split between the models as the stage says.

use crate::gate::answer::Fault;
use crate::gate::query::Target;
use crate::gate::words;
use crate::plan::gates::Reporter;
use crate::plan::{Fraction, Plan, StageId};

use super::{Ask, Subject, Unfit, vector};

/// The fewest requests that a split is told by.
const LEAST_REQUESTS: f64 = 200.0;
/// By what factor the odds of a request to be the model's may be off.
const FACTOR: f64 = 3.0;
/// The least share that a model may get of which all is expected.
const NEARLY_ALL: f64 = 0.75;
/// Standard deviations that chance may add, of requests that come ten at a time.
const CHANCE: f64 = 5.0;
const BURST: f64 = 10.0;

/// What part of the requests and copies each model should get.
#[derive(Clone, Debug)]
pub(in crate::gate) struct Split(Vec<(String, f64)>);

impl Split {
    /// The split of a stage, by the Deployments' names; `None` where a cohort of unknown size is part of it.
    pub(in crate::gate) fn of(plan: &Plan, stage: StageId) -> Option<Self> {
        let shares: Option<Vec<(String, f64)>> = plan
            .model_ids()
            .map(|model| {
                let share = plan.share_with_copies(stage, model).known()?;
                Some((plan.model(model).workload.clone(), Fraction::as_f64(share)))
            })
            .collect();
        let shares = shares?;
        let all: f64 = shares.iter().map(|(_, share)| share).sum();
        let parts = shares.into_iter().map(|(name, share)| (name, share / all));
        (all > 0.0).then(|| Self(parts.collect()))
    }

    fn part(&self, target: &Target) -> Option<f64> {
        let found = self.0.iter().find(|(name, _)| *name == target.workload);
        found.map(|(_, part)| *part)
    }
}

pub(super) fn examine(
    subject: &Subject<'_>,
    reporter: Reporter,
    ask: &mut Ask<'_>,
) -> Result<Option<Unfit>, Fault> {
    let Some((split, expected)) = subject
        .split
        .and_then(|split| Some((split, split.part(subject.target)?)))
    else {
        return Ok(None);
    };
    let (target, window) = (subject.target, subject.window);
    let workloads: Vec<&str> = split.0.iter().map(|(name, _)| name.as_str()).collect();
    let seconds = window.length().seconds();
    let (promql, label) = target
        .telemetry
        .split(target, &workloads, reporter, seconds);
    let found = vector(ask(subject.question("split", promql, window.end))?);
    let value = |points: &[(f64, f64)]| points.first().map_or(0.0, |(_, value)| value.max(0.0));
    let all: f64 = found.iter().map(|one| value(&one.points)).sum();
    let own = found
        .iter()
        .filter(|one| one.label(label) == target.workload);
    let own: f64 = own.map(|one| value(&one.points)).sum();
    // Where a model is not measured at all, nothing is known of the split.
    let is_known = split
        .0
        .iter()
        .all(|(name, part)| *part <= 0.0 || found.iter().any(|one| one.label(label) == name));
    if all < LEAST_REQUESTS || !is_known {
        return Ok(None);
    }
    let observed = own / all;
    let noise = CHANCE * (BURST * expected * (1.0 - expected) / all).sqrt();
    let odds = expected / (1.0 - expected);
    let share = |odds: f64| odds / (1.0 + odds);
    let is_far = if odds.is_finite() {
        observed > share(odds * FACTOR) + noise || observed < share(odds / FACTOR) - noise
    } else {
        observed < NEARLY_ALL
    };
    Ok(is_far.then(|| {
        Unfit::Yet(format!(
            "`{}` got {} of the requests, and the stage gives it {}: they are not split as it says",
            target.subset,
            words::percent(observed),
            words::percent(expected)
        ))
    }))
}
