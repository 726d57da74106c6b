//! Who moves the traffic. One file a router.

mod gateway_api;
mod istio;

use serde_json::Value;

use crate::plan::{Plan, Router, StageId};

use super::patches::Lost;
use super::{Object, Waves};

/// A kind of object: its group, which is empty for Kubernetes' core, and its name.
pub(super) type Kind = (&'static str, &'static str);

/// Every kind that the router's objects are of.
pub(super) fn kinds(router: &Router) -> &'static [Kind] {
    match router {
        Router::Istio(_) => istio::KINDS,
        Router::GatewayApi(_) => gateway_api::KINDS,
    }
}

/// The router's objects in one stage.
pub(super) fn build(plan: &Plan, stage: StageId, waves: Waves) -> Vec<Object> {
    match &plan.traffic.router {
        Router::Istio(router) => istio::build(plan, router, stage, waves),
        Router::GatewayApi(router) => gateway_api::build(plan, router, stage, waves),
    }
}

/// What changed about an object of any router, in a few words; `None` where it is none of theirs. One that is gone, or was not
/// there, is null.
pub fn change(old: &Value, new: &Value) -> Option<&'static str> {
    istio::change(old, new).or_else(|| gateway_api::change(old, new))
}

/// What a patched object of any router would have lost of what routes live by.
pub(super) fn lost(before: &Value, after: &Value) -> Option<Lost> {
    istio::lost(before, after).or_else(|| gateway_api::lost(before, after))
}

/// A field of an object of any router that its kind does not have.
pub fn unknown_field(body: &Value) -> Option<String> {
    istio::unknown(body).or_else(|| gateway_api::unknown(body))
}
