//! What a move comes to, as data: before anything is delivered, and after.

use std::fmt;

use crate::sink::git::{CommitId, Edit};
use crate::tree::LockedStageId;

use super::Refusal;
use super::branch::Proposed;
use super::committed::Committed;
use super::ledger::Trailers;
use super::pull_request::{GateLine, Marker, Proposal};
use super::upsert::Upserted;
use crate::gate::Verdict;

/// A move that is prepared: nothing has been written for it.
#[derive(Debug)]
pub struct Prepared {
    /// What is known of it by now.
    pub outcome: Outcome,
    /// The move itself; none where there is nothing to do.
    pub(super) step: Option<Move>,
}

/// The move itself, ready to be written.
#[derive(Debug)]
pub(super) struct Move {
    /// The stage that is entered.
    pub(super) to: LockedStageId,
    /// The files that change.
    pub(super) edits: Vec<Edit>,
    /// What its commit tells.
    pub(super) trailers: Trailers,
    /// Which move it is.
    pub(super) marker: Marker,
    /// The pull request's title and body; empty where it goes by none.
    pub(super) page: Page,
}

/// A pull request as people read it.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Its title.
    pub(super) title: String,
    /// Its body.
    pub(super) body: String,
}

/// What a move came to.
#[derive(Debug)]
pub struct Outcome {
    /// The live stage's folder.
    pub stage: String,
    /// The folder of the stage that is gone to, or would be.
    pub next: Option<String>,
    /// How the gates stand together, where there are any.
    pub verdict: Option<Verdict>,
    /// The gates.
    pub gates: Vec<GateLine>,
    /// What speaks against the move.
    pub refusals: Vec<Refusal>,
    /// What people should know.
    pub notes: Vec<Note>,
    /// What would change, where only that is asked for.
    pub diff: Option<String>,
    /// What was written.
    pub delivered: Option<Delivered>,
}

/// What was written.
#[derive(Debug)]
pub enum Delivered {
    /// A commit on the branch that is checked out.
    Commit {
        /// The commit.
        id: CommitId,
        /// Whether HEAD is detached, so that no branch has it.
        is_detached: bool,
    },
    /// A branch.
    Branch {
        /// Its name.
        name: String,
        /// What became of it.
        proposed: Proposed,
    },
    /// A pull request, or several that were closed.
    PullRequest {
        /// Its branch.
        branch: Option<String>,
        /// The pull request, and what became of it.
        upserted: Box<Upserted>,
    },
}

/// What people should know of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The rollout is complete in the stage of this folder.
    Complete(String),
    /// There is nothing to go back from.
    NothingBack {
        /// The live stage's folder.
        stage: String,
        /// Why, where that is worth a word.
        why: Option<&'static str>,
    },
    /// Evidence is to be recorded, and no gate watches the stage of this name.
    NoEvidence(String),
    /// The tree is not what rollout.yaml compiles to, for this reason, and the move goes by the tree all the same.
    Stale(String),
    /// The same, of a pull request.
    ByTree,
    /// What became of a pull request.
    PullRequest(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(stage) => write!(f, "complete in `{stage}`; nothing comes after it"),
            Self::NothingBack { stage, why } => {
                write!(f, "nothing to go back from in `{stage}`")?;
                why.map_or(Ok(()), |why| write!(f, ": {why}"))
            }
            Self::NoEvidence(stage) => write!(
                f,
                "no gate watches `{stage}`, and so there is no evidence to record"
            ),
            Self::Stale(why) => write!(f, "warning: {why}; going by the committed tree"),
            Self::ByTree => f.write_str(
                "rollout.yaml does not compile to the committed tree; going by the tree",
            ),
            Self::PullRequest(text) => f.write_str(text),
        }
    }
}

impl Outcome {
    /// What is known of any move from the live stage.
    pub(super) fn at(committed: &Committed) -> Self {
        Self {
            stage: committed.stage().folder.clone(),
            next: None,
            verdict: None,
            gates: Vec::new(),
            refusals: Vec::new(),
            notes: Vec::new(),
            diff: None,
            delivered: None,
        }
    }

    /// What speaks against it, as one text.
    pub fn reasons(&self) -> String {
        let messages: Vec<&str> = self
            .refusals
            .iter()
            .map(|refusal| refusal.message.as_str())
            .collect();
        messages.join("; ")
    }

    /// The pull request, and what became of it.
    pub fn pull_request(&self) -> Option<&Upserted> {
        match &self.delivered {
            Some(Delivered::PullRequest { upserted, .. }) => Some(upserted),
            Some(Delivered::Commit { .. } | Delivered::Branch { .. }) | None => None,
        }
    }
}

impl Page {
    /// What a proposal says.
    pub(super) fn of(proposal: &Proposal<'_>) -> Self {
        Self {
            title: proposal.title(),
            body: proposal.body(),
        }
    }
}

impl Prepared {
    /// Nothing to do.
    pub(super) fn nothing(outcome: Outcome) -> Self {
        Self {
            outcome,
            step: None,
        }
    }
}
