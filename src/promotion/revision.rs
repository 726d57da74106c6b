//! What the repository held at another revision, read from git's objects without touching the work tree.

use std::path::{Path, PathBuf};

use crate::sink::git::{CommitFiles, CommitId, Repo};

use super::{Error, Refusal, Why};

/// A file at a revision.
pub struct AtRevision {
    repo: Repo,
    /// The commit that the revision names.
    pub commit: CommitId,
    /// The file's text; `None` where it was not there yet.
    pub text: Option<String>,
}

impl AtRevision {
    /// Reads a file of a folder as it was at a revision.
    pub fn read(folder: &Path, file: &str, revision: &str) -> Result<Self, Error> {
        let repo = Repo::open(folder)?;
        let commit = resolve(&repo, revision, "`tree`")?;
        Ok(Self {
            text: repo.file(commit, file)?,
            repo,
            commit,
        })
    }

    /// The files beside the file, as they were.
    pub fn files(&self) -> CommitFiles<'_> {
        CommitFiles::new(&self.repo, self.commit)
    }
}

/// A path at a revision, from the root of the repository around the working directory.
pub struct AtRoot {
    repo: Repo,
    commit: CommitId,
    /// The path, from the repository's root.
    pub path: String,
}

impl AtRoot {
    /// Reads `REVISION:PATH` as git does: the path begins at the repository's root, or where one is where it begins with `./`.
    pub fn read(revision: &str, path: &str) -> Result<Self, Error> {
        let repo = Repo::open(Path::new("."))?;
        let commit = resolve(&repo, revision, "a file, a folder")?;
        let path = match path.strip_prefix("./") {
            Some(below) => repo.from_root(below),
            None => path.to_owned(),
        };
        Ok(Self {
            path: path.trim_end_matches('/').to_owned(),
            repo: repo.at_root(),
            commit,
        })
    }

    /// The repository's files, as they were.
    pub fn files(&self) -> CommitFiles<'_> {
        CommitFiles::new(&self.repo, self.commit)
    }
}

/// The work tree around a folder; `None` where it is in no repository.
pub fn root_of(folder: &Path) -> Result<Option<PathBuf>, Error> {
    Ok(Repo::find(folder)?.map(|repo| repo.work_tree().to_owned()))
}

/// The commit that a revision names; `other` is what else may be given in its place.
fn resolve(repo: &Repo, revision: &str, other: &str) -> Result<CommitId, Error> {
    let found = repo.resolve(revision)?.ok_or_else(|| {
        let message = format!("`{revision}` names no commit of the repository");
        Refusal::new(Why::Usage, message).help(format!(
            "name {other}, or a branch, a tag or a commit; fetch it first where the clone does not have it"
        ))
    })?;
    Ok(found)
}
