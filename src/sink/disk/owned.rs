//! Which files are ours: those in the lock, and those that an interrupted render was about to write.
//!
//! Both files come with the repository, so anybody may have written them: every path is checked before it is used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::tree::{FileText, Lock};
use crate::units::names::{HOLD_FILE, LOCK_FILE, POINTER_FILE};
use crate::units::{is_sha256_hex, sha256_hex};

use super::DiskError;

/// What a render is about to do; lies beside the staged files from before the first rename until after the last.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Journal {
    /// By path: every file that this render, or an interrupted one before it, writes or removes.
    pub(super) files: BTreeMap<String, Turn>,
}

/// One file's change, as SHA-256; `None` where there is no file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Turn {
    /// What stood there.
    pub(super) before: Option<String>,
    /// What shall stand there.
    pub(super) after: Option<String>,
}

/// The files that may be replaced and removed, and the digests under which they are still as we left them.
#[derive(Debug, Default)]
pub(super) struct Owned(BTreeMap<String, BTreeSet<String>>);

impl Owned {
    /// Adds the files of a lock, given as the bytes of the file at `path`.
    pub(super) fn add_lock(&mut self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let files = Lock::read_files(bytes).map_err(|reason| damaged(path, reason))?;
        check(path, &files, |sha| Some(sha))?;
        for (file, sha) in files {
            self.add(file, sha);
        }
        Ok(())
    }

    /// Adds the files of an interrupted render.
    pub(super) fn add_journal(&mut self, journal: &Journal) {
        for (file, turn) in &journal.files {
            // A file that was not there is still ours: its folder may be.
            self.0.entry(file.clone()).or_default();
            for sha in [&turn.before, &turn.after].into_iter().flatten() {
                self.add(file.clone(), sha.clone());
            }
        }
    }

    fn add(&mut self, file: String, sha: String) {
        self.0.entry(file).or_default().insert(sha);
    }

    /// Every path that is ours, apart from those that have rules of their own.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(|path| ![LOCK_FILE, POINTER_FILE, HOLD_FILE].contains(path))
    }

    /// The digests that a file of ours may have; `None` where the file is not ours.
    pub(super) fn digests(&self, path: &str) -> Option<&BTreeSet<String>> {
        self.0.get(path)
    }
}

impl Journal {
    /// Reads a journal from the bytes of the file at `path`.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, DiskError> {
        let journal: Self =
            serde_json::from_slice(bytes).map_err(|error| damaged(path, error.to_string()))?;
        check(path, &journal.files, |turn| turn.before.as_ref())?;
        check(path, &journal.files, |turn| turn.after.as_ref())?;
        Ok(journal)
    }

    /// The journal as the bytes of its file.
    pub(super) fn print(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("maps of strings are JSON")
    }

    /// Notes one file's change.
    pub(super) fn note(&mut self, path: &str, before: Option<&[u8]>, after: Option<&FileText>) {
        let turn = Turn {
            before: before.map(sha256_hex),
            after: after.map(|text| text.sha256().to_owned()),
        };
        self.files.insert(path.to_owned(), turn);
    }
}

/// Whether `path` can only lead to a file below the folder, on any system, and to none of git's own.
pub(super) fn is_clean(path: &str) -> bool {
    !path.contains(|c: char| matches!(c, '\\' | ':') || c.is_control())
        && path
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"))
}

fn damaged(path: &Path, reason: String) -> DiskError {
    DiskError::Damaged {
        path: path.to_owned(),
        reason,
    }
}

fn check<T>(
    path: &Path,
    files: &BTreeMap<String, T>,
    sha: impl Fn(&T) -> Option<&String>,
) -> Result<(), DiskError> {
    for (file, value) in files {
        let reason = if !is_clean(file) {
            format!("it names {file:?}, which is no path inside the folder")
        } else if sha(value).is_some_and(|sha| !is_sha256_hex(sha)) {
            format!("it has no SHA-256 for `{file}`")
        } else {
            continue;
        };
        return Err(damaged(path, reason));
    }
    Ok(())
}
