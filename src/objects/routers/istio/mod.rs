//! Istio: a DestinationRule with one subset a running model, and VirtualServices with cohort routes ahead of the weights.

mod change;
mod destination_rule;
mod gateway;
mod kept;
mod matches;
mod routes;
mod virtual_service;

use serde::Serialize;

use crate::diag::Route;
use crate::objects::api::istio as api;
use crate::objects::meta::{id, metadata};
use crate::objects::{Object, Scope, Waves, json};
use crate::plan::{Istio, Plan, Stage, StageId};
use crate::units::{DnsLabel, names};

use super::Kind;

pub(super) use change::change;
pub(super) use kept::{lost, unknown};

const DESTINATION_RULE: &str = "DestinationRule";
const GATEWAY: &str = "Gateway";
const VIRTUAL_SERVICE: &str = "VirtualService";

const GROUP: &str = "networking.istio.io";

/// Every kind that is built here.
pub(super) const KINDS: &[Kind] = &[
    (GROUP, DESTINATION_RULE),
    (GROUP, GATEWAY),
    (GROUP, VIRTUAL_SERVICE),
];

pub(super) fn build(plan: &Plan, router: &Istio, stage: StageId, waves: Waves) -> Vec<Object> {
    let builder = Builder {
        plan,
        router,
        stage: plan.stage(stage),
        host: names::service_host(
            &plan.service.name,
            plan.namespace.as_ref().map(DnsLabel::as_str),
        ),
    };
    // Before the first route the proxies know the subset that it will name. Until then nothing goes by it, so pods may get their
    // labels one after the other, and whoever routed to the Service before still does.
    let mut objects = Vec::new();
    // A Service of which no model is a subset has nothing to be said of it but a policy.
    let has_subsets = plan.models.iter().any(|model| model.backend.is_none());
    if has_subsets || router.policy.is_some() {
        objects.push(builder.destination_rule(waves.subsets));
    }
    if !builder.stage.kind.is_routed() {
        return objects;
    }
    objects.extend(
        router
            .gateway
            .as_ref()
            .map(|gateway| builder.gateway(gateway, waves.config)),
    );
    if router.has_entrance() {
        objects.push(builder.gateway_routes(waves.routes));
    }
    if plan.traffic.mesh {
        objects.push(builder.mesh_routes(waves.routes));
    }
    objects
}

/// Builds the objects of one stage.
struct Builder<'a> {
    plan: &'a Plan,
    router: &'a Istio,
    stage: &'a Stage,
    /// The Service's host in the mesh.
    host: String,
}

impl Builder<'_> {
    fn object<S: Serialize>(
        &self,
        kind: &'static str,
        name: &str,
        file: &str,
        wave: i32,
        spec: S,
    ) -> Object {
        let api_version = self.router.api_version.name();
        let metadata = metadata(self.plan, name, wave, None);
        Object {
            id: id(self.plan, kind, name),
            file: file.to_owned(),
            scope: Scope::Stage,
            wave,
            origin: Route::root().key("spec").key("traffic"),
            body: json(&api::Resource {
                api_version,
                kind,
                metadata,
                spec,
            }),
        }
    }
}
