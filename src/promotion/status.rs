//! Where a rollout stands, for people and machines who ask.

use crate::compile::Compiled;
use crate::units::Timestamp;

use super::Error;
use super::committed::Committed;
use super::decide::Position;
use super::hold::Holding;
use super::stage_start::StageStart;

/// Where a rollout stands.
pub struct Status {
    /// What is committed.
    pub committed: Committed,
    /// Since when the live stage is what it is.
    pub start: StageStart,
    /// What holds promotions back.
    pub holding: Holding,
    began: String,
    /// Seconds since the live stage began.
    pub elapsed: u64,
    /// Why the tree is not what rollout.yaml compiles to, if it is not.
    pub stale: Option<String>,
    /// Whether the pointer in the work tree is not the committed one.
    pub is_uncommitted: bool,
}

impl Status {
    /// The status of what is committed; `compiled` is what rollout.yaml compiles to, if it does.
    pub fn of(
        committed: Committed,
        compiled: Option<&Compiled>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let start = StageStart::of_history(&committed, now)?;
        let stale = match compiled {
            Some(compiled) => committed
                .staleness(compiled)?
                .map(|refusal| refusal.message),
            None => Some("rollout.yaml does not compile".to_owned()),
        };
        Ok(Self {
            elapsed: now.since(start.beginning.at).seconds(),
            began: start.sentence(),
            holding: committed.holding()?,
            start,
            stale,
            is_uncommitted: committed.is_pointer_dirty()?,
            committed,
        })
    }

    /// The position that bake and the next stage follow from.
    pub fn position(&self) -> Position<'_> {
        Position {
            lock: &self.committed.lock,
            live: self.committed.live,
            elapsed: self.elapsed,
            began: &self.began,
            holding: &self.holding,
            judged: &[],
        }
    }
}
