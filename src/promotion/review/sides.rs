//! The rollout as the base has it and as the merge makes it, and what that means for the live stage.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use crate::compile::Compiled;
use crate::promotion::committed::in_tree;
use crate::promotion::live::settle;
use crate::promotion::stay::BASE;
use crate::promotion::{Committed, Error, evidence};
use crate::sink::disk::DiskError;
use crate::sink::git::Repo;
use crate::tree::{LockedStageId, unified};
use crate::units::names::{HOLD_FILE, POINTER_FILE, SPEC_FILE, TREE_FOLDER};

use super::Change;

/// Kustomize's own file in each folder: a list.
const LIST: &str = "kustomization.yaml";

/// The rollout on both sides.
pub(super) struct Sides {
    pub(super) old: Committed,
    pub(super) new: Committed,
}

/// What becomes of the live stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The same stage is live.
    Stays,
    /// Another one is, as `render` has it, which says why.
    Rendered(String),
    /// A later one is, by the base's order.
    On(LockedStageId),
    /// An earlier one is, by the base's order.
    Back(LockedStageId),
    /// One is that the base does not have.
    Elsewhere,
}

impl Sides {
    /// Reads both sides; `None` where the base has no tree yet.
    pub(super) fn read(change: &Change, folder: &Path) -> Result<Option<Self>, Error> {
        let at = |commit| Committed::at(Repo::open(folder)?, Repo::detached(commit), folder);
        let pointer = Repo::open(folder)?.file(change.before, &in_tree(POINTER_FILE))?;
        let new = at(change.after)?;
        Ok(match pointer {
            None => None,
            Some(_) => Some(Self {
                old: at(change.before)?,
                new,
            }),
        })
    }

    /// What becomes of the live stage.
    pub(super) fn step(&self, compiled: &Compiled) -> Step {
        let Self { old, new } = self;
        let (from, to) = (&old.stage().name, &new.stage().name);
        if from == to {
            return Step::Stays;
        }
        if let Some(note) = self.rendered(compiled) {
            return Step::Rendered(note);
        }
        match old.lock.stage_named(to) {
            None => Step::Elsewhere,
            Some(to) if to < old.live => Step::Back(to),
            Some(to) => Step::On(to),
        }
    }

    /// What a render of the new file says, where it moves the base's pointer to where it is.
    fn rendered(&self, compiled: &Compiled) -> Option<String> {
        let Self { old, new } = self;
        let mut tree = compiled.tree();
        tree.keep_generator(&old.lock);
        let read = |path: &str| {
            old.repo
                .file(old.head.tip, &in_tree(path))
                .map_err(|error| DiskError::Io {
                    action: "read",
                    path: old.folder.join(path),
                    source: io::Error::other(error.to_string()),
                })
        };
        let (lock, pointer) = (Some(&old.lock), Some(old.pointer_text.as_str()));
        let settled = settle(compiled, &tree, &old.folder, lock, pointer, &read, false);
        let live = settled.ok()?;
        let is_it = live.pointer.as_deref() == Some(&*new.pointer_text);
        is_it.then(|| live.notes.into_iter().next().unwrap_or_default())
    }

    /// Whether the pointer's file changes in more than the stage that it names, such as by a patch.
    pub(super) fn changes_more_than_the_pointer(&self) -> bool {
        let Self { old, new } = self;
        old.pointer.moved(&old.pointer_text, &new.pointer) != new.pointer_text
    }

    /// What the pull request changes of the rollout that a move to a stage does not.
    pub(super) fn beside(&self, change: &Change, step: &Step) -> Vec<String> {
        let old = &self.old;
        let is_pointer = !self.changes_more_than_the_pointer();
        let is_back = matches!(step, Step::Back(_));
        let is_new = |path: &str| {
            let there = old.repo.file(old.head.tip, &in_tree(path));
            there.is_ok_and(|text| text.is_none())
        };
        let spec = old.repo.from_root(SPEC_FILE);
        let tree = old.repo.from_root(&format!("{TREE_FOLDER}/"));
        let is_part = |path: &str| match path {
            POINTER_FILE => is_pointer,
            HOLD_FILE => true,
            path => evidence::is_of_a_move(path) && (is_back || is_new(path)),
        };
        let own = change.below(&spec).filter(|rest| rest.is_empty());
        let own = own.map(|_| SPEC_FILE.to_owned());
        let rest = change.below(&tree).filter(|path| !is_part(path));
        own.chain(rest.map(in_tree)).collect()
    }

    /// What changes in what is live, as one unified diff: the manifests of one stage against those of the other.
    pub(super) fn diff(&self) -> Result<String, Error> {
        let files = |side: &Committed| -> Result<BTreeMap<String, String>, Error> {
            let stage = in_tree(&format!("stages/{}", side.stage().folder));
            let mut files = side.repo.files_in(side.head.tip, &in_tree(BASE))?;
            files.extend(side.repo.files_in(side.head.tip, &stage)?);
            files.remove(LIST);
            Ok(files)
        };
        let (mut old, mut new) = (files(&self.old)?, files(&self.new)?);
        // The pointer's own file may hold more than the pointer, such as a patch.
        if self.changes_more_than_the_pointer() {
            old.insert(POINTER_FILE.to_owned(), self.old.pointer_text.clone());
            new.insert(POINTER_FILE.to_owned(), self.new.pointer_text.clone());
        }
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let mut diff = String::new();
        for name in names {
            let (before, after) = (old.get(name), new.get(name));
            if before != after {
                let side =
                    |side: &str, text: Option<&String>| text.map(|_| format!("{side}/{name}"));
                diff.push_str(&unified(
                    side("a", before).as_deref(),
                    side("b", after).as_deref(),
                    before.map_or("", String::as_str),
                    after.map_or("", String::as_str),
                ));
            }
        }
        Ok(diff)
    }
}

/// Whether the base has moved on in this rollout since the branch was cut.
pub(super) fn has_moved_on(change: &Change, folder: &Path) -> Result<bool, Error> {
    let Some(base) = change.base else {
        return Ok(false);
    };
    let repo = Repo::open(folder)?;
    let same = |path: &str| repo.is_same(change.before, base, path);
    Ok(!(same(SPEC_FILE)? && same(TREE_FOLDER)?))
}

/// Whether the pull request changes the rollout at all.
pub(super) fn is_touched(change: &Change, folder: &Path) -> Result<bool, Error> {
    let repo = Repo::open(folder)?;
    let same = |path: &str| repo.is_same(change.before, change.after, path);
    Ok(!(same(SPEC_FILE)? && same(TREE_FOLDER)?))
}
