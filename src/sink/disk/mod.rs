//! In: a folder's wanted files. Out: the folder with exactly these and whatever glidepath did not write, and the list of changes.
//! All or nothing: an error leaves the folder as it was; after a kill, the next [`stage`] and [`Staged::commit`] complete it.
//! Never replaces or removes a file that the lock does not list, unless forced, and never follows a symbolic link.

mod commit;
mod error;
mod look;
mod ops;
mod owned;
mod replace;
mod site;
mod survey;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::tree::FileText;

use self::commit::Pending;
use self::owned::Journal;
use self::site::{Guard, Site};

use self::survey::Survey;

pub use self::error::{DiskError, Kind};
pub use self::replace::replace;
pub use self::site::allow_waiting;

/// What the folder shall hold.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Path below the folder (relative, `/` between parts, no `.` or `..`) to content. Holds the lock, and the lock
    /// lists every other path with its SHA-256.
    pub files: &'a BTreeMap<String, FileText>,
    /// The pointer's content; `None` leaves it as it is, even where it is missing.
    pub pointer: Option<&'a str>,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has other content.
    Changed,
    /// It goes.
    Removed,
}

/// What happens to one file. The lock and the pointer are files, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Path below the folder, with `/`.
    pub path: String,
    /// What happens.
    pub kind: ChangeKind,
}

/// A file that is not as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What a render would do.
    pub change: Change,
    /// The content that is there; bytes that are no UTF-8 are replaced by U+FFFD.
    pub before: Option<String>,
    /// The content that is wanted.
    pub after: Option<FileText>,
}

/// What [`stage`] would change, by path, with the contents. Writes nothing. Files that somebody edited are listed like others.
pub fn compare(folder: &Path, wanted: &Wanted) -> Result<Vec<Comparison>, DiskError> {
    let site = Site::of(folder)?;
    let look = || {
        site.refuse_interrupted()?;
        let owned = site.owned(&Journal::default(), false)?;
        Survey::new(&site.folder, wanted, &owned, false)
    };
    let first = look();
    if let Ok(survey) = &first
        && survey.differences.is_empty()
    {
        return Ok(Vec::new());
    }
    let survey = match (site.lock_for_reading(), first) {
        // Nobody writes, and nobody begins to.
        (Ok(_guard), _) => look()?,
        // One who is about to write has changed nothing yet, where the same is found twice.
        (Err(busy), Ok(first)) => match look() {
            Ok(again) if again.changes() == first.changes() => again,
            Ok(_) | Err(_) => return Err(busy),
        },
        (Err(busy), Err(_)) => return Err(busy),
    };
    Ok(survey.comparisons())
}

/// Whether [`stage`] would have anything to do. Refuses what it would refuse for what stands in the folder, and writes nothing: for
/// many folders that shall change together or not at all.
pub fn permit(folder: &Path, wanted: &Wanted, force: bool) -> Result<bool, DiskError> {
    let site = Site::of(folder)?;
    let look = || {
        let journal = site.journal(force)?.unwrap_or_default();
        let owned = site.owned(&journal, force)?;
        let survey = Survey::new(&site.folder, wanted, &owned, force)?;
        survey.permit(&site.folder, force)?;
        Ok(survey)
    };
    let survey = look().or_else(|_: DiskError| {
        // Half of what a writer at work has done looks like somebody's edits.
        let _guard = site.lock_for_reading()?;
        look()
    })?;
    Ok(!survey.differences.is_empty() || site.staging.is_there()?)
}

/// A folder's new bytes, staged beside it and ready to take their places. While it lives, nobody else writes there; dropped without
/// [`commit`](Self::commit), it leaves the folder as it was.
///
/// It holds paths and no contents, so that many folders can wait until all of them may be written.
#[derive(Debug)]
pub struct Staged {
    site: Site,
    /// What is left to do; none where the folder holds what is wanted already.
    pending: Option<Pending>,
    changes: Vec<Change>,
    /// The parents that were made for the folder, outer first.
    made: Vec<PathBuf>,
    guard: Option<Guard>,
}

/// Writes all new bytes beside the folder, where they wait for [`Staged::commit`]: a full disk or a missing permission shows before
/// anything changes. Refuses to lose what glidepath did not write.
///
/// `force` overwrites files that were edited or that are not ours, and goes on without a damaged lock or journal.
pub fn stage(folder: &Path, wanted: &Wanted, force: bool) -> Result<Staged, DiskError> {
    let mut staged = Staged {
        site: Site::of(folder)?,
        pending: None,
        changes: Vec::new(),
        made: Vec::new(),
        guard: None,
    };
    // An error drops what has been made so far.
    staged.site.make_parents(&mut staged.made)?;
    staged.guard = staged.site.lock()?;
    let site = &staged.site;
    let before = site.journal(force)?;
    let interrupted = before.is_some();
    let mut journal = before.unwrap_or_default();
    let owned = site.owned(&journal, force)?;
    let survey = Survey::new(&site.folder, wanted, &owned, force)?;
    survey.permit(&site.folder, force)?;
    if survey.differences.is_empty() && !interrupted {
        // Somebody was killed while staging. It harms nobody, so a failure here does not either.
        let _ = site.staging.discard();
        return Ok(staged);
    }
    survey.note(wanted, &mut journal);
    staged.changes = survey.changes();
    staged.pending = Some(Pending::stage(site, &survey, &journal, interrupted)?);
    Ok(staged)
}

impl Staged {
    /// What changes, by path.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Moves the new files to their places: all of them, or none.
    pub fn commit(&mut self) -> Result<(), DiskError> {
        let Some(pending) = self.pending.take() else {
            return Ok(());
        };
        pending.commit(&self.site)?;
        self.made.clear();
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take() {
            // What cannot be swept now, the next run sweeps.
            let _ = pending.sweep(&self.site.staging);
        }
        for parent in self.made.iter().rev() {
            // Still empty, unless somebody else found a use for it.
            let _ = fs::remove_dir(parent);
        }
        // Only now may others write.
        drop(self.guard.take());
    }
}

/// One text file of the tree, such as the lock or the pointer; `None` where there is none.
pub fn read_file(folder: &Path, path: &str) -> Result<Option<String>, DiskError> {
    let site = Site::of(folder)?;
    site.refuse_interrupted()?;
    site.read(path)
}

/// Like [`read_file`], but also reads what an interrupted render left: only for the render that will complete it.
pub fn read_file_to_complete(folder: &Path, path: &str) -> Result<Option<String>, DiskError> {
    Site::of(folder)?.read(path)
}
