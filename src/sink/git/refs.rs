//! References: each moves only from the value that was read before.

use std::collections::BTreeMap;
use std::fs;

use git2::{ErrorCode, Reference};

use super::read::target;
use super::{CommitId, GitError, Head, Repo};

/// What is to become of a reference.
#[derive(Clone, Debug)]
pub struct RefChange {
    /// The reference's full name, `refs/tags/…`.
    pub name: String,
    /// What it was when it was read; `None` where there was none.
    pub from: Option<CommitId>,
    /// The commit that it shall lead to; `None` removes it.
    pub to: Option<CommitId>,
}

impl Repo {
    /// Moves HEAD's branch, or a detached HEAD, to a commit; fails where it is no longer what it was.
    pub(super) fn move_head(&self, head: &Head, to: CommitId, log: &str) -> Result<(), GitError> {
        let what = head
            .branch
            .as_ref()
            .map_or("HEAD".to_owned(), |branch| format!("the branch `{branch}`"));
        self.check_log()?;
        // Switching branches meanwhile is a move, too.
        let now = self.head()?;
        if now.is_none_or(|now| now.reference != head.reference || now.tip != head.tip) {
            return Err(GitError::moved(&what));
        }
        self.git
            .reference_matching(&head.reference, to.0, true, head.tip.0, log)
            .map_err(|error| {
                if matches!(error.code(), ErrorCode::Modified | ErrorCode::NotFound) {
                    GitError::moved(&what)
                } else {
                    error.into()
                }
            })?;
        Ok(())
    }

    /// What a reference leads to.
    pub fn reference(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        match self.git.find_reference(name) {
            Ok(reference) => Ok(Some(self.peel(target(&reference)?)?)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The references whose names begin so, with what they lead to; those that lead to no commit are left out.
    pub fn references_below(&self, start: &str) -> Result<BTreeMap<String, CommitId>, GitError> {
        let mut found = BTreeMap::new();
        for reference in self.git.references_glob(&format!("{start}*"))? {
            let reference: Reference<'_> = reference?;
            let commit = target(&reference).and_then(|id| self.peel(id));
            if let (Ok(name), Ok(commit)) = (reference.name(), commit) {
                found.insert(name.to_owned(), commit);
            }
        }
        Ok(found)
    }

    /// Whether a work tree of the repository stands on this branch, by its short name.
    pub fn is_checked_out(&self, branch: &str) -> bool {
        let common = self.git.commondir();
        let heads = fs::read_dir(common.join("worktrees"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("HEAD"))
            .chain([common.join("HEAD"), self.git.path().join("HEAD")]);
        let wanted = format!("ref: refs/heads/{branch}");
        heads
            .filter_map(|path| fs::read_to_string(path).ok())
            .any(|text| text.trim_end() == wanted)
    }

    /// Whether git allows a branch of this name.
    pub fn is_branch_name(name: &str) -> bool {
        git2::Branch::name_is_valid(name).unwrap_or(false)
    }

    /// Moves references together: all are locked and compared with what they were before the first one moves.
    pub fn move_references(&self, changes: &[RefChange], log: &str) -> Result<(), GitError> {
        self.check_log()?;
        let mut transaction = self.git.transaction()?;
        for change in changes {
            transaction.lock_ref(&change.name).map_err(|error| {
                if error.code() == ErrorCode::Locked {
                    return error.into();
                }
                GitError::conflict(format!(
                    "`{}` cannot be made: {}",
                    change.name,
                    error.message()
                ))
                .help("another reference is in its way; rename or delete that one")
            })?;
        }
        for change in changes {
            if self.reference(&change.name)? != change.from {
                return Err(GitError::moved(&format!("`{}`", change.name)));
            }
            match change.to {
                Some(to) => transaction.set_target(&change.name, to.0, None, log)?,
                None => transaction.remove(&change.name)?,
            }
        }
        Ok(transaction.commit()?)
    }
}
