//! How a move reaches the branch that is applied: as a commit on it, as a branch for people to merge, or as a pull request. The same
//! three for a promotion and for a rollback.

mod local;
mod pull_request;

use crate::compile::Compiled;
use crate::tree::Hold;

use super::Error;
use super::committed::Committed;
use super::eligibility::Eligibility;
use super::outcome::{Move, Outcome, Prepared};
use super::request::MoveRequest;
use super::site::Site;

/// How a move reaches the branch that is applied.
#[derive(Clone, Copy, Debug)]
pub enum Delivery<'a> {
    /// A commit on the branch that is checked out, and in its work tree.
    Commit,
    /// A commit on a branch of its own; the work tree stays as it is.
    Branch,
    /// Such a branch pushed, and a pull request about it.
    PullRequest(&'a Site),
}

/// A promotion whose delivery is prepared.
pub(super) struct Promotion<'a> {
    pub(super) committed: &'a Committed,
    pub(super) compiled: &'a Compiled,
    pub(super) request: &'a MoveRequest,
    pub(super) eligibility: &'a Eligibility,
}

/// A rollback whose delivery is prepared.
pub(super) struct Return<'a> {
    pub(super) committed: &'a Committed,
    /// What rollout.yaml compiles to, or why it does not.
    pub(super) compiled: Result<&'a Compiled, &'a str>,
    pub(super) request: &'a MoveRequest,
    /// The reason for going back, on one line.
    pub(super) reason: &'a str,
}

impl Delivery<'_> {
    /// Whether a move goes by a pull request.
    pub(super) fn is_pull_request(self) -> bool {
        match self {
            Self::PullRequest(_) => true,
            Self::Commit | Self::Branch => false,
        }
    }

    /// The forge that the move goes by.
    pub(super) fn site(&self) -> Option<&Site> {
        match self {
            Self::PullRequest(site) => Some(site),
            Self::Commit | Self::Branch => None,
        }
    }

    /// Closes the pull requests that the live stage, or a hold, has left behind.
    pub(super) fn close_obsolete(
        self,
        committed: &Committed,
        step: &Move,
        hold: Option<&Hold>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        match self {
            Self::Commit | Self::Branch => Ok(()),
            Self::PullRequest(site) => {
                pull_request::close_obsolete(site, committed, step, hold, outcome)
            }
        }
    }

    /// Completes a promotion with what this delivery needs, and with what speaks against it.
    pub(super) fn complete(
        self,
        promotion: &Promotion<'_>,
        step: &mut Move,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        match self {
            Self::Commit => local::promotion(promotion, true, step, outcome),
            Self::Branch => local::promotion(promotion, false, step, outcome),
            Self::PullRequest(site) => pull_request::promotion(site, promotion, step, outcome),
        }
    }

    /// Completes a rollback with what this delivery needs, and with what speaks against it.
    pub(super) fn complete_return(
        self,
        way_back: &Return<'_>,
        step: &mut Move,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        match self {
            Self::Commit => local::rollback(way_back, true, step, outcome),
            Self::Branch => local::rollback(way_back, false, step, outcome),
            Self::PullRequest(_) => pull_request::rollback(way_back, step, outcome),
        }
    }
}

/// Writes a move. Nothing is written for one that is refused, or that is only to be shown; a pull request about a refused one is told
/// why.
pub fn deliver(
    committed: &Committed,
    prepared: Prepared,
    request: &MoveRequest,
    delivery: Delivery<'_>,
) -> Result<Outcome, Error> {
    let Prepared { mut outcome, step } = prepared;
    let Some(step) = step else {
        return Ok(outcome);
    };
    let writes = outcome.refusals.is_empty() && !request.dry_run;
    match delivery {
        Delivery::PullRequest(site) if writes => {
            pull_request::deliver(site, committed, request, &step, &mut outcome)?;
        }
        Delivery::PullRequest(site) => pull_request::retell(site, &step, &mut outcome)?,
        Delivery::Commit if writes => local::commit(committed, request, &step, &mut outcome)?,
        Delivery::Branch if writes => local::branch(committed, request, &step, &mut outcome)?,
        Delivery::Commit | Delivery::Branch => {}
    }
    Ok(outcome)
}
