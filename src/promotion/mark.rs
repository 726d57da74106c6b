//! What is said of a move where people merge it: a status on the head of its pull request, renewed whenever somebody judges.

use crate::forge::{Pull, StatusState};
use crate::tree::LockedStageId;
use crate::units::Timestamp;

use super::committed::Committed;
use super::decide::{Position, against_leaving};
use super::gates::Judged;
use super::site::Site;
use super::stage_start::StageStart;
use super::upsert;
use super::{Error, Refusal, Why};

/// The words where nothing speaks against a promotion.
pub(super) const GOOD: &str = "bake time and gates say yes";

/// A status in a state, with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    state: StatusState,
    words: String,
}

impl Mark {
    /// Nothing speaks against the merge.
    pub fn good(words: impl Into<String>) -> Self {
        Self {
            state: StatusState::Success,
            words: words.into(),
        }
    }

    /// What speaks against a merge, the gravest first.
    pub fn of(refusals: &[Refusal]) -> Self {
        let mut sorted: Vec<&Refusal> = refusals.iter().collect();
        sorted.sort_by_key(|refusal| refusal.why);
        let Some(first) = sorted.first() else {
            return Self::good(GOOD);
        };
        let state = match first.why {
            Why::Usage | Why::Conflict | Why::Wrong | Why::GateFailed => StatusState::Failure,
            Why::Outside => StatusState::Error,
            Why::NotYet => StatusState::Pending,
        };
        let words: Vec<&str> = sorted.iter().map(|one| one.message.as_str()).collect();
        Self {
            state,
            words: words.join("; "),
        }
    }

    /// What speaks against leaving the live stage for the next one, by what its gates say.
    pub fn of_live(
        committed: &Committed,
        start: &StageStart,
        judged: &[Judged],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let position = Position {
            lock: &committed.lock,
            live: committed.live,
            elapsed: now.since(start.beginning.at).seconds(),
            began: &start.sentence(),
            holding: &committed.holding()?,
            judged,
        };
        let next = position.next();
        let refusals = next.map(|next| against_leaving(&position, next, false, false));
        Ok(Self::of(&refusals.unwrap_or_default()))
    }
}

impl Site {
    /// Says it on a commit. Gives a word where the token may not, which is no reason to fail.
    pub fn mark(&self, rollout: &str, commit: &str, mark: &Mark) -> Result<Option<String>, Error> {
        let context = format!("glidepath/{rollout}");
        let Mark { state, words } = mark;
        let link = self.run.as_deref();
        match self
            .github
            .renew_status(commit, &context, *state, words, link)
        {
            Ok(()) => Ok(None),
            Err(error) if error.is_forbidden() => Ok(Some(format!(
                "no status `{context}`: the token needs `statuses: write`"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// Says it on the open pull request that promotes a rollout out of its live stage, where there is one.
    pub(super) fn mark_promotion(&self, committed: &Committed, mark: &Mark) -> Result<(), Error> {
        if let Some(head) = self.promotion_head(committed)? {
            self.mark(&committed.lock.rollout, &head, mark)?;
        }
        Ok(())
    }

    /// The head of the open pull request that promotes a rollout out of its live stage.
    pub fn promotion_head(&self, committed: &Committed) -> Result<Option<String>, Error> {
        let found = self.open_move(committed, |to| to > committed.live)?;
        Ok(found.map(|pull| pull.head_sha))
    }

    /// A way back that is proposed is decided on before the way on.
    pub(super) fn open_rollback(&self, committed: &Committed) -> Result<Option<Refusal>, Error> {
        let found = self.open_move(committed, |to| to < committed.live)?;
        Ok(found.map(|pull| {
            Refusal::new(Why::NotYet, format!("#{} proposes to go back", pull.number))
                .help("merge it, or close it")
        }))
    }

    /// The open pull request that leaves the live stage for such a one.
    fn open_move(
        &self,
        committed: &Committed,
        is_such: impl Fn(LockedStageId) -> bool,
    ) -> Result<Option<Pull>, Error> {
        let marker = committed.marker(committed.live);
        let leads_there = |to: &str| committed.lock.stage_named(to).is_some_and(&is_such);
        let open = upsert::open(self, &marker)?;
        let mut open = open.into_iter();
        let found = open.find(|(_, found)| found.from == marker.from && leads_there(&found.to));
        Ok(found.map(|(pull, _)| pull))
    }
}
