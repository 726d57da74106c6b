//! Gateway API: one route for what comes in through Gateways, and one for each port of the Service for callers in the mesh. Each
//! model is a Service of its own.

mod backends;
mod change;
mod filters;
mod gateway;
mod grant;
mod kept;
mod matches;
mod route;

use serde::Serialize;

use crate::diag::Route;
use crate::objects::api::gateway_api as api;
use crate::objects::meta::{id, metadata};
use crate::objects::{Object, Scope, Waves, json};
use crate::plan::{GatewayApi, Plan, Stage, StageId};

use super::Kind;

pub(super) use change::change;
pub(super) use kept::{lost, unknown};

const GATEWAY: &str = "Gateway";
const GRPC_ROUTE: &str = "GRPCRoute";
const HTTP_ROUTE: &str = "HTTPRoute";
const REFERENCE_GRANT: &str = "ReferenceGrant";

const INFERENCE_GROUP: &str = "inference.networking.k8s.io";
const INFERENCE_POOL: &str = "InferencePool";

const GROUP: &str = "gateway.networking.k8s.io";
const API_VERSION: &str = "gateway.networking.k8s.io/v1";

/// Every kind that is built here.
pub(super) const KINDS: &[Kind] = &[
    (GROUP, GATEWAY),
    (GROUP, GRPC_ROUTE),
    (GROUP, HTTP_ROUTE),
    (GROUP, REFERENCE_GRANT),
    (INFERENCE_GROUP, INFERENCE_POOL),
];

pub(super) fn build(plan: &Plan, router: &GatewayApi, stage: StageId, waves: Waves) -> Vec<Object> {
    let builder = Builder {
        plan,
        router,
        stage: plan.stage(stage),
    };
    if !builder.stage.kind.is_routed() {
        return Vec::new();
    }
    let gateway = router.gateway.as_ref();
    let gateway = gateway.map(|gateway| builder.gateway(gateway, waves.config));
    let copies = plan.copies();
    let routes = copies.iter().map(|copy| builder.route(copy, waves.routes));
    let grants = plan.grants().into_iter();
    let grants = grants.filter(|grant| grant.is_written);
    let grants = grants.map(|grant| builder.grant(&grant, waves.config));
    gateway.into_iter().chain(grants).chain(routes).collect()
}

/// Builds the objects of one stage.
struct Builder<'a> {
    plan: &'a Plan,
    router: &'a GatewayApi,
    stage: &'a Stage,
}

impl Builder<'_> {
    fn object<S: Serialize>(
        &self,
        kind: &'static str,
        name: &str,
        file: String,
        wave: i32,
        spec: S,
    ) -> Object {
        Object {
            id: id(self.plan, kind, name),
            file,
            scope: Scope::Stage,
            wave,
            origin: Route::root().key("spec").key("traffic"),
            body: json(&api::Resource {
                api_version: API_VERSION,
                kind,
                metadata: metadata(self.plan, name, wave, None),
                spec,
            }),
        }
    }
}
