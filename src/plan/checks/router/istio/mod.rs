//! What Istio guesses, and what its metrics cannot tell.

mod claims;
mod delegate;
mod hosts;
mod limit;
mod ports;
mod stream;

use crate::diag::{Report, Route};
use crate::plan::{Istio, Plan};
use crate::spec::Document;

pub(super) fn check(plan: &Plan, istio: &Istio, document: &Document, report: &mut Report) {
    claims::check(plan, istio, report);
    delegate::check(plan, istio, report);
    hosts::check(plan, report);
    ports::check(plan, document, report);
    let at = Route::root().key("spec").key("gates");
    for (index, gate) in plan.gates.iter().enumerate() {
        let at = at.index(index);
        limit::check(plan, gate, &at, report);
        stream::check(plan, gate, &at, report);
    }
}
