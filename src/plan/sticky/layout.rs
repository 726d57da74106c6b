//! From stage to stage: which users change their model, so that as few do as can.
//!
//! Where shares change, the models that get less give up just as many buckets, and those that get more take them:
//!
//! 1. A model gives up the users who came to it last. Each bucket remembers through which models its users came.
//! 2. They go back to the last of those that gets more, or else to any that does.
//! 3. What is still to take comes from stable, which remembers nothing: the first model beside it takes the first of its buckets, the
//!    second the last, the third the first again.
//!
//! So nobody moves but from a model that gets less to one that gets more, and who came with a rise leaves with a fall. With stable
//! and one other model, and with two others that get and give only what stable has, the layout follows from a stage's shares alone.
//! With more, it cannot: of (50, 50, 0), (50, 0, 50) and (0, 50, 50), every two differ by half of the users, and no three fixed layouts
//! do. There it follows from the stages up to it, and never from later ones.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::plan::{ModelId, Split};

use super::buckets::{BUCKETS, Buckets, counts};

/// The buckets after some stages.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    stable: ModelId,
    /// In order, without a gap.
    pieces: Vec<Piece>,
    /// The changes of shares so far.
    changes: usize,
}

/// Neighbouring buckets with one history.
#[derive(Clone, Debug)]
struct Piece {
    range: Range<u16>,
    /// The models through which its users came, stable first and the one that serves them last; never empty.
    way: Vec<Stay>,
}

/// A model that users came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stay {
    model: ModelId,
    /// The change of shares that brought them.
    since: usize,
}

/// The end from which a model takes buckets; it gives them back from the other one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Front,
    Back,
}

impl End {
    fn other(self) -> Self {
        match self {
            Self::Front => Self::Back,
            Self::Back => Self::Front,
        }
    }
}

impl Piece {
    fn last(&self) -> Stay {
        self.way[self.way.len() - 1]
    }

    /// The model that serves its users.
    fn owner(&self) -> ModelId {
        self.last().model
    }

    /// So many buckets from one end, at most all, and what is left.
    fn cut(self, most: u16, end: End) -> (Self, Option<Self>) {
        let Range { start, end: stop } = self.range;
        if most >= stop - start {
            return (self, None);
        }
        let (taken, left) = match end {
            End::Front => (start..start + most, start + most..stop),
            End::Back => (stop - most..stop, start..stop - most),
        };
        let way = self.way.clone();
        let taken = Self { range: taken, way };
        (
            taken,
            Some(Self {
                range: left,
                ..self
            }),
        )
    }

    /// Its place in an order that begins at one end.
    fn place(&self, end: End) -> u16 {
        match end {
            End::Front => self.range.start,
            End::Back => BUCKETS - self.range.end,
        }
    }
}

/// How many buckets each model has yet to give up, or to get.
struct Quotas(BTreeMap<ModelId, u16>);

impl Quotas {
    fn new(these: &BTreeMap<ModelId, u16>, those: &BTreeMap<ModelId, u16>) -> Self {
        let more = these.iter().map(|(model, count)| {
            let other = those.get(model).copied().unwrap_or(0);
            (*model, count.saturating_sub(other))
        });
        Self(more.collect())
    }

    fn of(&self, model: ModelId) -> u16 {
        self.0.get(&model).copied().unwrap_or(0)
    }

    /// Cuts off a piece what a model may have of it.
    fn cut(&mut self, model: ModelId, piece: Piece, end: End) -> (Piece, Option<Piece>) {
        let (taken, left) = piece.cut(self.of(model), end);
        let buckets = taken.range.end - taken.range.start;
        self.0.entry(model).and_modify(|quota| *quota -= buckets);
        (taken, left)
    }
}

impl Layout {
    /// All users with stable.
    pub(super) fn all(stable: ModelId) -> Self {
        let way = vec![Stay {
            model: stable,
            since: 0,
        }];
        let range = 0..BUCKETS;
        Self {
            stable,
            pieces: vec![Piece { range, way }],
            changes: 0,
        }
    }

    /// Who serves which buckets now.
    pub(super) fn buckets(&self) -> Buckets {
        let pieces = self.pieces.iter();
        Buckets::joined(pieces.map(|piece| (piece.range.clone(), piece.owner())))
    }

