//! How the folder differs from what is wanted, and what forbids to change that. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::sink::below::{Place, Seen};
use crate::tree::FileText;
use crate::units::names::{LOCK_FILE, POINTER_FILE};
use crate::units::sha256_hex;

use super::look::{Found, Look, base, parents};
use super::owned::{Journal, Owned, is_clean};
use super::{Change, ChangeKind, Comparison, DiskError, Wanted};

/// One path at which the folder and the wish differ.
#[derive(Debug)]
pub(super) struct Difference {
    /// Path below the folder.
    pub(super) path: String,
    /// The file that stands there.
    pub(super) before: Option<Vec<u8>>,
    /// The file that shall stand there.
    pub(super) after: Option<FileText>,
}

/// How the folder differs from what is wanted.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// By path, each once.
    pub(super) differences: Vec<Difference>,
    /// Files of others that must go because a folder is wanted in their place.
    pub(super) blockers: BTreeSet<String>,
    /// Folders that must go because a file is wanted in their place.
    pub(super) cleared: BTreeSet<String>,
    /// Folders that held only owned files, maybe: to be removed if nothing is left in them.
    pub(super) emptied: BTreeSet<String>,
    edited: Vec<String>,
    foreign: Vec<String>,
    blocked: Vec<String>,
}

impl Difference {
    fn change(&self) -> Change {
        Change {
            path: self.path.clone(),
            kind: match (&self.before, &self.after) {
                (None, _) => ChangeKind::Added,
                (Some(_), Some(_)) => ChangeKind::Changed,
                (Some(_), None) => ChangeKind::Removed,
            },
        }
    }
}

impl Survey {
    /// Looks at every path that is wanted or owned. With `force`, owned paths that lie behind symbolic links are left alone.
    pub(super) fn new(
        folder: &Path,
        wanted: &Wanted,
        owned: &Owned,
        force: bool,
    ) -> Result<Self, DiskError> {
        let mut look = Look::new(folder);
        let mut survey = Self::default();
        let all = all_wanted(wanted)?;
        for (path, after) in &all {
            survey.compare(&mut look, owned, path, after)?;
        }

        let stale: BTreeSet<String> = owned
            .paths()
            .filter(|path| !all.contains_key(path))
            .map(str::to_owned)
            .chain(survey.blockers.iter().cloned())
            .collect();
        for path in stale {
            match look.at(&path) {
                Ok(Found::File(before)) => survey.differ(owned, path.clone(), Some(before), None),
                Ok(Found::Special) if survey.blockers.contains(&path) => {
                    survey.blocked.push(path.clone());
                }
                Ok(Found::Special | Found::Nothing | Found::Folder | Found::Under(_)) => {}
                Err(DiskError::Symlink { .. }) if force => continue,
                Err(DiskError::Symlink { path: link }) => {
                    return Err(DiskError::Damaged {
                        path: folder.join(LOCK_FILE),
                        reason: format!(
                            "it names `{path}`, but `{}` is a symbolic link",
                            link.display()
                        ),
                    });
                }
                Err(other) => return Err(other),
            }
            for parent in parents(&path) {
                if look.is_folder(parent)? {
                    survey.emptied.insert(parent.to_owned());
                }
            }
        }

        survey.differences.sort_by(|a, b| a.path.cmp(&b.path));
        survey.clear(folder)?;
        Ok(survey)
    }

    /// Refuses where a file of others would be lost.
    pub(super) fn permit(&self, folder: &Path, force: bool) -> Result<(), DiskError> {
        let folder = folder.to_owned();
        if !self.blocked.is_empty() {
            let paths = self.blocked.clone();
            return Err(DiskError::Blocked { folder, paths });
        }
        if !force && !self.edited.is_empty() {
            let paths = self.edited.clone();
            return Err(DiskError::Edited { folder, paths });
        }
        if !force && !self.foreign.is_empty() {
            let paths = self.foreign.clone();
            return Err(DiskError::Foreign { folder, paths });
        }
        Ok(())
    }

    /// What happens to each file.
    pub(super) fn changes(&self) -> Vec<Change> {
        self.differences.iter().map(Difference::change).collect()
    }

