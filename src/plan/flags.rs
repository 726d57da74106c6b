//! Feature flags whose definitions are written, and what each says in a stage.

use serde_json::Value;

use crate::diag::Route;
use crate::units::Percent;

use super::{CohortId, ModelId, Plan, Split, Stage};

/// A flag that cohorts name.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The flag's key.
    pub key: String,
    /// The value of the flag, and of its header, where it is on.
    pub on: String,
    /// Who has the flag on while it is active.
    pub users: FlagUsers,
    /// The cohorts that the flag is a condition of, in their order; never none.
    pub cohorts: Vec<CohortId>,
    /// The place in the spec that names it first.
    pub place: Route,
}

/// Who has a flag on while it is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagUsers {
    /// Nobody has it, as far as the rollout says.
    Nobody,
    /// Those whom this JsonLogic finds.
    Targeted(Value),
    /// As many as the weights say, told apart by this attribute of theirs.
    Fraction(String),
}

impl Plan {
    /// What the weights of a stage give to the models that a flag's requests go to; none where the flag is off for all.
    ///
    /// A flag is active while the stage pins a cohort of its, unless stable answers with the flag and without.
    pub fn share_of_flag(&self, flag: &Flag, stage: &Stage) -> Option<Percent> {
        let is_stable = |split: &Split| split.sole() == Some(self.stable);
        let pins = flag.cohorts.iter().filter_map(|id| stage.cohorts.get(id));
        let active: Vec<&Split> = pins
            .filter(|pin| !(is_stable(pin) && is_stable(&stage.split)))
            .collect();
        let reaches = |model: &ModelId| active.iter().any(|pin| !pin.of(*model).is_zero());
        let shares = stage.split.shares();
        let reached = shares.filter(|(model, _)| reaches(model));
        let share = reached.map(|(_, share)| share.hundredths()).sum();
        (!active.is_empty()).then(|| Percent::from_hundredths(share))
    }
}
