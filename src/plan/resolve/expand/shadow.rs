//! Copies of requests whose answers are dropped, and what follows them.

use crate::diag::{Place, Route};
use crate::spec::{Mirror, Shadow, Step, Then};

use super::maker::{Common, Maker, Origin};
use super::{ab_test, blue_green, canary};

pub(super) fn steps(given: &Shadow, maker: &mut Maker<'_>, at: &Route) -> Option<()> {
    let model = maker.candidate(given.to.as_ref(), at, "to")?;
    let common = Common {
        at,
        gates: given.gates.as_ref(),
        approval: given.approval,
    };
    let copies = Step {
        mirror: Some(Some(Mirror {
            to: model.clone(),
            percent: given.percent,
            r#match: Vec::new(),
            cohorts: None,
        })),
        bake: Some(given.duration.clone()),
        ..Step::default()
    };
    let part = Route::root().key("mirror").key("percent");
    let from = Origin::new(Place::key(at.clone()))
        .part(part, Place::value(at.key("percent")))
        .field("bake", Place::value(at.key("duration")));
    maker.push_of(&common, copies, false, from)?;
    maker.candidate = Some(model);
    maker.ends_copies = true;
    let next = at.key("then");
    match &given.then {
        Some(Then::Canary(given)) => canary::steps(given, maker, &next.key("canary")),
        Some(Then::BlueGreen(given)) => blue_green::steps(given, maker, &next.key("blueGreen")),
        Some(Then::AbTest(given)) => ab_test::steps(given, maker, &next.key("abTest")),
        None => {
            let end = Step {
                gates: Some(Vec::new()),
                approval: given.approval,
                ..Step::default()
            };
            maker.push(end, Origin::new(Place::key(at.clone())))
        }
    }
}
