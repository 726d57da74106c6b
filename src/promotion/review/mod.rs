//! What a pull request does to a rollout, and whether it may: the pointer and the hold of its base against those of its head. A
//! move is judged as `promote` and `rollback` judge theirs, whoever made it: what a branch is called, and what its commits claim,
//! says nothing.

mod change;
mod judge;
mod overrides;
mod page;
mod sides;

use std::path::Path;

use crate::compile::Compiled;

use super::mark::Mark;
use super::pull_request::GateLine;
use super::request::{EvidenceFile, Facts};
use super::site::Site;
use super::{Error, Refusal, Why};

pub use change::{Change, PullRequest};
pub use page::table;

use judge::Judge;
use overrides::{Found, Override};
use sides::{Sides, Step};

/// What a pull request does to a rollout, and what speaks against it.
#[derive(Debug, Default)]
pub struct Review {
    /// Whether it changes the rollout at all.
    pub is_touched: bool,
    /// The folders of the live stage before and after, where another one becomes live.
    moved: Option<(String, String)>,
    /// The folder of the live stage after the merge; empty where that is not known.
    live: String,
    /// What changes in what is live, as one unified diff.
    diff: String,
    gates: Vec<GateLine>,
    notes: Vec<String>,
    /// What speaks against the merge.
    pub refusals: Vec<Refusal>,
    /// What an override lifts.
    lifted: Vec<Refusal>,
    /// Whether an override would lift all that speaks against it.
    is_liftable: bool,
    overridden: Option<Override>,
}

/// Judges what a pull request does to the rollout in a folder; `site` is the forge, where there is a token. What cannot be found out
/// speaks against it.
pub fn review(
    change: &Change,
    folder: &Path,
    compiled: &Compiled,
    facts: &Facts,
    site: Option<&Site>,
    evidence: Option<&EvidenceFile>,
) -> Review {
    let mut review = Review::default();
    match review.fill(change, folder, compiled, facts, site, evidence) {
        Ok(()) => {}
        Err(error) => review.refusals.extend(error.into_refusals()),
    }
    review
}

impl Review {
    fn fill(
        &mut self,
        change: &Change,
        folder: &Path,
        compiled: &Compiled,
        facts: &Facts,
        site: Option<&Site>,
        evidence: Option<&EvidenceFile>,
    ) -> Result<(), Error> {
        self.is_touched = sides::is_touched(change, folder)?;
        if !self.is_touched {
            return Ok(());
        }
        if sides::has_moved_on(change, folder)? {
            let branch = change.branch();
            let message = format!(
                "{branch} has moved on in this rollout since the branch was cut: what a merge makes of both is not here"
            );
            let help = format!("bring {branch} into the branch, and check again");
            return Err(Refusal::new(Why::Conflict, message).help(help).into());
        }
        let Some(sides) = Sides::read(change, folder)? else {
            return Ok(());
        };
        let step = sides.step(compiled);
        self.live.clone_from(&sides.new.stage().folder);
        self.diff = sides.diff()?;
        if step != Step::Stays {
            self.moved = Some((sides.old.stage().folder.clone(), self.live.clone()));
        }
        let judge = Judge {
            change,
            sides: &sides,
            step: &step,
            compiled,
            facts,
            site,
            evidence,
        };
        let plain = judge.judge(false)?;
        (self.gates, self.notes) = (plain.gates, plain.notes);
        self.refusals = plain.refusals;
        if self.refusals.is_empty() {
            return Ok(());
        }
        let left = judge.judge(true)?.refusals;
        self.is_liftable = left.is_empty();
        match overrides::find(change, site)? {
            Found::Nothing => {}
            Found::Ignored(why) => self.notes.push(why),
            Found::Counts(found) => {
                let stays = |one: &Refusal| left.iter().any(|left| left.message == one.message);
                let all = std::mem::take(&mut self.refusals);
                self.lifted = all.into_iter().filter(|one| !stays(one)).collect();
                self.refusals = left;
                self.overridden = Some(found);
            }
        }
        Ok(())
    }

    /// What the head of the pull request is to be told.
    pub fn mark(&self) -> Mark {
        match (&self.overridden, &self.moved) {
            (Some(found), _) if self.refusals.is_empty() => {
                Mark::good(format!("override by {}: {}", found.by, found.reason))
            }
            (None, None) if self.refusals.is_empty() => Mark::good("the live stage stays"),
            (Some(_) | None, _) => Mark::of(&self.refusals),
        }
    }
}
