//! The Gateway, where the rollout brings its own.

use crate::objects::api::gateway_api as api;
use crate::objects::{Object, Scope};
use crate::plan::WrittenGateway;

use super::{Builder, GATEWAY};

impl Builder<'_> {
    pub(super) fn gateway(&self, gateway: &WrittenGateway, wave: i32) -> Object {
        let spec = api::GatewaySpec {
            gateway_class_name: gateway.class.clone(),
            listeners: gateway.listeners.clone(),
        };
        Object {
            // What the stage `adopt` lacks is no part of every stage.
            scope: if self.plan.adopts() {
                Scope::Stage
            } else {
                Scope::Base
            },
            ..self.object(GATEWAY, &gateway.name, "gateway".to_owned(), wave, spec)
        }
    }
}
