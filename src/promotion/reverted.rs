//! A way back that wrote no hold: the button that reverts a pull request, or an edit by hand. Whoever goes back means it, so it counts
//! as a hold on the stage that was left, until what that stage serves changes or somebody resumes.

use std::collections::BTreeSet;
use std::path::Path;

use crate::sink::git::{Commit, CommitId, GitError, Repo};
use crate::tree::{Hold, Lock};
use crate::units::names::HOLD_FILE;

use super::Error;
use super::committed::{Committed, in_tree};
use super::edits::contents_from;
use super::history::told;
use super::hold::{Holding, Standing, lifts, standing};
use super::locks::Locks;
use super::stay::{Began, Walk};

/// What a commit that moved the pointer did.
enum Turn {
    /// It began another rollout.
    Began,
    /// It left a stage that is gone, or of which nothing is known.
    Elsewhere,
    /// It went on.
    On,
    /// It went back, and wrote a hold.
    Held,
    /// It went back, and wrote none: the stage that was left, and those after it that the new lock has.
    Back { hold: Hold, over: BTreeSet<String> },
}

/// What has happened since a move back.
#[derive(Default)]
struct Since {
    /// The stages that moves on have entered.
    entered: BTreeSet<String>,
    /// The stages whose holds somebody lifted.
    lifted: BTreeSet<String>,
}

impl Committed {
    /// What holds promotions back: the hold that is written, or else the history.
    pub fn holding(&self) -> Result<Holding, Error> {
        let written = self.hold.clone().map(Holding::Written);
        match written {
            Some(written) if written.standing(&self.lock).is_some() => Ok(written),
            written => Ok(self.reverted()?.or(written).unwrap_or_default()),
        }
    }

    fn reverted(&self) -> Result<Option<Holding>, Error> {
        // Behind the last stage nothing is left to be held.
        if self.lock.stage_after(self.live).is_none() {
            return Ok(None);
        }
        match reverted(&self.repo, self.head.tip) {
            Ok(found) => Ok(found.map(Holding::Reverted)),
            Err(error) if self.repo.is_shallow() => Ok(Some(Holding::Unseen(error.to_string()))),
            Err(error) => Err(error.into()),
        }
    }
}

/// What a render says of a move back that wrote no hold, where it changes what was left: the history is read only then.
pub fn lifted_by_render(folder: &Path, before: &Lock, after: &Lock) -> Option<String> {
    let contents = |lock: &Lock| -> BTreeSet<Option<String>> {
        let stages = lock.stages.iter();
        stages.map(|stage| stage.content_digest.clone()).collect()
    };
    if contents(before).is_subset(&contents(after)) {
        return None;
    }
    // A folder that is in no repository, or not committed yet, has no history.
    let committed = Committed::read(folder).ok()?;
    match committed.holding().ok()? {
        Holding::Reverted(hold) => lifts(before, after, &hold),
        // The file speaks for itself.
        Holding::Written(_) | Holding::Nothing | Holding::Unseen(_) => None,
    }
}

/// Whether a commit went back from a stage to another, and wrote no hold.
pub(super) fn is_revert(
    locks: &mut Locks<'_>,
    commit: &Commit,
    before: &str,
    to: &str,
) -> Result<bool, GitError> {
    Ok(match turn(locks, commit, before, to)? {
        Turn::Back { .. } => true,
        Turn::Began | Turn::Elsewhere | Turn::On | Turn::Held => false,
    })
}

/// The hold that the newest move back without one stands for, where nobody has gone over it since.
fn reverted(repo: &Repo, tip: CommitId) -> Result<Option<Hold>, GitError> {
    let (mut walk, mut since) = (Walk::new(repo, tip)?, Since::default());
    let mut locks = Locks::of(repo);
    let mut moved: Option<(Commit, String)> = None;
    while let Some(visited) = walk.back()? {
        let stage = visited.served.map(|served| served.stage);
        if let (Some((commit, to)), Some(before)) = (moved.take(), &stage) {
            match turn(&mut locks, &commit, before, &to)? {
                Turn::On => since.note(repo, &commit, to)?,
                // It was written: what has become of it since is somebody's decision.
                Turn::Began | Turn::Held => return Ok(None),
                Turn::Back { hold, over } if since.stands(&hold, &over) => return Ok(Some(hold)),
                Turn::Elsewhere | Turn::Back { .. } => {}
            }
        }
        if let (Some(Began::Moved), Some(to)) = (visited.began, stage) {
            moved = Some((visited.commit, to));
        }
    }
    Ok(None)
}

/// What a commit did that moved the pointer.
fn turn(locks: &mut Locks<'_>, commit: &Commit, before: &str, to: &str) -> Result<Turn, GitError> {
    let Some(parent) = commit.parents.first().copied() else {
        return Ok(Turn::Began);
    };
    let (Some(old), Some(new)) = (locks.at(parent)?, locks.at(commit.id)?) else {
        return Ok(Turn::Elsewhere);
    };
    if old.stable != new.stable {
        return Ok(Turn::Began);
    }
    let stages = [
        old.stage_named(before),
        new.stage_named(before),
        new.stage_named(to),
    ];
    let [Some(was), Some(left), Some(to)] = stages else {
        return Ok(Turn::Elsewhere);
    };
    if left < to {
        return Ok(Turn::On);
    }
    let written = locks.repo.file(commit.id, &in_tree(HOLD_FILE))?;
    let written = written.and_then(|text| Hold::read(&text).ok());
    if written.is_some_and(|hold| matches!(standing(&new, &hold), Standing::On(on) if on <= left)) {
        return Ok(Turn::Held);
    }
    let over = new.stage_ids().filter(|stage| *stage >= left);
    Ok(Turn::Back {
        over: over.map(|stage| new.stage(stage).name.clone()).collect(),
        hold: Hold {
            stage: before.to_owned(),
            reason: String::new(),
            contents: contents_from(&old, was),
            by: commit.id.short(),
            commit: parent.to_string(),
        },
    })
}

impl Since {
    /// A move on, and what it lifted.
    fn note(&mut self, repo: &Repo, commit: &Commit, to: String) -> Result<(), GitError> {
        let trailers = told(repo, commit, Some(&to))?;
        self.lifted
            .extend(trailers.and_then(|trailers| trailers.lifted));
        self.entered.insert(to);
        Ok(())
    }

    /// Whether nobody has lifted a hold, or entered what it is about.
    fn stands(&self, hold: &Hold, over: &BTreeSet<String>) -> bool {
        !self.lifted.contains(&hold.stage) && self.entered.is_disjoint(over)
    }
}
