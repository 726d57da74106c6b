//! Whether a rollout is over, so that the next one may be written in its place.

use crate::compile::Compiled;
use crate::units::names::TEST;

use super::committed::Committed;
use super::{Error, Refusal, Why};

impl Committed {
    /// Why the rollout is not over, or the file is not the one that it went by; none where the next one may begin.
    pub fn unfinished(&self, compiled: &Compiled) -> Result<Option<Refusal>, Error> {
        if let Some(after) = self.lock.stage_after(self.live) {
            let message = format!(
                "the rollout is not over: `{}` is live, and `{}` comes after it",
                self.stage().folder,
                self.lock.stage(after).folder
            );
            let help = "promote to the last stage first; to give the candidate up, roll back and replace it in the file";
            return Ok(Some(Refusal::new(Why::NotYet, message).help(help)));
        }
        if self.is_pointer_dirty()? {
            let message = "the pointer in the work tree is not the committed one";
            return Ok(Some(
                Refusal::new(Why::Conflict, message).help("commit it, or take it back"),
            ));
        }
        self.staleness(compiled)
    }

    /// Why the A/B test of the rollout is decided already; none where its winner may still be given, or be another one.
    pub fn decided(&self) -> Option<Refusal> {
        let test = self.lock.stage_named(TEST)?;
        let mut before = self.live.earlier();
        before.any(|stage| stage == test).then(|| {
            let message = format!(
                "the test is decided: `{}` is live, which comes after it",
                self.stage().folder
            );
            Refusal::new(Why::Conflict, message).help("roll back to the test first")
        })
    }
}
