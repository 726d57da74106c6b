//! The change itself: stage every byte, note what will happen, rename file by file, forget.
//!
//! ```text
//! .deploy.staged/new/0 1 2 …   the new files, or
//! .deploy.staged/new/tree      the new tree, where there was none: it takes its place at once
//! .deploy.staged/old/0 1 2 …   what they replace, to be put back if a rename fails
//! .deploy.staged/.gitignore    keeps what a kill leaves out of commits
//! .deploy.staged/journal       stands from before the first rename until after the last
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::sink::below::Seen;
use crate::units::names::{LOCK_FILE, POINTER_FILE};

use super::DiskError;
use super::look::{base, lstat, parents};
use super::ops;
use super::owned::Journal;
use super::site::Site;
use super::survey::Survey;

/// The folder in which new bytes wait, beside the tree.
#[derive(Debug)]
pub(super) struct Staging {
    root: PathBuf,
}

impl Staging {
    /// The staging folder at `root`, which need not exist.
    pub(super) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that the tree and its staging folder lie in.
    fn base(&self) -> &Path {
        base(&self.root)
    }

    /// The journal; while it stands, the tree is between two states.
    pub(super) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Whether a writer works, or one was killed.
    pub(super) fn is_there(&self) -> Result<bool, DiskError> {
        Ok(lstat(self.base(), &self.root)? == Some(Seen::Folder))
    }

    /// Removes all of it, if it is there and is a folder.
    pub(super) fn discard(&self) -> Result<(), DiskError> {
        if self.is_there()? {
            ops::remove_all(self.base(), &self.root)
        } else {
            Ok(())
        }
    }

    /// The journal before it stands.
    fn draft(&self) -> PathBuf {
        self.root.join("new").join("journal")
    }

    /// The new tree, where it is one as a whole.
    fn new_tree(&self) -> PathBuf {
        self.root.join("new").join("tree")
    }

    fn new_file(&self, slot: usize) -> PathBuf {
        self.root.join("new").join(slot.to_string())
    }

    fn old_file(&self, slot: usize) -> PathBuf {
        self.root.join("old").join(slot.to_string())
    }

    /// Removes what was staged; the journal too unless the tree stays between two states.
    fn sweep(&self, interrupted: bool) -> Result<(), DiskError> {
        if interrupted {
            ops::remove_all(self.base(), &self.root.join("new"))?;
            ops::remove_all(self.base(), &self.root.join("old"))
        } else {
            self.discard()
        }
    }
}

/// One step of the change; `slot` is the difference's place in the survey.
#[derive(Debug)]
enum Move {
    /// The whole tree takes its place, where there is none.
    Whole,
    /// The new file takes its place, from which an old one goes where `replaces` says so.
    Put {
        slot: usize,
        path: String,
        replaces: bool,
    },
    /// The old file goes.
    Drop { slot: usize, path: String },
    /// A folder that has to be empty now makes way for a file.
    Clear { path: String },
    /// A folder goes if it is empty now.
    Fold { path: String },
}

/// How a step is taken back.
#[derive(Debug)]
enum Undo {
    TakeBack,
    PutBack { slot: usize, to: PathBuf },
    RemoveFile(PathBuf),
    RemoveFolder(PathBuf),
    CreateFolder(PathBuf),
}

/// What is left to do once every new byte is staged.
#[derive(Debug)]
pub(super) struct Pending {
    moves: Vec<Move>,
    /// An earlier journal stands already, and then it stands until the tree is whole.
    interrupted: bool,
}

impl Pending {
    /// Writes the new files and the journal's draft beside the tree. `journal` names everything that will be done.
    pub(super) fn stage(
        site: &Site,
        survey: &Survey,
        journal: &Journal,
        interrupted: bool,
    ) -> Result<Self, DiskError> {
        let is_new = lstat(base(&site.folder), &site.folder)?.is_none();
        let pending = Self {
            moves: if is_new {
                vec![Move::Whole]
            } else {
                moves(survey)
            },
            interrupted,
        };
        if let Err(error) = write(site, survey, journal, &pending) {
            // The first error is the one to report; what cannot be swept now, the next run sweeps.
            let _ = pending.sweep(&site.staging);
            return Err(error);
        }
        Ok(pending)
    }

    /// Removes what was staged.
    pub(super) fn sweep(&self, staging: &Staging) -> Result<(), DiskError> {
        staging.sweep(self.interrupted)
    }

    /// Makes the folder what the survey wanted. An error leaves it as it was, unless it is [`DiskError::Halfway`].
    pub(super) fn commit(self, site: &Site) -> Result<(), DiskError> {
        let (folder, staging, interrupted) = (&site.folder, &site.staging, self.interrupted);
        if let Err(error) = ops::rename(staging.base(), &staging.draft(), &staging.journal()) {
            let _ = staging.sweep(interrupted);
            return Err(error);
        }
        let mut done = Vec::new();
        let moved = run(folder, staging, &self.moves, &mut done)
            .and_then(|()| ops::remove_file(staging.base(), &staging.journal()));
        let Err(first) = moved else {
            // The tree is whole and says so; leftovers harm nobody and go next time.
            let _ = staging.discard();
            return Ok(());
        };
        let restored = undo(folder, staging, done).and_then(|()| {
            if interrupted {
                Ok(())
            } else {
                ops::remove_file(staging.base(), &staging.journal())
            }
        });
        match restored {
            Ok(()) => {
                let _ = staging.sweep(interrupted);
                Err(first)
            }
            Err(then) => Err(DiskError::Halfway {
                folder: folder.clone(),
                first: Box::new(first),
                then: Box::new(then),
            }),
        }
    }
}

