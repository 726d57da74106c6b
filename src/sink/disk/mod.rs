//! In: a folder's wanted files. Out: the folder with exactly these and whatever glidepath did not write, and the list of changes.
//! All or nothing: an error leaves the folder as it was; after a kill, the next [`put`] completes it.
//! Never replaces or removes a file that the lock does not list, unless forced, and never follows a symbolic link.

mod commit;
mod error;
mod look;
mod ops;
mod owned;
mod site;
mod survey;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::tree::FileText;

use self::owned::Journal;
use self::site::Site;
use self::survey::Survey;

pub use self::error::{DiskError, Kind};

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
    /// The content that was there; bytes that are no UTF-8 are replaced by U+FFFD.
    pub before: Option<String>,
    /// The content that is wanted.
    pub after: Option<FileText>,
}

/// What [`put`] would change, by path. Writes nothing. Files that somebody edited are listed like others.
pub fn compare(folder: &Path, wanted: &Wanted) -> Result<Vec<Change>, DiskError> {
    let site = Site::of(folder)?;
    site.refuse_interrupted()?;
    let owned = site.owned(&Journal::default(), false)?;
    let survey = Survey::new(&site.folder, wanted, &owned, false)?;
    // A writer that began meanwhile makes what was read worthless.
    site.refuse_interrupted()?;
    Ok(survey.changes())
}

/// Refuses what [`put`] would refuse for what stands in the folder, and writes nothing: for many folders that shall change
/// together or not at all.
pub fn permit(folder: &Path, wanted: &Wanted, force: bool) -> Result<(), DiskError> {
    let site = Site::of(folder)?;
    let journal = site.journal(force)?.unwrap_or_default();
    let owned = site.owned(&journal, force)?;
    Survey::new(&site.folder, wanted, &owned, force)?.permit(&site.folder, force)
}

/// Makes the folder hold what is wanted and returns what changed, by path. Writes nothing at all where nothing differs.
///
/// `force` overwrites files that were edited or that are not ours, and goes on without a damaged lock or journal.
pub fn put(folder: &Path, wanted: &Wanted, force: bool) -> Result<Vec<Change>, DiskError> {
    let site = Site::of(folder)?;
    let mut made = Vec::new();
    let changes = site
        .make_parents(&mut made)
        .and_then(|()| put_at(&site, wanted, force));
    if changes.is_err() {
        for parent in made.iter().rev() {
            // Still empty, unless somebody else found a use for it.
            let _ = fs::remove_dir(parent);
        }
    }
    changes
}

fn put_at(site: &Site, wanted: &Wanted, force: bool) -> Result<Vec<Change>, DiskError> {
    let _guard = site.lock()?;
    let before = site.journal(force)?;
    let interrupted = before.is_some();
    let mut journal = before.unwrap_or_default();
    let owned = site.owned(&journal, force)?;
    let survey = Survey::new(&site.folder, wanted, &owned, force)?;
    survey.permit(&site.folder, force)?;
    if survey.differences.is_empty() && !interrupted {
        // Somebody was killed while staging. It harms nobody, so a failure here does not either.
        let _ = site.staging.discard();
        return Ok(Vec::new());
    }
    survey.note(wanted, &mut journal);
    commit::commit(&site.folder, &site.staging, &survey, &journal, interrupted)?;
    Ok(survey.changes())
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
