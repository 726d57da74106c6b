//! What a render means for the stage that is live: the pointer names it, and it is never moved by a render alone.

use std::collections::BTreeMap;
use std::path::Path;

use crate::compile::Compiled;
use crate::diag::words::and_list;
use crate::diag::{FileError, Files, Source};
use crate::plan::{Plan, StageId};
use crate::safety::Applied;
use crate::sink::disk::DiskError;
use crate::tree::{Hold, Lock, LockedStage, Pointer, Tree, unified};
use crate::units::names;

use super::committed::Committed;
use super::hold::lifts;
use super::proof::{self, Proof};
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
    read_old: ReadOld<'_>,
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
    let change = |lock, locked, stage| Change {
        compiled,
        tree,
        folder,
        lock,
        locked,
        stage,
    };
    if let (Some(lock), Some(locked)) = (lock, locked)
        && is_next_rollout(plan, lock, locked)
    {
        return change(lock, locked, plan.baseline()).next_rollout(read_old, restart);
    }
    let Some(index) = plan.stage_named(pointer.stage()) else {
        return match (lock, locked) {
            (Some(lock), Some(locked)) if restart => {
                let change = change(lock, locked, plan.baseline());
                Ok(Live {
                    pointer: Some(baseline()),
                    notes: change.permit(read_old, restart)?.into_iter().collect(),
                })
            }
            _ if restart => Ok(Live {
                pointer: Some(baseline()),
                notes: Vec::new(),
            }),
            _ => Err(gone(lock, pointer.stage()).into()),
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
        let change = change(lock, locked, index);
        let diff = change.diff(read_old)?;
        if !diff.is_empty() {
            live.notes.extend(change.permit(read_old, restart)?);
            live.notes.push(format!("the live stage `{}` changes with this render, and is applied as soon as it is merged:\n{diff}", pointer.stage()));
        }
    }
    Ok(live)
}

/// The live stage is none of the new ones. Where other models have traffic, the way back comes first: the baseline takes their pods away
/// under it.
fn gone(lock: Option<&Lock>, live: &str) -> Refusal {
    let refusal = Refusal::new(
        Why::Conflict,
        format!(
            "the stage `{live}` is live, and {} has no stage of this name any more",
            names::SPEC_FILE
        ),
    );
    let keep = match live {
        names::ADOPT => "`adopt: true`".to_owned(),
        step => format!("a step with `name: {step}`"),
    };
    let back = lock.and_then(|lock| {
        let live = lock.stage_named(live)?;
        let to = |stage| format!("`{}`", lock.stage(stage).name);
        let at_once = lock.rollback_target(live);
        let at_once = at_once.map(|target| format!("`glidepath rollback` (to {})", to(target)));
        at_once.or_else(|| {
            let (first, moves) = lock.long_way_back(live)?;
            let first = &lock.stage(first).name;
            Some(format!(
                "`glidepath rollback --to {first}`, the first of {moves} moves"
            ))
        })
    });
    refusal.help(match back {
        Some(back) => format!(
            "go back with {back}, or keep {keep} until the rollout has moved on; `--restart` begins again at the baseline, and takes away pods that have traffic"
        ),
        None => format!(
            "keep {keep} until the rollout has moved on, or begin again at the baseline with `--restart`"
        ),
    })
}

/// Whether the last rollout is over and this spec begins another one, with another stable model.
fn is_next_rollout(plan: &Plan, lock: &Lock, live: &LockedStage) -> bool {
    lock.stages
        .last()
        .is_some_and(|last| last.name == live.name)
        && lock.stable != plan.model(plan.stable).name.as_str()
}

/// Reads a file of the tree as it stands, by its path in the tree.
type ReadOld<'a> = &'a dyn Fn(&str) -> Result<Option<String>, DiskError>;

/// The tree as it stands, or as an interrupted render will leave it: the files of its lock.
struct OldTree<'a> {
    lock: &'a Lock,
    read: ReadOld<'a>,
}

impl Files for OldTree<'_> {
    fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
        let text = (self.read)(path).map_err(|error| FileError::System(error.to_string()))?;
        // A file that somebody took away, or that an interrupted render did not write, took its object with it.
        let text = text.or_else(|| self.lock.files.get(path).map(|_| String::new()));
        Ok(text.map(|text| Source::new(path, text)))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, FileError> {
        let below = self
            .lock
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(path)?.strip_prefix('/'));
        let names: Vec<String> = below
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect();
        Ok((!names.is_empty()).then_some(names))
    }
}

/// What a render does to the stage that is live.
struct Change<'a> {
    compiled: &'a Compiled,
    tree: &'a Tree,
    /// The tree's folder.
    folder: &'a Path,
    /// The lock and the live stage as they are.
    lock: &'a Lock,
    locked: &'a LockedStage,
    /// The stage that takes the live one's place.
    stage: StageId,
}

