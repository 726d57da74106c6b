//! `glidepath diff --against REVISION`: the rollout as it was there, compiled from git's objects without touching the work tree.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::compile::{Compiled, Environment, Source, compile as compile_source};
use crate::objects::{Object, ObjectId};
use crate::plan::{Plan, StageId};
use crate::promotion::revision::AtRevision;
use crate::tree::{diff, plan_markdown};
use crate::units::names::PLAN_FILE;

use super::diff::Difference;
use super::inputs::{Input, folder_of};
use super::output::Output;
use super::{Exit, Failure};

/// Every stage of two compilations: first those that are there now, in their order, then those that are gone; then the plan.
pub(super) fn changes(
    input: &Input,
    revision: &str,
    output: &mut Output<'_>,
) -> Result<Vec<Difference>, Failure> {
    let (old, new) = (compile(input, revision, output)?, &input.compiled);
    let mut changes = Vec::new();
    let mut compare =
        |folders: [Option<String>; 2], before: &[Arc<Object>], after: &[Arc<Object>]| {
            let [from, to] = &folders;
            let folder = to.as_ref().or(from.as_ref()).cloned().unwrap_or_default();
            changes.extend(diff(before, after).into_iter().map(|change| {
                let side = |side: &str, of: &Option<String>, id: Option<&ObjectId>| {
                    let of = of.as_ref().unwrap_or(&folder);
                    id.map(|id| format!("{side}/{of}/{id}"))
                };
                Difference {
                    name: format!("{folder}/{}", change.id()),
                    verb: change.verb(),
                    from: side("a", from, change.before.as_ref()),
                    to: side("b", to, change.after.as_ref()),
                    old: change.old,
                    new: change.new,
                }
            }));
        };
    let mut gone: BTreeSet<StageId> = old.iter().flat_map(|old| old.plan.stage_ids()).collect();
    for index in new.plan.stage_ids() {
        let before = old
            .as_ref()
            .and_then(|old| Some((old, counterpart(&old.plan, &new.plan, index)?)));
        if let Some((_, index)) = before {
            gone.remove(&index);
        }
        compare(
            [
                before.map(|(old, index)| old.plan.numbered(index)),
                Some(new.plan.numbered(index)),
            ],
            &before.map_or_else(Vec::new, |(old, index)| old.objects(index)),
            &new.objects(index),
        );
    }
    if let Some(old) = &old {
        for index in gone {
            let folder = old.plan.numbered(index);
            compare([Some(folder), None], &old.objects(index), &[]);
        }
    }
    let both = || Some("argocd".to_owned());
    compare(
        [both(), both()],
        &old.as_ref().map(Compiled::argo).unwrap_or_default(),
        &new.argo(),
    );
    // No object tells of bakes, gates or approvals.
    changes.extend(plans(old.as_ref(), new));
    Ok(changes)
}

/// The stage of `old` that has become the one at `index` of `new`: the one of its name, else the one in its place, where neither has
/// another namesake: a step that is named after its weight is the same step with another weight.
fn counterpart(old: &Plan, new: &Plan, index: StageId) -> Option<StageId> {
    let stage = new.stage(index);
    let in_place = || {
        let there = old.stages.get(index.0)?;
        let is_free = new.stage_named(there.name.as_str()).is_none();
        (is_free && there.kind == stage.kind).then_some(index)
    };
    old.stage_named(stage.name.as_str()).or_else(in_place)
}

/// The plan for people, where it is another.
fn plans(old: Option<&Compiled>, new: &Compiled) -> Option<Difference> {
    let before = old.map(|old| plan_markdown(&old.plan, true));
    let after = plan_markdown(&new.plan, true);
    (before.as_ref() != Some(&after)).then(|| Difference {
        name: PLAN_FILE.to_owned(),
        verb: if before.is_some() { "changed" } else { "added" },
        from: before.is_some().then(|| format!("a/{PLAN_FILE}")),
        to: Some(format!("b/{PLAN_FILE}")),
        old: before.unwrap_or_default(),
        new: after,
    })
}

/// What the file of this input compiled to at a revision; `None` where it was not there yet.
fn compile(
    input: &Input,
    revision: &str,
    output: &mut Output<'_>,
) -> Result<Option<Compiled>, Failure> {
    let name = input.path.file_name().unwrap_or_default();
    let read = AtRevision::read(folder_of(&input.path), &name.to_string_lossy(), revision)?;
    let Some(text) = &read.text else {
        output.note(format_args!(
            "{}: not in {} ({revision}), and so all of it is new",
            input.path.display(),
            read.commit.short()
        ));
        return Ok(None);
    };
    let shown = format!("{revision}:{}", input.path.display());
    let source = Source::new(shown, text.clone());
    match compile_source(&source, &read.files(), &Environment::default()) {
        Ok(compiled) => Ok(Some(compiled)),
        Err(report) => {
            output.reports(&[&report]);
            Err(Failure::said(Exit::Wrong))
        }
    }
}
