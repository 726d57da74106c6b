//! Who moves from version to version, in words.

use crate::plan::{CohortId, ModelId, Plan, Split, StageId};
use crate::units::Percent;

/// Where users stick: what a stage's users get where that is not just what the weights say, because buckets are whole; and who
/// changes the model when it begins.
pub fn users_words(plan: &Plan, id: StageId) -> Vec<String> {
    let stage = plan.stage(id);
    let Some(buckets) = &stage.buckets else {
        return Vec::new();
    };
    let mut words = Vec::new();
    let splits = stage.cohorts.iter();
    let splits = splits.map(|(cohort, split)| (Some(*cohort), split));
    for (cohort, split) in [(None, &stage.split)].into_iter().chain(splits) {
        words.extend(rounded(plan, cohort, split, |model| {
            buckets.of(cohort).share(model)
        }));
    }
    let Some(before) = id.before() else {
        return words;
    };
    for moves in plan.moves(plan.stage(before), stage) {
        for moved in moves.moved {
            words.push(format!(
                "{} % of {} move: {} → {}",
                moved.percent(),
                of(plan, moves.cohort),
                plan.model(moved.from).name,
                plan.model(moved.to).name
            ));
        }
    }
    words
}

fn rounded(
    plan: &Plan,
    cohort: Option<CohortId>,
    split: &Split,
    share: impl Fn(ModelId) -> Percent,
) -> Option<String> {
    let is_exact = split.shares().all(|(model, exact)| share(model) == exact);
    let shares = split.models().map(|model| {
        let name = &plan.model(model).name;
        format!("{name} {} %", share(model))
    });
    let shares = shares.collect::<Vec<_>>().join(", ");
    (!is_exact).then(|| format!("{}: {shares}", of(plan, cohort)))
}

fn of(plan: &Plan, cohort: Option<CohortId>) -> String {
    cohort.map_or_else(
        || "users".to_owned(),
        |cohort| format!("users in {}", plan.cohort(cohort).name),
    )
}
