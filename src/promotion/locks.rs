//! The locks of many commits: of thousands that follow one another, few change theirs.

use std::rc::Rc;

use crate::sink::git::{CommitId, ContentId, GitError, Repo};
use crate::tree::Lock;
use crate::units::names::LOCK_FILE;

use super::committed::in_tree;

/// How many locks are kept: a commit's, and that of the one before.
const KEPT: usize = 2;

/// Reads each lock once for as long as commits next to each other have it.
pub(super) struct Locks<'a> {
    pub(super) repo: &'a Repo,
    /// The hashes of the locks that were read last, and what they hold, the newest first.
    last: Vec<(ContentId, Option<Rc<Lock>>)>,
}

impl<'a> Locks<'a> {
    pub(super) fn of(repo: &'a Repo) -> Self {
        Self {
            repo,
            last: Vec::new(),
        }
    }

    /// The lock of a commit; `None` where it has none that can be read.
    pub(super) fn at(&mut self, commit: CommitId) -> Result<Option<Rc<Lock>>, GitError> {
        let path = in_tree(LOCK_FILE);
        let Some(id) = self.repo.content_id(commit, &path)? else {
            return Ok(None);
        };
        if let Some((_, lock)) = self.last.iter().find(|(known, _)| *known == id) {
            return Ok(lock.clone());
        }
        let text = self.repo.file(commit, &path)?;
        let lock = text.and_then(|text| Lock::read(&text).ok()).map(Rc::new);
        self.last.insert(0, (id, lock.clone()));
        self.last.truncate(KEPT);
        Ok(lock)
    }
}
