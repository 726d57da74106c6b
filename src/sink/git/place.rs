//! The work tree and the index after a commit on the branch that is checked out.
//!
//! The order is: a note of what is about to happen, the reference, the index, the files. Whoever is killed after the reference
//! moved leaves the note, and the next run completes what it says.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use git2::{Index, IndexEntry, IndexTime, Oid};

use crate::sink::below::{Place, Seen};

use super::{CommitId, Edit, GitError, Head, Repo};

/// Below the work tree's git folder: one empty file a promotion, named by its commit.
const NOTES: &str = "glidepath";
/// How often, and how far apart, a lock on the index is asked for after the reference has moved.
const TRIES: (u32, Duration) = (40, Duration::from_millis(25));
/// A note this old belongs to nobody who is still running.
const OLD: Duration = Duration::from_secs(3_600);
/// Bytes of a file of the work tree that are read.
const LARGEST: u64 = 64 << 20;
/// libgit2's `GIT_INDEX_ENTRY_SKIP_WORKTREE`: a sparse checkout leaves the file out.
const SKIP_WORKTREE: u16 = 1 << 14;

impl Repo {
    /// The paths that differ between the commit, the index and the work tree.
    pub fn dirty(&self, at: CommitId, paths: &[&str]) -> Result<Vec<String>, GitError> {
        let index = self.git.index()?;
        let mut dirty = Vec::new();
        for path in paths {
            let committed = self.blob(at, path)?.map(|(id, _)| id);
            let full = self.full(path);
            let entry = index.get_path(Path::new(&full), 0);
            let is_sparse = entry.as_ref().is_some_and(is_skipped);
            let work = self.work_file(path)?;
            let is_same = match (&work, self.bytes(at, path)?) {
                (None, None) => true,
                (None, Some(_)) => is_sparse,
                (Some(work), Some(committed)) => unix(work) == unix(&committed),
                (Some(_), None) => false,
            };
            if !is_same || entry.map(|entry| entry.id) != committed {
                dirty.push((*path).to_owned());
            }
        }
        Ok(dirty)
    }

    /// Whether a sparse checkout leaves this path out.
    pub fn is_left_out(&self, path: &str) -> Result<bool, GitError> {
        let entry = self.git.index()?.get_path(Path::new(&self.full(path)), 0);
        Ok(entry.as_ref().is_some_and(is_skipped))
    }

    /// Moves the branch that is checked out to `commit`, which follows its tip by these edits, and the index and the work tree
    /// with it.
    pub fn advance(
        &self,
        head: &Head,
        commit: CommitId,
        edits: &[Edit],
        log: &str,
    ) -> Result<(), GitError> {
        let lock = self.index_path().with_extension("lock");
        if lock.exists() {
            return Err(GitError::locked(&format!("`{}` exists", lock.display())));
        }
        let note = self.notes().join(commit.to_string());
        fs::create_dir_all(self.notes())
            .and_then(|()| fs::write(&note, b""))
            .map_err(GitError::io("write", &note))?;
        let moved = self.move_head(head, commit, log);
        let placed = moved.and_then(|()| {
            let paths: Vec<&str> = edits.iter().map(|edit| edit.path.as_str()).collect();
            self.place(head.tip, commit, &paths)
        });
        if placed.is_ok() || self.head()?.is_none_or(|now| now.tip != commit) {
            let _ = fs::remove_file(&note);
        }
        placed
    }

