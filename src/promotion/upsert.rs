//! One pull request for a move, whatever was there before: opened, brought up to date, or left alone.
//!
//! Nothing is written where nothing differs. Branches move only from what they were when they were read, and never over commits
//! that glidepath did not make.

use crate::forge::{ForgeError, Github, NewPull, Pull, PullChange, PullState};
use crate::sink::git::{CommitId, Edit, GitError, Head, Repo, Signing};
use crate::sink::remote::Remote;

use super::Error;
use super::branch::is_ours;
use super::decide::{Refusal, Why};
use super::evidence::is_same;
use super::ledger::Trailers;
use super::pull_request::Marker;

/// Where pull requests go, and how they look beside title and body.
#[derive(Debug)]
pub struct Target<'a> {
    /// The repository's API.
    pub github: &'a Github,
    /// The repository itself.
    pub remote: &'a Remote,
    /// The branch that they go to.
    pub base: &'a str,
    /// For new ones.
    pub labels: &'a [String],
    /// For new ones.
    pub assignees: &'a [String],
    /// For new ones: people, then teams.
    pub reviewers: [&'a [String]; 2],
    /// Whether new ones are drafts.
    pub draft: bool,
}

/// The pull request that is wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Which move it is about.
    pub marker: &'a Marker,
    /// Its branch.
    pub branch: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Its body.
    pub body: &'a str,
    /// What its commit changes.
    pub edits: &'a [Edit],
    /// Its commit's message.
    pub message: &'a str,
    /// Who signs the commit.
    pub signing: &'a Signing,
    /// The checkout's commit, from which all was decided.
    pub head: &'a Head,
    /// Whether a pull request that a person closed is opened again.
    pub again: bool,
}

/// What became of the pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is new.
    Created,
    /// It, or its branch, has changed.
    Updated,
    /// It was closed.
    Closed,
    /// Nothing was to be done.
    Nothing,
}