    /// Moves users until every model has its share of them.
    pub(super) fn follow(&mut self, split: &Split) {
        let wanted = counts(split, self.stable);
        let mut had: BTreeMap<ModelId, u16> = BTreeMap::new();
        for piece in &self.pieces {
            *had.entry(piece.owner()).or_default() += piece.range.end - piece.range.start;
        }
        if had == wanted {
            return;
        }
        self.changes += 1;
        let mut takes = Quotas::new(&wanted, &had);
        let leaving = self.release(Quotas::new(&had, &wanted));
        let leaving = self.settle(leaving, &mut takes, |piece, takes| {
            let mut known = piece.way.iter().rev().map(|stay| stay.model);
            known.find(|model| takes.of(*model) > 0)
        });
        self.settle(leaving, &mut takes, |_, takes| {
            let mut growing = takes.0.iter().filter(|(_, quota)| **quota > 0);
            growing.next().map(|(model, _)| *model)
        });
        self.take_from_stable(&mut takes);
        self.pieces.sort_by_key(|piece| piece.range.start);
        self.pieces.dedup_by(|next, before| {
            let is_one = next.way == before.way;
            if is_one {
                before.range.end = next.range.end;
            }
            is_one
        });
    }

    /// The users whom models beside stable give up, the last to come first.
    fn release(&mut self, mut gives: Quotas) -> Vec<Piece> {
        let stable = self.stable;
        let end = |piece: &Piece| end(piece.owner(), stable).other();
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.sort_by_key(|piece| (Reverse(piece.last().since), piece.place(end(piece))));
        let mut leaving = Vec::new();
        for piece in pieces {
            let owner = piece.owner();
            if owner == stable || gives.of(owner) == 0 {
                self.pieces.push(piece);
                continue;
            }
            let end = end(&piece);
            let (gone, left) = gives.cut(owner, piece, end);
            leaving.push(gone);
            self.pieces.extend(left);
        }
        leaving
    }

    /// Brings users to the models that a choice names; who has none is left.
    fn settle(
        &mut self,
        leaving: Vec<Piece>,
        takes: &mut Quotas,
        choice: impl Fn(&Piece, &Quotas) -> Option<ModelId>,
    ) -> Vec<Piece> {
        let mut homeless = Vec::new();
        for piece in leaving {
            let mut left = Some(piece);
            while let Some(piece) = left.take() {
                let Some(to) = choice(&piece, takes) else {
                    homeless.push(piece);
                    break;
                };
                let from = end(piece.owner(), self.stable).other();
                let (moved, rest) = takes.cut(to, piece, from);
                self.bring(moved, to);
                left = rest;
            }
        }
        homeless
    }

    /// Models that are still to grow do so from their end of what stable has.
    fn take_from_stable(&mut self, takes: &mut Quotas) {
        let growing: Vec<ModelId> = takes.0.keys().copied().collect();
        for to in growing {
            let end = end(to, self.stable);
            let mut pieces = std::mem::take(&mut self.pieces);
            pieces.sort_by_key(|piece| piece.place(end));
            for piece in pieces {
                if piece.owner() != self.stable || takes.of(to) == 0 {
                    self.pieces.push(piece);
                    continue;
                }
                let (moved, left) = takes.cut(to, piece, end);
                self.bring(moved, to);
                self.pieces.extend(left);
            }
        }
    }

    /// Users arrive at a model. A model is in their way once, so that the way does not grow for ever.
    fn bring(&mut self, mut piece: Piece, to: ModelId) {
        if to == self.stable {
            piece.way.truncate(1);
        } else {
            piece.way.retain(|stay| stay.model != to);
            piece.way.push(Stay {
                model: to,
                since: self.changes,
            });
        }
        self.pieces.push(piece);
    }
}

/// The end from which a model takes stable's buckets.
fn end(model: ModelId, stable: ModelId) -> End {
    let others_before = model.0 - usize::from(model > stable);
    if others_before.is_multiple_of(2) {
        End::Front
    } else {
        End::Back
    }
}

#[cfg(test)]
mod tests;
