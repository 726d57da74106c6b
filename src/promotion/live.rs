//! What a render means for the stage that is live: the pointer names it, and it is never moved by a render alone.

use std::collections::BTreeMap;
use std::path::Path;

use crate::compile::Compiled;
use crate::diag::words::and_list;
use crate::plan::{Plan, StageId};
use crate::sink::disk::DiskError;
use crate::tree::{Hold, Lock, LockedStage, Pointer, Tree, unified};
use crate::units::names;

use super::hold::lifts;
use super::{Error, Refusal, Why};

/// What is to become of the pointer.
#[derive(Debug, Default)]
pub struct Live {
    /// The pointer's new text, where it changes.
    pub pointer: Option<String>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// Decides the pointer for a new tree, or says why the live stage forbids it.
///
/// `read_old` reads a file of the tree as it stands.
pub fn settle(
    compiled: &Compiled,
    tree: &Tree,
    folder: &Path,
    lock: Option<&Lock>,
    pointer: Option<&str>,
    read_old: &dyn Fn(&str) -> Result<Option<String>, DiskError>,
    restart: bool,
) -> Result<Live, Error> {
    let plan = &compiled.plan;
    let baseline = || Pointer::to(tree.folder(plan.baseline())).text();
    let Some(text) = pointer else {
        return Ok(Live {
            pointer: Some(Pointer::to(tree.folder(StageId::FIRST)).text()),
            notes: Vec::new(),
        });
    };
    let pointer = match Pointer::read(text) {
        Ok(pointer) => pointer,
        Err(_) if restart => {
            return Ok(Live {
                pointer: Some(baseline()),
                notes: Vec::new(),
            });
        }
        Err(why) => {
            return Err(Refusal::new(
                Why::Conflict,
                format!(
                    "`{}` names no stage: {why}",
                    folder.join(names::POINTER_FILE).display()
                ),
            )
            .help("restore it from git, or begin again at the baseline with `--restart`")
            .into());
        }
    };
    let locked = lock.and_then(|lock| Some(lock.stage(lock.stage_named(pointer.stage())?)));
    if let (Some(lock), Some(locked)) = (lock, locked)
        && is_next_rollout(plan, lock, locked)
    {
        return next_rollout(tree, plan.baseline(), lock, locked, read_old, restart);
    }
    let Some(index) = plan.stage_named(pointer.stage()) else {
        return match locked {
            _ if restart => Ok(Live { pointer: Some(baseline()), notes: Vec::new() }),
            _ => Err(Refusal::new(
                Why::Conflict,
                format!("the stage `{}` is live, and {} has no stage of this name any more", pointer.stage(), names::SPEC_FILE),
            )
            .help(format!(
                "keep {} until the rollout has moved on, or begin again at the baseline with `--restart`",
                match pointer.stage() {
                    names::ADOPT => "`adopt: true`".to_owned(),
                    step => format!("a step with `name: {step}`"),
                }
            )).into()),
        };
    };
    let mut live = Live::default();
    if let Some(before) = lock
        && let Some(hold) = read_old(names::HOLD_FILE)?.and_then(|text| Hold::read(&text).ok())
    {
        live.notes.extend(lifts(before, tree.lock(), &hold));
    }
    if pointer.folder != tree.folder(index) {
        // Only the number has changed; what people added to the file stays.
        live.pointer = Some(text.replace(&pointer.folder, tree.folder(index)));
    }
    if let (Some(lock), Some(locked)) = (lock, locked) {
        if let Some(breaches) = locked.breaches_to(tree.stage(index)).filter(|_| !restart) {
            return Err(Refusal::new(
                Why::Conflict,
                format!(
                    "this render would change the live stage `{}` unsafely: {breaches}",
                    pointer.stage(),
                ),
            )
            .help("move to a stage in which this is safe first, or accept 503s with `--restart`")
            .into());
        }
        let diff = live_diff(tree, index, lock, locked, read_old)?;
        if !diff.is_empty() {
            live.notes.push(format!("the live stage `{}` changes with this render, and is applied as soon as it is merged:\n{diff}", pointer.stage()));
        }
    }
    Ok(live)
}

/// Whether the last rollout is over and this spec begins another one, with another stable model.
fn is_next_rollout(plan: &Plan, lock: &Lock, live: &LockedStage) -> bool {
    lock.stages
        .last()
        .is_some_and(|last| last.name == live.name)
        && lock.stable != plan.model(plan.stable).name.as_str()
}

/// A new rollout begins where the last one ended: its baseline must be what is live now (GP307).
fn next_rollout(
    tree: &Tree,
    baseline: StageId,
    lock: &Lock,
    locked: &LockedStage,
    read_old: &dyn Fn(&str) -> Result<Option<String>, DiskError>,
    restart: bool,
) -> Result<Live, Error> {
    let diff = live_diff(tree, baseline, lock, locked, read_old)?;
    let breaches = locked.breaches_to(tree.stage(baseline));
    if (!diff.is_empty() || breaches.is_some()) && !restart {
        let differs = match &differing(&diff)[..] {
            [] => breaches.unwrap_or_default(),
            [file] => format!("{file} differs"),
            files => format!("{} differ", and_list(files)),
        };
        return Err(Refusal::new(
            Why::Conflict,
            format!(
                "GP307: the last rollout ended in the stage `{}`, and the new one's baseline does not build the same objects: {differs}\n{diff}",
                locked.name
            ),
        )
        .help("make the stable model what it was as the candidate, or accept the change with `--restart`").into());
    }
    let note = format!(
        "the last rollout is complete in `{}`; this one begins at `{}`",
        locked.name,
        tree.folder(baseline)
    );
    Ok(Live {
        pointer: Some(Pointer::to(tree.folder(baseline)).text()),
        notes: vec![note],
    })
}

/// The files of a diff; one that is gone stands on the old side alone.
fn differing(diff: &str) -> Vec<&str> {
    let mut files: Vec<&str> = diff
        .lines()
        .filter_map(|line| {
            line.strip_prefix("--- a/")
                .or_else(|| line.strip_prefix("+++ b/"))
        })
        .collect();
    files.dedup();
    files
}

/// What changes in the live stage's manifests.
fn live_diff(
    tree: &Tree,
    index: StageId,
    lock: &Lock,
    locked: &LockedStage,
    read_old: &dyn Fn(&str) -> Result<Option<String>, DiskError>,
) -> Result<String, Error> {
    const LISTS: &str = "kustomization.yaml";
    let mut sides: BTreeMap<String, [Option<String>; 2]> = BTreeMap::new();
    let under = |path: &str, folder: &str| {
        path.strip_prefix(folder)
            .filter(|name| !name.contains('/') && *name != LISTS)
            .map(ToOwned::to_owned)
    };
    let old_folder = format!("stages/{}/", locked.folder);
    let new_folder = format!("stages/{}/", tree.folder(index));
    for path in lock.files.keys() {
        if let Some(name) = under(path, &old_folder).or_else(|| under(path, "base/")) {
            sides.entry(name).or_default()[0] = read_old(path)?;
        }
    }
    for (path, text) in &tree.files {
        if let Some(name) = under(path, &new_folder).or_else(|| under(path, "base/")) {
            sides.entry(name).or_default()[1] = Some(text.to_string());
        }
    }
    let changed = sides
        .iter()
        .filter(|(_, [old, new])| old != new)
        .map(|(name, [old, new])| {
            let side =
                |side: &str, text: &Option<String>| text.as_ref().map(|_| format!("{side}/{name}"));
            unified(
                side("a", old).as_deref(),
                side("b", new).as_deref(),
                old.as_deref().unwrap_or_default(),
                new.as_deref().unwrap_or_default(),
            )
        });
    Ok(changed.collect())
}
