//! A preview for a few, then everyone at once; blue runs on for the way back.

use crate::diag::{Place, Route};
use crate::spec::{BlueGreen, CohortTarget, Step};
use crate::units::HUNDRED;

use super::maker::{Common, Maker, Origin};

/// The stage of the preview, and the cohort of those who have a host of their own.
pub(super) const PREVIEW: &str = "preview";
/// How long the others run on where nobody says it: time to see what all requests do to the one that has them.
pub(super) const KEEP: &str = "1h";

pub(super) fn steps(given: &BlueGreen, maker: &mut Maker<'_>, at: &Route) -> Option<()> {
    let model = maker.candidate(given.model.as_ref(), at, "model")?;
    let common = Common {
        at,
        gates: given.gates.as_ref(),
        approval: given.approval,
    };
    allow_the_jump(maker, at);
    let has_pods = |name: &str| {
        let mut models = maker.spec.models.iter();
        models.any(|model| model.name == name && model.backend.is_none())
    };
    let is_wanted = given
        .preview_service
        .unwrap_or_else(|| has_pods(&model) && has_pods(&maker.spec.stable));
    if is_wanted && maker.spec.service.preview.is_none() {
        let made = Route::root().key("spec").key("service").key("preview");
        maker.origins.insert(made, Place::key(at.clone()));
        maker.preview = Some(model.clone());
    }
    let preview_at = at.key("preview");
    let (cohort, cohort_at) = match (&given.preview.cohort, &given.preview.host) {
        (Some(cohort), _) => (cohort.as_str(), preview_at.key("cohort")),
        (None, host) => {
            let at = preview_at.key("host");
            previewers(host.as_ref()?, maker, &at);
            (PREVIEW, at)
        }
    };
    let target = CohortTarget::Model(model.clone());
    let preview = Step {
        name: Some(PREVIEW.to_owned()),
        cohorts: [(cohort.to_owned(), Some(target))].into(),
        bake: given.bake.clone(),
        ..Step::default()
    };
    let part = Route::root().key("cohorts").key(cohort);
    let from = Origin::new(Place::key(preview_at))
        .part(part, Place::value(cohort_at))
        .field("bake", Place::value(at.key("bake")));
    maker.push_of(&common, preview, false, from)?;
    let switch = Step {
        name: Some("switch".to_owned()),
        bake: Some(given.keep.clone().unwrap_or_else(|| KEEP.to_owned())),
        ..maker.share(&model, HUNDRED.as_f64())
    };
    let from = Origin::new(Place::key(at.clone())).field("bake", Place::value(at.key("keep")));
    maker.push_of(&common, switch, false, from)
}

/// The cohort of those who ask for a host of their own, ahead of all others.
fn previewers(host: &str, maker: &mut Maker<'_>, at: &Route) {
    let cohorts = Route::root().key("spec").key("cohorts");
    for index in 0..maker.spec.cohorts.len() {
        let from = Place::value(cohorts.index(index));
        maker.origins.insert(cohorts.index(index + 1), from);
    }
    maker
        .origins
        .insert(cohorts.index(0), Place::value(at.clone()));
    maker.host = Some(host.to_owned());
}

/// One jump is what was asked for, unless the document limits it.
pub(super) fn allow_the_jump(maker: &mut Maker<'_>, at: &Route) {
    if maker.spec.policy.max_increase.is_none() {
        let made = Route::root().key("spec").key("policy").key("maxIncrease");
        maker.origins.insert(made, Place::key(at.clone()));
        maker.max_increase = Some(HUNDRED.as_f64());
    }
}
