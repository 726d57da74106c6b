//! One pull request for a move, whatever was there before: opened, brought up to date, or left alone.
//!
//! Nothing is written where nothing differs. Branches move only from what they were when they were read, and never over commits
//! that glidepath did not make.

mod close;
mod page;
mod push;

use crate::forge::{ForgeError, Pull};
use crate::sink::git::{Edit, Head, Repo, Signing};
use crate::units::Duration;

use super::outcome::Page;
use super::pull_request::Marker;
use super::site::Site;
use super::{Error, Refusal, Why};

pub(super) use close::close_obsolete;
pub(super) use page::retell;

/// The pull request that is wanted.
#[derive(Debug)]
pub(super) struct PullRequest<'a> {
    /// The marker of the move that it is about.
    pub(super) marker: &'a Marker,
    /// The pull request's branch.
    pub(super) branch: &'a str,
    /// The pull request's title and body.
    pub(super) page: &'a Page,
    /// The files that the branch's commit changes.
    pub(super) edits: &'a [Edit],
    /// The greatest age of the evidence among them.
    pub(super) evidence_max_age: Duration,
    /// The commit's message.
    pub(super) message: &'a str,
    /// Who signs the commit.
    pub(super) signing: &'a Signing,
    /// The checkout's commit, from which all was decided.
    pub(super) head: &'a Head,
    /// Whether a pull request that a person closed is opened again.
    pub(super) again: bool,
}

/// What became of the pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The pull request is new.
    Created,
    /// The pull request, or its branch, has changed.
    Updated,
    /// The pull request was closed.
    Closed,
    /// Nothing was to be done.
    Nothing,
}

/// A pull request, and what became of it.
#[derive(Clone, Debug)]
pub struct Upserted {
    /// What became of the pull request.
    pub operation: Operation,
    /// The pull request; none where there is none to show.
    pub pull: Option<Pull>,
    /// The hash of the branch's tip.
    pub tip: Option<String>,
    /// What people should know.
    pub notes: Vec<String>,
}

impl Upserted {
    /// Some pull requests were closed, and none is open.
    pub(super) fn closed() -> Self {
        Self {
            operation: Operation::Closed,
            pull: None,
            tip: None,
            notes: Vec::new(),
        }
    }
}

impl Operation {
    /// The operation's word in outputs and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Closed => "closed",
            Self::Nothing => "none",
        }
    }
}

/// The open pull requests about a rollout.
pub(super) fn open(site: &Site, marker: &Marker) -> Result<Vec<(Pull, Marker)>, ForgeError> {
    let pulls = site.github.open_pulls(&site.base)?.into_iter();
    let marked = pulls.filter_map(|pull| Marker::read(&pull.body).map(|marker| (pull, marker)));
    Ok(marked
        .filter(|(_, found)| found.is_of(&marker.rollout, &marker.folder))
        .collect())
}

/// Makes sure of the one pull request for a move; others about the same rollout are closed.
pub(super) fn upsert(
    repo: &Repo,
    site: &Site,
    wanted: &PullRequest<'_>,
) -> Result<Upserted, Error> {
    let pulls = site.github.open_pulls(&site.base)?;
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
        && let Some(pull) = close::closed_by_a_person(site, wanted)?
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
    let (tip, pushed) = push::push(repo, site, wanted)?;
    let mut notes = Vec::new();
    let (operation, pull) = match existing {
        Some(pull) => page::refresh(site, wanted, pull, pushed)?,
        None => match page::create(site, wanted, &mut notes) {
            Ok(pull) => (Operation::Created, pull),
            // Another run opened it between the two requests.
            Err(error) if error.is_duplicate() => {
                let pulls = site.github.open_pulls(&site.base)?;
                match pulls.into_iter().find(|pull| pull.head == wanted.branch) {
                    Some(pull) => page::refresh(site, wanted, pull, pushed)?,
                    None => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        },
    };
    for (other, marker) in others {
        let why = format!("Superseded by #{}.", pull.number);
        close::close(
            repo,
            site,
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

fn foreign_folder(pull: &Pull, marker: &Marker, wanted: &PullRequest<'_>) -> Refusal {
    let message = format!(
        "#{} has the branch `{}` and is about `{}`: two rollouts are called `{}`",
        pull.number, wanted.branch, marker.folder, wanted.marker.rollout
    );
    Refusal::new(Why::Conflict, message)
        .help("give each of them a prefix for its branches of its own (`branch-prefix`)")
}
