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
/// Parts of the window, of which the last one must not be silent.
const QUARTERS: u64 = 4;
/// Requests that come ten at a time, and whose absence is no chance.
const SILENCE: f64 = 70.0;

/// What part of the requests and copies each model should get.
#[derive(Clone, Debug)]
pub(in crate::gate) struct Split(Vec<(String, f64)>);

impl Split {
    /// The split of a stage, by the Deployments' names; `None` where a cohort of unknown size, or a backend, is part of it.
    pub(in crate::gate) fn of(plan: &Plan, stage: StageId) -> Option<Self> {
        // A backend's pods are somebody else's, and no name of a Deployment stands for them.
        if plan.models.iter().any(|model| model.backend.is_some()) {
            return None;
        }
        let shares: Option<Vec<(String, f64)>> = plan
            .model_ids()
            .map(|model| {
                let share = plan.share_with_copies(stage, model).known()?;
                Some((
                    plan.model(model).workload_name.clone(),
                    Fraction::as_f64(share),
                ))
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
    let seconds = subject.window.length().seconds();
    let whole = observe(subject, split, reporter, ("split", seconds), ask)?;
    // Where a model is not measured at all, nothing is known of the split.
    if whole.all < LEAST_REQUESTS || !whole.is_known {
        return Ok(None);
    }
    let observed = whole.own / whole.all;
    let noise = CHANCE * (BURST * expected * (1.0 - expected) / whole.all).sqrt();
    let odds = expected / (1.0 - expected);
    let share = |odds: f64| odds / (1.0 + odds);
    let is_far = if odds.is_finite() {
        observed > share(odds * FACTOR) + noise || observed < share(odds / FACTOR) - noise
    } else {
        observed < NEARLY_ALL
    };
    let name = &subject.target.subset;
    if is_far {
        return Ok(Some(Unfit::Yet(format!(
            "`{name}` got {} of the requests, and the stage gives it {}: they are not split as it says",
            words::percent(observed),
            words::percent(expected)
        ))));
    }
    // Pods that are scraped and serve nobody look like pods that nobody asks; only the others' requests tell.
    let last = observe(
        subject,
        split,
        reporter,
        ("latest split", seconds / QUARTERS),
        ask,
    )?;
    let others_go_on = expected >= 1.0 || last.all - last.own >= 1.0;
    let is_silent = last.own < 1.0 && others_go_on && whole.own / QUARTERS as f64 > SILENCE;
    Ok(is_silent.then(|| {
        Unfit::Yet(format!(
            "`{name}` got no request in the window's last quarter, and {} before",
            words::count(words::rounded(whole.own), "request")
        ))
    }))
}

/// Requests of the models of a stage.
struct Observed {
    /// Those of the subject.
    own: f64,
    all: f64,
    /// Whether every model that should get some is measured.
    is_known: bool,
}

/// What the models got in the last so many seconds of the window.
fn observe(
    subject: &Subject<'_>,
    split: &Split,
    reporter: Reporter,
    (name, seconds): (&str, u64),
    ask: &mut Ask<'_>,
) -> Result<Observed, Fault> {
    let target = subject.target;
    let workloads: Vec<&str> = split.0.iter().map(|(name, _)| name.as_str()).collect();
    let (promql, label) = target
        .telemetry
        .split(target, &workloads, reporter, seconds.max(1));
    let found = vector(ask(subject.question(name, promql, subject.window.end))?);
    let value = |points: &[(f64, f64)]| points.first().map_or(0.0, |(_, value)| value.max(0.0));
    let own = found
        .iter()
        .filter(|one| one.label(label) == target.workload);
    Ok(Observed {
        own: own.map(|one| value(&one.points)).sum(),
        all: found.iter().map(|one| value(&one.points)).sum(),
        is_known: split
            .0
            .iter()
            .all(|(name, part)| *part <= 0.0 || found.iter().any(|one| one.label(label) == name)),
    })
}
