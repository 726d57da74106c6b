//! Which model serves which buckets.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::plan::{ModelId, Split};
use crate::units::{HUNDRED, Percent};

/// The number of buckets: three hexadecimal digits.
pub const BUCKETS: u16 = 4_096;

/// Who serves which buckets: pieces in order and without a gap, neighbours of different models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets(Vec<(Range<u16>, ModelId)>);

/// Users who go from one model to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The model that they leave.
    pub from: ModelId,
    /// The model that they come to.
    pub to: ModelId,
    /// The number of buckets that they are in.
    pub buckets: u16,
}

impl Moved {
    /// The part of all users that they are, to the nearest hundredth of a percent.
    pub fn percent(self) -> Percent {
        percent(self.buckets)
    }
}

fn percent(buckets: u16) -> Percent {
    let (buckets, all) = (u32::from(buckets), u32::from(BUCKETS));
    Percent::from_hundredths((buckets * HUNDRED.hundredths() + all / 2) / all)
}

impl Buckets {
    /// From pieces in their order, of which neighbours may have one model.
    pub(super) fn joined(pieces: impl IntoIterator<Item = (Range<u16>, ModelId)>) -> Self {
        let mut joined: Vec<(Range<u16>, ModelId)> = Vec::new();
        for (range, model) in pieces {
            match joined.last_mut() {
                Some((before, known)) if *known == model => before.end = range.end,
                _ => joined.push((range, model)),
            }
        }
        Self(joined)
    }

    /// The model that serves a bucket, one of 0 to 4095.
    pub fn model(&self, bucket: u16) -> Option<ModelId> {
        let piece = self.0.iter().find(|(range, _)| range.contains(&bucket));
        piece.map(|(_, model)| *model)
    }

    /// The buckets of one model, in order.
    pub fn ranges(&self, model: ModelId) -> impl Iterator<Item = Range<u16>> + '_ {
        let own = self.0.iter().filter(move |(_, owner)| *owner == model);
        own.map(|(range, _)| range.clone())
    }

    /// The part of all users that a model serves, to the nearest hundredth of a percent.
    pub fn share(&self, model: ModelId) -> Percent {
        percent(
            self.ranges(model)
                .map(|range| range.end - range.start)
                .sum(),
        )
    }

    /// Who has another model in `after`, by both models in the order of the spec.
    pub fn moved(&self, after: &Self) -> Vec<Moved> {
        let mut found: BTreeMap<(ModelId, ModelId), u16> = BTreeMap::new();
        for (old, from) in &self.0 {
            for (new, to) in after.0.iter().filter(|(_, to)| to != from) {
                let both = old.start.max(new.start)..old.end.min(new.end);
                if !both.is_empty() {
                    *found.entry((*from, *to)).or_default() += both.end - both.start;
                }
            }
        }
        let moved = found.into_iter();
        moved
            .map(|((from, to), buckets)| Moved { from, to, buckets })
            .collect()
    }
}

/// How many buckets each model of a split has: its share rounded down, and at least one, so that a share which rises never loses
/// a bucket. Stable has what is left; where it has no share, one more goes to those that lost most by rounding.
pub(super) fn counts(split: &Split, stable: ModelId) -> BTreeMap<ModelId, u16> {
    let (all, whole) = (u32::from(BUCKETS), HUNDRED.hundredths());
    let exact = |share: Percent| share.hundredths() * all;
    let mut counts: BTreeMap<ModelId, u32> = split
        .shares()
        .map(|(model, share)| (model, (exact(share) / whole).max(1)))
        .collect();
    if let Some(count) = counts.get_mut(&stable) {
        *count = 1;
    }
    let taken: u32 = counts.values().sum();
    if let Some(over) = taken.checked_sub(all).filter(|over| *over > 0) {
        // Shares below one bucket were rounded up: who has most can spare it.
        if let Some(most) = counts.values_mut().max() {
            *most -= over;
        }
    }
    let mut left = all.saturating_sub(taken);
    if let Some(count) = counts.get_mut(&stable) {
        *count += left;
        left = 0;
    }
    let mut by_loss: Vec<ModelId> = split.models().collect();
    by_loss.sort_by_key(|model| std::cmp::Reverse(exact(split.of(*model)) % whole));
    for model in by_loss.into_iter().take(left as usize) {
        counts.entry(model).and_modify(|count| *count += 1);
    }
    let counts = counts.into_iter();
    counts
        .map(|(model, count)| (model, u16::try_from(count).unwrap_or(BUCKETS)))
        .collect()
}
