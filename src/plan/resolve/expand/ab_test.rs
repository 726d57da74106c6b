//! Shares side by side for a time; then one winner, once it is known.

use std::collections::BTreeMap;

use crate::diag::words::or_list;
use crate::diag::{Code, Diagnostic, Place, Route};
use crate::plan::resolve::names::unknown;
use crate::plan::sticky::MAX_COOKIE_NAME;
use crate::spec::{AbTest, Step};
use crate::units::names::TEST;
use crate::units::{HUNDRED, Percent};

use super::blue_green::{KEEP, allow_the_jump};
use super::maker::{Common, Maker, Origin};

/// What the name of the cookie ends with.
const BUCKET: &str = "-bucket";

pub(super) fn steps(given: &AbTest, maker: &mut Maker<'_>, at: &Route) -> Option<()> {
    let common = Common {
        at,
        gates: given.gates.as_ref(),
        approval: given.approval,
    };
    let split = match &given.split {
        Some(split) => split.clone(),
        None => equal(maker, at)?,
    };
    hold_winner(given, maker, at)?;
    allow_the_jump(maker, at);
    if given.sticky.unwrap_or(true) && maker.spec.traffic.sticky.is_none() {
        stick(maker, at);
    }
    let test = Step {
        name: Some(TEST.to_owned()),
        weights: Some(split),
        bake: Some(given.duration.clone()),
        ..Step::default()
    };
    let from = Origin::new(Place::key(at.clone()))
        .field("weights", Place::key(at.key("split")))
        .field("bake", Place::value(at.key("duration")));
    maker.push_of(&common, test, false, from)?;
    let Some(winner) = &given.winner else {
        return Some(());
    };
    let step = Step {
        name: Some(format!("winner-{winner}")),
        weights: Some([(winner.clone(), HUNDRED.as_f64())].into()),
        bake: Some(given.keep.clone().unwrap_or_else(|| KEEP.to_owned())),
        ..Step::default()
    };
    let from =
        Origin::new(Place::value(at.key("winner"))).field("bake", Place::value(at.key("keep")));
    maker.push_of(&common, step, true, from)
}

/// Users stay with their model by a cookie of the rollout's own.
fn stick(maker: &mut Maker<'_>, at: &Route) {
    let made = Route::root().key("spec").key("traffic").key("sticky");
    maker.origins.insert(made, Place::key(at.clone()));
    let most = MAX_COOKIE_NAME - BUCKET.len();
    let name: String = maker.name.chars().take(most).collect();
    maker.cookie = Some(format!("{}{BUCKET}", name.trim_end_matches('-')));
}

/// The same share for every model, to two decimals; stable has what that leaves.
fn equal(maker: &mut Maker<'_>, at: &Route) -> Option<BTreeMap<String, f64>> {
    let models = &maker.spec.models;
    let others: Vec<&str> = models
        .iter()
        .map(|model| model.name.as_str())
        .filter(|name| *name != maker.spec.stable)
        .collect();
    let parts = u32::try_from(others.len() + 1).ok()?;
    if others.is_empty() {
        let message = "nothing can be tested: there is no model beside `stable`";
        let found = Diagnostic::new(Code::GP135, Place::key(at.clone()), message);
        maker
            .report
            .push(found.help("add the other models below `spec.models`"));
        return None;
    }
    let share = Percent::from_hundredths(HUNDRED.hundredths() / parts).as_f64();
    let shares = others.into_iter().map(|name| (name.to_owned(), share));
    Some(shares.collect())
}

/// Who wins was in the test.
fn hold_winner(given: &AbTest, maker: &mut Maker<'_>, at: &Route) -> Option<()> {
    let Some(winner) = &given.winner else {
        return Some(());
    };
    let place = Place::value(at.key("winner"));
    let models = maker.spec.models.iter();
    let known: Vec<&str> = models.map(|model| model.name.as_str()).collect();
    if !known.contains(&winner.as_str()) {
        let found = unknown(Code::GP101, "model", winner, place, &known);
        maker.report.push(found);
        return None;
    }
    let Some(split) = &given.split else {
        return Some(());
    };
    if split.contains_key(winner) || *winner == maker.spec.stable {
        return Some(());
    }
    let mut tested: Vec<&str> = split.keys().map(String::as_str).collect();
    if !split.contains_key(&maker.spec.stable) {
        tested.insert(0, &maker.spec.stable);
    }
    let message = format!("`{winner}` wins a test that it was not in");
    let found = Diagnostic::new(Code::GP137, place, message)
        .label(Place::key(at.key("split")), "the test")
        .help(format!("name one of {}", or_list(tested)));
    maker.report.push(found);
    None
}