/// A pull request, and what became of it.
#[derive(Clone, Debug)]
pub struct Upserted {
    /// What became of it.
    pub operation: Operation,
    /// It, where there is one.
    pub pull: Option<Pull>,
    /// The tip of its branch.
    pub tip: Option<String>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// The open pull requests about a rollout.
pub fn open(target: &Target<'_>, marker: &Marker) -> Result<Vec<(Pull, Marker)>, ForgeError> {
    let pulls = target.github.open_pulls(target.base)?.into_iter();
    let marked = pulls.filter_map(|pull| Marker::read(&pull.body).map(|marker| (pull, marker)));
    Ok(marked
        .filter(|(_, found)| found.is_of(&marker.rollout, &marker.folder))
        .collect())
}

/// Makes sure of the one pull request for a move; others about the same rollout are closed.
pub fn upsert(repo: &Repo, target: &Target<'_>, wanted: &Wanted<'_>) -> Result<Upserted, Error> {
    let pulls = target.github.open_pulls(target.base)?;
    let mut ours = Vec::new();
    let mut others = Vec::new();
    for pull in pulls {
        let marker = Marker::read(&pull.body);
        let is_of = |marker: &Marker| marker.is_of(&wanted.marker.rollout, &wanted.marker.folder);
        match marker {
            _ if pull.head == wanted.branch => {
                if let Some(marker) = marker.filter(|marker| !is_of(marker)) {
                    return Err(foreign_folder(&pull, &marker, wanted).into());
                }
                ours.push(pull);
            }
            Some(marker) if is_of(&marker) => others.push((pull, marker)),
            Some(_) | None => {}
        }
    }
    let existing = ours.into_iter().next();
    if existing.is_none()
        && !wanted.again
        && let Some(pull) = closed_by_a_person(target, wanted)?
    {
        return Ok(Upserted {
            operation: Operation::Nothing,
            notes: vec![format!(
                "#{} was closed without a merge, and that is respected until the spec changes; `--resume` opens it again",
                pull.number
            )],
            tip: None,
            pull: Some(pull),
        });
    }
    let (tip, pushed) = push(repo, target, wanted)?;
    let mut notes = Vec::new();
    let (operation, pull) = match existing {
        Some(pull) => refresh(target, wanted, pull, pushed)?,
        None => match create(target, wanted, &mut notes) {
            Ok(pull) => (Operation::Created, pull),
            // Another run opened it between the two requests.
            Err(error) if error.is_duplicate() => {
                let pulls = target.github.open_pulls(target.base)?;
                match pulls.into_iter().find(|pull| pull.head == wanted.branch) {
                    Some(pull) => refresh(target, wanted, pull, pushed)?,
                    None => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        },
    };
    for (other, marker) in others {
        let why = format!("Superseded by #{}.", pull.number);
        close(
            repo,
            target,
            &other,
            &marker,
            wanted.edits,
            wanted.head.tip,
            &why,
        )?;
        notes.push(format!(
            "#{} is superseded by #{}",
            other.number, pull.number
        ));
    }
    Ok(Upserted {
        operation,
        pull: Some(pull),
        tip: Some(tip),
        notes,
    })
}

fn foreign_folder(pull: &Pull, marker: &Marker, wanted: &Wanted<'_>) -> Refusal {
    let message = format!(
        "#{} has the branch `{}` and is about `{}`: two rollouts are called `{}`",
        pull.number, wanted.branch, marker.folder, wanted.marker.rollout
    );
    Refusal::new(Why::Conflict, message)
        .help("give each of them a prefix for its branches of its own (`branch-prefix`)")
}

/// The newest pull request for the same move, if a person closed it.
fn closed_by_a_person(
    target: &Target<'_>,
    wanted: &Wanted<'_>,
) -> Result<Option<Pull>, ForgeError> {
    let pulls = target.github.pulls_of(wanted.branch, target.base)?;
    let same = pulls.into_iter().find_map(|pull| {
        let marker = Marker::read(&pull.body)?;
        marker.is_same_move(wanted.marker).then_some((pull, marker))
    });
    Ok(same
        .filter(|(pull, marker)| pull.state == PullState::Closed && !marker.superseded)
        .map(|(pull, _)| pull))
}

/// Makes sure of the branch; gives its tip, and whether it moved.
fn push(repo: &Repo, target: &Target<'_>, wanted: &Wanted<'_>) -> Result<(String, bool), Error> {
    let tips = target.remote.tips(&[target.base, wanted.branch])?;
    let base = base_tip(repo, target, wanted, tips.get(target.base))?;
    let known = tips.get(wanted.branch);
    if let Some(text) = known {
        let tip = known_commit(repo, target, wanted.branch, text)?;
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
    target
        .remote
        .push(&commit, wanted.branch, known.map(String::as_str))?;
    Ok((commit, true))
}

/// The base's tip, if what was decided in the checkout still holds there.
fn base_tip(
    repo: &Repo,
    target: &Target<'_>,
    wanted: &Wanted<'_>,
    tip: Option<&String>,
) -> Result<CommitId, Error> {
    let base = target.base;
    let Some(text) = tip else {
        let message = format!("the repository has no branch `{base}`");
        return Err(Refusal::new(Why::Wrong, message)
            .help("name the branch to merge into as `base`")
            .into());
    };
    let tip = known_commit(repo, target, base, text)?;
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

fn known_commit(
    repo: &Repo,
    target: &Target<'_>,
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
        target.remote.fetch(branch)?;
    }
    Ok(id)
}

/// Whether a commit of ours says the same already. Its parent may be older than the base, as long as the files it changes are
/// the same there: a new commit for each one of the base would only make noise.
fn is_the_same(
    repo: &Repo,
    base: CommitId,
    tip: CommitId,
    wanted: &Wanted<'_>,
) -> Result<bool, GitError> {
    let commit = repo.commit(tip)?;
    let [parent] = commit.parents[..] else {
        return Ok(false);
    };
    let (now, then) = (
        Trailers::read(wanted.message),
        Trailers::read(&commit.message),
    );
    let key = |entry: &Trailers| {
        (
            entry.from.clone(),
            entry.to.clone(),
            entry.digest.clone(),
            entry.forced.clone(),
            entry.gates.clone(),
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
        if !is_same(&edit.path, there.as_deref(), edit.content.as_deref()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn create(
    target: &Target<'_>,
    wanted: &Wanted<'_>,
    notes: &mut Vec<String>,
) -> Result<Pull, ForgeError> {
    let pull = target.github.open_pull(&NewPull {
        title: wanted.title,
        body: wanted.body,
        head: wanted.branch,
        base: target.base,
        draft: target.draft,
    })?;
    // The pull request is what counts: a label or reviewer that does not exist is no reason to fail.
    let github = target.github;
    let mut add = |what: &str, is_wanted: bool, done: &dyn Fn() -> Result<(), ForgeError>| {
        if is_wanted && let Err(error) = done() {
            notes.push(format!("#{} has no {what}: {error}", pull.number));
        }
    };
    let [people, teams] = target.reviewers;
    add("labels", !target.labels.is_empty(), &|| {
        github.add_labels(pull.number, target.labels)
    });
    add(
        "reviewers",
        !people.is_empty() || !teams.is_empty(),
        &|| github.request_reviews(pull.number, people, teams),
    );
    add("assignees", !target.assignees.is_empty(), &|| {
        github.add_assignees(pull.number, target.assignees)
    });
    Ok(pull)
}

/// Brings title and body up to date, where they are not.
fn refresh(
    target: &Target<'_>,
    wanted: &Wanted<'_>,
    pull: Pull,
    pushed: bool,
) -> Result<(Operation, Pull), ForgeError> {
    let is_same = pull.title == wanted.title && is_same_text(&pull.body, wanted.body);
    let operation = if is_same && !pushed {
        Operation::Nothing
    } else {
        Operation::Updated
    };
    if is_same {
        return Ok((operation, pull));
    }
    let change = PullChange {
        title: Some(wanted.title),
        body: Some(wanted.body),
        close: false,
    };
    Ok((operation, target.github.change_pull(pull.number, change)?))
}

/// Says in an open pull request for this move what has become of the evidence; opens none. Gives it, and whether it changed.
pub fn retell(
    target: &Target<'_>,
    marker: &Marker,
    title: &str,
    body: &str,
) -> Result<Option<(Pull, bool)>, ForgeError> {
    let mut pulls = open(target, marker)?.into_iter();
    let Some((pull, _)) = pulls.find(|(_, found)| found.is_same_move(marker)) else {
        return Ok(None);
    };
    if is_same_text(&pull.body, body) {
        return Ok(Some((pull, false)));
    }
    let change = PullChange {
        title: Some(title),
        body: Some(body),
        close: false,
    };
    let pull = target.github.change_pull(pull.number, change)?;
    Ok(Some((pull, true)))
}

/// GitHub may give a text back with other line ends.
fn is_same_text(a: &str, b: &str) -> bool {
    a.replace("\r\n", "\n").trim_end() == b.replace("\r\n", "\n").trim_end()
}

/// Closes the pull requests about a rollout that no longer begin at its live stage, or that lead into a held one.
pub fn close_obsolete(
    repo: &Repo,
    target: &Target<'_>,
    marker: &Marker,
    held: Option<&str>,
    edits: &[Edit],
    base: CommitId,
) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    for (pull, found) in open(target, marker)? {
        let why = if found.from != marker.from {
            format!("No longer needed: `{}` is live now.", marker.from)
        } else if held == Some(found.to.as_str()) {
            format!("No longer due: `{}` is on hold.", found.to)
        } else {
            continue;
        };
        close(repo, target, &pull, &found, edits, base, &why)?;
        notes.push(format!("#{} is closed", pull.number));
    }
    Ok(notes)
}

/// Closes a pull request with a word, and deletes its branch if nobody else's work is on it.
fn close(
    repo: &Repo,
    target: &Target<'_>,
    pull: &Pull,
    marker: &Marker,
    edits: &[Edit],
    base: CommitId,
    why: &str,
) -> Result<(), Error> {
    target.github.comment(pull.number, why)?;
    let line = Marker {
        superseded: true,
        ..marker.clone()
    };
    // The marker says that it was not a person who closed it.
    let without: Vec<&str> = pull
        .body
        .lines()
        .filter(|line| Marker::read(line).is_none())
        .collect();
    let body = format!("{}\n{}\n", without.join("\n").trim_end(), line.line());
    let change = PullChange {
        title: None,
        body: Some(&body),
        close: true,
    };
    target.github.change_pull(pull.number, change)?;
    let tips = target.remote.tips(&[&pull.head])?;
    if let Some(text) = tips.get(&pull.head) {
        let tip = known_commit(repo, target, &pull.head, text)?;
        if is_ours(repo, base, tip, edits)? {
            target.remote.delete(&pull.head, text)?;
        }
    }
    Ok(())
}
