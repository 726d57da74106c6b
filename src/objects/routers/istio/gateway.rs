//! The Gateway, where the rollout brings its own.

use crate::objects::api::istio as api;
use crate::objects::{Object, Scope};
use crate::plan::Gateway;

use super::{Builder, GATEWAY};

impl Builder<'_> {
    pub(super) fn gateway(&self, gateway: &Gateway, wave: i32) -> Object {
        Object {
            // What the stage `adopt` lacks is no part of every stage.
            scope: if self.plan.adopts() {
                Scope::Stage
            } else {
                Scope::Base
            },
            ..self.object(GATEWAY, &gateway.name, "gateway", wave, spec(gateway))
        }
    }
}

fn spec(gateway: &Gateway) -> api::GatewaySpec {
    let servers = gateway.servers.iter().map(|server| {
        let protocol = server.protocol.to_ascii_lowercase();
        api::Server {
            hosts: server.hosts.clone(),
            port: api::ServerPort {
                // A port's name must be unique in its gateway: the first of a protocol has the plain one.
                name: if gateway
                    .servers
                    .iter()
                    .filter(|other| other.protocol == server.protocol)
                    .count()
                    > 1
                {
                    format!("{protocol}-{}", server.port)
                } else {
                    protocol
                },
                number: server.port,
                protocol: server.protocol,
            },
            tls: server
                .credential_name
                .clone()
                .map(|credential_name| api::ServerTls {
                    mode: "SIMPLE",
                    credential_name,
                }),
        }
    });
    api::GatewaySpec {
        selector: gateway.selector.clone(),
        servers: servers.collect(),
    }
}
