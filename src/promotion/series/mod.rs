//! The stages as commits of a branch: what each holds, and which of those that are there stay.
//!
//! The files are those of Argo CD's source hydrator, so that an Application reads them as it reads its own.

mod dry;
mod files;
mod planned;

use std::collections::BTreeMap;
use std::path::Path;

use crate::compile::Compiled;
use crate::diag::words::and_list;
use crate::sink::git::{Commit, CommitId, GitError, RefChange, Repo, Signing};
use crate::units::sha256_hex;

use super::ledger::one_line;
use super::{Error, Refusal, Why};

use dry::{Dry, dry};
use files::{MANIFEST, files};
use planned::planned;

pub use planned::Planned;

const ROLLOUT: &str = "Series-Rollout: ";
const STAGE: &str = "Series-Stage: ";
const CONTENT: &str = "Series-Content: ";

/// The series that a branch shall hold.
#[derive(Clone, Copy, Debug)]
struct Series<'a> {
    /// The rollout's name.
    pub rollout: &'a str,
    /// The branch, by its short name.
    pub branch: &'a str,
    /// The folder of the manifests, from the repository's root.
    pub folder: &'a str,
    /// The stages, in order.
    pub stages: &'a [Planned],
    /// The commit that the stages come from.
    pub dry: &'a Dry,
}

/// What became of a series.
#[derive(Clone, Debug)]
pub struct Written {
    /// The commit of each stage, in order.
    pub commits: Vec<CommitId>,
    /// How many of the commits were there already.
    pub kept: usize,
    /// How many references moved.
    pub moved: usize,
}

/// Refuses a folder that is no path inside a branch.
fn check_folder(folder: &str) -> Result<(), Refusal> {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && part != ".git";
    if folder.split('/').all(is_plain) && !folder.contains(|c: char| c.is_control() || c == '\\') {
        return Ok(());
    }
    let message = format!("`{folder}` is no path inside the branch");
    Err(Refusal::new(Why::Usage, message).help("write it as `manifests/prod`"))
}

/// The file that a series comes from.
#[derive(Clone, Copy, Debug)]
pub struct SeriesSource<'a> {
    /// The folder of rollout.yaml.
    pub folder: &'a Path,
    /// The file's name.
    pub name: &'a str,
    /// The file's text on the disk.
    pub text: &'a str,
    /// The file's path, for messages.
    pub shown: &'a str,
}

/// Writes the stages of a plan to a branch, one commit each: what each is, and what became of it.
pub fn publish(
    from: &SeriesSource<'_>,
    compiled: &Compiled,
    branch: &str,
    folder: &str,
    signing: &Signing,
) -> Result<(Vec<Planned>, Written), Error> {
    check_folder(folder)?;
    let repo = Repo::open(from.folder)?;
    let dry = dry(&repo, from.name, from.text)?.ok_or_else(|| {
        let message = format!("`{}` has changes that are not committed", from.shown);
        Refusal::new(Why::Conflict, message)
            .help("commit it first: every commit of the series names the commit that it comes from")
    })?;
    let stages = planned(compiled);
    let series = Series {
        rollout: compiled.plan.name.as_str(),
        branch,
        folder,
        stages: &stages,
        dry: &dry,
    };
    let written = write(&repo, &series, signing)?;
    Ok((stages, written))
}

/// Makes the branch and the tags of a series; commits that are as they should be stay.
fn write(repo: &Repo, series: &Series<'_>, signing: &Signing) -> Result<Written, Error> {
    let reference = format!("refs/heads/{}", series.branch);
    let tip = repo.reference(&reference)?;
    if repo.is_checked_out(series.branch) {
        let message = format!(
            "the branch `{}` is checked out in a work tree",
            series.branch
        );
        return Err(refused(message, "name another branch for the series"));
    }
    let known = match tip {
        Some(tip) => chain(repo, series, tip)?,
        None => Vec::new(),
    };
    let manifest = format!("{}/{MANIFEST}", series.folder);
    let mut commits: Vec<CommitId> = Vec::new();
    for (stage, commit) in series.stages.iter().zip(&known) {
        let is_same = commit.message == message(series, stage, commit_content(&commit.message))
            && repo.file_from_root(commit.id, &manifest)?.as_ref() == Some(&stage.manifest);
        if !is_same {
            break;
        }
        commits.push(commit.id);
    }
    let kept = commits.len();
    for stage in &series.stages[kept..] {
        let files = files(series, stage);
        let text = message(series, stage, &content(&files));
        let parent = commits.last().copied();
        commits.push(repo.snapshot(parent, &files, &text, signing)?);
    }
    let mut changes = tags(repo, series, &commits)?;
    changes.insert(
        0,
        RefChange {
            name: reference,
            from: tip,
            to: commits.last().copied(),
        },
    );
    changes.retain(|change| change.from != change.to);
    if !changes.is_empty() {
        repo.move_references(&changes, "glidepath: series")?;
    }
    Ok(Written {
        commits,
        kept,
        moved: changes.len(),
    })
}