    /// Completes what a killed run began: its commit is HEAD, and the index or the work tree still hold what was before it.
    /// Returns whether there was anything to do.
    pub fn complete(&self) -> Result<bool, GitError> {
        let Ok(notes) = fs::read_dir(self.notes()) else {
            return Ok(false);
        };
        let tip = self.head()?.map(|head| head.tip);
        let mut completed = false;
        for entry in notes.flatten() {
            let id = entry.file_name().to_str().and_then(CommitId::parse);
            if id.is_some() && id == tip {
                completed |= self.complete_at(tip)?;
                let _ = fs::remove_file(entry.path());
            } else if entry
                .metadata()
                .and_then(|meta| meta.modified())
                .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
            {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(completed)
    }

    fn complete_at(&self, tip: Option<CommitId>) -> Result<bool, GitError> {
        let Some(tip) = tip else {
            return Ok(false);
        };
        let Some(before) = self.commit(tip)?.parents.first().copied() else {
            return Ok(false);
        };
        let inside = format!("{}/", self.prefix);
        let paths: Vec<String> = self
            .differing(before, tip)?
            .into_iter()
            .filter_map(|path| match self.prefix.as_str() {
                "" => Some(path),
                _ => path.strip_prefix(&inside).map(str::to_owned),
            })
            .collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        if self.dirty(tip, &paths)?.is_empty() {
            return Ok(false);
        }
        self.place(before, tip, &paths)?;
        Ok(true)
    }

    /// Brings the paths from one commit to the other, in the index and the work tree, wherever they still are as in the first.
    fn place(&self, before: CommitId, after: CommitId, paths: &[&str]) -> Result<(), GitError> {
        let mut tries = TRIES.0;
        loop {
            match self.place_in_index(before, after, paths) {
                Err(error) if error.code() == git2::ErrorCode::Locked && tries > 0 => {
                    tries -= 1;
                    thread::sleep(TRIES.1);
                }
                Err(error) => {
                    return Err(GitError::conflict(format!(
                        "the commit {} is made, but the index could not follow: {}",
                        after.short(),
                        error.message()
                    ))
                    .help("the next `glidepath promote` or `rollback` completes it; or run `git reset --hard` where nothing else is changed"));
                }
                Ok(()) => break,
            }
        }
        for path in paths {
            let (old, new) = (self.bytes(before, path)?, self.bytes(after, path)?);
            let work = self.work_file(path)?;
            if work.as_deref().map(unix) != old.as_deref().map(unix) || self.is_left_out(path)? {
                continue;
            }
            let full = self.root.join(self.full(path));
            match new {
                None => Place::reach(&self.root, &full)
                    .and_then(|place| place.remove_file())
                    .map_err(GitError::io("remove", &full))?,
                Some(text) => {
                    // The line ends that `core.autocrlf` gave the old file.
                    let is_dos = work.is_some_and(|work| work.windows(2).any(|two| two == b"\r\n"));
                    let text = if is_dos { dos(&text) } else { text };
                    self.replace(&full, &text)
                        .map_err(GitError::io("write", &full))?;
                }
            }
        }
        Ok(())
    }

    fn place_in_index(
        &self,
        before: CommitId,
        after: CommitId,
        paths: &[&str],
    ) -> Result<(), git2::Error> {
        let wrap = |error: GitError| git2::Error::from_str(&error.to_string());
        let mut index: Index = self.git.index()?;
        index.read(true)?;
        for path in paths {
            let full = self.full(path);
            let known = index.get_path(Path::new(&full), 0);
            let old = self.blob(before, path).map_err(wrap)?;
            if known.as_ref().map(|entry| entry.id) != old.map(|(id, _)| id) {
                continue;
            }
            match self.blob(after, path).map_err(wrap)? {
                None => index.remove_path(Path::new(&full))?,
                Some((id, mode)) => {
                    let flags = known.map_or(0, |entry| entry.flags_extended);
                    index.add(&entry(full, id, mode, flags))?;
                }
            }
        }
        index.write()
    }

    /// The bytes of a regular file of the work tree.
    fn work_file(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let full = self.root.join(self.full(path));
        let seen = match Place::look(&self.root, &full) {
            // Where a folder should be is a file.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => None,
            other => other.map_err(GitError::io("read", &full))?,
        };
        match seen {
            Some(Seen::File) => {}
            Some(Seen::Folder | Seen::Link | Seen::Special) => {
                return Err(GitError::conflict(format!(
                    "`{}` is no regular file",
                    full.display()
                )));
            }
            None => return Ok(None),
        }
        let read = || {
            let mut bytes = Vec::new();
            let file = Place::reach(&self.root, &full)?.open()?;
            file.take(LARGEST + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > LARGEST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            Ok(bytes)
        };
        read().map(Some).map_err(GitError::io("read", &full))
    }

    /// Replaces a file at once: it is never half-written, and a killed run leaves nothing beside it.
    fn replace(&self, path: &Path, text: &[u8]) -> io::Result<()> {
        let place = Place::make_way(&self.root, path)?;
        let name = format!("{}.staged", std::process::id());
        fs::create_dir_all(self.notes())?;
        let staged = Place::reach(&self.notes(), &self.notes().join(&name))?;
        match put(&staged, &place, text) {
            // The git folder may lie on another disk than the work tree.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let beside = path.with_file_name(format!(".{name}"));
                put(&Place::reach(&self.root, &beside)?, &place, text)
            }
            other => other,
        }
    }

    fn notes(&self) -> PathBuf {
        self.git.path().join(NOTES)
    }

    fn index_path(&self) -> PathBuf {
        self.git.path().join("index")
    }
}

/// Writes a text at one place and moves it to the other.
fn put(staged: &Place, place: &Place, text: &[u8]) -> io::Result<()> {
    // Somebody was killed who had our number.
    let _ = staged.remove_file();
    let mut file = staged.create()?;
    let written = file.write_all(text).and_then(|()| staged.rename(place));
    if written.is_err() {
        let _ = staged.remove_file();
    }
    written
}

fn is_skipped(entry: &IndexEntry) -> bool {
    entry.flags_extended & SKIP_WORKTREE != 0
}

/// An entry whose file git looks at again before it believes that nothing changed.
fn entry(path: String, id: Oid, mode: i32, flags_extended: u16) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: u32::try_from(mode).unwrap_or(0o100_644),
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended,
        path: path.into_bytes(),
    }
}

/// A text without carriage returns at the ends of its lines.
fn unix(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    plain
}

fn dos(text: &[u8]) -> Vec<u8> {
    let mut marked = Vec::with_capacity(text.len());
    for byte in unix(text) {
        if byte == b'\n' {
            marked.push(b'\r');
        }
        marked.push(byte);
    }
    marked
}
