//! What Gateway API's routes have no order, no room or no word for.

mod calls;
mod conditions;
mod grants;
mod mirror;
mod order;
mod pools;
mod rewrites;
mod room;

use crate::diag::Report;
use crate::plan::{GatewayApi, Plan};

pub(super) fn check(plan: &Plan, router: &GatewayApi, report: &mut Report) {
    calls::check(plan, report);
    conditions::check(plan, report);
    mirror::check(plan, router, report);
    grants::check(plan, report);
    pools::check(plan, report);
    rewrites::check(plan, router, report);
    // What has no word has no order either.
    if !report.has_errors() {
        order::check(plan, report);
    }
}
