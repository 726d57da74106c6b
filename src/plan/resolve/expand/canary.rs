//! A rising share of the requests, at last all of them.

use crate::diag::{Place, Route};
use crate::spec::{Canary, CohortTarget, Step};
use crate::units::HUNDRED;

use super::linear;
use super::maker::{Common, Maker, Origin};

/// The shares of a canary that names none, in percent; none rises by more than `policy.maxIncrease` allows by itself.
const WEIGHTS: [f64; 4] = [1.0, 10.0, 50.0, 100.0];

pub(super) fn steps(given: &Canary, maker: &mut Maker<'_>, at: &Route) -> Option<()> {
    let model = maker.candidate(given.model.as_ref(), at, "model");
    let shares = shares(given, maker, at);
    let (model, shares) = (model?, shares?);
    let common = Common {
        at,
        gates: given.gates.as_ref(),
        approval: given.approval,
    };
    if let Some(cohort) = &given.cohort {
        let target = CohortTarget::Model(model.clone());
        let step = Step {
            cohorts: [(cohort.clone(), Some(target))].into(),
            bake: given.bake.clone(),
            ..Step::default()
        };
        let from = Place::value(at.key("cohort"));
        let part = Route::root().key("cohorts").key(cohort);
        let from = Origin::new(from.clone())
            .part(part, from)
            .field("bake", Place::value(at.key("bake")));
        maker.push_of(&common, step, true, from)?;
    }
    for (share, from) in shares {
        let step = Step {
            bake: given.bake.clone(),
            ..maker.share(&model, share)
        };
        let from = Origin::new(from).field("bake", Place::value(at.key("bake")));
        let is_alone = share >= HUNDRED.as_f64();
        maker.push_of(&common, step, is_alone, from)?;
    }
    Some(())
}

/// The candidate's shares with their places; all of the requests come last.
fn shares(given: &Canary, maker: &mut Maker<'_>, at: &Route) -> Option<Vec<(f64, Place)>> {
    let mut shares: Vec<(f64, Place)> = match (&given.linear, &given.weights) {
        (Some(ramp), _) => {
            let at = at.key("linear");
            let shares = linear::shares(ramp, &at, maker.report)?.into_iter();
            shares
                .map(|share| (share.as_f64(), Place::key(at.clone())))
                .collect()
        }
        (None, Some(weights)) => {
            let at = at.key("weights");
            let weights = weights.iter().enumerate();
            weights
                .map(|(index, share)| (*share, Place::value(at.index(index))))
                .collect()
        }
        (None, None) => WEIGHTS
            .iter()
            .map(|share| (*share, Place::key(at.clone())))
            .collect(),
    };
    let all = HUNDRED.as_f64();
    if let Some((last, from)) = shares.last().cloned()
        && last < all
    {
        shares.push((all, from));
    }
    Some(shares)
}
