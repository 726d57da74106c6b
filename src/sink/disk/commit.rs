//! The change itself: stage every byte, note what will happen, rename file by file, forget.
//!
//! ```text
//! .deploy.staged/new/0 1 2 …   the new files
//! .deploy.staged/old/0 1 2 …   what they replace, to be put back if a rename fails
//! .deploy.staged/.gitignore    keeps what a kill leaves out of commits
//! .deploy.staged/journal       stands from before the first rename until after the last
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::units::names::{LOCK_FILE, POINTER_FILE};

use super::DiskError;
use super::look::{lstat, parents};
use super::ops;
use super::owned::Journal;
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

    /// The journal; while it stands, the tree is between two states.
    pub(super) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Removes all of it, if it is there and is a folder.
    pub(super) fn discard(&self) -> Result<(), DiskError> {
        match lstat(&self.root)? {
            Some(seen) if seen.is_dir() => ops::remove_all(&self.root),
            _ => Ok(()),
        }
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
            ops::remove_all(&self.root.join("new"))?;
            ops::remove_all(&self.root.join("old"))
        } else {
            self.discard()
        }
    }
}

/// One step of the change; `slot` is the difference's place in the survey.
#[derive(Debug)]
enum Move<'a> {
    /// The new file takes its place.
    Put { slot: usize, path: &'a str },
    /// The old file goes.
    Drop { slot: usize, path: &'a str },
    /// A folder that has to be empty now makes way for a file.
    Clear { path: &'a str },
    /// A folder goes if it is empty now.
    Fold { path: &'a str },
}

/// How a step is taken back.
#[derive(Debug)]
enum Undo {
    PutBack { slot: usize, to: PathBuf },
    RemoveFile(PathBuf),
    RemoveFolder(PathBuf),
    CreateFolder(PathBuf),
}

/// Makes the folder what the survey wants. `journal` names everything that is done; `interrupted` says that an earlier
/// one stands already, and then it stands until the tree is whole.
///
/// An error leaves the folder as it was, unless it is [`DiskError::Halfway`].
pub(super) fn commit(
    folder: &Path,
    staging: &Staging,
    survey: &Survey,
    journal: &Journal,
    interrupted: bool,
) -> Result<(), DiskError> {
    if let Err(error) = stage(folder, staging, survey, journal, interrupted) {
        // The first error is the one to report; what cannot be swept now, the next run sweeps.
        let _ = staging.sweep(interrupted);
        return Err(error);
    }
    let mut done = Vec::new();
    let moved =
        run(folder, staging, survey, &mut done).and_then(|()| ops::remove_file(&staging.journal()));
    let Err(first) = moved else {
        // The tree is whole and says so; leftovers harm nobody and go next time.
        let _ = staging.discard();
        return Ok(());
    };
    let restored = undo(staging, done).and_then(|()| {
        if interrupted {
            Ok(())
        } else {
            ops::remove_file(&staging.journal())
        }
    });
    match restored {
        Ok(()) => {
            let _ = staging.sweep(interrupted);
            Err(first)
        }
        Err(then) => Err(DiskError::Halfway {
            folder: folder.to_owned(),
            first: Box::new(first),
            then: Box::new(then),
        }),
    }
}

fn stage(
    folder: &Path,
    staging: &Staging,
    survey: &Survey,
    journal: &Journal,
    interrupted: bool,
) -> Result<(), DiskError> {
    staging.sweep(interrupted)?;
    if !interrupted {
        ops::create_folder(staging.root())?;
        // Whatever a kill leaves here is nothing to commit.
        ops::create_file(&staging.root().join(".gitignore"), b"*\n")?;
    }
    ops::create_folder(&staging.root().join("new"))?;
    ops::create_folder(&staging.root().join("old"))?;
    for (slot, difference) in survey.differences.iter().enumerate() {
        if let Some(after) = &difference.after {
            ops::create_file(&staging.new_file(slot), after.as_bytes())?;
            if difference.before.is_some() {
                ops::keep(&folder.join(&difference.path), &staging.old_file(slot))?;
            }
        }
    }
    let draft = staging.root().join("new").join("journal");
    ops::create_file(&draft, &journal.print())?;
    ops::rename(&draft, &staging.journal())
}

/// The steps in order: what is in the way goes, the new files come, the pointer moves to them, the rest goes, and last
/// of all the lock says so.
fn moves<'a>(survey: &'a Survey) -> Vec<Move<'a>> {
    let mut early = Vec::new();
    let mut puts = Vec::new();
    let mut pointer = Vec::new();
    let mut late = Vec::new();
    let mut lock = Vec::new();
    for (slot, difference) in survey.differences.iter().enumerate() {
        let path = difference.path.as_str();
        match (&difference.after, path) {
            (None, path) if survey.is_early(path) => early.push(Move::Drop { slot, path }),
            (None, path) => late.push(Move::Drop { slot, path }),
            (Some(_), LOCK_FILE) => lock.push(Move::Put { slot, path }),
            (Some(_), POINTER_FILE) => pointer.push(Move::Put { slot, path }),
            (Some(_), path) => puts.push(Move::Put { slot, path }),
        }
    }
    // Ordered backwards, a folder comes after the folders in it.
    let inner_first = |paths: &'a BTreeSet<String>| paths.iter().rev().map(String::as_str);
    early
        .into_iter()
        .chain(inner_first(&survey.cleared).map(|path| Move::Clear { path }))
        .chain(puts)
        .chain(pointer)
        .chain(late)
        .chain(inner_first(&survey.emptied).map(|path| Move::Fold { path }))
        .chain(lock)
        .collect()
}

fn run(
    folder: &Path,
    staging: &Staging,
    survey: &Survey,
    done: &mut Vec<Undo>,
) -> Result<(), DiskError> {
    let mut folders = BTreeSet::new();
    for step in moves(survey) {
        match step {
            Move::Put { slot, path } => {
                make_folders(folder, path, &mut folders, done)?;
                let to = folder.join(path);
                ops::rename(&staging.new_file(slot), &to)?;
                done.push(if survey.differences[slot].before.is_some() {
                    Undo::PutBack { slot, to }
                } else {
                    Undo::RemoveFile(to)
                });
            }
            Move::Drop { slot, path } => {
                let to = folder.join(path);
                ops::take_away(&to, &staging.old_file(slot))?;
                done.push(Undo::PutBack { slot, to });
            }
            Move::Clear { path } => {
                let path = folder.join(path);
                ops::remove_folder(&path)?;
                done.push(Undo::CreateFolder(path));
            }
            Move::Fold { path } => {
                let path = folder.join(path);
                if ops::is_empty_folder(&path)? {
                    ops::remove_folder(&path)?;
                    done.push(Undo::CreateFolder(path));
                }
            }
        }
    }
    Ok(())
}

/// Makes the folders that `path` lies in, the tree's own included; `known` are those that stand.
fn make_folders<'a>(
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
        if !full.is_dir() {
            ops::create_folder(&full)?;
            done.push(Undo::RemoveFolder(full));
        }
        known.insert(parent);
    }
    Ok(())
}

fn undo(staging: &Staging, done: Vec<Undo>) -> Result<(), DiskError> {
    for step in done.into_iter().rev() {
        match step {
            Undo::PutBack { slot, to } => ops::rename(&staging.old_file(slot), &to)?,
            Undo::RemoveFile(path) => ops::remove_file(&path)?,
            Undo::RemoveFolder(path) => ops::remove_folder(&path)?,
            Undo::CreateFolder(path) => ops::create_folder(&path)?,
        }
    }
    Ok(())
}
