//! What changes for users' traffic.

use std::fmt::Write as _;

use crate::diag::escape_markdown as escape;
use crate::plan::{Plan, Split, StageId};
use crate::tree::traffic_chart;

use super::{INFALLIBLE, Proposal};

/// `resnet101 10%`: what a stage gives to models that are not stable.
pub(super) fn short(plan: &Plan, stage: StageId) -> String {
    let stage = plan.stage(stage);
    let shares: Vec<String> = stage
        .split
        .shares()
        .filter(|(model, _)| *model != plan.stable)
        .map(|(model, share)| format!("{} {share}%", plan.model(model).name))
        .collect();
    let cohorts: Vec<String> = stage
        .cohorts
        .iter()
        .filter(|(_, split)| split.sole() != Some(plan.stable))
        .map(|(cohort, _)| format!("cohort {}", plan.cohort(*cohort).name))
        .collect();
    let mirrored = stage.mirror_target().map(|mirror| {
        format!(
            "{} {}% mirrored",
            plan.model(mirror.to).name,
            mirror.percent
        )
    });
    let all: Vec<String> = shares.into_iter().chain(cohorts).chain(mirrored).collect();
    if all.is_empty() {
        format!("all traffic on {}", plan.model(plan.stable).name)
    } else {
        all.join(", ")
    }
}

/// Who is answered by whom, before and after: one line an audience.
struct Audience {
    /// Who is routed, in words for people, escaped.
    who: String,
    before: String,
    after: String,
}

fn words(plan: &Plan, split: &Split) -> String {
    if let Some(model) = split.sole() {
        return format!("`{}`", plan.model(model).name);
    }
    let shares = split
        .shares()
        .map(|(model, share)| format!("`{}` {share} %", plan.model(model).name));
    shares.collect::<Vec<_>>().join(", ")
}

fn audiences(proposal: &Proposal<'_>) -> Vec<Audience> {
    let plan = proposal.plan;
    let (from, to) = (plan.stage(proposal.from), plan.stage(proposal.to));
    let mut all = Vec::new();
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        let id = crate::plan::CohortId(index);
        let of =
            |stage: &crate::plan::Stage| stage.cohorts.get(&id).map(|split| words(plan, split));
        let (before, after) = (of(from), of(to));
        if before.is_none() && after.is_none() {
            continue;
        }
        let like_others = || "like all others".to_owned();
        all.push(Audience {
            who: format!("Cohort {}", escape(&cohort.name)),
            before: before.unwrap_or_else(like_others),
            after: after.unwrap_or_else(like_others),
        });
    }
    let everyone = if all.is_empty() {
        "All requests"
    } else {
        "All other requests"
    };
    all.push(Audience {
        who: everyone.to_owned(),
        before: words(plan, &from.split),
        after: words(plan, &to.split),
    });
    let mirror = |stage: &crate::plan::Stage| {
        stage.mirror_target().map_or_else(
            || "none".to_owned(),
            |copies| {
                let to = &plan.model(copies.to).name;
                format!("{} % to `{to}`{}", copies.percent, plan.copied_words(stage))
            },
        )
    };
    if from.mirror.is_some() || to.mirror.is_some() {
        all.push(Audience {
            who: "Copies, answers dropped".to_owned(),
            before: mirror(from),
            after: mirror(to),
        });
    }
    all
}

fn changed(proposal: &Proposal<'_>) -> Vec<Audience> {
    let all = audiences(proposal).into_iter();
    all.filter(|one| one.before != one.after).collect()
}

/// `all other requests go to …`
pub(super) fn sentence(proposal: &Proposal<'_>) -> String {
    let plan = proposal.plan;
    let (from, to) = (plan.stage(proposal.from), plan.stage(proposal.to));
    let moved = to
        .split
        .shares()
        .filter(|(model, share)| *model != plan.stable && *share != from.split.of(*model));
    let mut parts: Vec<String> = moved
        .map(|(model, share)| {
            let of_all = plan.share(proposal.to, model).known();
            let (whom, of_all) = match (to.cohorts.is_empty(), of_all) {
                (true, _) => ("", String::new()),
                (false, Some(all)) => (
                    " that no cohort claims",
                    format!(", {} % of all", all.percent()),
                ),
                (false, None) => (
                    " that no cohort claims",
                    ", an unknown share of all".to_owned(),
                ),
            };
            format!(
                "`{}` answers **{share} %** of the requests{whom} (before: {} %){of_all}",
                plan.model(model).name,
                from.split.of(model)
            )
        })
        .collect();
    let cohorts = to
        .cohorts
        .iter()
        .filter(|(cohort, split)| from.cohorts.get(cohort).unwrap_or(&from.split) != *split);
    parts.extend(cohorts.map(|(cohort, split)| {
        format!(
            "the cohort {} is answered by {}",
            escape(&plan.cohort(*cohort).name),
            words(plan, split)
        )
    }));
    if parts.is_empty() && from.mirror != to.mirror {
        parts.push("copies of requests change, answers do not".to_owned());
    }
    if parts.is_empty() && changed(proposal).is_empty() {
        parts.push("no request is answered by another model than before".to_owned());
    }
    if parts.is_empty() {
        parts.push(format!("{} answers", words(plan, &to.split)));
    }
    parts.join("; ")
}

pub(super) fn glance(proposal: &Proposal<'_>) -> String {
    let changed = changed(proposal);
    if changed.is_empty() {
        return "unchanged".to_owned();
    }
    let lines = changed
        .iter()
        .map(|one| format!("{}: {} → **{}**", one.who, one.before, one.after));
    lines.collect::<Vec<_>>().join("<br>")
}

pub(super) fn section(proposal: &Proposal<'_>) -> String {
    let plan = proposal.plan;
    let mut text = String::new();
    if let Some(chart) = traffic_chart(plan, Some(proposal.to)) {
        text.push_str(&chart);
        text.push('\n');
    }
    text.push_str("| Who | Answered by, now | After the merge |\n| :-- | :-- | :-- |\n");
    for one in audiences(proposal) {
        let bold = if one.before == one.after { "" } else { "**" };
        writeln!(
            text,
            "| {} | {} | {bold}{}{bold} |",
            one.who, one.before, one.after
        )
        .expect(INFALLIBLE);
    }
    text
}
