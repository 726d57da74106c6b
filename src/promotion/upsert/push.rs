//! The branch of a pull request, in the repository elsewhere.

use crate::promotion::branch::is_ours;
use crate::promotion::evidence::{is_same, is_worn};
use crate::promotion::ledger::Trailers;
use crate::promotion::site::Site;
use crate::promotion::{Error, Refusal, Why};
use crate::sink::git::{CommitId, GitError, Repo};

use super::PullRequest;

/// Makes sure of the branch; gives its tip, and whether it moved.
pub(super) fn push(
    repo: &Repo,
    site: &Site,
    wanted: &PullRequest<'_>,
) -> Result<(String, bool), Error> {
    let tips = site.remote.tips(&[&site.base, wanted.branch])?;
    let base = base_tip(repo, site, wanted, tips.get(&site.base))?;
    let known = tips.get(wanted.branch);
    if let Some(text) = known {
        let tip = known_commit(repo, site, wanted.branch, text)?;
        let is_merged = repo.reaches(base, tip)?;
        if !is_merged && !is_ours(repo, base, tip, wanted.edits)? {
            let commit = repo.commit(tip)?;
            let message = format!(
                "the branch `{}` has commits that glidepath did not make: {} by {}",
                wanted.branch,
                tip.short(),
                commit.author
            );
            return Err(Refusal::new(Why::Conflict, message)
                .help("merge it, or delete the branch")
                .into());
        }
        if !is_merged && is_the_same(repo, base, tip, wanted)? {
            return Ok((text.clone(), false));
        }
    }
    let commit = repo
        .follow(base, wanted.edits, wanted.message, wanted.signing)?
        .to_string();
    site.remote
        .push(&commit, wanted.branch, known.map(String::as_str))?;
    Ok((commit, true))
}

/// The base's tip, if what was decided in the checkout still holds there.
fn base_tip(
    repo: &Repo,
    site: &Site,
    wanted: &PullRequest<'_>,
    tip: Option<&String>,
) -> Result<CommitId, Error> {
    let base = &site.base;
    let Some(text) = tip else {
        let message = format!("the repository has no branch `{base}`");
        return Err(Refusal::new(Why::Wrong, message)
            .help("name the branch to merge into as `base`")
            .into());
    };
    let tip = known_commit(repo, site, base, text)?;
    for edit in wanted.edits {
        let tree = edit.path.split('/').next().unwrap_or_default();
        for path in [tree, crate::units::names::SPEC_FILE] {
            if !repo.is_same(wanted.head.tip, tip, path)? {
                let message = format!(
                    "`{}` is not the same on `{base}` as in the checkout at {}",
                    repo.from_root(path),
                    wanted.head.tip.short()
                );
                return Err(Refusal::new(Why::Conflict, message)
                    .help(format!("run again on the newest commit of `{base}`"))
                    .into());
            }
        }
    }
    Ok(tip)
}

/// A commit that a branch elsewhere leads to, fetched where it is not here.
pub(super) fn known_commit(
    repo: &Repo,
    site: &Site,
    branch: &str,
    text: &str,
) -> Result<CommitId, Error> {
    let id = CommitId::parse(text).ok_or_else(|| {
        Refusal::new(
            Why::Outside,
            format!("`{branch}` leads to `{text}`, which is no commit"),
        )
    })?;
    if !repo.has(id) {
        site.remote.fetch(branch)?;
    }
    Ok(id)
}

/// Whether a commit of ours says the same already. Its parent may be older than the base, as long as the files it changes are
/// the same there: a new commit for each one of the base would only make noise.
fn is_the_same(
    repo: &Repo,
    base: CommitId,
    tip: CommitId,
    wanted: &PullRequest<'_>,
) -> Result<bool, GitError> {
    let commit = repo.commit(tip)?;
    let [parent] = commit.parents[..] else {
        return Ok(false);
    };
    let (now, then) = (
        Trailers::read(wanted.message),
        Trailers::read(&commit.message),
    );
    let key = |trailers: &Trailers| {
        (
            trailers.from.clone(),
            trailers.to.clone(),
            trailers.digest.clone(),
            trailers.forced.clone(),
            trailers.lifted.clone(),
            trailers.gates.clone(),
        )
    };
    if now.as_ref().map(key) != then.as_ref().map(key) {
        return Ok(false);
    }
    for edit in wanted.edits {
        if repo.file(parent, &edit.path)? != repo.file(base, &edit.path)? {
            return Ok(false);
        }
        let there = repo.file(tip, &edit.path)?;
        let (there, content) = (there.as_deref(), edit.content.as_deref());
        if !is_same(&edit.path, there, content) || is_worn(there, content, wanted.evidence_max_age)
        {
            return Ok(false);
        }
    }
    Ok(true)
}