fn write(
    site: &Site,
    survey: &Survey,
    journal: &Journal,
    pending: &Pending,
) -> Result<(), DiskError> {
    let staging = &site.staging;
    pending.sweep(staging)?;
    if !pending.interrupted {
        ops::create_folder(staging.base(), staging.root())?;
        // Whatever a kill leaves here is nothing to commit.
        ops::create_file(staging.base(), &staging.root().join(".gitignore"), b"*\n")?;
    }
    ops::create_folder(staging.base(), &staging.root().join("new"))?;
    ops::create_folder(staging.base(), &staging.root().join("old"))?;
    let whole = staging.new_tree();
    let (mut folders, mut made) = (BTreeSet::new(), Vec::new());
    for (slot, difference) in survey.differences.iter().enumerate() {
        if let Some(after) = &difference.after {
            let file = if let [Move::Whole] = pending.moves[..] {
                make_folders(
                    staging.base(),
                    &whole,
                    &difference.path,
                    &mut folders,
                    &mut made,
                )?;
                whole.join(&difference.path)
            } else {
                staging.new_file(slot)
            };
            ops::create_file(staging.base(), &file, after.as_bytes())?;
            if difference.before.is_some() {
                ops::keep(
                    staging.base(),
                    &site.folder.join(&difference.path),
                    &staging.old_file(slot),
                )?;
            }
        }
    }
    ops::create_file(staging.base(), &staging.draft(), &journal.print())
}

/// The steps in order: what is in the way goes, the new files come, the pointer moves to them, the rest goes, and last
/// of all the lock says so.
fn moves(survey: &Survey) -> Vec<Move> {
    let mut early = Vec::new();
    let mut puts = Vec::new();
    let mut pointer = Vec::new();
    let mut late = Vec::new();
    let mut lock = Vec::new();
    for (slot, difference) in survey.differences.iter().enumerate() {
        let path = difference.path.clone();
        if difference.after.is_none() {
            let first = survey.is_early(&path);
            let drops = if first { &mut early } else { &mut late };
            drops.push(Move::Drop { slot, path });
            continue;
        }
        let puts = match path.as_str() {
            LOCK_FILE => &mut lock,
            POINTER_FILE => &mut pointer,
            _ => &mut puts,
        };
        puts.push(Move::Put {
            slot,
            path,
            replaces: difference.before.is_some(),
        });
    }
    // Ordered backwards, a folder comes after the folders in it.
    let inner_first = |paths: &BTreeSet<String>| paths.iter().rev().cloned().collect::<Vec<_>>();
    let clears = inner_first(&survey.cleared).into_iter();
    let folds = inner_first(&survey.emptied).into_iter();
    early
        .into_iter()
        .chain(clears.map(|path| Move::Clear { path }))
        .chain(puts)
        .chain(pointer)
        .chain(late)
        .chain(folds.map(|path| Move::Fold { path }))
        .chain(lock)
        .collect()
}

fn run(
    folder: &Path,
    staging: &Staging,
    moves: &[Move],
    done: &mut Vec<Undo>,
) -> Result<(), DiskError> {
    let mut folders = BTreeSet::new();
    for step in moves {
        match step {
            Move::Whole => {
                ops::rename(staging.base(), &staging.new_tree(), folder)?;
                done.push(Undo::TakeBack);
            }
            Move::Put {
                slot,
                path,
                replaces,
            } => {
                make_folders(staging.base(), folder, path, &mut folders, done)?;
                let (slot, to) = (*slot, folder.join(path));
                ops::rename(staging.base(), &staging.new_file(slot), &to)?;
                done.push(if *replaces {
                    Undo::PutBack { slot, to }
                } else {
                    Undo::RemoveFile(to)
                });
            }
            Move::Drop { slot, path } => {
                let (slot, to) = (*slot, folder.join(path));
                ops::take_away(staging.base(), &to, &staging.old_file(slot))?;
                done.push(Undo::PutBack { slot, to });
            }
            Move::Clear { path } => {
                let path = folder.join(path);
                ops::remove_folder(staging.base(), &path)?;
                done.push(Undo::CreateFolder(path));
            }
            Move::Fold { path } => {
                let path = folder.join(path);
                if ops::is_empty_folder(staging.base(), &path)? {
                    ops::remove_folder(staging.base(), &path)?;
                    done.push(Undo::CreateFolder(path));
                }
            }
        }
    }
    Ok(())
}

/// Makes the folders that `path` lies in, the tree's own included; `known` are those that stand.
fn make_folders<'a>(
    base: &Path,
    folder: &Path,
    path: &'a str,
    known: &mut BTreeSet<&'a str>,
    done: &mut Vec<Undo>,
) -> Result<(), DiskError> {
    let missing: Vec<&str> = parents(path)
        .chain([""])
        .take_while(|parent| !known.contains(parent))
        .collect();
    for parent in missing.into_iter().rev() {
        let full = if parent.is_empty() {
            folder.to_owned()
        } else {
            folder.join(parent)
        };
        if lstat(base, &full)? != Some(Seen::Folder) {
            ops::create_folder(base, &full)?;
            done.push(Undo::RemoveFolder(full));
        }
        known.insert(parent);
    }
    Ok(())
}

fn undo(folder: &Path, staging: &Staging, done: Vec<Undo>) -> Result<(), DiskError> {
    for step in done.into_iter().rev() {
        match step {
            Undo::TakeBack => ops::rename(staging.base(), folder, &staging.new_tree())?,
            Undo::PutBack { slot, to } => {
                ops::rename(staging.base(), &staging.old_file(slot), &to)?;
            }
            Undo::RemoveFile(path) => ops::remove_file(staging.base(), &path)?,
            Undo::RemoveFolder(path) => ops::remove_folder(staging.base(), &path)?,
            Undo::CreateFolder(path) => ops::create_folder(staging.base(), &path)?,
        }
    }
    Ok(())
}
