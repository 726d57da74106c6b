//! What only one router may stumble over. One file a router.

mod gateway_api;
mod istio;

use crate::diag::Report;
use crate::plan::{Plan, Router};
use crate::spec::Document;

/// Holds the plan against the rules of its router.
pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    match &plan.traffic.router {
        Router::Istio(router) => istio::check(plan, router, document, report),
        Router::GatewayApi(router) => gateway_api::check(plan, router, report),
    }
}
