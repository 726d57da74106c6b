//! The pointer's history: derived from the trees of the first-parent commits, so that squash, rebase and merge commits all
//! tell the same.

use crate::sink::git::{Commit, CommitId, GitError, Repo};
use crate::tree::Pointer;

use super::ledger::Trailers;

/// How many commits of a merged branch are searched for the trailers of a move.
const MERGED: usize = 100;

/// The commit with which the pointer came to a stage.
#[derive(Clone, Debug)]
pub struct Move {
    /// The stage, by name; `None` where the pointer was gone or named none.
    pub stage: Option<String>,
    /// The commit on the branch.
    pub commit: Commit,
    /// What its trailers tell, or those of the commit that it merged; `None` for a foreign commit.
    pub entry: Option<Trailers>,
}

/// The commits of the live stage, from `tip` back to the one that entered it, which is the last. Empty where there is no stage.
pub fn since(repo: &Repo, tip: CommitId, pointer: &str) -> Result<Vec<Commit>, GitError> {
    let live = stage_at(repo, tip, pointer)?;
    if live.is_none() {
        return Ok(Vec::new());
    }
    let mut commits = vec![repo.commit(tip)?];
    loop {
        let commit = &commits[commits.len() - 1];
        let Some(parent) = repo.first_parent(commit)? else {
            return Ok(commits);
        };
        if !repo.is_same(commit.id, parent.id, pointer)?
            && stage_at(repo, parent.id, pointer)? != live
        {
            return Ok(commits);
        }
        commits.push(parent);
    }
}

/// The newest commit up to `tip` that changed a file.
pub fn last_change(repo: &Repo, tip: CommitId, path: &str) -> Result<Commit, GitError> {
    let mut commit = repo.commit(tip)?;
    while let Some(parent) = repo.first_parent(&commit)? {
        if !repo.is_same(commit.id, parent.id, path)? {
            break;
        }
        commit = parent;
    }
    Ok(commit)
}

/// Every move of the pointer on the way to `tip`, the oldest first.
pub fn moves(repo: &Repo, tip: CommitId, pointer: &str) -> Result<Vec<Move>, GitError> {
    let mut found = Vec::new();
    let mut commit = repo.commit(tip)?;
    let mut stage = stage_at(repo, tip, pointer)?;
    loop {
        let parent = repo.first_parent(&commit)?;
        let before = match &parent {
            None => None,
            Some(parent) if repo.is_same(commit.id, parent.id, pointer)? => stage.clone(),
            Some(parent) => stage_at(repo, parent.id, pointer)?,
        };
        if before != stage {
            found.push(Move {
                entry: entry(repo, &commit, stage.as_deref())?,
                stage: stage.clone(),
                commit: commit.clone(),
            });
        }
        match parent {
            None => break,
            Some(parent) => (commit, stage) = (parent, before),
        }
    }
    found.reverse();
    Ok(found)
}

/// The stage that the pointer of a commit names.
pub fn stage_at(repo: &Repo, at: CommitId, pointer: &str) -> Result<Option<String>, GitError> {
    let text = repo.file(at, pointer)?;
    Ok(text
        .and_then(|text| Pointer::read(&text).ok())
        .map(|pointer| pointer.stage().to_owned()))
}

/// What is told of a move into `stage`: by the commit itself, or by one of the branch that it merged.
fn entry(repo: &Repo, commit: &Commit, stage: Option<&str>) -> Result<Option<Trailers>, GitError> {
    let tells = |commit: &Commit| {
        Trailers::read(&commit.message).filter(|entry| Some(entry.to.as_str()) == stage)
    };
    if let Some(entry) = tells(commit) {
        return Ok(Some(entry));
    }
    let mut open: Vec<CommitId> = commit.parents.iter().skip(1).copied().collect();
    for _ in 0..MERGED {
        let Some(id) = open.pop() else {
            break;
        };
        if !repo.has(id) {
            continue;
        }
        let merged = repo.commit(id)?;
        if let Some(entry) = tells(&merged) {
            return Ok(Some(entry));
        }
        let first = commit.parents.first().copied();
        open.extend(
            merged
                .parents
                .first()
                .copied()
                .filter(|id| Some(*id) != first),
        );
    }
    Ok(None)
}
