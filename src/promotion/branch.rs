//! A move as a branch of its own, for people to look at before it is merged.

use std::collections::BTreeMap;

use crate::sink::git::{CommitId, Edit, GitError, Head, RefChange, Repo, Signing};

use super::evidence::{is_of_a_move, is_same};
use super::ledger::Trailers;
use super::{Error, Refusal, Why};

/// What became of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// The branch is new, or leads to another commit now.
    Moved(CommitId),
    /// The branch is there already, as it should be.
    AsBefore(CommitId),
}

/// What every branch of ours begins with, where nothing else is said.
pub const PREFIX: &str = "glidepath/";

/// A branch's short name, given as such or in full: `main` of `refs/heads/main`. What git takes for no branch's name is refused, and
/// so is the full name of something else.
pub fn short_name(given: &str) -> Result<String, Refusal> {
    let short = given.strip_prefix("refs/heads/").unwrap_or(given);
    if Repo::is_branch_name(short) && !short.starts_with("refs/") {
        return Ok(short.to_owned());
    }
    let message = format!("`{given}` is no name for a branch");
    Err(Refusal::new(Why::Usage, message).help("write it as `main` or `refs/heads/main`"))
}

/// The branch for a move, by its short name.
pub fn name(prefix: &str, rollout: &str, stage: &str) -> String {
    format!("{}{stage}", folder(prefix, rollout))
}

/// What the branches of a rollout begin with.
fn folder(prefix: &str, rollout: &str) -> String {
    format!("{prefix}{rollout}/")
}

/// A branch that already proposes to leave the live stage for another one than `to`.
pub fn open_elsewhere(
    repo: &Repo,
    head: &Head,
    rollout: &str,
    live: &str,
    to: &str,
) -> Result<Option<String>, GitError> {
    let start = format!("refs/heads/{}", folder(PREFIX, rollout));
    for (name, tip) in repo.references_below(&start)? {
        let trailers = Trailers::read(&repo.commit(tip)?.message);
        let is_other = trailers.is_some_and(|trailers| {
            trailers.rollout == rollout && trailers.from == live && trailers.to != to
        });
        if is_other && !repo.reaches(head.tip, tip)? {
            return Ok(Some(name.replacen("refs/heads/", "", 1)));
        }
    }
    Ok(None)
}

/// Makes a branch lead to one commit on top of HEAD, without touching the work tree. Commits of others are never lost.
pub fn propose(
    repo: &Repo,
    head: &Head,
    branch: &str,
    edits: &[Edit],
    message: &str,
    signing: &Signing,
) -> Result<Proposed, Error> {
    let reference = format!("refs/heads/{branch}");
    let known = repo.reference(&reference)?;
    if repo.is_checked_out(branch) {
        let message = format!("the branch `{branch}` is checked out in a work tree");
        let help = "switch that work tree to another branch".to_owned();
        return Err(Refusal::new(Why::Conflict, message).help(help).into());
    }
    if let Some(tip) = known
        && !repo.reaches(head.tip, tip)?
    {
        let commit = repo.commit(tip)?;
        if !is_ours(repo, head.tip, tip, edits)? {
            let message = format!(
                "the branch `{branch}` has commits that glidepath did not make: {} by {}",
                tip.short(),
                commit.author
            );
            return Err(Refusal::new(Why::Conflict, message)
                .help(format!(
                    "merge it, or delete it with `git branch -D {branch}`"
                ))
                .into());
        }
        if commit.parents == [head.tip]
            && commit.message == message
            && holds(repo, tip, head.tip, edits)?
        {
            return Ok(Proposed::AsBefore(tip));
        }
    }
    let commit = repo.follow(head.tip, edits, message, signing)?;
    let change = RefChange {
        name: reference,
        from: known,
        to: Some(commit),
    };
    repo.move_references(&[change], "glidepath: propose")?;
    Ok(Proposed::Moved(commit))
}

/// Whether a commit holds what the edits make of its parent, and nothing else.
fn holds(repo: &Repo, tip: CommitId, parent: CommitId, edits: &[Edit]) -> Result<bool, GitError> {
    let wanted: BTreeMap<String, &Option<String>> = edits
        .iter()
        .map(|edit| (repo.from_root(&edit.path), &edit.content))
        .collect();
    let differing = repo.differing(parent, tip)?;
    if !differing.iter().all(|path| wanted.contains_key(path)) {
        return Ok(false);
    }
    for edit in edits {
        let there = repo.file(tip, &edit.path)?;
        if !is_same(&edit.path, there.as_deref(), edit.content.as_deref()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a commit is a move of ours on top of the branch's history, and nothing else: trailers alone can be copied.
pub(super) fn is_ours(
    repo: &Repo,
    base: CommitId,
    tip: CommitId,
    edits: &[Edit],
) -> Result<bool, GitError> {
    let commit = repo.commit(tip)?;
    let [parent] = commit.parents[..] else {
        return Ok(false);
    };
    let trees: Vec<String> = edits
        .iter()
        .map(|edit| edit.path.split('/').next().unwrap_or_default())
        .map(|tree| repo.from_root(&format!("{tree}/")))
        .collect();
    let is_mine = |path: &String| {
        let below = |tree: &String| path.strip_prefix(tree.as_str()).is_some_and(is_of_a_move);
        trees.iter().any(below)
    };
    Ok(Trailers::read(&commit.message).is_some()
        && repo.reaches(base, parent)?
        && repo.differing(parent, tip)?.iter().all(is_mine))
}
