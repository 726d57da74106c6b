//! How requests are shared among models.

use std::collections::BTreeMap;

use crate::units::{HUNDRED, Percent};

use super::ModelId;

/// Shares of one whole: they sum to 100 %, and a model without a share is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split(BTreeMap<ModelId, Percent>);

impl Split {
    /// Everything to one model.
    pub fn all(model: ModelId) -> Self {
        Self(BTreeMap::from([(model, HUNDRED)]))
    }

    /// These shares, and what they leave to `rest`; `None` where they are over 100 %.
    pub fn with_rest(shares: &BTreeMap<ModelId, Percent>, rest: ModelId) -> Option<Self> {
        let sum: u32 = shares.values().map(|share| share.hundredths()).sum();
        let left = HUNDRED.hundredths().checked_sub(sum)?;
        let mut all = shares.clone();
        let known = all
            .get(&rest)
            .copied()
            .unwrap_or(Percent::ZERO)
            .hundredths();
        all.insert(rest, Percent::from_hundredths(known + left));
        all.retain(|_, share| !share.is_zero());
        Some(Self(all))
    }

    /// A model's share.
    pub fn of(&self, model: ModelId) -> Percent {
        self.0.get(&model).copied().unwrap_or(Percent::ZERO)
    }

    /// The models with a share, in the order of the spec.
    pub fn models(&self) -> impl Iterator<Item = ModelId> + '_ {
        self.0.keys().copied()
    }

    /// The shares, in the order of the spec.
    pub fn shares(&self) -> impl Iterator<Item = (ModelId, Percent)> + '_ {
        self.0.iter().map(|(model, share)| (*model, *share))
    }

    /// The one model that gets everything, if it is one.
    pub fn sole(&self) -> Option<ModelId> {
        match self.0.len() {
            1 => self.0.keys().next().copied(),
            _ => None,
        }
    }
}
