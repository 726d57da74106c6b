//! The stages as commits of a branch: what each holds, and which of those that are there stay.
//!
//! The files are those of Argo CD's source hydrator, so that an Application reads them as it reads its own.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diag::words::and_list;
use crate::sink::git::{Commit, CommitId, GitError, RefChange, Repo, Signing};
use crate::units::sha256_hex;

use super::Error;
use super::decide::{Refusal, Why};
use super::ledger::one_line;

const MANIFEST: &str = "manifest.yaml";
const METADATA: &str = "hydrator.metadata";
const README: &str = "README.md";
const ATTRIBUTES: &str = ".gitattributes";
const ATTRIBUTES_TEXT: &str =
    "*/README.md linguist-generated=true\n*/hydrator.metadata linguist-generated=true\n";

const ROLLOUT: &str = "Series-Rollout: ";
const STAGE: &str = "Series-Stage: ";
const CONTENT: &str = "Series-Content: ";

/// One stage of the series.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its name, which is the end of its tag.
    pub name: String,
    /// `image-classifier: 03-weight-10 (resnet101 10%)`.
    pub subject: String,
    /// The plan of the stage, for people.
    pub body: String,
    /// The fully built manifests.
    pub manifest: String,
}

/// Where the manifests come from: the commit of rollout.yaml, as Argo CD's hydrator records it.
#[derive(Clone, Debug, Serialize)]
pub struct Dry {
    /// Where the repository lies.
    #[serde(rename = "repoURL", skip_serializing_if = "Option::is_none")]
    pub repo_url: Option<String>,
    /// The commit.
    #[serde(rename = "drySha")]
    pub dry_sha: String,
    /// What makes the manifests from it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// When, in RFC 3339.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub date: String,
    /// The first line of its message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The rest of its message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The rollout's name.
    pub rollout: &'a str,
    /// The branch, by its short name.
    pub branch: &'a str,
    /// The folder of the manifests, from the repository's root.
    pub folder: &'a str,
    /// The stages, in order.
    pub stages: &'a [Planned],
    /// Where they come from.
    pub dry: &'a Dry,
}

/// What became of a series.
#[derive(Clone, Debug)]
pub struct Written {
    /// The commit of each stage, in order.
    pub commits: Vec<CommitId>,
    /// How many of them were there already.
    pub kept: usize,
    /// References that moved.
    pub moved: usize,
}

/// Makes the branch and the tags of a series; commits that are as they should be stay.
pub fn write(repo: &Repo, wanted: &Wanted<'_>, signing: &Signing) -> Result<Written, Error> {
    let reference = format!("refs/heads/{}", wanted.branch);
    let tip = repo.reference(&reference)?;
    if repo.is_checked_out(wanted.branch) {
        let message = format!(
            "the branch `{}` is checked out in a work tree",
            wanted.branch
        );
        return Err(refused(message, "name another branch for the series"));
    }
    let known = match tip {
        Some(tip) => chain(repo, wanted, tip)?,
        None => Vec::new(),
    };
    let manifest = format!("{}/{MANIFEST}", wanted.folder);
    let mut commits: Vec<CommitId> = Vec::new();
    for (stage, commit) in wanted.stages.iter().zip(&known) {
        let is_same = commit.message == message(wanted, stage, commit_content(&commit.message))
            && repo.file_from_root(commit.id, &manifest)?.as_ref() == Some(&stage.manifest);
        if !is_same {
            break;
        }
        commits.push(commit.id);
    }
    let kept = commits.len();
    for stage in &wanted.stages[kept..] {
        let files = files(wanted, stage);
        let text = message(wanted, stage, &content(&files));
        let parent = commits.last().copied();
        commits.push(repo.snapshot(parent, &files, &text, signing)?);
    }
    let mut changes = tags(repo, wanted, &commits)?;
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
fn chain(repo: &Repo, wanted: &Wanted<'_>, tip: CommitId) -> Result<Vec<Commit>, Error> {
    let mut found = Vec::new();
    let mut next = Some(repo.commit(tip)?);
    while let Some(commit) = next {
        if !is_ours(repo, wanted.rollout, &commit)? {
            let message = format!(
                "the branch `{}` has a commit that glidepath did not make: {} by {}",
                wanted.branch,
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
fn tags(repo: &Repo, wanted: &Wanted<'_>, commits: &[CommitId]) -> Result<Vec<RefChange>, Error> {
    let start = format!("refs/tags/{}/", wanted.rollout);
    let mut known = repo.references_below(&start)?;
    let mut changes = Vec::new();
    for (stage, commit) in wanted.stages.iter().zip(commits) {
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
        if is_ours(repo, wanted.rollout, &repo.commit(commit)?)? {
            changes.push(RefChange {
                from: Some(commit),
                to: None,
                name,
            });
        }
    }
    for change in &changes {
        if let (Some(from), true) = (change.from, change.from != change.to)
            && !is_ours(repo, wanted.rollout, &repo.commit(from)?)?
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

fn message(wanted: &Wanted<'_>, stage: &Planned, content: &str) -> String {
    format!(
        "{}\n\n{}\n\n{ROLLOUT}{}\n{STAGE}{}\n{CONTENT}{content}\n",
        one_line(&stage.subject),
        stage.body.trim(),
        wanted.rollout,
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

fn files(wanted: &Wanted<'_>, stage: &Planned) -> BTreeMap<String, String> {
    let dry = wanted.dry;
    let own = Dry {
        commands: vec![format!("glidepath render --stdout --stage {}", stage.name)],
        author: String::new(),
        date: String::new(),
        subject: String::new(),
        body: String::new(),
        ..dry.clone()
    };
    let path = |name: &str| format!("{}/{name}", wanted.folder);
    BTreeMap::from([
        (path(MANIFEST), stage.manifest.clone()),
        (path(METADATA), metadata(&own)),
        (path(README), readme(&own)),
        (METADATA.to_owned(), metadata(dry)),
        (ATTRIBUTES.to_owned(), ATTRIBUTES_TEXT.to_owned()),
    ])
}

fn metadata(dry: &Dry) -> String {
    serde_json::to_string_pretty(dry).expect("a record of strings is JSON") + "\n"
}

fn readme(dry: &Dry) -> String {
    let url = dry.repo_url.as_deref().unwrap_or("<repository>");
    format!(
        "# Manifest Hydration\n\nTo hydrate the manifests in this repository, run the following commands:\n\n```shell\ngit clone {url}\n# cd into the cloned directory\ngit checkout {}\n{}\n```\n",
        dry.dry_sha,
        dry.commands.join("\n")
    )
}

fn refused(message: String, help: &str) -> Error {
    Refusal::new(Why::Conflict, message).help(help).into()
}
