//! GP223: a share of copies where the installed Gateway API knows all or none.

use crate::diag::{Place, Report};
use crate::plan::{Feature, GatewayApi, Plan, StageKind};
use crate::units::HUNDRED;

pub(super) fn check(plan: &Plan, router: &GatewayApi, report: &mut Report) {
    let steps = plan.stages.iter();
    for stage in steps.filter(|stage| stage.kind == StageKind::Step) {
        let Some(mirror) = stage
            .mirror
            .as_ref()
            .filter(|mirror| mirror.target.percent != HUNDRED)
        else {
            continue;
        };
        let subject = format!("a mirror of {} %", mirror.target.percent);
        let place = Place::value(stage.place.key("mirror").key("percent"));
        let lacks = router
            .installed
            .lacks(Feature::MirrorShare, &subject, place);
        if let Some(found) = lacks {
            report.push(found);
            return;
        }
    }
}
