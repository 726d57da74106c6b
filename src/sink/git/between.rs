//! What lies between two commits.

use git2::{ErrorCode, Sort};

use super::{Commit, CommitId, GitError, Head, Repo};

impl Repo {
    /// A commit as if it were checked out, on no branch.
    pub fn detached(commit: CommitId) -> Head {
        Head {
            branch: None,
            tip: commit,
            reference: "HEAD".to_owned(),
        }
    }

    /// Whether the clone was cut off somewhere.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }

    /// The best commit that both come after; `None` where the clone has none.
    pub fn merge_base(&self, a: CommitId, b: CommitId) -> Result<Option<CommitId>, GitError> {
        match self.git.merge_base(a.0, b.0) {
            Ok(base) => Ok(Some(CommitId(base))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The commits that lead to `tip` and not to `base`, the newest first, and no more than `most`.
    pub fn commits_between(
        &self,
        base: CommitId,
        tip: CommitId,
        most: usize,
    ) -> Result<Vec<Commit>, GitError> {
        let mut walk = self.git.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL)?;
        walk.push(tip.0)?;
        walk.hide(base.0)?;
        let ids = walk.take(most).collect::<Result<Vec<_>, _>>()?;
        ids.into_iter()
            .map(|id| self.commit(CommitId(id)))
            .collect()
    }
}
