//! Where a tree lies, who may write there, and what earlier renders left.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::units::names::LOCK_FILE;

use super::commit::Staging;
use super::look::{Found, Look, lstat, read};
use super::owned::{Journal, Owned, is_clean};
use super::{DiskError, ops};

/// The handles that a process needs besides those of folders that wait: streams, and the files and folders at hand.
#[cfg(unix)]
const OTHER_HANDLES: u64 = 64;

/// Where a tree lies and where its new bytes are staged.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) folder: PathBuf,
    parent: PathBuf,
    pub(super) staging: Staging,
}

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Guard(File);

/// Lets so many [`Staged`](super::Staged) wait for each other: each holds a handle, and the process is given the most that it may
/// ever have. Refuses where those are too few.
pub fn allow_waiting(folders: usize) -> Result<(), DiskError> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let most = getrlimit(Resource::Nofile).maximum;
        let limit = Rlimit {
            current: most,
            maximum: most,
        };
        // Where this fails, the limit is what it was.
        let _ = setrlimit(Resource::Nofile, limit);
        let now = getrlimit(Resource::Nofile).current;
        let allowed = now.map_or(u64::MAX, |now| now.saturating_sub(OTHER_HANDLES));
        if u64::try_from(folders).is_ok_and(|folders| folders > allowed) {
            return Err(DiskError::TooMany { folders, allowed });
        }
    }
    Ok(())
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Closing alone is not enough: a process that another thread is just starting has the handle, too, for a moment.
        let _ = self.0.unlock();
    }
}

impl Site {
    pub(super) fn of(folder: &Path) -> Result<Self, DiskError> {
        // `.` and `a/..` have a name only when they are resolved.
        let resolved = match folder.file_name() {
            Some(_) => folder.to_owned(),
            None => fs::canonicalize(folder).map_err(DiskError::io("open", folder))?,
        };
        let (Some(name), Some(parent)) = (resolved.file_name(), resolved.parent()) else {
            let refusal = io::Error::from(io::ErrorKind::InvalidInput);
            return Err(DiskError::io("write", folder)(refusal));
        };
        let mut staged = OsString::from(".");
        staged.push(name);
        staged.push(".staged");
        Ok(Self {
            // Joined anew: with the slash of `deploy/`, a symbolic link would be followed.
            folder: parent.join(name),
            staging: Staging::at(parent.join(staged)),
            parent: if parent.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                parent.to_owned()
            },
        })
    }

    /// Makes the folders that the tree's folder shall lie in and notes them in `made`, outer first.
    pub(super) fn make_parents(&self, made: &mut Vec<PathBuf>) -> Result<(), DiskError> {
        let missing: Vec<&Path> = self
            .parent
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
            .collect();
        for path in missing.into_iter().rev() {
            ops::create_parent(path)?;
            made.push(path.to_owned());
        }
        Ok(())
    }

    /// Keeps other writers out until the file is dropped; a killed writer leaves no trace. The handle is the parent
    /// folder's, so that there is no lock file. Where a file system or an operating system knows no such locks, nobody
    /// is kept out.
    pub(super) fn lock(&self) -> Result<Option<Guard>, DiskError> {
        self.guard(File::try_lock)
    }

    /// The same for one who only looks: others may look, too.
    pub(super) fn lock_for_reading(&self) -> Result<Option<Guard>, DiskError> {
        self.guard(File::try_lock_shared)
    }

    fn guard(
        &self,
        lock: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Option<Guard>, DiskError> {
        let Ok(parent) = File::open(&self.parent) else {
            return Ok(None);
        };
        match lock(&parent) {
            Ok(()) => Ok(Some(Guard(parent))),
            Err(TryLockError::WouldBlock) => Err(self.busy()),
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    fn busy(&self) -> DiskError {
        DiskError::Busy {
            folder: self.folder.clone(),
        }
    }

    /// The journal's bytes, if one stands.
    fn journal_bytes(&self) -> Result<Option<Vec<u8>>, DiskError> {
        let journal = self.staging.journal();
        if !self.staging.is_there()? || lstat(&self.parent, &journal)?.is_none() {
            return Ok(None);
        }
        read(&self.parent, &journal).map(Some)
    }

    pub(super) fn journal(&self, force: bool) -> Result<Option<Journal>, DiskError> {
        let Some(bytes) = self.journal_bytes()? else {
            return Ok(None);
        };
        match Journal::parse(&self.staging.journal(), &bytes) {
            Err(DiskError::Damaged { .. }) if force => Ok(Some(Journal::default())),
            other => other.map(Some),
        }
    }

    /// A journal stands while a writer works, and after it was killed; the writer's lock tells which. It is asked for first: a writer
    /// that ends in between leaves no journal.
    pub(super) fn refuse_interrupted(&self) -> Result<(), DiskError> {
        let held = self.lock_for_reading();
        if self.journal_bytes()?.is_none() {
            return Ok(());
        }
        held?;
        Err(DiskError::Interrupted {
            folder: self.folder.clone(),
        })
    }

    /// The files that are ours by the lock and by a journal.
    pub(super) fn owned(&self, journal: &Journal, force: bool) -> Result<Owned, DiskError> {
        let mut owned = Owned::default();
        if let Found::File(bytes) = Look::new(&self.folder).at(LOCK_FILE)? {
            match owned.add_lock(&self.folder.join(LOCK_FILE), &bytes) {
                Err(DiskError::Damaged { .. }) if force => {}
                other => other?,
            }
        }
        owned.add_journal(journal);
        Ok(owned)
    }

    pub(super) fn read(&self, path: &str) -> Result<Option<String>, DiskError> {
        if !is_clean(path) {
            return Err(DiskError::Path {
                path: path.to_owned(),
            });
        }
        let refusal = match Look::new(&self.folder).at(path)? {
            Found::Nothing | Found::Under(_) => return Ok(None),
            Found::File(bytes) => match String::from_utf8(bytes) {
                Ok(text) => return Ok(Some(text)),
                Err(_) => io::ErrorKind::InvalidData,
            },
            Found::Folder => io::ErrorKind::IsADirectory,
            Found::Special => io::ErrorKind::InvalidInput,
        };
        Err(DiskError::io("read", &self.folder.join(path))(
            refusal.into(),
        ))
    }
}
