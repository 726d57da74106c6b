//! The stay: how long one stage, with one content, has been live without a break on the first-parent history. Derived from the files
//! of each commit, so that squash, rebase and merge commits all tell the same, and so does a lock that somebody edited.

use crate::sink::git::{Commit, CommitId, GitError, Repo};
use crate::tree::{Content, Pointer};
use crate::units::names::POINTER_FILE;

use super::committed::in_tree;

/// The folder of what all stages share.
pub(super) const BASE: &str = "base";

/// What a commit's pointer leads to.
#[derive(Clone, Debug)]
pub(super) struct Served {
    at: CommitId,
    pointer: String,
    /// The stage, by name.
    pub(super) stage: String,
    folder: String,
}

/// How a commit began something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Began {
    /// Its pointer leads to another stage than before, or to one for the first time.
    Moved,
    /// Its pointer leads to the same stage, whose objects are others now; what of them, in a few words.
    Changed(String),
}

/// One commit of the history, as the pointer sees it.
#[derive(Clone, Debug)]
pub(super) struct Visited {
    pub(super) commit: Commit,
    /// The stage that is live by it; `None` where the pointer is gone or names none.
    pub(super) served: Option<Served>,
    /// What it began; `None` where it leaves what is live as it was.
    pub(super) began: Option<Began>,
}

/// The first-parent history from a commit back.
pub(super) struct Walk<'a> {
    repo: &'a Repo,
    next: Option<(Commit, Option<Served>)>,
}

/// The time that the live stage has been live as it is.
#[derive(Clone, Debug)]
pub struct LiveStay {
    /// Its commits, the newest first; the last one began it. Never empty.
    commits: Vec<Commit>,
    /// What of the stage's objects changed when it began, where the stage was live before.
    pub changed: Option<String>,
}

impl Served {
    fn at(repo: &Repo, at: CommitId) -> Result<Option<Self>, GitError> {
        let Some(text) = repo.file(at, &in_tree(POINTER_FILE))? else {
            return Ok(None);
        };
        Ok(Pointer::read(&text).ok().map(|pointer| Self {
            at,
            stage: pointer.stage().to_owned(),
            folder: in_tree(&format!("stages/{}", pointer.folder)),
            pointer: text,
        }))
    }

    /// What it serves, by its files.
    pub(super) fn content(&self, repo: &Repo) -> Result<Content, GitError> {
        let folders = [
            repo.files_in(self.at, &in_tree(BASE))?,
            repo.files_in(self.at, &self.folder)?,
        ];
        Ok(Content::read(&self.pointer, &folders))
    }

    /// Whether the very files are those of another commit; nothing is read for it.
    fn has_files_of(&self, other: &Self, repo: &Repo) -> Result<bool, GitError> {
        Ok(self.pointer == other.pointer
            && repo.is_same(self.at, other.at, &self.folder)?
            && repo.is_same(self.at, other.at, &in_tree(BASE))?)
    }

    /// What has begun since the commit before.
    fn since(&self, before: &Self, repo: &Repo) -> Result<Option<Began>, GitError> {
        if self.stage != before.stage {
            return Ok(Some(Began::Moved));
        }
        if self.has_files_of(before, repo)? {
            return Ok(None);
        }
        let (old, new) = (before.content(repo)?, self.content(repo)?);
        Ok((old != new).then(|| Began::Changed(old.changes(&new))))
    }
}

impl<'a> Walk<'a> {
    /// Begins at a commit.
    pub(super) fn new(repo: &'a Repo, tip: CommitId) -> Result<Self, GitError> {
        let first = (repo.commit(tip)?, Served::at(repo, tip)?);
        Ok(Self {
            repo,
            next: Some(first),
        })
    }

    /// The next commit, going back. That a shallow clone does not have it is an error.
    pub(super) fn back(&mut self) -> Result<Option<Visited>, GitError> {
        let Some((commit, served)) = self.next.take() else {
            return Ok(None);
        };
        let repo = self.repo;
        let parent = repo.first_parent(&commit)?;
        let before = match (&parent, &served) {
            (None, _) => None,
            // Of most commits nothing is read at all.
            (Some(parent), Some(served))
                if repo.is_same(commit.id, parent.id, &in_tree(POINTER_FILE))? =>
            {
                Some(Served {
                    at: parent.id,
                    ..served.clone()
                })
            }
            (Some(parent), _) => Served::at(repo, parent.id)?,
        };
        let began = match (&before, &served) {
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => Some(Began::Moved),
            (Some(before), Some(served)) => served.since(before, repo)?,
        };
        self.next = parent.map(|parent| (parent, before));
        Ok(Some(Visited {
            commit,
            served,
            began,
        }))
    }
}

impl LiveStay {
    /// The stay of what is live at `tip`, where a stage is.
    pub(super) fn of(repo: &Repo, tip: CommitId) -> Result<Self, GitError> {
        let mut walk = Walk::new(repo, tip)?;
        let mut stay = Self {
            commits: Vec::new(),
            changed: None,
        };
        while let Some(visited) = walk.back()? {
            stay.commits.push(visited.commit);
            match visited.began {
                None => {}
                Some(Began::Moved) => break,
                Some(Began::Changed(what)) => {
                    stay.changed = Some(what);
                    break;
                }
            }
        }
        Ok(stay)
    }

    /// The commit that began it.
    pub fn began(&self) -> &Commit {
        self.commits
            .last()
            .expect("the live stage has been entered")
    }

    /// Its commits, the newest first.
    pub(super) fn ids(&self) -> Vec<CommitId> {
        self.commits.iter().map(|commit| commit.id).collect()
    }

    /// The hashes of its commits in full, the newest first.
    pub fn commits(&self) -> Vec<String> {
        let commits = self.commits.iter();
        commits.map(|commit| commit.id.to_string()).collect()
    }

    /// `` restarted by 1a2b3c4: image of `v2` ``, where the stage was live before.
    pub fn restarted(&self) -> Option<String> {
        let what = self.changed.as_ref()?;
        Some(format!("restarted by {}: {what}", self.began().id.short()))
    }
}
