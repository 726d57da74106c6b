//! What a move comes to, as data: before anything is delivered, and after.

use std::fmt;

use crate::sink::git::{CommitId, Edit};
use crate::tree::LockedStageId;
use crate::units::Duration;

use super::Refusal;
use super::branch::Proposed;
use super::committed::Committed;
use super::ledger::Trailers;
use super::pull_request::{GateLine, Marker, Proposal};
use super::upsert::Upserted;
use crate::gate::{Statement, Verdict};

/// A move that is prepared: nothing has been written for it.
#[derive(Debug)]
pub struct Prepared {
    /// What is known of the move by now.
    pub outcome: Outcome,
    /// The move itself; `None` where there is nothing to do.
    pub(super) step: Option<Move>,
}

/// The move itself, ready to be written.
#[derive(Debug)]
pub(super) struct Move {
    /// The stage that is entered.
    pub(super) to: LockedStageId,
    /// The files that change.
    pub(super) edits: Vec<Edit>,
    /// The greatest age of the evidence among them.
    pub(super) evidence_max_age: Duration,
    /// The trailers of the move's commit.
    pub(super) trailers: Trailers,
    /// The marker by which a pull request names the move.
    pub(super) marker: Marker,
    /// The pull request's title and body; empty where the move goes by none.
    pub(super) page: Page,
}

/// A pull request as people read it.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The pull request's title.
    pub(super) title: String,
    /// The pull request's body, in Markdown.
    pub(super) body: String,
}

/// What a move came to.
#[derive(Debug)]
pub struct Outcome {
    /// The live stage's folder.
    pub stage: String,
    /// The folder of the stage that is gone to, or would be.
    pub next: Option<String>,
    /// The worst verdict of the gates that decide; `None` where no gate does.
    pub verdict: Option<Verdict>,
    /// The live stage's gates, one line a gate and model.
    pub gates: Vec<GateLine>,
    /// What speaks against the move.
    pub refusals: Vec<Refusal>,
    /// What people should know.
    pub notes: Vec<Note>,
    /// The diff that the move would make, where only that is asked for.
    pub diff: Option<String>,
    /// What was written.
    pub delivered: Option<Delivered>,
    /// The evidence that is recorded with the move.
    pub statement: Option<Statement>,
}

/// What was written.
#[derive(Debug)]
pub enum Delivered {
    /// A commit on the branch that is checked out.
    Commit {
        /// The commit's hash.
        id: CommitId,
        /// Whether HEAD is detached, so that no branch has it.
        is_detached: bool,
    },
    /// A branch.
    Branch {
        /// The branch's name.
        name: String,
        /// What became of the branch.
        proposed: Proposed,
    },
    /// A pull request, or several that were closed.
    PullRequest {
        /// The pull request's branch.
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
    /// The tree is not what rollout.yaml compiles to, and a pull request goes by the tree all the same.
    ByTree,
    /// The move asks much of the pods that run, or of what nobody has tried.
    Disrupts(String),
    /// What is odd about the dates of the live stage.
    Clock(String),
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
            Self::Disrupts(text) | Self::Clock(text) => write!(f, "warning: {text}"),
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
            statement: None,
        }
    }

    /// What speaks against the move, as one text.
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
    /// The title and body of a proposal.
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