/// The commits that are on the branch, oldest first; one that is not ours is an error.
fn chain(repo: &Repo, series: &Series<'_>, tip: CommitId) -> Result<Vec<Commit>, Error> {
    let mut found = Vec::new();
    let mut next = Some(repo.commit(tip)?);
    while let Some(commit) = next {
        if !is_ours(repo, series.rollout, &commit)? {
            let message = format!(
                "the branch `{}` has a commit that glidepath did not make: {} by {}",
                series.branch,
                commit.id.short(),
                commit.author
            );
            return Err(refused(
                message,
                "name another branch, or move that commit elsewhere",
            ));
        }
        next = repo.first_parent(&commit)?;
        found.push(commit);
    }
    found.reverse();
    Ok(found)
}

/// The tags that move, come and go.
fn tags(repo: &Repo, series: &Series<'_>, commits: &[CommitId]) -> Result<Vec<RefChange>, Error> {
    let start = format!("refs/tags/{}/", series.rollout);
    let mut known = repo.references_below(&start)?;
    let mut changes = Vec::new();
    for (stage, commit) in series.stages.iter().zip(commits) {
        let name = format!("{start}{}", stage.name);
        changes.push(RefChange {
            from: known.remove(&name),
            to: Some(*commit),
            name,
        });
    }
    // Stages that the rollout no longer has.
    let mut foreign = Vec::new();
    for (name, commit) in known {
        if is_ours(repo, series.rollout, &repo.commit(commit)?)? {
            changes.push(RefChange {
                from: Some(commit),
                to: None,
                name,
            });
        }
    }
    for change in &changes {
        if let (Some(from), true) = (change.from, change.from != change.to)
            && !is_ours(repo, series.rollout, &repo.commit(from)?)?
        {
            foreign.push(change.name.trim_start_matches("refs/tags/"));
        }
    }
    if foreign.is_empty() {
        return Ok(changes);
    }
    let message = format!(
        "glidepath did not make what {} {} to",
        and_list(&foreign),
        if foreign.len() == 1 { "leads" } else { "lead" }
    );
    Err(refused(
        message,
        "delete the tags with `git tag -d`, or rename them",
    ))
}

/// Whether a commit is one of ours as it was made: trailers alone can be copied, and a commit can be amended.
fn is_ours(repo: &Repo, rollout: &str, commit: &Commit) -> Result<bool, GitError> {
    let lines = || commit.message.lines();
    if commit.parents.len() > 1
        || !lines().any(|line| line.strip_prefix(ROLLOUT) == Some(rollout))
        || !lines().any(|line| line.starts_with(STAGE))
    {
        return Ok(false);
    }
    let files = repo.contents(commit.id)?;
    Ok(files.is_some_and(|files| content(&files) == commit_content(&commit.message)))
}

fn commit_content(message: &str) -> &str {
    let trailer = message.lines().find_map(|line| line.strip_prefix(CONTENT));
    trailer.unwrap_or_default()
}

fn message(series: &Series<'_>, stage: &Planned, content: &str) -> String {
    format!(
        "{}\n\n{}\n\n{ROLLOUT}{}\n{STAGE}{}\n{CONTENT}{content}\n",
        one_line(&stage.subject),
        stage.body.trim(),
        series.rollout,
        stage.name,
    )
}

/// The hash of every path and every text.
fn content(files: &BTreeMap<String, String>) -> String {
    let lines = files
        .iter()
        .map(|(path, text)| format!("{} {path}\n", sha256_hex(text.as_bytes())));
    format!(
        "sha256:{}",
        sha256_hex(lines.collect::<String>().as_bytes())
    )
}

fn refused(message: String, help: &str) -> Error {
    Refusal::new(Why::Conflict, message).help(help).into()
}