impl Change<'_> {
    /// What the prover says of the change: from what is committed, where it is, and else from what is on the disk.
    fn proof(&self, read_old: ReadOld<'_>) -> Result<Proof, Error> {
        let before = if let Some(before) = self.committed()? {
            before
        } else {
            let old = OldTree {
                lock: self.lock,
                read: read_old,
            };
            proof::in_folder(&old, &format!("stages/{}", self.locked.folder))?
        };
        let after = proof::compiled(self.compiled, self.stage);
        Ok(Proof::of(&before, &after, Some(&self.compiled.plan)))
    }

    /// The objects of the committed live stage; none where nothing is committed, or another stage.
    fn committed(&self) -> Result<Option<Applied>, Error> {
        let is_beside = self
            .folder
            .file_name()
            .is_some_and(|name| name == names::TREE_FOLDER);
        let rollout = self.folder.parent().filter(|_| is_beside);
        let Some(rollout) = rollout else {
            return Ok(None);
        };
        // A repository that says nothing of the rollout leaves the disk to say it.
        if !Committed::is_committed(rollout).unwrap_or(false) {
            return Ok(None);
        }
        let committed = Committed::read(rollout)?;
        let is_same = committed.stage().name == self.locked.name;
        is_same
            .then(|| committed.applied(committed.live))
            .transpose()
    }

    /// What is to be known of the change, or why it is refused. `restart` accepts requests without an answer and pods that nobody has
    /// tried, and never what the API server refuses.
    fn permit(&self, read_old: ReadOld<'_>, restart: bool) -> Result<Option<String>, Error> {
        let proof = self.proof(read_old)?;
        let name = &self.locked.name;
        let refuse = |message: String| Refusal::new(Why::Conflict, message);
        if let Some(found) = proof.refused() {
            let message = format!(
                "this render would change the live stage `{name}` in a way that cannot be applied: {found}"
            );
            let help = "leave the field as it is, or begin a rollout whose candidate has it under another name";
            return Err(refuse(message).help(help).into());
        }
        let found = proof.all();
        if restart {
            return Ok(found.map(|found| format!("accepted by --restart: {found}")));
        }
        let Some(found) = found else {
            return Ok(None);
        };
        let message = format!("this render would change the live stage `{name}` unsafely: {found}");
        let help = match self.lock.stage_named(name) {
            Some(live) if !self.lock.is_only_stable(live) => {
                "go back to a stage in which the model has no traffic (`glidepath rollback`), or make the change a rollout of its own; `--restart` accepts it"
            }
            Some(_) | None => {
                "make the change a rollout of its own, with a candidate beside stable; `--restart` accepts it"
            }
        };
        Err(refuse(message).help(help).into())
    }

    /// A new rollout begins where the last one ended: its baseline must be what is live now (GP307).
    fn next_rollout(&self, read_old: ReadOld<'_>, restart: bool) -> Result<Live, Error> {
        let diff = self.diff(read_old)?;
        if !diff.is_empty() && !restart {
            let differs = match &differing(&diff)[..] {
                [file] => format!("{file} differs"),
                files => format!("{} differ", and_list(files)),
            };
            return Err(Refusal::new(
                Why::Conflict,
                format!(
                    "GP307: the last rollout ended in the stage `{}`, and the new one's baseline does not build the same objects: {differs}\n{diff}",
                    self.locked.name
                ),
            )
            .help("make the stable model what it was as the candidate, or accept the change with `--restart`").into());
        }
        let mut notes = Vec::new();
        if !diff.is_empty() {
            notes.extend(self.permit(read_old, restart)?);
        }
        let baseline = self.tree.folder(self.stage);
        notes.push(format!(
            "the last rollout is complete in `{}`; this one begins at `{baseline}`",
            self.locked.name
        ));
        Ok(Live {
            pointer: Some(Pointer::to(baseline).text()),
            notes,
        })
    }

    /// What changes in the live stage's manifests.
    fn diff(&self, read_old: ReadOld<'_>) -> Result<String, Error> {
        const LISTS: &str = "kustomization.yaml";
        let mut sides: BTreeMap<String, [Option<String>; 2]> = BTreeMap::new();
        let under = |path: &str, folder: &str| {
            path.strip_prefix(folder)
                .filter(|name| !name.contains('/') && *name != LISTS)
                .map(ToOwned::to_owned)
        };
        let old_folder = format!("stages/{}/", self.locked.folder);
        let new_folder = format!("stages/{}/", self.tree.folder(self.stage));
        for path in self.lock.files.keys() {
            if let Some(name) = under(path, &old_folder).or_else(|| under(path, "base/")) {
                sides.entry(name).or_default()[0] = read_old(path)?;
            }
        }
        for (path, text) in &self.tree.files {
            if let Some(name) = under(path, &new_folder).or_else(|| under(path, "base/")) {
                sides.entry(name).or_default()[1] = Some(text.to_string());
            }
        }
        let changed =
            sides
                .iter()
                .filter(|(_, [old, new])| old != new)
                .map(|(name, [old, new])| {
                    let side = |side: &str, text: &Option<String>| {
                        text.as_ref().map(|_| format!("{side}/{name}"))
                    };
                    unified(
                        side("a", old).as_deref(),
                        side("b", new).as_deref(),
                        old.as_deref().unwrap_or_default(),
                        new.as_deref().unwrap_or_default(),
                    )
                });
        Ok(changed.collect())
    }
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
