//! What commits, and the log of a branch, say of time.

use std::collections::BTreeSet;

use git2::{ErrorCode, Oid};

use crate::units::Timestamp;

use super::{CommitId, GitError, Head, Repo};

/// The dates of all commits that one follows, over every parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// The latest that is not in the future, and its commit.
    pub latest: Option<(Timestamp, CommitId)>,
    /// The latest that is in the future, and its commit.
    pub future: Option<(Timestamp, CommitId)>,
}

impl Repo {
    /// When the commits that `id` follows came into being, as far as the clone has them. Dates need not rise along the history, so
    /// every commit is looked at.
    pub fn dates_before(&self, id: CommitId, now: Timestamp) -> Result<Dates, GitError> {
        let is_shallow = self.git.is_shallow();
        let mut dates = Dates::default();
        let mut open: Vec<Oid> = self.find_commit(id.0)?.parent_ids().collect();
        let mut seen = BTreeSet::new();
        while let Some(next) = open.pop() {
            if !seen.insert(next) {
                continue;
            }
            let commit = match self.find_commit(next) {
                Ok(commit) => commit,
                Err(error) if error.code() == ErrorCode::NotFound && is_shallow => continue,
                Err(error) => return Err(error.into()),
            };
            let found = (
                Timestamp::from_seconds(commit.time().seconds()),
                CommitId(next),
            );
            let known = if found.0 > now {
                &mut dates.future
            } else {
                &mut dates.latest
            };
            *known = (*known).max(Some(found));
            open.extend(commit.parent_ids());
        }
        Ok(dates)
    }

    /// When the branch that is checked out got the first of these commits by a merge, a reset or another name in this clone, as its
    /// log says. `None` where it says nothing of it, or where the commits came from elsewhere: then the branch had them there
    /// before.
    pub fn arrived_here(
        &self,
        head: &Head,
        commits: &[CommitId],
    ) -> Result<Option<Timestamp>, GitError> {
        if head.branch.is_none() {
            return Ok(None);
        }
        let log = self.git.reflog(&head.reference)?;
        let mut arrived = None;
        for entry in log.iter() {
            if !commits.contains(&CommitId(entry.id_new())) {
                break;
            }
            let message = entry.message().ok().flatten().unwrap_or_default();
            let at = Timestamp::from_seconds(entry.committer().when().seconds());
            arrived = self.is_from_here(message).then_some(at);
            // The same commits, under another branch's name until then.
            if message.starts_with("Branch: renamed") {
                break;
            }
        }
        Ok(arrived)
    }

    /// Whether a branch moved by something of this clone's own. What a commit itself says of its time is known already.
    fn is_from_here(&self, message: &str) -> bool {
        let is_branch = |name: &str| {
            let name = format!("refs/heads/{name}");
            self.git.find_reference(&name).is_ok()
        };
        if let Some(rest) = message.strip_prefix("merge ") {
            // `merge glidepath/x/y: Fast-forward`
            return rest.split(": ").next().is_some_and(is_branch);
        }
        if let Some(name) = message.strip_prefix("reset: moving to ") {
            return is_branch(name);
        }
        message.starts_with("Branch: renamed")
    }
}
