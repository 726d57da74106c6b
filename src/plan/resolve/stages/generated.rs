//! The stages that no step writes: `adopt`, `baseline`, `deploy` and `retire`.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Route;
use crate::plan::{CohortId, GateId, ModelId, Split, Stage, StageKind};
use crate::spec::Approval;
use crate::units::Duration;
use crate::units::names::{ADOPT, BASELINE, DEPLOY, RETIRE};

use super::step_change::StepChange;

fn generated(name: &str, kind: StageKind, at: &Route) -> Stage {
    Stage {
        name: name
            .parse()
            .expect("the generated stages' names are DNS labels"),
        kind,
        description: None,
        place: at.clone(),
        running: BTreeMap::new(),
        split: Split::all(ModelId(0)),
        cohorts: BTreeMap::new(),
        buckets: None,
        mirror: None,
        bake: Duration::ZERO,
        gates: Vec::new(),
        approval: Approval::Required,
    }
}

/// Before anything is routed: the pods of a Deployment that runs already get the labels by which `baseline` finds them.
pub(super) fn adopt(baseline: &Stage) -> Stage {
    Stage {
        running: baseline.running.clone(),
        split: baseline.split.clone(),
        ..generated(
            ADOPT,
            StageKind::Adopt,
            &Route::root().key("spec").key("adopt"),
        )
    }
}

/// Before the first step: stable has all of the traffic. What somebody else runs is there in every stage.
pub(super) fn baseline(
    stable: ModelId,
    elsewhere: &[ModelId],
    replicas: &[u32],
    at: &Route,
) -> Stage {
    let running = elsewhere.iter().chain([&stable]);
    Stage {
        running: running.map(|model| (*model, replicas[model.0])).collect(),
        split: Split::all(stable),
        ..generated(BASELINE, StageKind::Baseline, at)
    }
}

/// Every model that a step sends requests to is running, but for those that a step deploys itself.
pub(super) fn deploy(
    baseline: &Stage,
    changes: &[StepChange],
    replicas: &[u32],
    gates: &[GateId],
) -> Option<Stage> {
    let by_hand: BTreeSet<ModelId> = changes
        .iter()
        .flat_map(|change| change.deploy.iter().copied())
        .collect();
    let used: BTreeSet<ModelId> = changes.iter().flat_map(StepChange::routed).collect();
    let mut stage = Stage {
        split: baseline.split.clone(),
        running: baseline.running.clone(),
        gates: gates.to_vec(),
        ..generated(DEPLOY, StageKind::Deploy, &baseline.place)
    };
    for model in used.difference(&by_hand) {
        stage.running.entry(*model).or_insert(replicas[model.0]);
    }
    (!stage.is_same_state(baseline)).then_some(stage)
}

/// The mirror, cohort rules that only repeat the default route, and models without traffic are gone; copies to a kept model are not.
///
/// Where users stick, a cohort with the same shares may have other users with a model, so its rule stays.
pub(super) fn retire(
    last: &Stage,
    keep: &[ModelId],
    elsewhere: &[ModelId],
    users_stick: bool,
) -> Option<Stage> {
    let mut stage = Stage {
        mirror: last
            .mirror
            .clone()
            .filter(|mirror| keep.contains(&mirror.target.to)),
        running: last.running.clone(),
        split: last.split.clone(),
        cohorts: last.cohorts.clone(),
        ..generated(RETIRE, StageKind::Retire, &last.place)
    };
    // A rule that repeats the default route still keeps its requests from cohorts behind it, and from a mirror that leaves it out.
    let is_copied = |cohort: &CohortId| {
        let mirror = stage.mirror.as_ref();
        mirror.is_none_or(|mirror| mirror.copies_cohort(*cohort))
    };
    let is_shared_by_users = users_stick && stage.split.sole().is_none();
    let says_more = |(cohort, split): &(&CohortId, &Split)| {
        **split != stage.split || !is_copied(cohort) || is_shared_by_users
    };
    let needed = stage
        .cohorts
        .iter()
        .rfind(says_more)
        .map(|(cohort, _)| *cohort);
    stage
        .cohorts
        .retain(|cohort, _| needed.is_some_and(|needed| *cohort <= needed));
    let used = stage.with_traffic();
    stage
        .running
        .retain(|model, _| used.contains(model) || elsewhere.contains(model));
    (!stage.is_same_state(last)).then_some(stage)
}
