//! What the repository held at another revision, read from git's objects without touching the work tree.

use std::path::{Path, PathBuf};

use crate::sink::git::{CommitFiles, CommitId, Repo};
use crate::tree::unified;
use crate::units::names::{SPEC_FILE, TREE_FOLDER};

use super::committed::{Committed, in_tree};
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

/// What has happened to a rollout since another commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// The clone does not have that commit.
    Unknown,
    /// Neither rollout.yaml nor the tree has changed.
    Nothing,
    /// One of them has; this is what changes in the live stage's manifests, as one unified diff.
    Changed(String),
}

impl Committed {
    /// What has happened to the rollout since a commit, by its full hash.
    pub fn since_commit(&self, base: &str) -> Result<Since, Error> {
        let (repo, tip) = (&self.repo, self.head.tip);
        let Some(base) = CommitId::parse(base).filter(|base| repo.has(*base)) else {
            return Ok(Since::Unknown);
        };
        if repo.is_same(base, tip, SPEC_FILE)? && repo.is_same(base, tip, TREE_FOLDER)? {
            return Ok(Since::Nothing);
        }
        let folder = in_tree(&format!("stages/{}", self.stage().folder));
        let (old, new) = (repo.files_in(base, &folder)?, repo.files_in(tip, &folder)?);
        let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
        names.sort();
        names.dedup();
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
        Ok(Since::Changed(diff))
    }
}
