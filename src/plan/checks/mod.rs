//! The rules that only the whole plan can show, one file a family of codes.

mod accelerators;
mod adoption;
mod brought;
mod capacity;
mod end;
mod entries;
mod extra;
mod gates;
mod hosts;
mod increase;
mod keda;
mod mirrors;
mod own;
mod practice;
mod probes;
mod router;
mod routes;
mod runtime;
mod secrets;
mod selection;
mod sticky;
mod stopping;
mod strain;
mod transitions;
mod unused;

use crate::diag::Report;
use crate::spec::Document;

use super::Plan;

/// Holds the plan against every rule.
pub(super) fn run(plan: &Plan, document: &Document, report: &mut Report) {
    adoption::check(plan, document, report);
    selection::check(plan, document, report);
    brought::check(plan, report);
    routes::check(plan, report);
    hosts::check(plan, report);
    mirrors::check(plan, report);
    sticky::check(plan, report);
    transitions::check(plan, report);
    increase::check(plan, report);
    end::check(plan, document, report);
    capacity::check(plan, report);
    strain::check(plan, report);
    keda::check(plan, report);
    extra::check(plan, report);
    gates::check(plan, report);
    probes::check(plan, report);
    practice::check(plan, document, report);
    own::check(plan, document, report);
    runtime::check(plan, document, report);
    accelerators::check(plan, report);
    stopping::check(plan, document, report);
    secrets::check(plan, report);
    router::check(plan, document, report);
    unused::check(plan, report);
}