    /// The same with the contents.
    pub(super) fn comparisons(self) -> Vec<Comparison> {
        let differences = self.differences.into_iter();
        differences
            .map(|difference| Comparison {
                change: difference.change(),
                before: difference
                    .before
                    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
                after: difference.after,
            })
            .collect()
    }

    /// Notes what will happen. What the journal says already of files that do not differ any more is brought up to date
    /// and kept: after another kill, they are still ours.
    pub(super) fn note(&self, wanted: &Wanted, journal: &mut Journal) {
        for (path, turn) in &mut journal.files {
            let now = wanted.files.get(path);
            let now = now.map(|text| text.sha256().to_owned());
            turn.before.clone_from(&now);
            turn.after = now;
        }
        for difference in &self.differences {
            let (before, after) = (difference.before.as_deref(), difference.after.as_ref());
            journal.note(&difference.path, before, after);
        }
    }

    /// Whether a file has to go before others can be written.
    pub(super) fn is_early(&self, path: &str) -> bool {
        self.blockers.contains(path) || parents(path).any(|parent| self.cleared.contains(parent))
    }

    fn compare(
        &mut self,
        look: &mut Look,
        owned: &Owned,
        path: &str,
        after: &FileText,
    ) -> Result<(), DiskError> {
        let mut before = None;
        match look.at(path)? {
            Found::File(bytes) if bytes == after.as_bytes() => return Ok(()),
            Found::File(bytes) => before = Some(bytes),
            Found::Nothing => {}
            Found::Under(blocker) => {
                self.blockers.insert(blocker);
            }
            Found::Folder => {
                self.cleared.insert(path.to_owned());
            }
            Found::Special => self.blocked.push(path.to_owned()),
        }
        self.differ(owned, path.to_owned(), before, Some(after.clone()));
        Ok(())
    }

    fn differ(
        &mut self,
        owned: &Owned,
        path: String,
        before: Option<Vec<u8>>,
        after: Option<FileText>,
    ) {
        // The lock is ours whatever it holds, and the pointer is given only to be replaced.
        if let Some(bytes) = &before
            && path != LOCK_FILE
            && path != POINTER_FILE
        {
            match owned.digests(&path) {
                Some(digests) if digests.contains(&sha256_hex(bytes)) => {}
                Some(digests) if !digests.is_empty() => self.edited.push(path.clone()),
                _ => self.foreign.push(path.clone()),
            }
        }
        self.differences.push(Difference {
            path,
            before,
            after,
        });
    }

    /// Looks into the folders that must go: whatever is no file of ours keeps them.
    fn clear(&mut self, folder: &Path) -> Result<(), DiskError> {
        let mut open: Vec<String> = self.cleared.iter().cloned().collect();
        while let Some(path) = open.pop() {
            let full = folder.join(&path);
            let entries = Place::reach(base(folder), &full).and_then(|place| place.list());
            for (name, seen) in entries.map_err(DiskError::io("read", &full))? {
                let below = format!("{path}/{}", name.to_string_lossy());
                match seen {
                    Seen::Folder => {
                        self.cleared.insert(below.clone());
                        open.push(below);
                    }
                    Seen::File if self.removes(&below) => {}
                    Seen::File | Seen::Link | Seen::Special => self.blocked.push(below),
                }
            }
        }
        self.blocked.sort();
        self.emptied.retain(|path| !self.cleared.contains(path));
        Ok(())
    }

    fn removes(&self, path: &str) -> bool {
        self.differences
            .binary_search_by(|difference| difference.path.as_str().cmp(path))
            .is_ok_and(|at| self.differences[at].after.is_none())
    }
}

/// Everything that is wanted, by path; paths that cannot all be files below the folder are refused.
fn all_wanted<'a>(wanted: &Wanted<'a>) -> Result<BTreeMap<&'a str, FileText>, DiskError> {
    let pointer = wanted.pointer.map(|text| text.to_owned().into());
    let all: BTreeMap<&str, FileText> = wanted
        .files
        .iter()
        .map(|(path, text)| (path.as_str(), text.clone()))
        .chain(pointer.map(|text| (POINTER_FILE, text)))
        .collect();
    for path in all.keys() {
        if !is_clean(path) || parents(path).any(|parent| all.contains_key(parent)) {
            return Err(DiskError::Path {
                path: (*path).to_owned(),
            });
        }
    }
    Ok(all)
}
